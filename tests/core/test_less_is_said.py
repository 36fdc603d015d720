"""What is said of a session in a person's first weeks, and less and less later on."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitrainer.core.languages import ENGLISH
from pitrainer.core.learned import NOTHING, Learned
from pitrainer.core.phrases import all_known, all_phrases
from pitrainer.core.plan import Buzz, Plan, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import LEVELS, PROFILES, Program, alone
from pitrainer.core.units import Ms
from support.fakes import BEGUN, NECK, half_a_second, parse, read
from support.spoken import en, texts

TWO = parse(
    """
schema = 1
id = "two"
title = "Two"
language = "en"
intro = "Hello. Sit up straight."
short_intro = "Hello."
outro = ["Bye.", "See you."]

[[exercise]]
id = "push"
name = { adult = "Push", child = "Push it" }
say = { adult = "When the long beep comes, push.", child = "Push like a bear." }
short = "Push."
hold = { adult = "8s", child = "6s" }
tempo = { adult = 60, child = 120 }
rest = "9s"
go = { adult = "Now push.", child = "Push!" }
release = ["Let go slowly.", "Slowly let go.", "Off."]
short_release = "Let go."
coach = [{ at = "1700ms", say = ["Breathe.", "Breathe out."], once = true }]
positions = [
    { name = "left", say = "Hands on the left.", short = "Left." },
    { name = "right", say = "Hands on the right.", short = "Right." },
]

[[exercise]]
id = "pull"
name = "Pull"
say = "When the long beep comes, pull."
hold = "8s"
go = "Now pull."
release = "Let go."
coach = [{ at = "3s", say = "Breathe in.", once = true }, { at = "4200ms", say = "Harder." }]
"""
)
PUSH, BOTH = frozenset({"push"}), frozenset({"push", "pull"})


def plan(learned: Learned, profile: str = "adult") -> Plan:
    return make_plan(TWO, profile, "standard", half_a_second, learned=learned)  # type: ignore[arg-type]


def said(made: Plan) -> list[list[str]]:
    """All that is said but the countdown, step by step."""
    words = [word.text for word in ENGLISH.countdown]
    steps = ([cue.text for cue in step.cues if isinstance(cue, Say) and cue.text not in words] for step in made.steps)
    return [step for step in steps if step]


def test_first_session() -> None:
    """Who begins hears everything: what the buzzes mean, each instruction, each hold's length, each rest, each reminder."""
    assert said(plan(NOTHING)) == [
        ["Hello. Sit up straight.", "About one minute.", ENGLISH.signals.text],
        ["Exercise one of two. Push.", "When the long beep comes, push."],
        ["Hands on the left.", "Eight seconds."],
        ["Now push.", "Breathe."],
        ["Let go slowly.", "Rest."],
        ["Hands on the right.", "Eight seconds."],
        ["Now push.", "Breathe."],
        ["Let go slowly.", "Rest."],
        ["The last exercise. Pull.", "When the long beep comes, pull."],
        ["Eight seconds."],
        ["Now pull.", "Breathe in.", "Harder."],
        ["Let go."],
        ["Bye."],
    ]


def test_eleventh_session() -> None:
    """Who knows it all hears a word where a word does, and one reminder that needs to be said only once."""
    assert said(plan(Learned(10, BOTH))) == [
        ["Hello.", "About one minute."],
        ["Exercise one of two. Push.", "Push."],
        ["Left.", "Eight seconds."],
        ["Now push.", "Breathe."],
        ["Let go."],
        ["Right."],
        ["Now push."],
        ["Let go."],
        ["The last exercise. Pull."],
        ["Now pull.", "Harder."],
        ["Let go."],
        ["Bye."],
    ]


def test_an_exercise_joins() -> None:
    """An exercise that is new is explained in full among those that are known, and so is the session."""
    assert said(plan(Learned(10, PUSH))) == [
        ["Hello. Sit up straight.", "About one minute."],
        ["Exercise one of two. Push.", "Push."],
        ["Left.", "Eight seconds."],
        ["Now push.", "Breathe."],
        ["Let go."],
        ["Right."],
        ["Now push."],
        ["Let go."],
        ["The last exercise. Pull.", "When the long beep comes, pull."],
        ["Eight seconds."],
        ["Now pull.", "Breathe in.", "Harder."],
        ["Let go."],
        ["Bye."],
    ]


