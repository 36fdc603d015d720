"""Values from elsewhere are shown in short, and can be read."""

import pytest

from pitrainer.core.text import LONGEST_MESSAGE, listed


@pytest.mark.parametrize("length", range(1, 40))
def test_words_of_a_list_are_whole(length: int) -> None:
    """Of a long list as many words are told as fit, and none of them is cut."""
    word = "x" * length
    *words, end = listed([word] * 200).split(", ")
    assert (set(words), end) == ({word}, "...")
    assert LONGEST_MESSAGE // 2 - length - 2 < len(listed([word] * 200)) <= LONGEST_MESSAGE // 2


def test_few_words() -> None:
    """Few words are all there; no words are none, and one that is too long is cut."""
    assert (listed(["a", "b"]), listed([])) == ("a, b", "none")
    assert listed(["x" * 500]) == "x" * 117 + "..."
