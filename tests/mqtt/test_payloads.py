"""What is sent is what the trainer does, in the documented form, and names nobody."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, Literal

import fastjsonschema
import pytest

from pitrainer.control.events import as_json
from pitrainer.control.fold import fold
from pitrainer.control.status import Status
from pitrainer.core.messages import (
    Ended,
    Event,
    Fault,
    FaultAppeared,
    FaultGone,
    GivenUp,
    Pressed,
    Rated,
    RemindersSwitched,
    SoundCard,
    SoundCardChosen,
    Today,
    TodayChanged,
    WaitingForClips,
)
from pitrainer.core.reminders import Reminder
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.mqtt.orders import EACH, Orders, request
from pitrainer.mqtt.payloads import Last, Rating, event, labels, people_of, rating, refused, state
from pitrainer.mqtt.people import People
from pitrainer.mqtt.sessions import Sessions
from support.bridged import HOLD
from support.fakes import SMALL, SimRoom, tap

SCHEMA = json.loads(resources.files("pitrainer.mqtt").joinpath("schema.json").read_text())
EIGHT = datetime(2026, 5, 6, 8, tzinfo=UTC)
PROGRAMS = [Program(SMALL, "adult", "standard", "Anna"), Program(SMALL, "child", "full")]

# paused in the first hold, gone on with, the second skipped
SCRIPT = [*tap(0, 300), *tap(12_000), *tap(30_000), *tap(60_000, button="next")]
ROOM = SimRoom(SCRIPT, until=200_000, programs=[(SMALL, "adult", "standard", "Anna")])
SESSION: list[Event] = [action for _, action in ROOM.heard if isinstance(action, Event)]
REMINDER = Reminder(EIGHT.time(), "small", "adult", person="Anna")
OTHERS: list[Event] = [
    WaitingForClips(Ms(1)),
    GivenUp(Ms(2)),
    RemindersSwitched(Ms(3), False),
    TodayChanged(Ms(4), Today(True, 4, REMINDER, EIGHT)),
    FaultAppeared(Ms(5), Fault("sound", "Anna's speaker is gone")),
    SoundCardChosen(Ms(6), SoundCard("USB", "a USB card")),
    FaultAppeared(Ms(7), Fault("settings", "2 mistakes in the settings", ("Anna",))),
    FaultGone(Ms(8), "sound"),
]


def valid(what: str, data: Any) -> None:
    fastjsonschema.compile(SCHEMA | {"$ref": f"#/definitions/{what}"})(data)


def test_state() -> None:
    """The state has ids and numbers, and nobody's name."""
    status = Status(PROGRAMS, 0).data()
    for one in [*SESSION[:4], *OTHERS[2:]]:
        status = fold(status, as_json(one))
    people = people_of(status, named=False)
    assert state(status, people, Last("2026-05-06T07:00:00+00:00", 61), Rating("pain", 3, "push")) == {
        "state": "running",
        "routine": "small",
        "person": "person 1",
        "exercise": "push",
        "number": 1,
        "exercises": 2,
        "step": "instruct",
        "program": "small, person 1, adult",
        "volume": 100,
        "reminders": False,
        "done_today": True,
        "streak": 4,
        "next_reminder": "2026-05-06T08:00:00+00:00",
        "last_session": "2026-05-06T07:00:00+00:00",
        "last_session_seconds": 61,
        "last_rating": {"about": "pain", "value": 3, "exercise": "push"},
        "problems": ["2 mistakes in the settings"],
    }
    all_states = [state(status := fold(status, as_json(one)), people, None) for one in [*SESSION, *OTHERS]]
    for one in all_states:
        valid("state", one)
    assert "Anna" not in json.dumps(all_states)
    assert state(status, people_of(status, named=True), None)["program"] == "small, Anna, adult"


def test_events() -> None:
    """The session's events are sent on, each in the documented form, and nothing else but reminders and offers."""
    people = People(["Anna"], named=False)
    sent = [found for one in [*SESSION, *OTHERS] if (found := event(as_json(one), people))]
    began = {"event_type": "started", "routine": "small", "profile": "adult", "level": "standard", "person": "person 1"}
    assert sent == [began, {"event_type": "paused"}, {"event_type": "resumed"}, {"event_type": "completed"}]
    sent.append(refused("say", "Anna is asleep", people))
    assert sent[-1] == {"event_type": "refused", "order": "say", "why": "person 1 is asleep"}
    for one in sent:
        valid("event", one)


def test_presses() -> None:
    """A press of the button is sent on, and that it has become a long one; those of the other buttons are not."""
    presses = [Pressed(Ms(1), "button", False), Pressed(Ms(2), "next", False), Pressed(Ms(3), "button", True)]
    sent = [event(as_json(one), People([], named=False)) for one in presses]
    assert sent == [{"event_type": "pressed"}, None, {"event_type": "long_pressed"}]
    for one in (sent[0], sent[2]):
        valid("event", one)


def gathered(events: list[Event], sessions: Sessions, people: People) -> list[Any]:
    """Return what was gathered of sessions, of which each moment is kept and read again, as over a restart."""
    found = []
    for one in events:
        wall = EIGHT + timedelta(milliseconds=one.at)
        found.append(sessions.follow(json.loads(json.dumps(as_json(one))), people, wall))
        sessions.running = json.loads(json.dumps(sessions.running))
    return [session for session in found if session]