def test_a_profile_s_own_words() -> None:
    """A child hears a child's words, and moves at a child's pace."""
    made = plan(BEGUN, "child")
    assert said(made)[1:4] == [
        ["Exercise one of two. Push it.", "Push like a bear."],
        ["Hands on the left.", "Six seconds."],
        ["Push!", "Breathe out."],
    ]
    ticks = {
        profile: [cue.at - step.start for step in plan(BEGUN, profile).steps[4:5] for cue in step.cues if isinstance(cue, Buzz)]
        for profile in PROFILES
    }
    assert ticks == {"adult": [0, *range(1_000, 8_000, 1_000)], "child": [0, *range(1_000, 6_000, 500)]}


@pytest.mark.parametrize(
    ("held", "heard"),
    [
        # The beats are those of the whole hold; "Breathe." would run into what to do.
        (1_000, ["0 START", "800 Now push.", *(f"{at}000 TICK" for at in (1, 2, 3)), "4000 Three.", "4000 TICK",
                 "5000 Two.", "5000 TICK", "6000 One.", "6000 TICK"]),
        (6_400, ["0 START", "800 Now push."]),  # it is said until 1300, and 300 ms are left
        (6_401, ["0 START"]),
        (7_200, ["0 START"]),
        (7_201, ["0 STEP"]),
        (7_621, []),
    ],
)  # fmt: skip
def test_what_to_do_is_said_again(held: int, heard: list[str]) -> None:
    """A hold that goes on after a pause says again where to be, and after its start signal what to do, where there is time."""
    made = plan(Learned(10, BOTH))
    hold = next(step for step in made.steps if step.kind == "hold")
    lead, ready, rest = made.resume(replace(hold, held=Ms(held)))[:3]
    assert [cue.text for cue in lead.cues if isinstance(cue, Say)] == ["Left."]
    assert (lead.kind, ready.kind, rest.kind, rest.length) == ("instruct", "ready", "hold", 8_000 - held)
    cues = [(cue.at - rest.start, cue.text if isinstance(cue, Say) else cue.signal.name) for cue in rest.cues]
    assert [f"{at} {what}" for at, what in cues] == heard


@pytest.mark.parametrize(
    ("sessions", "coach", "release", "outro"),
    [
        (3, "Breathe out.", "Let go slowly.", "See you."),
        (4, "Breathe.", "Slowly let go.", "Bye."),
        (5, "Breathe out.", "Off.", "See you."),
        (6, "Breathe.", "Let go slowly.", "Bye."),
    ],
)
def test_alternatives(sessions: int, coach: str, release: str, outro: str) -> None:
    """Of alternatives each session takes the next, each list at its own turn."""
    steps = said(plan(Learned(sessions)))
    assert (steps[3][-1], steps[4][0], steps[-1]) == (coach, release, [outro])


@pytest.mark.parametrize(("sessions", "times"), [(0, 1), (1, 1), (2, 1), (3, 0), (10, 0)])
def test_buzzes_explained(sessions: int, times: int) -> None:
    """What the buzzes mean is said once in each of the first three sessions, before the first exercise, intro or not."""
    bare = replace(TWO, intro=dict.fromkeys(PROFILES, ""))
    for routine in (TWO, bare):
        made = make_plan(routine, "adult", "standard", half_a_second, learned=Learned(sessions))
        phrases = [cue.phrase for step in made.steps for cue in step.cues if isinstance(cue, Say)]
        assert phrases.count(ENGLISH.signals) == times
        assert ENGLISH.signals not in phrases[phrases.index(ENGLISH.exercise(1, 2, "Push")) :]
    again = make_plan(alone(TWO, TWO.exercises[1]), "adult", "standard", half_a_second, learned=Learned(sessions))
    assert ENGLISH.signals not in again.phrases()


def test_whose() -> None:
    """Where it is not clear, the first words say whose session it is; there are no more steps for it."""
    for routine, then in (
        (TWO, "Hello. Sit up straight."),
        (replace(TWO, intro=dict.fromkeys(PROFILES, "")), "Exercise one of two. Push."),
    ):
        made = make_plan(routine, "adult", "standard", half_a_second, learned=BEGUN, whose=en("Two, for Anna."))
        assert [cue.text for cue in made.steps[0].cues if isinstance(cue, Say)][:2] == ["Two, for Anna.", then]
        assert len(made.steps) == len(make_plan(routine, "adult", "standard", half_a_second, learned=BEGUN).steps)


