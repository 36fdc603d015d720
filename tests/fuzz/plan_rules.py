"""Checks a plan by the rules at the top of `core/planner.py` and `core/hold_cues.py`, without any of their code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fuzz.asked import APART, Asked, hold_length
from fuzz.set_rules import assert_set, phases_of, reps_of, texts_of
from pitrainer.core.languages import Phrase
from pitrainer.core.plan import Buzz, Cue, Plan, Say, Step
from pitrainer.core.routine import Coach, Exercise, Position
from pitrainer.core.signals import Signal
from pitrainer.core.units import Ms

OWN_PACE = 4_000
"""What is guessed of a repetition at the person's own pace."""
PAUSE = 600
"""From one sentence to the next outside a hold."""
LONG = 20_000
"""From here on, half-way is said."""
NEAR_THE_END = (1, 379, 380, 381, 799, 800, 801, 1_777)
"""Before a hold's end: where one of the signals, and the silence after it, just fit, or not."""
COACH, HALF_WAY, MARK = 4, 5, 6
"""Ranks, the more important first; before them come what to do, and the words of the countdown, the last one first."""


@dataclass(frozen=True)
class Wish:
    """What should be said in a hold, and when, from its start."""

    rank: int
    at: int
    phrase: Phrase


def assert_by_the_rules(plan: Plan, asked: Asked) -> None:
    """Every rule holds for the plan."""
    assert_steps(plan, asked)
    steps = iter(plan.steps)
    dropped = {step.index: [drop for drop in plan.dropped if drop.step == step.index] for step in plan.steps}
    assert sum(map(len, dropped.values())) == len(plan.dropped), "what is left out belongs to a step"
    routine, words, profile = asked.routine, asked.words, asked.profile
    intro = routine.intro[profile]
    welcome = asked.own(intro and ((asked.all_known and routine.short_intro[profile]) or intro))
    explained = [words.signals] if asked.learned.sessions < 3 else []
    if welcome:
        step = next(steps)
        minutes = [cue.phrase for cue in step.cues if isinstance(cue, Say) and cue.text.startswith("About ")]
        assert_talk(step, None, [*welcome, *minutes, *explained], asked)
        explained = []
    before: Phrase | None = None
    once = False
    for number, exercise in enumerate(routine.exercises, start=1):
        known, name = exercise.id in asked.learned.known, exercise.name[profile]
        announce = words.exercise(number, len(routine.exercises), name)
        instruction = exercise.short[profile] if known else exercise.say[profile]
        signal = Signal.STEP if number > 1 or welcome else None
        assert_talk(next(steps), signal, [*explained, announce, *asked.own(instruction)], asked)
        explained = []
        if exercise.own_pace:
            before = None
        for set_, position, last in in_order(exercise):
            it = exercise.repetitions
            if it and not it.phases:
                length = OWN_PACE * reps_of(it, set_, asked) * max(1, len(it.sides[profile]))
            elif it:
                length = sum(phases_of(it, asked)) * len(texts_of(it, set_, asked))
            else:
                length = hold_length(position.hold[profile], asked.level)
            phrases = asked.own((known and position.short[profile]) or position.say[profile])
            again, *_ = *phrases, words.again(name)
            if exercise.sets > 1 and position is exercise.positions[0]:
                phrases.insert(0, words.set_number(set_, exercise.sets))
            many = it and words.repetitions(reps_of(it, set_, asked), bool(it.sides[profile]))
            how_long = many or (words.hold_length(Ms(length)) if length % 1_000 == 0 else None)
            if how_long and exercise.announce and not (known and how_long == before):
                phrases.append(how_long)
            before = how_long
            own = it is not None and not it.phases
            if own and (not known or (set_ == 1 and position is exercise.positions[0])):
                phrases.append(words.own_pace)
            assert_talk(next(steps), Signal.STEP if phrases else None, phrases, asked)
            ready = next(steps)
            assert ready.length == exercise.prepare
            assert ready.cues == (Buzz(ready.start, Signal.READY),)
            hold = next(steps)
            assert hold.length == length
            lines = []
            for line in position.coach.get(profile, ()):
                if not (known and line.once and once):
                    lines.append(line)
                    once |= line.once
            left_out = [(drop.at, drop.text, drop.why) for drop in dropped.pop(hold.index)]
            assert hold.own is own
            go = [asked.say(Signal.START.length + APART, phrase) for phrase in asked.own(position.go[profile])]
            if own:
                assert hold.cues == (Buzz(hold.start, Signal.START),)
                assert not left_out
                assert plan.again[hold.index].asked == asked.say(180_000, words.are_you_done)
                go = [asked.say(Signal.START.length + APART, words.own_pace)]
            elif it:
                assert not go
                coached = [(offset(line, length), asked.own(asked.turn(line.say))[0]) for line in lines]
                assert_set(plan, hold, exercise, coached, asked, [(at, text) for at, text, _ in left_out])
            else:
                wanted = wishes(exercise, position, length, lines, asked)
                assert_hold(hold, wanted, position.tempo[profile], asked, left_out)
            assert plan.again[hold.index].place == asked.say(Signal.STEP.length + APART, again)
            assert plan.again[hold.index].go == next(iter(go), None)
            released = (known and position.short_release[profile]) or asked.turn(position.release[profile])
            release = next(steps)
            assert_release(plan, release, exercise, asked, Signal.END if last else Signal.CHANGE, asked.own(released))
        if exercise.ask[profile] != "none":
            assert_ask(plan, next(steps), exercise.ask[profile], asked, known=known)
    if routine.ask[profile] != "none":
        assert_ask(plan, next(steps), routine.ask[profile], asked, known=asked.all_known)
    tip = routine.tips[asked.tip % len(routine.tips)] if routine.tips else ""
    assert_talk(next(steps), Signal.STEP, asked.own(asked.turn(routine.outro[profile]), tip), asked, Signal.DONE)
    assert not any(dropped.values()), "only in holds is anything left out"
    assert next(steps, None) is None
    assert_phrases(plan)
    # Each goes through all that is left of the session: a few holds, each at another moment.
    holds = [index for index, again in plan.again.items() if not again.unit and not plan.steps[index].own]
    for index in holds[:: 1 + len(holds) // 4]:
        hold = plan.steps[index]
        moments = [0, hold.length // 2, *(hold.length - left for left in NEAR_THE_END if left < hold.length)]
        # Where the last cue just keeps clear of the new start signal, or just does not.
        moments += [at for at in range(hold.cues[-1].at - hold.start - 801, hold.cues[-1].at - hold.start - 798) if at > 0]
        assert_resume(plan, hold, moments[(index + hold.length) % len(moments)])


def in_order(exercise: Exercise) -> Iterator[tuple[int, Position, bool]]:
    """Yield every hold of an exercise: the number of its set, its position, whether it is the last."""
    for set_ in range(1, exercise.sets + 1):
        for position in exercise.positions:
            yield set_, position, set_ == exercise.sets and position is exercise.positions[-1]


def assert_steps(plan: Plan, asked: Asked) -> None:
    """The steps are those of the routine, one after the other without a gap; each cue is within its step, in order."""
    routine = asked.routine
    intro = any(routine.intro.values())
    wanted: list[tuple[str, str, str, int, int]] = [("intro", "", "", 0, 0)] if intro else []
    for number, exercise in enumerate(routine.exercises, start=1):
        wanted.append(("instruct", exercise.id, "", number, 0))
        for set_, position, _ in in_order(exercise):
            place = position.name[asked.profile]
            wanted += [(kind, exercise.id, place, number, set_) for kind in ("instruct", "ready", "hold", "release")]
        wanted += [("ask", exercise.id, "", number, 0)] * (exercise.ask[asked.profile] != "none")
    wanted += [("ask", "", "", 0, 0)] * (routine.ask[asked.profile] != "none")
    wanted.append(("outro", "", "", 0, 0))
    assert [(step.kind, step.exercise, step.position, step.number, step.set) for step in plan.steps] == wanted
    assert [step.index for step in plan.steps] == list(range(len(plan.steps)))
    assert [step.start for step in plan.steps] == [0, *(step.start + step.length for step in plan.steps[:-1])]
    assert plan.length == sum(step.length for step in plan.steps)
    assert (plan.routine, plan.title, plan.language) == (routine.id, routine.title, routine.language)
    assert (plan.profile, plan.level) == (asked.profile, asked.level)
    assert plan.exercises == len(routine.exercises)
    for step in plan.steps:
        assert step.held == 0
        assert all(type(number) is int for number in (step.start, step.length, *(cue.at for cue in step.cues)))
        assert all(step.start <= cue.at and cue.end <= step.start + step.length for cue in step.cues)
        assert [cue.at for cue in step.cues] == sorted(cue.at for cue in step.cues)
        assert all(cue.length == asked.length_of(cue.phrase) for cue in step.cues if isinstance(cue, Say))
        if step.index and (step.length or step.kind != "instruct"):
            first = step.cues[0]
            assert isinstance(first, Buzz), "every step after the first begins with a signal"
            assert first.at == step.start
    assert set(plan.again) == {step.index for step in plan.steps if step.kind == "hold"}


def assert_talk(step: Step, signal: Signal | None, phrases: Sequence[Phrase], asked: Asked, last: Signal | None = None) -> None:
    """A step of talking: its signal, its phrases one after the other, perhaps a signal at its end."""
    wanted: list[Cue] = [Buzz(step.start, signal)] if signal else []
    at = step.start + (signal.length + APART if signal else 0)
    for phrase in phrases:
        wanted.append(asked.say(at, phrase))
        at += wanted[-1].length + PAUSE  # type: ignore[union-attr]
    if last:
        wanted.append(Buzz(Ms(at), last))
        at += last.length + APART
    assert list(step.cues) == wanted
    assert step.length == at - step.start


def assert_ask(plan: Plan, step: Step, about: str, asked: Asked, *, known: bool) -> None:
    """A question: its signal, the question, eleven numbers as far apart as is said of them, and time to answer the last."""
    question, words = plan.questions[step.index], asked.words
    numbers = [words.rating(number) for number in range(11)]
    longest = max(asked.length_of(number) for number in numbers)
    every = max(1_500, longest + APART)
    ask = asked.say(step.start + Signal.STEP.length + APART, words.question(about, known))
    said = [asked.say(ask.end + PAUSE + place * every, number) for place, number in enumerate(numbers)]
    assert step.cues == (Buzz(step.start, Signal.STEP), ask, *said)
    assert step.length == said[-1].at + max(3_000, said[-1].length + APART) - step.start
    assert (question.about, question.numbers) == (about, tuple(cue.at - step.start for cue in said))
    assert question.answers == tuple(asked.say(0, words.rated(number)) for number in range(11))
    for number, at in enumerate(question.numbers):
        assert [question.answer(Ms(at + after)) for after in (200, 900)] == [number, number]


def assert_release(
    plan: Plan, release: Step, exercise: Exercise, asked: Asked, signal: Signal, phrases: Sequence[Phrase]
) -> None:
    """From the hold's end to the next ready signal it is the rest at least; what is silent of it is announced to beginners."""
    ready = next((step for step in plan.steps[release.index :] if step.kind == "ready"), None)
    said = [asked.say(release.start + signal.length + APART, phrase) for phrase in phrases]
    talked = signal.length + APART + sum(cue.length + PAUSE for cue in said)
    between = plan.steps[release.index + 1 : ready.index] if ready else ()
    # A question may be answered at once, and is no rest.
    left = max(0, exercise.rest - talked - sum(step.length for step in between if step.kind != "ask")) if ready else 0
    assert release.length == talked + left
    word = asked.say(release.start + talked, asked.words.rest)
    if exercise.id not in asked.learned.known and word.length + 1_000 <= left:
        said.append(word)
    assert release.cues == (Buzz(release.start, signal), *said)
    if ready:
        assert ready.start - release.start >= exercise.rest


def wishes(exercise: Exercise, position: Position, length: int, lines: Sequence[Coach], asked: Asked) -> list[Wish]:
    """All that should be said in a hold, with these coach lines."""
    three, two, one = asked.words.countdown
    found = [Wish(0, Signal.START.length + APART, phrase) for phrase in asked.own(position.go[asked.profile])]
    found += [
        Wish(seconds, length - seconds * 1_000, word)
        for seconds, word in ((1, one), (2, two), (3, three))
        if exercise.countdown and length > seconds * 1_000
    ]
    found += [Wish(COACH, offset(line, length), *asked.own(asked.turn(line.say))) for line in lines]
    if exercise.half_way and length >= LONG:
        found.append(Wish(HALF_WAY, length // 2, asked.words.half_way))
    if exercise.marks:
        lefts = range(exercise.marks, length, exercise.marks)
        found += [
            Wish(MARK, length - left, asked.words.time_left(Ms(left)))
            for left in lefts
            if not (exercise.half_way and length >= LONG and 2 * left == length)  # half-way says it
        ]
    return found


def offset(line: Coach, length: int) -> int:
    """When a coach line should be said, from the hold's start."""
    return length * line.at // 100 if line.percent else line.at


def assert_hold(
    hold: Step, all_wishes: Sequence[Wish], tempo: int, asked: Asked, dropped: Sequence[tuple[int, str, str]]
) -> None:
    """A hold: its start signal, and each wish at its place, or left out for one that counts as much at least, or for an end."""
    end = hold.start + hold.length
    assert hold.cues[0] == Buzz(hold.start, Signal.START)
    free = hold.start + Signal.START.length + APART
    said = [cue for cue in hold.cues if isinstance(cue, Say)]
    wanted = [(hold.start + wish.at, wish.phrase.text) for wish in all_wishes]
    assert sorted([(cue.at, cue.text) for cue in said] + [(at, text) for at, text, _ in dropped]) == sorted(wanted)
    assert_apart(said, free, end, asked)
    rank = {(hold.start + wish.at, wish.phrase.text): wish.rank for wish in reversed(all_wishes)}
    for at, text, why in dropped:
        (phrase,) = asked.own(text)
        over = at + asked.length_of(phrase)
        stronger = [cue for cue in said if rank[cue.at, cue.text] <= rank[at, text] and close(at, over, cue, phrase, asked)]
        if at >= end:
            assert why == "it comes after the end of the hold"
        elif over + APART > end:
            assert why == "it would run into the end of the hold"
        elif at < free:
            assert why == "it would come too close to the start signal"
        else:
            assert any(why.startswith(f'it would come too close to "{cue.text[:40]}') for cue in stronger)
    ticks = [cue.at for cue in hold.cues if isinstance(cue, Buzz) and cue.signal is Signal.TICK]
    beats = range(1, hold.length * tempo // 60_000 + 1) if tempo else ()
    every = [hold.start + beat * 60_000 // tempo for beat in beats]
    assert ticks == [at for at in every if free <= at and at + Signal.TICK.length + APART <= end]
    assert len(hold.cues) == 1 + len(said) + len(ticks)


def assert_apart(said: Sequence[Say], free: int, end: int, asked: Asked) -> None:
    """What is said in a hold keeps clear of its start signal, of its end, and of each other."""
    assert all(free <= cue.at and cue.end + APART <= end for cue in said)
    for first, second in pairwise(said):
        words = first.phrase in asked.words.countdown and second.phrase in asked.words.countdown
        assert second.at - first.end >= (0 if words else APART)


def close(at: int, over: int, cue: Say, phrase: Phrase, asked: Asked) -> bool:
    """Tell whether a phrase from one moment to another would be too close to a cue."""
    apart = 0 if phrase in asked.words.countdown and cue.phrase in asked.words.countdown else APART
    return at < cue.end + apart and cue.at < over + apart


def assert_phrases(plan: Plan) -> None:
    """All that can be said is in `phrases`, once each: first what is said for certain, in its order."""
    phrases = plan.phrases()
    said = list(dict.fromkeys(cue.phrase for step in plan.steps for cue in step.cues if isinstance(cue, Say)))
    agains = plan.again.values()
    more = {say.phrase for again in agains for say in (again.place, again.go, again.asked, *again.openings) if say} | {
        Phrase(drop.text, plan.language) for drop in plan.dropped
    }
    more |= {say.phrase for question in plan.questions.values() for say in question.answers}
    more |= {question.too_much for question in plan.questions.values() if question.about == "pain"}
    assert phrases[: len(said)] == said
    assert len(phrases) == len(set(phrases))
    assert set(phrases) == set(said) | more


def assert_resume(plan: Plan, hold: Step, held: int) -> None:
    """After a pause: the position, ready, then the rest of the hold to the millisecond, with all cues that still keep clear."""
    steps = plan.resume(Step(hold.index, "hold", Ms(0), Ms(0), (), held=Ms(held)))
    lead, ready, rest = steps[:3]
    assert [(step.kind, step.index) for step in steps] == [
        *(("instruct", hold.index - 2), ("ready", hold.index - 1)),
        *((step.kind, step.index) for step in plan.steps[hold.index :]),
    ]
    assert [step.start for step in steps] == [0, *(step.start + step.length for step in steps[:-1])]
    again = plan.again[hold.index]
    assert lead.cues == (Buzz(Ms(0), Signal.STEP), again.place)
    assert lead.length == again.place.end + PAUSE
    assert (ready.length, rest.held, rest.length) == (plan.steps[hold.index - 1].length, held, hold.length - held)
    begin = [signal for signal in (Signal.START, Signal.STEP) if signal.length + APART <= rest.length][:1]
    free = rest.start + begin[0].length + APART if begin else rest.start + rest.length
    ticks, started = free, [(rest.start, signal) for signal in begin]
    if again.go and begin == [Signal.START] and again.go.end + APART <= rest.length:
        started.append((rest.start + again.go.at, again.go.text))  # type: ignore[arg-type]
        free = rest.start + again.go.end + APART
    moved = [(rest.start + cue.at - hold.start - held, cue) for cue in hold.cues]
    kept = [
        (at, cue.text if isinstance(cue, Say) else cue.signal)
        for at, cue in moved
        if at >= (free if isinstance(cue, Say) else ticks)
    ]
    found = [(cue.at, cue.text if isinstance(cue, Say) else cue.signal) for cue in rest.cues]
    assert found == sorted([*started, *kept], key=lambda cue: cue[0])
    assert [step.length for step in steps[3:]] == [step.length for step in plan.steps[hold.index + 1 :]]
