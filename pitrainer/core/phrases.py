"""Everything that the program says of a program, and the list of all: a pure function of settings and routines.

Whoever makes the clips needs all of them beforehand: what is not in the list has no clip when its turn comes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from .interfaces import Habit
from .languages import LANGUAGES, LONGEST_AGO, LONGEST_STREAK, Phrase, Phrases
from .learned import NOTHING, Learned
from .plan import Plan
from .planner import make_plan
from .progression import always, stages, varies
from .routine import Program, alone
from .statistics import SpokenStatus
from .units import MINUTE, Ms

CARDS = 6
"""Sound cards that can say their number; a Pi 4 has three of its own. Those beyond have tones."""
WAITS = 1, 2, 5, 10
"""Minutes that a start may be said to wait for its clips."""


def language_of(program: Program | None) -> str:
    """Return the language of a program; English where there is none."""
    return program.routine.language if program else "en"


def words_of(program: Program | None) -> Phrases:
    """Return what is said in the language of a program."""
    return LANGUAGES[language_of(program)]


def announcement(program: Program) -> Phrase:
    """Return what names a program."""
    return words_of(program).program(program.routine.title, program.profile, program.person)


def whose(program: Program, startable: Iterable[Program]) -> Phrase | None:
    """Return what tells whose session begins, where the routine is done by several people, or for several profiles."""
    regimens = {other.regimen for other in startable if other.routine.id == program.routine.id}
    if len(regimens) < 2 or program.routine.repeated:
        return None
    return words_of(program).whose(program.routine.title, program.profile, program.person)


def remark(program: Program, status: SpokenStatus, habit: Habit | None) -> list[Phrase]:
    """Return what is said after a program's name when it is chosen; nothing where it is not known what day it is."""
    today = habit and habit.wall()
    if not habit or not today:
        return []
    words = words_of(program)
    if status == "last" and (last := habit.last_done(program.regimen)):
        return [words.last_done(min(max((today.date() - last).days, 0), LONGEST_AGO))]
    if status == "streak" and (days := habit.streak(program.regimen)):
        return [words.streak(min(days, LONGEST_STREAK))]
    return []


def reminder_text(program: Program) -> Phrase:
    """Return what asks for a program at its time."""
    return words_of(program).reminder(program.routine.title, program.profile, program.person)


def repeats_of(program: Program) -> list[Program]:
    """Return what is offered once more after a program: each exercise with `repeat_after`, alone."""
    return [
        replace(program, routine=alone(program.routine, exercise))
        for exercise in program.routine.exercises
        if exercise.repeat_after
    ]


def repeat_text(program: Program) -> Phrase:
    """Return what offers one of `repeats_of`."""
    return words_of(program).repeat(program.routine.exercises[0].name[program.profile], program.person)


def all_known(program: Program) -> Learned:
    """Return what somebody has learned who knows every exercise of a program, after ten sessions."""
    return Learned(10, frozenset(exercise.id for exercise in program.routine.exercises))


def all_phrases(
    programs: Sequence[Program],
    length_of: Callable[[Phrase], Ms],
    *,
    reminded: Iterable[Program] = (),
    put_off_by: Ms = Ms(0),
    status: SpokenStatus = "program",
    learned: Learned = NOTHING,
    among: Iterable[Program] = (),
) -> list[Phrase]:
    """Return everything that a trainer can say, once each, in the order in which they are needed.

    Args:
        programs: those that a press may start, the chosen one first.
        length_of: the length of a phrase's clip. Another length changes the order at the most.
        reminded: those that reminders start.
        put_off_by: for how long a reminder is put off.
        status: what is said of a program when it is chosen.
        learned: of the first program's routine; what is said then is needed first.
        among: what else may be started, where they tell whose session it is.
    """
    reminded = list(reminded)
    every = [*programs, *(program for program in reminded if program not in programs)]
    startable = [*every, *among]

    def plan(program: Program, learned: Learned) -> Plan:
        about = program.routine, program.profile, program.level
        return make_plan(*about, length_of, learned=learned, whose=whose(program, startable))

    # First what is said while the rest is made.
    words = words_of(programs[0] if programs else None)
    phrases = [words.preparing, *map(words.about_minutes, WAITS)]
    phrases += [phrase for program in every[:1] for phrase in plan(program, learned).phrases()]
    for program in every:
        phrases += _own_phrases(program, status)
        if program in reminded:
            words = words_of(program)
            phrases += [reminder_text(program), words.later(put_off_by // MINUTE), words.not_today]
    for program in every:
        phrases += _on_some_days(program, length_of)
        program = replace(program, routine=always(program.routine))
        first, known = plan(program, NOTHING), plan(program, all_known(program))
        phrases += [*first.phrases(), *known.phrases(), *first.spare, *known.spare, *_turns(program)]
        # What lies between them is said of a session in which some exercises are known.
        least, most = sorted((first.length // MINUTE, known.length // MINUTE))
        phrases += [words_of(program).about_minutes(minutes) for minutes in range(max(1, least), most + 2)]
        for repeat in repeats_of(program):
            phrases.append(repeat_text(repeat))
            for state in (NOTHING, all_known(program)):
                once_more = plan(repeat, state)
                phrases += [*once_more.phrases(), *once_more.spare]
    words = words_of(None)
    phrases += [*map(words.card, range(1, CARDS + 1)), words.pair, words.code, words.code_again, *map(words.digit, range(10))]
    return list(dict.fromkeys(phrases))


def _on_some_days(program: Program, length_of: Callable[[Phrase], Ms]) -> Iterator[Phrase]:
    """Yield what is said where not every session has the same exercises, and where they grow."""
    routine, profile, words = program.routine, program.profile, words_of(program)
    if not varies(routine):
        return
    every = always(routine)
    plans = [make_plan(every, profile, program.level, length_of, learned=Learned(0, runs=runs)) for runs in stages(routine)]
    for plan in plans:
        yield from (*plan.phrases(), *plan.spare)
    count = len(routine.exercises)
    for number, exercise in enumerate(routine.exercises, start=1):
        for of in range(1, count + 1):
            yield from (words.exercise(place, of, exercise.name[profile]) for place in range(1, min(number, of) + 1))
    yield from map(words.about_minutes, range(1, max(plan.length for plan in plans) // MINUTE + 2))
    yield words.nothing_today


def _turns(program: Program) -> Iterator[Phrase]:
    """Yield the texts that take turns from session to session."""
    routine, profile = program.routine, program.profile
    turns = [routine.tips, routine.outro[profile]]
    for exercise in routine.exercises:
        for position in exercise.positions:
            turns += [position.release[profile], *(line.say for line in position.coach.get(profile, ()))]
    for text in chain.from_iterable(turns):
        yield Phrase(text, routine.language)


def _own_phrases(program: Program, status: SpokenStatus) -> list[Phrase]:
    words = words_of(program)
    exercises = range(len(program.routine.exercises) + 1)
    phrases = [
        *(words.preparing, words.paused, words.stop, words.stopped, words.sound_lost, announcement(program)),
        *(
            words.no_pins,
            words.bad_settings,
            *map(words.go_on, exercises),
            words.volumes,
            *map(words.volume, range(10, 101, 10)),
        ),
    ]
    match status:
        case "last":
            phrases += map(words.last_done, range(LONGEST_AGO + 1))
        case "streak":
            phrases += map(words.streak, range(1, LONGEST_STREAK + 1))
    return phrases