def test_minutes_count_what_is_said() -> None:
    """The announced minutes are those of the clips' true lengths, to the half minute; nothing is said of less than that."""

    def announced(clip: int, **more: str) -> list[str]:
        routine = parse(
            f"""
schema = 1
id = "m"
title = "M"
language = "en"
intro = "Hello."
[[exercise]]
id = "x"
name = "X"
say = "Do."
hold = "{more.get("hold", "10s")}"
"""
        )
        made = make_plan(routine, "adult", "standard", lambda _: Ms(clip), learned=BEGUN)
        return [text for text in texts(made.phrases()) if text.startswith("About")] + [f"{made.length}"]

    assert announced(100, hold="14s") == ["24920"]
    assert announced(100, hold="1m9s") == ["About one minute.", "80620"]
    assert announced(4_000, hold="1m9s") == ["About two minutes.", "100120"]


def test_every_state_is_prepared() -> None:
    """Whatever is known of the neck routine, all that is said then is among all phrases, and these are not many."""
    neck = read(NECK)
    ids = [exercise.id for exercise in neck.exercises]
    for profile, level in product(PROFILES, LEVELS):
        prepared = {*all_phrases([Program(neck, profile, level)], half_a_second)}
        for sessions, known in product((0, 1, 2, 5, 10), range(2 ** len(ids))):
            learned = Learned(sessions, frozenset(name for place, name in enumerate(ids) if known >> place & 1))
            assert {*make_plan(neck, profile, level, half_a_second, learned=learned).phrases()} <= prepared
        assert len(prepared) < 150


@given(st.integers(0, 20), st.sets(st.sampled_from([exercise.id for exercise in read(NECK).exercises])))
def test_less_is_said_of_what_is_known(sessions: int, known: set[str]) -> None:
    """Each exercise that is known makes the session shorter, and the holds stay what they are."""
    neck = read(NECK)

    def made(ids: set[str]) -> Plan:
        learned = Learned(sessions, frozenset(ids))
        return make_plan(neck, "adult", "standard", lambda phrase: Ms(300 + 70 * len(phrase.text)), learned=learned)

    one, other = made(known), made(set())
    assert [step.length for step in one.steps if step.kind == "hold"] == [
        step.length for step in other.steps if step.kind == "hold"
    ]
    assert one.length < other.length if known else one == other


def test_reminded_to_breathe_once() -> None:
    """Who knows the neck routine is reminded to breathe once in a session, and hears no "Rest."."""
    neck = Program(read(NECK), "adult", "standard")
    for profile, level in product(PROFILES, LEVELS):
        learned = all_known(neck)
        made = make_plan(neck.routine, profile, level, half_a_second, learned=learned)
        spoken = [cue.text for step in made.steps for cue in step.cues if isinstance(cue, Say)]
        assert sum("breath" in text.lower() for text in spoken) == 1
        assert "Rest." not in spoken


def test_four_tractions() -> None:
    """The skin is stretched in four holds, each as long as the source has it; a child's have the least."""
    (traction,) = (exercise for exercise in read(NECK).exercises if exercise.id == "traction")
    assert [position.name["adult"] for position in traction.positions] == [
        *("forehead", "temples, lengthwise", "temples, crosswise", "ears")
    ]
    for position in traction.positions:
        holds = {profile: (hold.least, hold.most) for profile, hold in position.hold.items()}
        assert holds == {"adult": (25_000, 45_000), "child": (25_000, 25_000)}


def test_a_child_s_turns() -> None:
    """With the head back, a child turns about three seconds to each side; the middle belongs to what follows."""
    made = make_plan(read(NECK), "child", "standard", half_a_second)
    hold = next(step for step in made.steps if step.kind == "hold" and step.exercise == "head-back")
    turns = [
        (cue.end - hold.start, cue.text) for cue in hold.cues if isinstance(cue, Say) and cue.text.startswith(("Now", "To"))
    ]
    (left, first), (right, second) = turns
    assert ("left" in first, "right" in second) == (True, True)
    assert 2_900 <= right - left <= 4_000
    assert 2_900 <= hold.length - right <= 4_500
    release = made.steps[hold.index + 1]
    assert "middle" in next(cue.text for cue in release.cues if isinstance(cue, Say))
