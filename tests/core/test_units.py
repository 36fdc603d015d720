"""Lengths are read and printed without loss, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitrainer.core.units import HOUR, Ms, clock_text, length_text, parse_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("10s", 10_000),
        ("1m30s", 90_000),
        ("250ms", 250),
        ("1h", 3_600_000),
        ("0s", 0),
        ("90s", 90_000),
        ("1h2m3s4ms", 3_723_004),
        ("1s500ms", 1_500),
    ],
)
def test_parse(text: str, length: int) -> None:
    """A length is what it says."""
    assert parse_length(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "10",
        "s",
        "10 s",
        " 10s",
        "10s\n",
        "-10s",
        "1.5s",
        "1e3s",
        "30s1m",
        "1m1m",
        "10S",
        "10sec",
        "٣s",
        "²s",
        "1234567s",
        "ms",
    ],
)
def test_parse_nothing_else(text: str) -> None:
    """What is not a length is refused, with the text and an example of a right one."""
    with pytest.raises(ValueError, match='is not a length; write for example "10s", "1m30s" or "500ms"') as caught:
        parse_length(text)
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_text_of_any_size() -> None:
    """What is no length is shown in short."""
    with pytest.raises(ValueError, match="is not a length") as caught:
        parse_length("9" * 200_000)
    assert len(str(caught.value)) < 150


@given(st.integers(0, 99 * HOUR))
def test_round_trip(length: int) -> None:
    """What is printed is read as the same length."""
    assert parse_length(length_text(Ms(length))) == length


@pytest.mark.parametrize(
    ("length", "text"), [(0, "0s"), (90_000, "1m30s"), (250, "250ms"), (3_600_000, "1h"), (61_001, "1m1s1ms")]
)
def test_length_text(length: int, text: str) -> None:
    """The print is the shortest that a person would write."""
    assert length_text(Ms(length)) == text


@pytest.mark.parametrize(
    ("length", "text"), [(0, "0:00"), (999, "0:00"), (90_500, "1:30"), (59_999, "0:59"), (3_600_000, "60:00")]
)
def test_clock_text(length: int, text: str) -> None:
    """A clock shows whole seconds that have passed."""
    assert clock_text(Ms(length)) == text
