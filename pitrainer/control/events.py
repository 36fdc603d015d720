"""The events, and the status, as other processes are told them: one JSON object a line.

The first line is the answer to the request: `{"ok": true, "at": ..., "status": {...}}`, with the status as it was before the
events that follow. Moments (`at`, `until`, `paused_at`) are milliseconds of the monotonic clock (CLOCK_MONOTONIC), which all
processes of the machine share; only a reminder's are of the wall clock. Lengths are milliseconds, too. `...` stands for a step:

    {"index": 4, "kind": "hold", "exercise": "press", "name": "Head press", "position": "forehead", "number": 1, "set": 1,
     "repeats": false, "length": 11000, "held": 0, "own": false}

`repeats` tells that the hold, or the one that the step belongs to, is a set of repetitions. `held` is how much of a hold was
held before the step began, where that was paused. `own` tells of a set that is done at the person's own pace; `length` is a
guess then. `person` is null where nobody is named. A `reminder` has `at` (local time, such as "08:00"), `routine`, `profile`,
`level` and `person`.

| event                | besides `event` and `at`                                                        |
| -------------------- | ------------------------------------------------------------------------------- |
| `started`            | `routine`, `title`, `profile`, `level`, `person`, `exercises`, `length`; `step`: the first's index |
| `began`              | `step`: ..., `next`: the next hold's name, position, number and set, or null    |
| `held`               | `step`: ..., `held`: how much of the hold was held in all so far; `whole`: nothing of it is left |
| `rated`              | `step`: ..., `about`: pain or effort, `value`: 0 to 10; null: the answer was taken back |
| `said`               | `text`, `language`, `length`: what began to be heard, or should have been        |
| `pressed`            | `button`: button, next or back; `long`: a press that was told has become a long one |
| `paused`             | `step`: ...                                                                     |
| `resumed`            | `step`: ...                                                                     |
| `ended`              | `completed`: it came to its end; `interrupted`: the trainer ended, and it can be resumed |
| `waiting_for_clips`  | `left`: until they are there, or null; told again every 15 s                    |
| `planned_anew`       | `length`: of the whole session, in which more is known now                      |
| `preparing`          | `made`, `total`: clips; `left`, or null; `ended`: no more are being made        |
| `given_up`           | a start that waited for its clips was taken back                                |
| `chosen`             | `number`: from 1                                                                |
| `volume_changed`     | `volume`                                                                        |
| `reminded`           | `reminder`; `what`: announced, put_off or closed; `number`, `why`               |
| `reminders_switched` | `on`                                                                            |
| `offered`            | `routine`, `profile`, `level`, `person`, `text`: what is said; `until`: when it ends |
| `offer_ended`        | nobody took it; one that is taken ends without this                             |
| `today_changed`      | `done_today`, `streak`, `next_reminder`, `reminders_wait`: as in the status      |
| `fault_appeared`     | `fault`: settings, pins, sound or voice; `why`, `details`: each mistake          |
| `fault_gone`         | `fault`                                                                         |
| `sound_card_chosen`  | `card`, `why`: what sound comes out of from now on, and why of this one          |
| `settings_reloaded`  | this trainer ends, and one after the new settings follows                       |
| `trainer_ended`      | `why`; the connection is closed                                                 |
| `heartbeat`          | nothing has happened for 10 s                                                   |
| `too_slow`           | more than 64 events waited to be read; the connection is closed                 |

The status, which the command `status` answers, too (`control/status.py` makes it, `control/fold.py` keeps it up to date):

| status               | what it is                                                                      |
| -------------------- | ------------------------------------------------------------------------------- |
| `text`               | what the trainer does, and what is wrong, in a line                             |
| `state`              | ready, waiting (a start waits for its clips), running, paused                   |
| `program`            | the chosen one, as in `programs`; null where the settings are wrong             |
| `programs`           | each with `routine`, `profile`, `level`, `person`, `number` from 1, `title`     |
| `session`            | null where none runs, or an object with what is indented here                   |
| .. `routine`, `profile`, `level`, `person` | which one it is, and whose                                |
| .. `exercises`, `started` | how many it has; when it began, or went on after it broke off              |
| .. `exercise`, `id`, `name`, `position`, `step` | of the running step, or null; `exercise` is a number from 1, `step` a kind |
| .. `at`, `repeats`, `length`, `held`, `own` | of the running step: when it began, as in a step; null before the first |
| .. `next`, `paused_at` | as in `began`; since when it is paused, or null                               |
| `offer`              | null, or `routine` and `text`                                                   |
| `said`               | null, or the last text: `at`, `text`, `language`, `length`                      |
| `preparing`          | null, or `made`, `total`, `left` as in the event                                |
| `faults`             | why, by fault: settings, pins, sound, voice                                     |
| `mistakes`           | each one in settings and routines                                               |
| `sound`              | null until known, or `card` and `why`                                           |
| `volume`             | 0 to 100                                                                        |
| `rating`             | null, or the last answer: `about`, `value`, `exercise` (its id; null for the whole routine), `person` |
| `reminders`          | whether they are switched on                                                    |
| `done_today`, `streak` | of the chosen program; null while not known                                   |
| `next_reminder`      | null, or `at` (ISO 8601, with the zone), `routine`, `profile`, `level`, `person` |
| `reminders_wait`     | whether they wait until the clock is set                                        |
"""

import queue
from collections.abc import Callable, Generator
from typing import Any

