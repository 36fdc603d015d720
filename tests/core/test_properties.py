"""What holds for every routine, every voice and every sequence of presses."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fuzz import routines as files
from pitrainer.config.routines import read_routine
from pitrainer.core.languages import ENGLISH, Phrase
from pitrainer.core.learned import Learned
from pitrainer.core.messages import Began, Chosen, Edge, Ended, Held, Hush, Input, OpenSound, Rated, Sound, Started
from pitrainer.core.phrases import all_phrases, announcement
from pitrainer.core.plan import Buzz, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import LEVELS, NO_ASK, PROFILES, Program, Routine
from pitrainer.core.signals import Signal
from pitrainer.core.units import MINUTE, Ms
from pitrainer.errors import Problem
from pitrainer.service.loop import Quit
from support.fakes import BEGUN, FakeClips, SimRoom, tap

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
LEARNED = st.builds(Learned, st.integers(0, 12), st.frozensets(st.sampled_from(["e1", "e2", "e3"])))


# --- the plan; that it keeps its rules is tested with every other style of routine in `fuzz/plans.py`


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), voices(), LEARNED)
def test_phrases_need_no_clips(
    routine: Routine, profile: Any, level: Any, estimated: Voice, true: Voice, learned: Learned
) -> None:
    """What to prepare does not depend on the clips' lengths, but for the minutes: these are known only once it is prepared."""
    before, after = (make_plan(routine, profile, level, voice, learned=learned) for voice in (estimated, true))
    wanted = {*before.phrases(), *before.spare}
    assert {phrase for phrase in wanted ^ {*after.phrases(), *after.spare} if not phrase.text.startswith("About ")} == set()
    said = {cue.phrase for step in after.steps for cue in step.cues if isinstance(cue, Say)}
    assert {phrase for phrase in said - wanted if not phrase.text.startswith("About ")} == set()
    assert len(before.phrases()) == len(set(before.phrases()))


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), LEARNED)
def test_effort_begins_at_the_start_signal(routine: Routine, profile: Any, level: Any, voice: Voice, learned: Learned) -> None:
    """Nothing that `go` says is said between the beginning of where to be and the start signal; it follows right after that."""
    plan = make_plan(routine, profile, level, voice, learned=learned)
    goes = {go for one in routine.exercises for position in one.positions if (go := position.go[profile])}
    for before, ready, hold in zip(plan.steps, plan.steps[1:], plan.steps[2:], strict=False):
        if hold.kind == "hold" and not hold.own:
            assert {cue.text for step in (before, ready) for cue in step.cues if isinstance(cue, Say)}.isdisjoint(goes)
            assert hold.cues[0] == Buzz(hold.start, Signal.START)
            if (go := plan.again[hold.index].go) and go.end + 300 <= hold.length:
                assert hold.cues[1] == go.moved(hold.start)
                assert hold.cues[1].at == hold.cues[0].end + 300


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), LEARNED)
def test_rest_is_kept(routine: Routine, profile: Any, level: Any, voice: Voice, learned: Learned) -> None:
    """From any hold's end to the next ready signal it is at least that exercise's rest, whatever is said meanwhile."""
    plan = make_plan(routine, profile, level, voice, learned=learned)
    rests = {exercise.id: exercise.rest for exercise in routine.exercises}
    holds = [step for step in plan.steps if step.kind == "hold"]
    readies = [step for step in plan.steps if step.kind == "ready"]
    for hold, ready in zip(holds, readies[1:], strict=False):
        assert ready.start - hold.end >= rests[hold.exercise]


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), LEARNED)
def test_announced_minutes(routine: Routine, profile: Any, level: Any, voice: Voice, learned: Learned) -> None:
    """The announced minutes are within half a minute of the plan, all the same how long the clips are."""
    minutes = {ENGLISH.about_minutes(number): number * MINUTE for number in range(1, 241)}

    def even(phrase: Phrase) -> Ms:  # or there might be none that is right
        return Ms(1_500) if phrase in minutes else voice(phrase)

    plan = make_plan(routine, profile, level, even, learned=learned)
    said = [cue.phrase for cue in plan.steps[0].cues if isinstance(cue, Say) and cue.phrase in minutes]
    assert len(said) == (bool(routine.intro[profile]) and plan.length > MINUTE // 2)
    assert all(abs(plan.length - minutes[phrase]) <= MINUTE // 2 for phrase in said)


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), voices(), LEARNED, LEARNED)
def test_the_steps_are_the_routine_s(
    routine: Routine, profile: Any, level: Any, before: Voice, after: Voice, learned: Learned, later: Learned
) -> None:
    """Which steps there are depends neither on the clips nor on what is known: a session can be gone on with days later."""
    one, other = (
        make_plan(routine, profile, level, voice, learned=known).steps for voice, known in ((before, learned), (after, later))
    )
    assert [replace(step, start=Ms(0), length=Ms(0), cues=()) for step in one] == [
        replace(step, start=Ms(0), length=Ms(0), cues=()) for step in other
    ]


# --- a session in the loop


