"""Louder and softer by a step, as the further buttons and the panel's keys do it."""

import pytest

from pitrainer.core.volume import next_volume


@pytest.mark.parametrize(
    ("volume", "most", "louder", "softer"),
    [
        (50, 100, 60, 40),
        (55, 100, 60, 50),
        (100, 100, 100, 90),
        (95, 95, 95, 90),  # nothing above the most, and no step that makes it softer instead
        (90, 95, 90, 80),
        (20, 100, 30, 20),  # softer than this one would not hear what one chooses
        (25, 100, 30, 20),
        (10, 100, 20, 10),  # but who has set it lower is not given more
        (0, 100, 10, 0),
        (10, 10, 10, 10),
    ],
)
def test_steps(volume: int, most: int, louder: int, softer: int) -> None:
    """In whole tens, within what may be."""
    assert next_volume(volume, most, louder=True) == louder
    assert next_volume(volume, most, louder=False) == softer