from ..clock import monotonic
from ..core.messages import (
    Began,
    Chosen,
    Ended,
    Event,
    FaultAppeared,
    FaultGone,
    GivenUp,
    Held,
    Offered,
    OfferEnded,
    Paused,
    PlannedAnew,
    Preparing,
    Pressed,
    Rated,
    Reminded,
    RemindersSwitched,
    Resumed,
    Said,
    SettingsReloaded,
    SoundCardChosen,
    Started,
    TodayChanged,
    TrainerEnded,
    VolumeChanged,
    WaitingForClips,
)
from ..core.plan import Step
from ..core.reminders import Announced, Closed, PutOff, Report
from ..core.routine import Level, Regimen
from .protocol import Request, too_slow
from .status import place_of, today_data

MOST = 64
"""Events that wait for a subscriber."""
HEARTBEAT = 10
"""Seconds without an event, after which one line tells that the trainer is there."""

Take = Callable[[Event], None]


def as_json(event: Event) -> Request:
    """Return an event as it is sent."""
    name, more = _form(event)
    return {"event": name, "at": event.at, **more}


def _form(event: Event) -> tuple[str, dict[str, Any]]:
    match event:
        case Started(_, plan, place):
            about = {**_about(plan.regimen, plan.level), "title": plan.title}
            return "started", {**about, "exercises": plan.exercises, "length": plan.length, "step": place}
        case Began(_, step, ahead):
            return "began", {"step": _step(step), "next": ahead and place_of(ahead)}
        case Held(_, step, held):
            return "held", {"step": _step(step), "held": held, "whole": event.whole}
        case Rated(_, step, about, value):
            return "rated", {"step": _step(step), "about": about, "value": value}
        case Said(_, text, language, length):
            return "said", {"text": text, "language": language, "length": length}
        case Pressed(_, button, long):
            return "pressed", {"button": button, "long": long}
        case Paused(_, step):
            return "paused", {"step": _step(step)}
        case Resumed(_, step):
            return "resumed", {"step": _step(step)}
        case Ended(_, completed, _, interrupted):
            return "ended", {"completed": completed, "interrupted": interrupted}
        case WaitingForClips(_, left):
            return "waiting_for_clips", {"left": left}
        case PlannedAnew(_, plan):
            return "planned_anew", {"length": plan.length}
        case Preparing(_, made, total, left, ended):
            return "preparing", {"made": made, "total": total, "left": left, "ended": ended}
        case GivenUp():
            return "given_up", {}
        case Chosen(_, number):
            return "chosen", {"number": number + 1}
        case VolumeChanged(_, volume):
            return "volume_changed", {"volume": volume}
        case Reminded(_, report):
            return "reminded", _report(report)
        case RemindersSwitched(_, on):
            return "reminders_switched", {"on": on}
        case Offered(_, offer):
            program = offer.program
            return "offered", {**_about(program.regimen, program.level), "until": offer.until, "text": offer.phrase.text}
        case OfferEnded():
            return "offer_ended", {}
        case TodayChanged(_, today):
            return "today_changed", today_data(today)
        case FaultAppeared(_, fault):
            return "fault_appeared", {"fault": fault.what, "why": fault.why, "details": [*fault.details]}
        case FaultGone(_, what):
            return "fault_gone", {"fault": what}
        case SoundCardChosen(_, card):
            return "sound_card_chosen", {"card": card.name, "why": card.why}
        case SettingsReloaded():
            return "settings_reloaded", {}
        case TrainerEnded(_, why):
            return "trainer_ended", {"why": why}


def _step(step: Step) -> dict[str, Any]:
    about = {"index": step.index, "kind": step.kind, "exercise": step.exercise, "name": step.name, "position": step.position}
    place = {"number": step.number, "set": step.set, "repeats": step.repeats}
    return {**about, **place, "length": step.length, "held": step.held, "own": step.own}


def _about(regimen: Regimen, level: Level) -> dict[str, Any]:
    return {"routine": regimen.routine, "profile": regimen.profile, "person": regimen.person or None, "level": level}


def _report(report: Report) -> dict[str, Any]:
    one = report.reminder
    reminder = {"at": f"{one.at:%H:%M}", **_about(one.regimen, one.level)}
    match report:
        case Announced(_, number):
            return {"reminder": reminder, "what": "announced", "number": number, "why": ""}
        case PutOff():
            return {"reminder": reminder, "what": "put_off", "number": 0, "why": ""}
        case Closed(_, _, why):
            return {"reminder": reminder, "what": "closed", "number": 0, "why": why}


class Events:
    """Lets any number of other processes follow."""

    def __init__(self, subscribe: Callable[[Take], dict[str, Any]], unsubscribe: Callable[[Take], None]) -> None:
        """Take what begins and ends a subscription, see `Hub`."""
        self._subscribe = subscribe
        self._unsubscribe = unsubscribe

    def lines(self) -> Generator[Request | None, None, None]:
        """Yield each line to be sent as soon as there is one, and None at least once a second: is the other end still there?"""
        waiting: queue.Queue[Event] = queue.Queue(MOST)
        behind = False

        def take(event: Event) -> None:
            nonlocal behind
            try:
                waiting.put_nowait(event)
            except queue.Full:
                behind = True

        status = self._subscribe(take)
        try:
            yield {"ok": True, "at": monotonic(), "status": status}
            idle = 0
            while not behind:
                try:
                    event = waiting.get(timeout=1)
                except queue.Empty:
                    idle = (idle + 1) % HEARTBEAT
                    yield None if idle else {"event": "heartbeat", "at": monotonic()}
                    continue
                idle = 0
                yield as_json(event)
                if isinstance(event, TrainerEnded):
                    return
            yield too_slow()
        finally:
            self._unsubscribe(take)
