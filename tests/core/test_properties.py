"""What holds for every routine, every voice and every sequence of presses."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import routines as files
from pitrainer.config.routines import read_routine
from pitrainer.core.languages import ENGLISH, Phrase
from pitrainer.core.messages import Began, Chosen, Edge, Ended, Held, Hush, Input, OpenSound, Sound, Started
from pitrainer.core.phrases import all_phrases, announcement
from pitrainer.core.plan import Buzz, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import LEVELS, PROFILES, Program, Routine
from pitrainer.core.signals import Signal
from pitrainer.core.units import Ms
from pitrainer.errors import Problem
from pitrainer.service.loop import Quit
from support.fakes import FakeClips, SimRoom, tap

QUICK = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
WORDS = ENGLISH.countdown
PRESS, TICK = Signal.PRESS, Signal.TICK


# --- any routine


@st.composite
def routines(draw: st.DrawFn) -> Routine:
    """A valid routine, made as the file's parsed data and read as such."""
    problems: list[Problem] = []
    routine = read_routine(draw(files.routines()), "any.toml", problems)
    assert problems == []
    assert routine is not None
    return routine


Voice = Callable[[Phrase], Ms]


@st.composite
def voices(draw: st.DrawFn) -> Voice:
    """How long each phrase is: any length, the same each time; the countdown's words too, which may be very long."""
    seed, most = draw(st.integers(0, 10**6)), draw(st.sampled_from([700, 1_500, 4_000]))
    words = draw(st.tuples(*[st.one_of(st.integers(200, 700), st.integers(100, 3_500))] * 3))

    def length(phrase: Phrase) -> Ms:
        if phrase in WORDS:
            return Ms(words[WORDS.index(phrase)])
        return Ms(50 + zlib.crc32(f"{seed} {phrase.text}".encode()) % most)

    return length


PROFILE, LEVEL = st.sampled_from(PROFILES), st.sampled_from(LEVELS)


# --- the plan; that it keeps its rules is tested with every other style of routine in `fuzz/plans.py`


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), voices())
def test_phrases_need_no_clips(routine: Routine, profile: Any, level: Any, estimated: Voice, true: Voice) -> None:
    """What to prepare does not depend on the clips' lengths: these are known only once it is prepared."""
    before, after = make_plan(routine, profile, level, estimated), make_plan(routine, profile, level, true)
    assert set(before.phrases()) == set(after.phrases())
    said = {cue.phrase for step in after.steps for cue in step.cues if isinstance(cue, Say)}
    assert said <= set(before.phrases())
    assert len(before.phrases()) == len(set(before.phrases()))


# --- a session in the loop


@QUICK
@given(routines(), PROFILE, LEVEL, voices())
def test_performed_exactly(routine: Routine, profile: Any, level: Any, voice: Voice) -> None:
    """Through the loop, the buzzer's pin begins and ends every hold exactly as long apart as the routine says."""
    room = SimRoom(tap(0, 300), until=10_000_000, programs=[(routine, profile, level)], clips=FakeClips(length_of=voice))
    plan = make_plan(routine, profile, level, voice)
    ons = {at for at, on in room.pins.buzzes if on}
    begun = [(now, action) for now, action in room.heard if isinstance(action, Began)]
    assert [(now, action.step) for now, action in begun] == [(1_000 + step.start, step.moved(1_000)) for step in plan.steps]
    for now, action in begun:
        if action.step.kind == "hold":
            assert {now, now + action.step.length} <= ons
    held = [(now, action.held) for now, action in room.heard if isinstance(action, Held)]
    assert held == [(1_000 + step.end, step.length) for step in plan.steps if step.kind == "hold"]
    assert [now for now, action in room.heard if isinstance(action, Ended)] == [1_000 + plan.length]
    # Nothing is lost and nothing is added on the way.
    cues = [action for _, action in room.heard if isinstance(action, Say | Buzz)]
    assert sorted(map(repr, cues[1:])) == sorted(repr(cue) for step in plan.steps for cue in step.moved(1_000).cues)


# --- any presses


@st.composite
def presses(draw: st.DrawFn) -> list[tuple[int, Input | Quit]]:
    """Any sequence of taps, double presses and holds of any button, with sound that goes and comes."""
    script: list[tuple[int, Input | Quit]] = list(tap(0, 300))
    at = 300
    for _ in range(draw(st.integers(0, 12))):
        at += draw(st.one_of(st.integers(60, 600), st.integers(60, 20_000)))
        what = draw(st.sampled_from(["button"] * 5 + ["next", "back", "lost", "found"]))
        if what in ("lost", "found"):
            script.append((at, Sound(what == "found")))
            continue
        length = draw(st.one_of(st.integers(40, 350), st.integers(1_100, 1_500)))
        script += [(at, Edge(what, True, Ms(at))), (at + length, Edge(what, False, Ms(at + length)))]  # type: ignore[arg-type]
        at += length
    return script


@dataclass(frozen=True)
class Heard:
    """Something that sounded, from one moment to another."""

    start: int
    end: int
    what: str


def sounded(room: SimRoom, kind: type[Say] | type[Buzz]) -> list[Heard]:
    """Return what was really heard: a `Hush` takes back what was waiting, and ends what sounds."""
    result: list[Heard] = []
    for now, action in room.heard:
        if isinstance(action, Hush):
            result = [Heard(one.start, min(one.end, now), one.what) for one in result if one.start < now]
        elif isinstance(action, kind):
            what = action.text if isinstance(action, Say) else action.signal.name
            result.append(Heard(action.at, action.end, what))
    return sorted(result, key=lambda one: one.start)


