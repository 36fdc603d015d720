"""Changes that any kind of case can suffer: to its bytes, and to the tree of lists and tables that it was written from."""

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

ODD_TEXTS = (
    *("", " ", "\n", "\0", "\x1b[2J", "\x85", "\u202eabc", "\u200b", "e\u0301", "\ufeff", "\u2028", "\U0010ffff", "\ue000"),
    *("٣", "①", "१२३", "ꝏ", "½", "²", "Ⅷ", "ﬁ", "ß", "İ", "ǆ", "ª", "ℌ", "Å", "𝐇ello", "Ａ", "ʰ", "☃", "👍🏽", "Привет"),
    *("..", "/", "~root", "/dev/zero", "/dev/stdin", "con", "%s%n", "{0}", "$(id)", "'; --", "[bold]", "NaN", "null", "none"),
    *("10s", "0s", "1h", "999999h", "-1s", "1.5s", "٣s", "1h1h", "100%", "99%", "0%", "٣%", "24:00", "07:00", "22:00", "neck"),
    *("x" * 601, "word " * 119 + "word.", "x" * 5_000, "é" * 1_001, "." * 300, "x" * 200_000),
)
NUMBERS = (0, -1, 1, 9, 28, 100, 101, 2**31, 2**63, -(2**63), 10**18, 10**30, 9**400)

texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=20)
scalars = st.one_of(
    texts,
    st.sampled_from(NUMBERS),
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.sampled_from([0.5, -0.0, 1e308, -1e308]),
    st.floats(allow_nan=False, allow_infinity=False),
)


def mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any], *, one_in: int) -> st.SearchStrategy[Any]:
    """Draw something odd so seldom that the rest of a case is still looked at. (`one_of` takes what is there twice once.)"""
    return st.integers(1, one_in).flatmap(lambda number: odd if number == one_in else usual)


def trees(leaves: st.SearchStrategy[Any], keys: st.SearchStrategy[str], most: int = 8) -> st.SearchStrategy[Any]:
    """Draw a value, a list or a table of any shape."""
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=most
    )


Place = tuple[Any, Any]
"""A list or a table, and the index or the key in it."""


def places(tree: Any) -> list[Place]:
    """Return where all the values of a tree are, its own children first."""
    found: list[Place] = []
    todo = [tree]
    while todo:
        at = todo.pop(0)
        keys = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        found += [(at, key) for key in keys]
        todo += [at[key] for key in keys]
    return found


@st.composite
def changed(
    draw: st.DrawFn, trees_: Sequence[Any], values: st.SearchStrategy[Any], keys: st.SearchStrategy[str], most: int = 4
) -> Any:
    """Draw one of the trees with some values replaced, deleted, renamed, moved, doubled, or added."""
    tree = copy.deepcopy(draw(st.sampled_from(trees_)))
    for _ in range(draw(st.integers(1, most))):
        there = places(tree)
        if not there:
            return tree
        box, key = draw(st.sampled_from(there))
        match draw(st.sampled_from(["value", "value", "value", "delete", "rename", "add", "double", "many", "swap", "nest"])):
            case "value":
                box[key] = draw(values)
            case "delete":
                del box[key]
            case "rename" if isinstance(box, dict):
                box[draw(keys)] = box.pop(key)
            case "add" if isinstance(box, dict):
                box[draw(keys)] = draw(values)
            case "double" if isinstance(box, list):
                box.insert(key, copy.deepcopy(box[key]))
            case "many" if isinstance(box, list) and len(there) < 1_000:
                box += [copy.deepcopy(box[key])] * draw(st.sampled_from([10, 100, 501]))
            case "swap":
                other, where = draw(st.sampled_from(there))
                box[key], other[where] = copy.deepcopy(other[where]), copy.deepcopy(box[key])
            case _:
                box[key] = draw(st.sampled_from([lambda v: [v], lambda v: {"a": v}, lambda v: [v] * 3]))(box[key])
    return tree


@st.composite
def damaged(draw: st.DrawFn, raws: st.SearchStrategy[bytes], most: int = 4) -> bytes:
    """Draw bytes with some of them overwritten, cut out, doubled, or flipped, or with others put in."""
    raw = draw(raws)
    for _ in range(draw(st.integers(1, most))):
        at, length = draw(st.integers(0, len(raw))), draw(st.sampled_from([1, 1, 2, 4, 16, 100, 1_000]))
        match draw(st.sampled_from(["cut", "end", "put", "over", "double", "flip"])):
            case "cut":
                raw = raw[:at] + raw[at + length :]
            case "end":
                raw = raw[:at]
            case "put":
                raw = raw[:at] + draw(st.binary(max_size=8)) + raw[at:]
            case "over":
                new = draw(st.binary(min_size=1, max_size=8))
                raw = raw[:at] + new + raw[at + len(new) :]
            case "double":
                raw = raw[: at + length] + raw[at:]
            case "flip" if at < len(raw):
                raw = raw[:at] + bytes([raw[at] ^ 1 << draw(st.integers(0, 7))]) + raw[at + 1 :]
    return raw


def raw(text: str) -> bytes:
    """Return a text as a file's bytes; what UTF-8 has no bytes for becomes a question mark."""
    return text.encode("utf-8", "replace")