def test_session() -> None:
    """A session is told of when it is over: each hold with what was held of it, in all, also after a pause."""
    (session,) = gathered(SESSION, Sessions(), People(["Anna"], named=False))
    valid("session", session)
    holds = [(hold["exercise"], hold["length"], hold["held"]) for hold in session.pop("holds")]
    assert len(session.pop("id")) == 36
    assert session == {
        "routine": "small",
        "profile": "adult",
        "level": "standard",
        "person": "person 1",
        "began": "2026-05-06T08:00:01+00:00",
        "ended": session["ended"],
        "seconds": SESSION[-1].at // 1000 - 1,
        "result": "completed",
        "exercises": 2,
        "ratings": [],
    }
    assert holds == [("push", 5000, 5000), ("push", 5000, 5000), ("tap", 2000, 1710)]


def rated(value: int | None, about: Literal["pain", "effort"] = "pain", index: int = 7) -> dict[str, Any]:
    """Return the trainer's event of an answer, after an exercise or the whole routine."""
    step = replace(HOLD, index=index, kind="ask", exercise="push" if index == 7 else "")
    return as_json(Rated(Ms(100_000), step, about, value))


def test_ratings() -> None:
    """A session has what was answered in it: of each question what came last, and nothing of an answer that was taken back."""
    people, sessions = People([], named=False), Sessions()
    gathered(SESSION[:8], sessions, people)
    answers = [
        rated(8),
        rated(None),
        rated(3),
        rated(5, "effort"),
        rated(0, index=9),
        rated(4, index=11),
        rated(None, index=11),
    ]
    assert [event(one, people) for one in answers[:2]] == [
        {"event_type": "rated", "about": "pain", "value": 8, "exercise": "push"},
        None,
    ]
    valid("event", event(rated(0, index=9), people))
    for one in answers:
        assert sessions.follow(one, people, EIGHT) is None
        sessions.running = json.loads(json.dumps(sessions.running))
    session = sessions.follow(as_json(Ended(Ms(200_000), False)), people, EIGHT)
    valid("session", session)
    assert session
    assert session["ratings"] == [
        {"about": "pain", "value": 3, "exercise": "push"},
        {"about": "effort", "value": 5, "exercise": "push"},
        {"about": "pain", "value": 0, "exercise": None},
    ]
    valid("state", state(Status(PROGRAMS, 0).data(), people, None, rating(rated(0, index=9))))


def test_session_without_end() -> None:
    """A session whose end nobody saw is told of once, as lost, up to what was seen of it."""
    people = People(["Anna"], named=False)
    sessions = Sessions()
    running = Status(PROGRAMS, 0)
    for one in SESSION[:8]:
        running(one)
    assert gathered(SESSION[:8], sessions, people) == []
    assert sessions.resume(running.data(), 0, people, EIGHT) is None
    lost = sessions.resume(Status(PROGRAMS, 0).data(), 0, people, EIGHT)
    assert lost
    valid("session", lost)
    began, ended = (datetime.fromisoformat(lost[key]) for key in ("began", "ended"))
    assert (lost["result"], ended) == ("lost", began + timedelta(seconds=lost["seconds"]))
    assert sessions.resume(Status(PROGRAMS, 0).data(), 0, people, EIGHT) is None


def test_labels() -> None:
    """Each program has a name of its own."""
    found = Status([*PROGRAMS, *PROGRAMS], 0).data()["programs"]
    assert labels(found, People(["Anna"], named=False)) == [
        *("small, person 1, adult", "small, child, full", "small, person 1, adult (2)", "small, child, full (2)"),
    ]


RIGHT = {
    ("order", b"next"): {"command": "next"},
    ("say", b" Dinner  is ready. "): {"command": "say", "text": "Dinner is ready."},
    ("volume", b"60"): {"command": "volume", "volume": 60},
    ("volume", b"60.0"): {"command": "volume", "volume": 60},
    ("program", b"b"): {"command": "program", "number": 2},
    ("reminders", b"OFF"): {"command": "reminders", "on": False},
}
WRONG = {
    ("order", b"\xff\x00"): "is not UTF-8 text",
    ("order", b"press"): '"press" is not one of start, pause, next, back, stop',
    ("order", b""): '"" is not one of start, pause, next, back, stop',
    ("say", b" "): '" " has nothing that can be spoken',
    ("say", b"a" * 5000): "5000 bytes are too many; at most 2400",
    ("volume", b"101"): '"101" is not a volume from 0 to 100',
    ("volume", "\u0663".encode()): '"\u0663" is not a volume from 0 to 100',
    ("volume", b"1e2"): '"1e2" is not a volume from 0 to 100',
    ("program", b"c\n"): r'"c\n" is not a program; there are: a; b',
    ("reminders", b"on"): '"on" is not ON or OFF',
    ("state", b"start"): "is no topic for orders",
}


def test_orders() -> None:
    """An order becomes the trainer's request; anything else is refused, with what would be right."""
    assert {order: request(*order, ["a", "b"]) for order in RIGHT} == RIGHT
    refusals = {}
    for order in WRONG:
        with pytest.raises(ValueError) as error:  # noqa: PT011 - the messages are compared
            request(*order, ["a", "b"])
        refusals[order] = str(error.value)
    assert refusals == WRONG


def test_too_many_orders() -> None:
    """Of volumes in a row only the last waits; of all other orders as many of each topic as there is room for."""
    orders = Orders()
    assert all(orders.put("volume", b"%d" % number) for number in range(99))
    assert orders.put("order", b"start")
    room = [orders.put(*order) for number in range(EACH + 1) for order in (("say", b"%d" % number), ("volume", b"%d" % number))]
    assert room == [*[True] * (2 * EACH - 1), False, False, False]
    given = [orders.get() for _ in range(2 * EACH + 1)]
    assert given[:4] == [("volume", b"98"), ("order", b"start"), ("say", b"0"), ("volume", b"0")]
    assert given[-2:] == [("volume", b"%d" % (EACH - 2)), ("say", b"%d" % (EACH - 1))]