@QUICK
@given(routines(), PROFILE, LEVEL, voices())
def test_performed_exactly(routine: Routine, profile: Any, level: Any, voice: Voice) -> None:
    """Through the loop, the buzzer's pin begins and ends every hold exactly as long apart as the routine says.

    Nobody answers what is asked. A set at the person's own pace would wait for them.
    """
    routine = replace(routine, exercises=tuple([one for one in routine.exercises if not one.own_pace]))
    assume(routine.exercises)
    room = SimRoom(tap(0, 300), until=10_000_000, programs=[(routine, profile, level)], clips=FakeClips(length_of=voice))
    plan = make_plan(routine, profile, level, voice, learned=BEGUN)
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
    """Whatever pauses there are: each hold that comes to its end was held exactly its length in all.

    Of a set of repetitions, the one in which it was paused is begun anew.
    """
    room = practice.room()
    began, total, hushed, plan = 0, 0, -1, None
    for now, action in room.heard:
        match action:
            case Started():
                plan = action.plan
            case Hush():
                hushed = now
            case Began(at, step) if step.kind == "hold":
                assert plan is not None
                if step.own:
                    continue
                if unit := plan.again[step.index].unit:
                    total -= total % unit
                began, total = at, step.held if step.held and step.held == total else 0
                assert step.held == total
            case Held(_, step) if step.own:
                total = 0  # `test_own_pace.py` has what it lasted
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
    """Whatever is pressed: all that is said was in `phrases()` before; all but the minutes even with other lengths of clips."""
    room = practice.room()
    programs = [Program(*program) for program in practice.programs]
    said = {action.phrase for _, action in room.heard if isinstance(action, Say)}
    known, guessed = (set(all_phrases(programs, FakeClips(length_of=voice).length)) for voice in (practice.voice, estimated))
    assert said <= known
    # `prepare` looks once more when it has the lengths.
    assert said - set(map(ENGLISH.about_minutes, range(200))) <= guessed


@QUICK
@given(practices(), st.integers(400, 120_000))
def test_silence_after_a_stop(practice: Practice, stop: int) -> None:
    """After a stop only that is said, and what goes on with it, as soon as it can be heard, until the next start or press."""
    script = [entry for entry in practice.script if entry[0] < stop] + tap(stop + 500, 1_500)
    room = replace(practice, script=script).room()
    opened = {at for at, what in script if isinstance(what, Sound) and what.ready}
    stopped: int | None = None
    names = tuple(announcement(Program(*program)).text for program in practice.programs)
    for now, action in room.heard:
        match action:
            case Ended(_, completed):
                stopped = None if completed else now
            case Started() | Chosen() | Buzz(_, Signal.PRESS):
                stopped = None
            case OpenSound(at):
                opened.add(at + practice.delay)
            case Say(_, text) if stopped is not None:
                assert now in {stopped, *opened}
                starts = "Press the button to continue", "That is too much pain.", *names
                assert text == "The session is stopped." or text.startswith(starts)
            case Began() | Held():
                assert stopped is None


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), st.lists(st.integers(500, 9_000), min_size=2, max_size=40))
def test_pauses_take_nothing(routine: Routine, profile: Any, level: Any, voice: Voice, gaps: list[int]) -> None:
    """A session with any pauses that comes to its end held every hold exactly its length, added up from start to pause."""
    presses = list(accumulate([300, *gaps]))[1:]
    exercises = tuple([replace(one, ask=NO_ASK) for one in routine.exercises if not one.repetitions])
    routine = replace(routine, exercises=exercises, ask=NO_ASK)
    assume(routine.exercises)
    script = [*tap(0, 300), *(edge for at in presses[: len(presses) // 2 * 2] for edge in tap(at))]
    room = SimRoom(script, until=10_000_000, programs=[(routine, profile, level)], clips=FakeClips(length_of=voice))
    plan = make_plan(routine, profile, level, voice, learned=BEGUN)
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


@QUICK
@given(routines(), voices(), st.lists(st.integers(500, 9_000), max_size=60))
def test_the_number_said_last(routine: Routine, voice: Voice, gaps: list[int]) -> None:
    """Whenever somebody presses: what is taken is the number that was said last, 0.2 s ago at least, in the same question."""
    asks: Any = dict.fromkeys(PROFILES, "effort")
    exercises = tuple([replace(one, ask=asks) for one in routine.exercises])
    script = [*tap(0, 300), *(edge for at in accumulate([3_000, *gaps]) for edge in tap(at))]
    programs: list[Any] = [(replace(routine, exercises=exercises), "adult", "gentle")]
    room = SimRoom(script, until=600_000, programs=programs, clips=FakeClips(length_of=voice))
    numbers = {ENGLISH.rating(number): number for number in range(11)}
    said: list[tuple[int, int]] = []
    for now, action in room.heard:
        match action:
            case Began(_, step) if step.kind == "ask":
                said = [(cue.at, numbers[cue.phrase]) for cue in step.cues if isinstance(cue, Say) and cue.phrase in numbers]
            case Rated(_, _, _, value) if value is not None:
                pressed = now - 100
                assert value == max(number for at, number in said if at + (200 if number else 0) <= pressed)