@dataclass(frozen=True)
class Practice:
    """A trainer, a voice, and a person who presses at random."""

    programs: list[Any]
    voice: Voice
    script: list[tuple[int, Input | Quit]]
    delay: int

    def room(self) -> SimRoom:
        """Run it."""
        until = self.script[-1][0] + 40_000
        clips = FakeClips(length_of=self.voice)
        return SimRoom(self.script, until=until, programs=self.programs, clips=clips, delay=self.delay)


@st.composite
def practices(draw: st.DrawFn) -> Practice:
    routine = draw(routines())
    programs = [(routine, draw(PROFILE), draw(LEVEL)), (routine, "child", "gentle")]
    return Practice(programs, draw(voices()), draw(presses()), draw(st.sampled_from([0, 50, 800, 5_000])))


@QUICK
@given(practices())
def test_nothing_talks_over_anything(practice: Practice) -> None:
    """Whatever is pressed: no two spoken cues overlap, and none is spoken into a signal."""
    room = practice.room()
    spoken = sounded(room, Say)
    for first, second in pairwise(spoken):
        assert first.end <= second.start
    if any(isinstance(what, Sound) for _, what in practice.script):
        return  # what is said while there is no sound is heard by nobody; the buzzes that tell so need not wait for it
    signals = [one for one in sounded(room, Buzz) if one.what not in ("PRESS", "TICK")]
    for signal in signals:
        assert not [one for one in spoken if one.start < signal.end and signal.start < one.end]


@QUICK
@given(practices())
def test_on_time(practice: Practice) -> None:
    """Whatever is pressed: time only grows, and no cue is handed over when its moment has passed."""
    room = practice.room()
    times = [now for now, _ in room.heard]
    assert times == sorted(times)
    assert all(action.at >= now for now, action in room.heard if isinstance(action, Say | Buzz))
    assert all(action.at == now for now, action in room.heard if isinstance(action, Hush | Began | Held | Ended))
    edges = [at for at, _ in room.pins.buzzes]
    assert edges == sorted(edges)
    assert [on for _, on in room.pins.buzzes] == [n % 2 == 0 for n in range(len(edges))]


@QUICK
@given(practices())
def test_holds_are_whole(practice: Practice) -> None:
    """Whatever pauses there are: each hold that comes to its end was held exactly its length in all."""
    room = practice.room()
    began, total, hushed, plan = 0, 0, -1, None
    for now, action in room.heard:
        match action:
            case Started():
                plan = action.plan
            case Hush():
                hushed = now
            case Began(at, step) if step.kind == "hold":
                began, total = at, step.held if step.held and step.held == total else 0
                assert step.held == total
            case Held(at, step, held):
                total += at - began
                assert held == total
                assert plan is not None
                whole = plan.steps[step.index].length
                assert held <= whole
                assert hushed == now or held == whole


@QUICK
@given(practices(), voices())
def test_all_is_in_phrases(practice: Practice, estimated: Voice) -> None:
    """Whatever is pressed: all that is said was in `phrases()` before, with other lengths of the clips even."""
    room = practice.room()
    programs = [Program(*program) for program in practice.programs]
    known = all_phrases(programs, FakeClips(length_of=estimated).length)
    assert {action.phrase for _, action in room.heard if isinstance(action, Say)} <= set(known)


@QUICK
@given(practices(), st.integers(400, 120_000))
def test_silence_after_a_stop(practice: Practice, stop: int) -> None:
    """After a stop only that is said, and what goes on with it, as soon as it can be heard, until the next start or press."""
    script = [entry for entry in practice.script if entry[0] < stop] + tap(stop + 500, 1_500)
    room = replace(practice, script=script).room()
    stopped: int | None = None
    open_at = 0
    names = tuple(announcement(Program(*program)).text for program in practice.programs)
    for now, action in room.heard:
        match action:
            case Ended(_, completed):
                stopped = None if completed else now
            case Started() | Chosen() | Buzz(_, Signal.PRESS):
                stopped = None
            case OpenSound(at):
                open_at = at + practice.delay
            case Say(_, text) if stopped is not None:
                assert now == max(stopped, open_at)
                assert text == "The session is stopped." or text.startswith(("Press the button to continue", *names))
            case Began() | Held():
                assert stopped is None


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), st.lists(st.integers(500, 9_000), min_size=2, max_size=40))
def test_pauses_take_nothing(routine: Routine, profile: Any, level: Any, voice: Voice, gaps: list[int]) -> None:
    """A session with any pauses that comes to its end held every hold exactly its length, added up from start to pause."""
    presses = list(accumulate([300, *gaps]))[1:]
    script = [*tap(0, 300), *(edge for at in presses[: len(presses) // 2 * 2] for edge in tap(at))]
    room = SimRoom(script, until=10_000_000, programs=[(routine, profile, level)], clips=FakeClips(length_of=voice))
    plan = make_plan(routine, profile, level, voice)
    began = 0
    added: dict[int, int] = {}
    told: dict[int, int] = {}
    for _, action in room.heard:
        match action:
            case Began(at, step) if step.kind == "hold":
                began = at
            case Held(at, step, held):
                added[step.index] = added.get(step.index, 0) + at - began
                told[step.index] = held
            case Ended():
                break  # a press that comes later begins another
    whole = {step.index: step.length for step in plan.steps if step.kind == "hold"}
    assert added == whole
    assert told == whole
