"""Nothing is said into anything else, whoever asks for it, and what is being said is known to be."""

from pitrainer.core.announcer import PRIME
from pitrainer.core.button import ButtonReader
from pitrainer.core.messages import ButtonName, Input, Offer, Order, Sound
from pitrainer.core.plan import PAUSE, Say
from pitrainer.core.planning import Planning
from pitrainer.core.routine import Program
from pitrainer.core.trainer import Trainer
from pitrainer.core.units import Ms
from support.fakes import SMALL, FakeClips, SimRoom, tap
from support.spoken import en

ADULT, CHILD = (SMALL, "adult", "standard"), (SMALL, "child", "standard")
LONG = Ms(3_000)


def said(one: SimRoom) -> list[tuple[int, str]]:
    return [(action.at, action.text) for _, action in one.heard if isinstance(action, Say)]


def clips() -> FakeClips:
    return FakeClips(length_of=lambda _: LONG)


def test_two_texts() -> None:
    """A text is said after the one before: while that is heard, and while both wait for the sound."""
    script = [(0, Order("say", en("A."))), (10, Order("say", en("B."))), (2_000, Order("say", en("C.")))]
    first = 50 + PRIME
    assert said(SimRoom(script, until=60_000, clips=clips())) == [  # type: ignore[arg-type]
        (first, "A."),
        (first + LONG + PAUSE, "B."),
        (first + 2 * (LONG + PAUSE), "C."),
    ]


def test_two_programs() -> None:
    """A program that is chosen while another one is named cuts that off."""
    script = [(0, Order("program", number=1)), (2_000, Order("program", number=0))]
    one = SimRoom(script, until=60_000, programs=[ADULT, CHILD], clips=clips())  # type: ignore[arg-type]
    assert one.told(2_000, 10_000) == [
        (2_000, 2_000, "hush"),
        (2_000, 2_000, "chosen 0"),
        (2_000, 2_000, "shine READY"),
        (2_000, 2_000, "buzz STEP"),
        (2_000, 2_000 + PRIME, "say Small. For adults."),
        (2_000, 2_000, "answered program: done"),
    ]


def at_rest(moment: int, *script: tuple[int, Input]) -> bool:
    """Tell whether a trainer is at rest at a moment of a script; its sound is there 50 ms after the script's beginning."""
    readers: dict[ButtonName, ButtonReader] = {"button": ButtonReader(Ms(30), Ms(1_200))}
    trainer = Trainer([Program(*ADULT)], clips(), readers, planning=Planning(clips()))
    for at, what in sorted([*script, (50, Sound(True))], key=lambda entry: entry[0]):
        if at <= moment:
            trainer.handle(what, Ms(at))
    trainer.handle(None, Ms(moment))
    return trainer.at_rest(Ms(moment))


def test_at_rest() -> None:
    """The trainer is at rest where there is no session, nothing is said or has yet to be, and nobody is at the button."""
    assert at_rest(10)
    say = (0, Order("say", en("A.")))
    assert [at_rest(moment, say) for moment in (10, 60, 49 + PRIME + LONG, 50 + PRIME + LONG)] == [False, False, False, True]
    long = tap(0, 2_000)  # names the program from 1200 on
    assert [at_rest(moment, *long) for moment in (1_000, 1_900, 2_100, 10_000)] == [False, False, False, True]  # type: ignore[arg-type]
    start = tap(0, 300)
    assert [at_rest(moment, *start) for moment in (200, 5_000)] == [False, False]  # type: ignore[arg-type]


def test_an_offer_after_what_is_wrong() -> None:
    """What a start says first, that the pins are missing, is heard before what it offers."""
    offer = Offer(en("Go on."), Ms(60_000), Program(*ADULT), place=2)
    script = [(0, Order("say", en("No pins."))), (1, offer)]
    assert [text for _, text in said(SimRoom(script, until=30_000))] == ["No pins.", "Go on."]  # type: ignore[arg-type]
