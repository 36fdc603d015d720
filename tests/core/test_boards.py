"""The boards are what their makers say, and leave room for what they lack."""

import pytest

from pitrainer.core.boards import BOARDS, board_of
from pitrainer.core.header import HIGHEST


@pytest.mark.parametrize("name", BOARDS)
def test_each(name):
    """No GPIO of a board is two things, each is on the header, and a buzzer still has a quiet place."""
    board = BOARDS[name]
    gpios = [*board.parts.values(), *board.occupied]
    assert len(gpios) == len(set(gpios))
    assert set(gpios) <= set(range(HIGHEST + 1))
    assert "button" in board.parts
    assert {18, 19, 21} <= set(board.occupied), "each plays sound by I2S"
    free = board.free([])
    assert len(free) == 3
    assert not set(free) & set(gpios)
    assert not set(board.free(free)) & set(free)


def test_use():
    """What a board uses a GPIO for."""
    board = BOARDS["codec-zero"]
    assert [board.use(gpio) for gpio in (27, 23, 24, 2, 17)] == ["button", "led", "red LED", "I2C", ""]


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("RPi Codec Zero", "codec-zero"),
        ("Pi-CodecZero", "codec-zero"),
        ("voiceHAT v1", "aiy-voice-hat"),
        ("Sense HAT", ""),
        ("", ""),
    ],
)
def test_by_its_eeprom(product, name):
    """A board is known by the name in its EEPROM, where that is known."""
    assert board_of(product) == BOARDS.get(name)
