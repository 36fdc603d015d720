"""What the trainer remembers: what each event changes of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pitrainer.core.learned import NOTHING
from pitrainer.core.messages import Began, Chosen, Ended, Event, Held, RemindersSwitched, Started, VolumeChanged
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.service.saved_state import Place, State, StateKeeper, load_state, save_state
from pitrainer.wallclock import ClockMemory
from support.fakes import BEGUN, SMALL, half_a_second

PLAN = replace(make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN), learned=BEGUN)
HOLD = next(step for step in PLAN.steps if step.kind == "hold")


ANNA, BEN, ANY = (Program(SMALL, "adult", "standard", person) for person in ("Anna", "Ben", ""))
ANNAS = ("small", "adult", "Anna", "standard")


def keeper(file: Path) -> StateKeeper:
    return StateKeeper(file, lambda work: work(), volume=70, programs=[BEN, ANNA])


def test_a_session_s_place(tmp_path: Path) -> None:
    """It is kept from step to step, with what was held; the person's end forgets it, and the program's does not."""
    one = keeper(tmp_path / "state.json")
    events: list[Event] = [Started(Ms(0), PLAN), Began(Ms(1), HOLD), Held(Ms(2), HOLD, Ms(900))]
    for event in events:
        one.follow(event)
    place = load_state(tmp_path / "state.json").place
    assert place
    where = len(PLAN.steps), HOLD.index, HOLD.number, 900, place.at
    clock = {"right": place.right, "boot": place.boot, "since_boot": place.since_boot}
    assert place == Place("small", "adult", "standard", *where, learned=BEGUN, **clock)
    one.follow(Ended(Ms(3), completed=False, tip=4, interrupted=True))
    assert load_state(tmp_path / "state.json").place == place
    one.follow(Ended(Ms(3), completed=True, tip=4))
    assert load_state(tmp_path / "state.json") == State(tip=4)


def test_whose_place(tmp_path: Path) -> None:
    """A session's place tells whose it is, and what they had learned; one of before is nobody's by name, of a first session."""
    file = tmp_path / "state.json"
    one = keeper(file)
    one.follow(Started(Ms(0), replace(PLAN, person="Anna")))
    one.follow(Began(Ms(1), HOLD))
    place = load_state(file).place
    assert place
    assert place.person == "Anna"
    data = json.loads(file.read_text())
    for since in ("person", "learned", "weekday"):
        del data["place"][since]
    file.write_text(json.dumps(data))
    assert load_state(file).place == replace(place, person="", learned=NOTHING)


def test_choices(tmp_path: Path) -> None:
    """Program, volume and reminders are kept."""
    one = keeper(tmp_path / "state.json")
    for event in (Chosen(Ms(0), 1), VolumeChanged(Ms(1), 40), RemindersSwitched(Ms(2), on=False)):
        one.follow(event)
    assert load_state(tmp_path / "state.json") == State(1, volume=(40, 70), reminders_on=False, choice=ANNAS)


@pytest.mark.parametrize(
    ("state", "programs", "chosen"),
    [
        (State(1, choice=ANNAS), [ANY, BEN, ANNA], 2),
        (State(1, choice=ANNAS), [ANNA], 0),
        (State(1, choice=ANNAS), [ANNA, ANNA], 1),
        (State(1, choice=ANNAS), [BEN, ANY, replace(ANNA, level="full")], 2),
        (State(1, choice=ANNAS), [BEN, ANY], 0),
        (State(1, choice=ANNAS), [], 0),
        (State(1), [BEN, ANNA], 1),  # of before
        (State(1), [BEN], 0),
    ],
)
def test_the_chosen_program_moves(state: State, programs: list[Program], chosen: int) -> None:
    """After programs were added or removed, the same person's is chosen; the first where that is there no more."""
    assert state.chosen_among(programs) == chosen


@pytest.mark.parametrize(("setting", "volume"), [(70, 40), (71, 71)])
def test_the_settings_volume_counts_again(setting: int, volume: int) -> None:
    """What was set counts until the settings' own volume is edited."""
    assert State(volume=(40, 70)).volume_after(setting) == volume
    assert State().volume_after(setting) == setting


def test_a_state_of_before(tmp_path: Path) -> None:
    """A file from before there were volume and switch is taken as it is."""
    (tmp_path / "state.json").write_text(json.dumps({"program": 1, "tip": 2, "place": None, "reminders": {}}))
    assert load_state(tmp_path / "state.json") == State(1, 2)
    save_state(tmp_path / "state.json", State(1, 2, volume=(0, 100)))
    assert load_state(tmp_path / "state.json") == State(1, 2, volume=(0, 100))


def test_a_clock_of_before(tmp_path: Path) -> None:
    """A person's word is taken from a file from before it was kept who else has set the clock."""
    clock = {"boot": "0b1c", "zero": 5, "own": 7, "by_hand": True}
    (tmp_path / "state.json").write_text(json.dumps({"program": 1, "tip": 2, "clock": clock}))
    assert load_state(tmp_path / "state.json").clock == ClockMemory("0b1c", 5, 7, "hand")
