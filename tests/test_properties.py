"""What holds for every routine, every voice and every sequence of presses."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import FakeClips, SimRoom, tap
from pitrainer.core.fields import Problem
from pitrainer.core.phrases import ENGLISH
from pitrainer.core.plan import GAP, Buzz, Plan, Say, Step, make_plan
from pitrainer.core.routine import LEVELS, PROFILES, Exercise, Position, Routine, read_routine
from pitrainer.core.session import Began, Ended, Held, Hush, Started
from pitrainer.core.signals import Signal
from pitrainer.core.trainer import Chosen, Edge, Input, Program, Sound, Trainer
from pitrainer.core.units import Ms
from pitrainer.loop import Quit

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = ENGLISH.countdown
PRESS, TICK = Signal.PRESS, Signal.TICK


# --- any routine


def lengths(least: int, most: int) -> st.SearchStrategy[str]:
    """Lengths as a routine's author writes them: whole seconds mostly."""
    whole = st.integers(-(-least // 1000), most // 1000).map(lambda seconds: f"{seconds}s")
    return st.one_of(whole, st.integers(least, most).map(lambda length: f"{length}ms"))


def ranges(draw: st.DrawFn) -> Any:
    """One hold's length, or the least and the most."""
    if draw(st.booleans()):
        return draw(lengths(1_000, 30_000))
    return [draw(lengths(1_000, 8_000)), draw(lengths(8_000, 45_000))]


@st.composite
def holds(draw: st.DrawFn) -> Any:
    return {"adult": ranges(draw), "child": ranges(draw)} if draw(st.booleans()) else ranges(draw)


@st.composite
def coaches(draw: st.DrawFn) -> Any:
    at = st.one_of(st.integers(0, 99).map(lambda percent: f"{percent}%"), lengths(0, 46_000))
    line = st.builds(lambda at, number: {"at": at, "say": f"Coach line {ENGLISH_NUMBERS[number]}."}, at, st.integers(0, 6))
    lines = st.lists(line, min_size=1, max_size=4)
    return {"adult": draw(lines), "child": draw(lines)} if draw(st.booleans()) else draw(lines)


ENGLISH_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")


@st.composite
def routines(draw: st.DrawFn) -> Routine:
    """A valid routine, made as the file's parsed data and read as such."""

    def maybe(table: dict[str, Any], key: str, values: st.SearchStrategy[Any]) -> None:
        if draw(st.booleans()):
            table[key] = draw(values)

    exercises = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        exercise: dict[str, Any] = {"id": f"e{number}", "name": f"Name {ENGLISH_NUMBERS[number]}", "say": "Do it like this."}
        positions = []
        for place in range(draw(st.integers(0, 3))):
            position: dict[str, Any] = {"name": f"place {place}"}
            for key, values in (("say", st.just("Over there.")), ("hold", holds()), ("coach", coaches())):
                maybe(position, key, values)
            maybe(position, "tempo", st.integers(20, 240))
            maybe(position, "release", st.just("Let go of it."))
            positions.append(position)
        if positions:
            exercise["positions"] = positions
        exercise["hold"] = draw(holds())
        for key, values in (("coach", coaches()), ("tempo", st.integers(20, 240)), ("release", st.just("Let go slowly."))):
            maybe(exercise, key, values)
        maybe(exercise, "prepare", lengths(1_000, 6_000))
        maybe(exercise, "rest", lengths(1_000, 6_000))
        maybe(exercise, "marks", st.integers(10, 30).map(lambda seconds: f"{seconds}s"))
        maybe(exercise, "sets", st.integers(1, 3))
        exercises.append(exercise)
    data: dict[str, Any] = {"schema": 1, "id": "any", "title": "Any", "language": "en", "exercise": exercises}
    maybe(data, "intro", st.just("Welcome."))
    maybe(data, "outro", st.just("Well done."))
    maybe(data, "tips", st.just(["Tip one.", "Tip two.", "Tip three."]))
    problems: list[Problem] = []
    routine = read_routine(data, "any.toml", problems)
    assert problems == []
    assert routine is not None
    return routine


Voice = Callable[[str], Ms]


@st.composite
def voices(draw: st.DrawFn) -> Voice:
    """How long each text is: any length, the same each time; the countdown's words too, which may be very long."""
    seed, most = draw(st.integers(0, 10**6)), draw(st.sampled_from([700, 1_500, 4_000]))
    words = draw(st.tuples(*[st.one_of(st.integers(200, 700), st.integers(100, 3_500))] * 3))

    def length(text: str) -> Ms:
        if text in WORDS:
            return Ms(words[WORDS.index(text)])
        return Ms(50 + zlib.crc32(f"{seed} {text}".encode()) % most)

    return length


PROFILE, LEVEL = st.sampled_from(PROFILES), st.sampled_from(LEVELS)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Routine, Plan, Voice]:
    routine, voice = draw(routines()), draw(voices())
    return routine, make_plan(routine, draw(PROFILE), draw(LEVEL), voice), voice


def places(routine: Routine) -> list[tuple[Exercise, Position]]:
    """Every hold of a session, in order."""
    return [(e, position) for e in routine.exercises for _ in range(e.sets) for position in e.positions]


def rank(text: str) -> int:
    """How important a text in a hold is; the smaller the more."""
    return 0 if text in WORDS else 1 if text.startswith("Coach") else 2 if text == ENGLISH.half_way else 3


# --- the plan


@QUICK
@given(plans())
def test_plan_is_exact(made: tuple[Routine, Plan, Voice]) -> None:
    """Steps follow without a gap; every hold and every ready signal lasts what the routine says, to the millisecond."""
    routine, plan, _ = made
    assert [step.index for step in plan.steps] == list(range(len(plan.steps)))
    assert [step.start for step in plan.steps] == [0, *(step.end for step in plan.steps[:-1])]
    assert plan.length == sum(step.length for step in plan.steps)
    spans = [position.hold[plan.profile] for _, position in places(routine)]
    held = [step.length for step in plan.steps if step.kind == "hold"]
    match plan.level:
        case "gentle":
            assert held == [span.least for span in spans]
        case "full":
            assert held == [span.most for span in spans]
        case "standard":
            assert all(span.least <= length <= span.most for span, length in zip(spans, held, strict=True))
            assert all(0 <= (span.least + span.most) / 2 - length < 1_000 for span, length in zip(spans, held, strict=True))
    assert [step.length for step in plan.steps if step.kind == "ready"] == [exercise.prepare for exercise, _ in places(routine)]
    assert all(step.start <= cue.at and cue.end <= step.end for step in plan.steps for cue in step.cues)


@QUICK
@given(plans())
def test_nothing_overlaps(made: tuple[Routine, Plan, Voice]) -> None:
    """No two spoken cues overlap, and speech keeps `GAP` to every signal; only words of the countdown may be closer."""
    _, plan, _ = made
    cues = [cue for step in plan.steps for cue in step.cues if not (isinstance(cue, Buzz) and cue.signal is TICK)]
    for first, second in pairwise(cues):
        if isinstance(first, Buzz) and isinstance(second, Buzz):
            least = 1
        else:
            words = isinstance(first, Say) and isinstance(second, Say) and first.text in WORDS and second.text in WORDS
            least = 0 if words else GAP
        assert second.at - first.end >= least


@QUICK
@given(plans())
def test_countdown(made: tuple[Routine, Plan, Voice]) -> None:
    """The words of the countdown start at T-3, T-2 and T-1 s exactly; each is there unless it cannot be heard whole."""
    _, plan, voice = made
    for hold in plan.steps:
        if hold.kind != "hold":
            continue
        said = {cue.text: cue.at - hold.start for cue in hold.cues if isinstance(cue, Say) and cue.text in WORDS}
        expected, free_until = {}, hold.length - GAP
        for seconds, word in ((1, WORDS[2]), (2, WORDS[1]), (3, WORDS[0])):
            at = hold.length - seconds * 1_000
            if at >= Signal.START.length + GAP and at + voice(word) <= free_until:
                expected[word] = at
                free_until = at
        assert said == expected


@QUICK
@given(plans())
def test_more_important_stays(made: tuple[Routine, Plan, Voice]) -> None:
    """A cue in a hold is left out only for the hold's ends or for one at least as important; and each that is, is told."""
    routine, plan, voice = made
    marked = zip([step for step in plan.steps if step.kind == "hold"], places(routine), strict=True)
    for hold, (exercise, position) in marked:
        said = [cue for cue in hold.cues if isinstance(cue, Say)]
        dropped = [drop for drop in plan.dropped if drop.step == hold.index]
        for drop in dropped:
            end = drop.at + voice(drop.text)
            limits = drop.at >= hold.end or end + GAP > hold.end or drop.at < hold.start + Signal.START.length + GAP
            assert limits or any(
                rank(cue.text) <= rank(drop.text) and drop.at < cue.end + GAP and cue.at < end + GAP for cue in said
            )
        texts = sorted([cue.text for cue in said] + [drop.text for drop in dropped])
        wishes = [line.say for line in position.coach.get(plan.profile, ())]
        wishes += [word for seconds, word in zip((3, 2, 1), WORDS, strict=True) if hold.length > seconds * 1_000]
        wishes += [ENGLISH.half_way] * (hold.length >= 20_000)
        marks = range(exercise.marks, hold.length, exercise.marks) if exercise.marks else ()
        # Half-way stands for the mark in the middle.
        lefts = [left for left in marks if hold.length < 20_000 or 2 * left != hold.length]
        assert texts == sorted(wishes + [ENGLISH.time_left(Ms(left)) for left in lefts])


@QUICK
@given(plans(), st.data())
def test_resume_keeps_clear(made: tuple[Routine, Plan, Voice], data: st.DataObject) -> None:
    """What is left of a hold has its length to the millisecond, and only cues that keep clear of its start and its end."""
    _, plan, _ = made
    hold = data.draw(st.sampled_from([step for step in plan.steps if step.kind == "hold"]))
    held = data.draw(st.one_of(st.integers(0, hold.length - 1), st.integers(max(0, hold.length - 1_000), hold.length - 1)))
    lead, ready, rest, *following = plan.resume(Step(hold.index, "hold", Ms(0), Ms(0), (), held=Ms(held)))
    assert [step.kind for step in (lead, ready, rest)] == ["instruct", "ready", "hold"]
    assert (rest.held, rest.length, ready.length) == (held, hold.length - held, plan.steps[hold.index - 1].length)
    steps = [lead, ready, rest, *following]
    assert [step.start for step in steps] == [0, *(step.end for step in steps[:-1])]
    signals = [cue for cue in rest.cues if isinstance(cue, Buzz) and cue.signal is not TICK]
    assert [signal.at for signal in signals] == [rest.start][: len(signals)]
    assert all(cue.end + GAP <= rest.end for cue in rest.cues)
    assert all(cue.at >= signals[0].end + GAP for cue in rest.cues if cue not in signals)
    # Each cue is as far from the end as in the whole hold.
    assert {hold.end - cue.at for cue in hold.cues} >= {rest.end - cue.at for cue in rest.cues if cue not in signals}
    assert [step.length for step in following] == [step.length for step in plan.steps[hold.index + 1 :]]


@QUICK
@given(routines(), PROFILE, LEVEL, voices(), voices())
def test_phrases_need_no_clips(routine: Routine, profile: Any, level: Any, estimated: Voice, true: Voice) -> None:
    """What to prepare does not depend on the clips' lengths: these are known only once it is prepared."""
    before, after = make_plan(routine, profile, level, estimated), make_plan(routine, profile, level, true)
    assert set(before.phrases()) == set(after.phrases())
    said = {cue.text for step in after.steps for cue in step.cues if isinstance(cue, Say)}
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
    known = Trainer(programs, FakeClips(length_of=estimated), {}).phrases()
    assert {action.text for _, action in room.heard if isinstance(action, Say)} <= set(known)


@QUICK
@given(practices(), st.integers(400, 120_000))
def test_silence_after_a_stop(practice: Practice, stop: int) -> None:
    """After a stop nothing is said but that it is, handed over in that moment, until the next start or choice."""
    script = [entry for entry in practice.script if entry[0] < stop] + tap(stop + 500, 1_500)
    room = replace(practice, script=script).room()
    stopped: int | None = None
    for now, action in room.heard:
        match action:
            case Ended(_, completed):
                stopped = None if completed else now
            case Started() | Chosen():
                stopped = None
            case Say(_, text) if stopped is not None:
                assert (now, text) == (stopped, "The session is stopped.")
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
    whole = {step.index: step.length for step in plan.steps if step.kind == "hold"}
    assert added == whole
    assert told == whole
