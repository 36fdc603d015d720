"""Pairing a phone: opened in the room, said in the room, and good for one phone."""

from itertools import pairwise

import pytest

from pitrainer.core.button import STUCK_AFTER
from pitrainer.core.languages import ENGLISH
from pitrainer.core.messages import Edge, Order, OrderName
from pitrainer.core.pairing import VALID
from pitrainer.core.phrases import all_phrases
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from support.fakes import SMALL, SimRoom, half_a_second, tap

ONE_CODE = "401999"


def tried(code: str) -> Order:
    return Order("pair_try", code=code)


def answers(*script: tuple[int, Order], until: int = 1_000_000) -> list[str]:
    room = SimRoom(script, until=until, draw=lambda: ONE_CODE)
    return [what.removeprefix("answered ") for _, _, what in room.told() if what.startswith("answered")]


def test_the_code_is_said_twice() -> None:
    """The digits are said one by one, and all of them once more; the sound is opened for it, and closed afterwards."""
    room = SimRoom([(0, Order("pair"))], until=60_000, draw=lambda: ONE_CODE)
    digits = ["Four.", "Zero.", "One.", "Nine.", "Nine.", "Nine."]
    said = [(at, what.removeprefix("say ")) for _, at, what in room.told() if what.startswith("say")]
    assert [text for _, text in said] == ["The code is:", *digits, "Once more:", *digits]
    # half a second each, and 600 ms from one to the next
    assert [later - at for (at, _), (later, _) in pairwise(said)] == [1_100] * 13
    assert room.told()[-1][2] == "closesound"


def test_everything_that_is_said_has_a_clip() -> None:
    """All of it is synthesised beforehand: a code with a digit missing pairs nothing."""
    phrases = all_phrases([Program(SMALL, "adult", "standard")], half_a_second)
    assert {ENGLISH.pair, ENGLISH.code, ENGLISH.code_again, *map(ENGLISH.digit, range(10))} <= set(phrases)


def test_a_code_pairs_once() -> None:
    """The right code is taken, and not a second time; nor is the one before."""
    assert answers((0, Order("pair")), (30_000, tried(ONE_CODE)), (31_000, tried(ONE_CODE))) == [
        "pair: done",
        "pair_try: done",
        "pair_try: pairing is not open: have the trainer say a new code",
    ]


def test_it_is_open_for_two_minutes() -> None:
    """So long a code can be typed, and no longer."""
    assert answers((0, Order("pair")), (VALID - 1, tried(ONE_CODE)))[1] == "pair_try: done"
    assert answers((0, Order("pair")), (VALID, tried(ONE_CODE)))[1].startswith("pair_try: pairing is not open")


def test_five_tries() -> None:
    """After five wrong codes the right one counts no more, until a new one is said."""
    wrong = [(1_000 * number, tried("000000")) for number in range(1, 6)]
    assert answers((0, Order("pair")), *wrong, (6_000, tried(ONE_CODE)), (7_000, Order("pair")), (8_000, tried(ONE_CODE))) == [
        "pair: done",
        *(f"pair_try: that is not the code; {left} more tries" for left in (4, 3, 2)),
        "pair_try: that is not the code; 1 more try",
        "pair_try: that is not the code; the code is no longer valid",
        "pair_try: pairing is not open: have the trainer say a new code",
        "pair: done",
        "pair_try: done",
    ]


def test_not_open() -> None:
    """A try alone opens nothing, and nothing is heard of it."""
    room = SimRoom([(0, tried(ONE_CODE))], until=60_000, draw=lambda: ONE_CODE)
    assert [what for _, _, what in room.told() if not what.startswith(("answered", "shine"))] == []


def test_not_in_a_session() -> None:
    """While a session runs or is paused, no code is said; a phone that was told one before may still use it."""
    script = [(0, Order("pair")), *tap(20_000, 300), (25_000, Order("pair")), (26_000, tried(ONE_CODE))]
    assert answers(*script) == ["pair: done", "pair: a session is running", "pair_try: done"]  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["pair", "pair_try"])
def test_without_a_page(what: OrderName) -> None:
    """Where the page is not installed, nothing can be paired, and the button does not offer it."""
    room = SimRoom([(0, Order(what))], until=10)
    assert room.told()[-1][2] == f"answered {what}: the page is not installed, so no phone can be paired"
    held = SimRoom(tap(0, 50_000), until=90_000, volume=30, soft_max=30)
    assert [what for _, _, what in held.told() if what.startswith("say")] == [
        "say Small. For adults.",
        "say Volume.",
        "say Thirty.",
        "say Twenty.",
    ]


def test_held_past_the_volumes() -> None:
    """Held past the round of volumes in idle, it says what letting go does; then the code is said, and no volume is changed."""
    room = SimRoom([*tap(0, 12_000), (40_000, tried(ONE_CODE))], until=90_000, volume=30, soft_max=30, draw=lambda: ONE_CODE)
    heard = [(at, what) for at, _, what in room.told(3_200) if what.startswith(("say", "play", "answered", "volume", "start"))]
    assert [what for _, what in heard][:6] == [
        *("say Volume.", "play at 30", "say Thirty.", "play at 20", "say Twenty.", "play at 30"),
    ]
    assert heard[6] == (7_400, "say Let go to pair a phone.")
    assert heard[7] == (12_000, "say The code is:")
    assert heard[-1] == (40_000, "answered pair_try: done")


def test_not_in_a_pause() -> None:
    """In a session nothing is offered past the round: the session stays paused."""
    script = [*tap(0, 300), *tap(12_000, 40_000)]
    room = SimRoom(script, until=90_000, draw=lambda: ONE_CODE)
    assert not [what for _, _, what in room.told() if "code" in what or "pair" in what]


def test_stuck() -> None:
    """A button that is still down after a minute is stuck: what falls off it later pairs nothing."""
    down = [(0, Edge("button", True, Ms(0))), (STUCK_AFTER + 1_000, Edge("button", False, Ms(STUCK_AFTER + 1_000)))]
    room = SimRoom(down, until=200_000, draw=lambda: ONE_CODE)
    assert [what for _, _, what in room.told() if "code" in what] == []
    assert room.told()[-1][2] == "closesound"
