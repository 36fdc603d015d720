"""The plan, checked by hand at the places where its rules meet."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from pitrainer.config.routines import read_routine
from pitrainer.core.languages import LANGUAGES, Phrase
from pitrainer.core.plan import GAP, Buzz, Plan, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import LEVELS, PROFILES, Coach, Range, Routine
from pitrainer.core.speech import estimate
from pitrainer.core.units import Ms, parse_length
from pitrainer.errors import Problem
from support.counted import lines_run
from support.fakes import BEGUN, SMALL, half_a_second
from support.spoken import en, other_language, texts


def routine(exercise: dict[str, Any], **more: Any) -> Routine:
    """A routine of one exercise and nothing else."""
    data = {"schema": 1, "id": "r", "title": "R", "language": "en"}
    problems: list[Problem] = []
    read = read_routine({**data, "exercise": [{"id": "x", "name": "X", "say": "Do.", **exercise}], **more}, "r.toml", problems)
    assert not problems
    assert read
    return read


def plan(exercise: dict[str, Any], **more: Any) -> Plan:
    return make_plan(routine(exercise, **more), "adult", "standard", half_a_second, learned=BEGUN)


def hold_cues(made: Plan) -> list[tuple[int, str]]:
    """The cues of the first hold, from its start."""
    hold = next(step for step in made.steps if step.kind == "hold")
    return [(cue.at - hold.start, cue.text if isinstance(cue, Say) else cue.signal.name) for cue in hold.cues]


def dropped(made: Plan) -> list[tuple[int, str, str]]:
    return [(drop.at - made.steps[drop.step].start, drop.text, drop.why) for drop in made.dropped]


def kinds(made: Plan) -> list[tuple[str, str, int]]:
    return [(step.kind, step.position, step.set) for step in made.steps]


def test_steps() -> None:
    """Each hold has its instruction, ready signal and release, whatever the clips and whatever is known."""
    made = plan(
        {"hold": "5s", "rest": "3s", "sets": 2, "positions": [{"name": "a"}, {"name": "b"}]}, intro="Hello.", outro="Bye."
    )
    assert kinds(made) == [
        ("intro", "", 0),
        ("instruct", "", 0),
        ("instruct", "a", 1),
        ("ready", "a", 1),
        ("hold", "a", 1),
        ("release", "a", 1),
        ("instruct", "b", 1),
        ("ready", "b", 1),
        ("hold", "b", 1),
        ("release", "b", 1),
        ("instruct", "a", 2),
        ("ready", "a", 2),
        ("hold", "a", 2),
        ("release", "a", 2),
        ("instruct", "b", 2),
        ("ready", "b", 2),
        ("hold", "b", 2),
        ("release", "b", 2),
        ("outro", "", 0),
    ]
    assert [cue.text for step in made.steps for cue in step.cues if isinstance(cue, Say) and "et" in cue.text] == [
        "Set one of two.",
        "The last set, set two.",
    ]


def test_signals() -> None:
    """Every step but the first begins with a signal; the last hold of an exercise ends with another one than the rest."""
    made = plan({"hold": "5s", "rest": "3s", "positions": [{"name": "a"}, {"name": "b"}]})
    assert [cue.signal.name for step in made.steps for cue in step.cues if isinstance(cue, Buzz)] == [
        *("STEP", "READY", "START", "CHANGE"),
        *("STEP", "READY", "START", "END"),
        *("STEP", "DONE"),
    ]
    for step in made.steps[1:]:
        assert isinstance(step.cues[0], Buzz)
        assert step.cues[0].at == step.start


def test_talk() -> None:
    """Speech follows its signal after `GAP`, one text the other after 600 ms, and the step ends 600 ms after the last."""
    made = plan({"hold": "5s", "positions": [{"name": "a", "say": "Here."}]})
    assert [(cue.at, cue.end) for cue in made.steps[0].cues] == [(0, 500), (1_100, 1_600)]
    assert [(cue.at - 2_200, cue.end - 2_200) for cue in made.steps[1].cues] == [(0, 80), (380, 880), (1_480, 1_980)]
    assert (made.steps[1].start, made.steps[1].end) == (2_200, 2_200 + 2_580)


def test_half_way() -> None:
    """Half-way is said from 20 s on."""
    assert hold_cues(plan({"hold": "20s"})) == [
        (0, "START"),
        (10_000, "Half-way."),
        (17_000, "Three."),
        (18_000, "Two."),
        (19_000, "One."),
    ]
    assert hold_cues(plan({"hold": "19999ms"})) == [(0, "START"), (16_999, "Three."), (17_999, "Two."), (18_999, "One.")]


def test_marks() -> None:
    """The time left is said at each multiple, where the hold has room for it; half-way stands for the one in the middle."""
    made = plan({"hold": "40s", "marks": "10s"})
    assert hold_cues(made) == [
        (0, "START"),
        (10_000, "There are thirty seconds left."),
        (20_000, "Half-way."),
        (30_000, "There are ten seconds left."),
        (37_000, "Three."),
        (38_000, "Two."),
        (39_000, "One."),
    ]
    assert dropped(made) == []
    near = plan({"hold": "41s", "marks": "10s"})
    assert dropped(near) == [(21_000, "There are twenty seconds left.", 'it would come too close to "Half-way."')]


@pytest.mark.parametrize(
    ("at", "stays", "why"),
    [
        ("799ms", False, "it would come too close to the start signal"),
        ("800ms", True, ""),
        ("6200ms", True, ""),  # 6200 + 500 + 300 = 7000, where "Three." starts
        ("6201ms", False, 'it would come too close to "Three."'),
        ("7s", False, 'it would come too close to "Three."'),
        ("9200ms", False, 'it would come too close to "One."'),
        ("9201ms", False, "it would run into the end of the hold"),
        ("9999ms", False, "it would run into the end of the hold"),
        ("10s", False, "it comes after the end of the hold"),
        ("20s", False, "it comes after the end of the hold"),
        ("50%", True, ""),
    ],
)
def test_coach(at: str, stays: bool, why: str) -> None:
    """A coach line stays where it keeps `GAP` to what is more important; else the plan tells why it is left out."""
    made = plan({"hold": "10s", "coach": [{"at": at, "say": "Breathe."}]})
    offset = 5_000 if at == "50%" else int(at.removesuffix("s").removesuffix("m")) * (1 if at.endswith("ms") else 1_000)
    assert ((offset, "Breathe.") in hold_cues(made)) is stays
    assert dropped(made) == ([] if stays else [(offset, "Breathe.", why)])


def test_coach_before_half_way() -> None:
    """A coach line is more important than half-way; of two coach lines the one that is written first stays."""
    made = plan({"hold": "20s", "coach": [{"at": "10500ms", "say": "A."}, {"at": "10700ms", "say": "B."}]})
    assert (10_500, "A.") in hold_cues(made)
    assert dropped(made) == [
        (10_700, "B.", 'it would come too close to "A."'),
        (10_000, "Half-way.", 'it would come too close to "A."'),
    ]


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        ("1s", []),
        ("1799ms", []),
        ("1800ms", [(800, "One.")]),
        ("2s", [(1_000, "One.")]),
        ("3s", [(1_000, "Two."), (2_000, "One.")]),
        ("3800ms", [(800, "Three."), (1_800, "Two."), (2_800, "One.")]),
    ],
)
def test_short_holds(hold: str, words: list[tuple[int, str]]) -> None:
    """In a short hold only the words of the countdown are said that keep clear of the start signal."""
    assert hold_cues(plan({"hold": hold})) == [(0, "START"), *words]


def test_long_countdown_words() -> None:
    """A word that is too long for its second is left out, not cut and not moved."""
    lengths = {"Three.": 1_000, "Two.": 1_001, "One.": 700}
    made = make_plan(routine({"hold": "10s"}), "adult", "full", lambda phrase: Ms(lengths.get(phrase.text, 500)), learned=BEGUN)
    assert hold_cues(made) == [(0, "START"), (7_000, "Three."), (9_000, "One.")]
    assert dropped(made) == [(8_000, "Two.", 'it would come too close to "One."')]
    lengths = {"Three.": 500, "Two.": 500, "One.": 701}
    made = make_plan(routine({"hold": "10s"}), "adult", "full", lambda phrase: Ms(lengths.get(phrase.text, 500)), learned=BEGUN)
    assert hold_cues(made) == [(0, "START"), (7_000, "Three."), (8_000, "Two.")]
    assert dropped(made) == [(9_000, "One.", "it would run into the end of the hold")]


def test_tempo() -> None:
    """The tempo ticks on the beat, clear of the start signal and of the end; speech stays where it is."""
    made = plan({"hold": "5s", "tempo": 60, "coach": [{"at": "1s", "say": "Go."}]})
    assert hold_cues(made) == [
        (0, "START"),
        (1_000, "Go."),
        (1_000, "TICK"),
        (2_000, "Three."),
        (2_000, "TICK"),
        (3_000, "Two."),
        (3_000, "TICK"),
        (4_000, "One."),
        (4_000, "TICK"),
    ]
    ticks = [at for at, what in hold_cues(plan({"hold": "60s", "tempo": 130})) if what == "TICK"]
    assert ticks == [beat * 60_000 // 130 for beat in range(2, 130)]


@pytest.mark.parametrize(
    ("rest", "said", "length"),
    [
        # The release's signal takes 520 + 300 ms; then come 80 + 300, "b" and "Five seconds.", each of 500 + 600.
        ("1s", False, 820),
        ("3400ms", False, 820),
        ("3401ms", False, 821),
        ("4899ms", False, 2_319),
        ("4900ms", True, 2_320),  # "Rest.", and a second of silence
        ("10s", True, 7_420),
    ],
)
def test_rest(rest: str, said: bool, length: int) -> None:
    """What is said after a hold runs inside its rest; what is left is silent, and announced where it is a second or more."""
    made = plan({"hold": "5s", "rest": rest, "positions": [{"name": "a", "say": "Over there."}, {"name": "b"}]})
    release, ready = made.steps[4], [step for step in made.steps if step.kind == "ready"][1]
    assert release.length == length
    assert [cue.text for cue in release.cues if isinstance(cue, Say)] == ["Rest."] * said
    assert ready.start - release.start == max(parse_length(rest), 820 + 2_580)


def test_hold_length_said() -> None:
    """The hold's length is said before it, where it is in whole seconds."""
    said = texts(plan({"hold": "1m30s"}).phrases())
    assert "One minute thirty seconds." in said
    assert [text for text in texts(plan({"hold": "1500ms"}).phrases()) if "second" in text] == []


def test_profiles_and_levels() -> None:
    """The profile and the level choose a hold's length: least, middle, most."""
    made = routine({"hold": {"adult": ["10s", "15s"], "child": "6s"}})
    lengths = {}
    for profile, level in product(PROFILES, LEVELS):
        steps = make_plan(made, profile, level, half_a_second, learned=BEGUN).steps
        lengths[profile, level] = next(step.length for step in steps if step.kind == "hold")
    assert lengths == {
        ("adult", "gentle"): 10_000,
        ("adult", "standard"): 12_000,
        ("adult", "full"): 15_000,
        ("child", "gentle"): 6_000,
        ("child", "standard"): 6_000,
        ("child", "full"): 6_000,
    }


@pytest.mark.parametrize(("tip", "said"), [(0, "Tip one."), (1, "Tip two."), (2, "Tip one."), (7, "Tip two.")])
def test_tip(tip: int, said: str) -> None:
    """The tips take turns."""
    made = make_plan(SMALL, "adult", "full", half_a_second, tip=tip, learned=BEGUN)
    assert [cue.text for cue in made.steps[-1].cues if isinstance(cue, Say)] == ["Bye.", said]


def test_no_talk_at_all() -> None:
    """Without intro, outro, tips and releases every step still has its signal, and the session its end."""
    made = plan({"hold": "1s"})
    assert kinds(made) == [
        ("instruct", "", 0),
        ("instruct", "", 1),
        ("ready", "", 1),
        ("hold", "", 1),
        ("release", "", 1),
        ("outro", "", 0),
    ]
    outro = made.steps[-1]
    assert [(cue.at - outro.start, cue.signal.name) for cue in outro.cues if isinstance(cue, Buzz)] == [
        (0, "STEP"),
        (380, "DONE"),
    ]
    assert made.length == outro.cues[-1].end + GAP


def test_tail() -> None:
    """The plan from a step on begins at 0 and is otherwise the same."""
    made = make_plan(SMALL, "adult", "full", half_a_second, learned=BEGUN)
    tail = made.tail(5)
    by = made.steps[5].start
    assert tail == [step.moved(-by) for step in made.steps[5:]]
    assert made.tail(0) == list(made.steps)
    assert made.steps[5].moved(7).moved(-7) == made.steps[5]
    assert replace(made.steps[5].moved(7), start=by, cues=()) == replace(made.steps[5], cues=())


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param(lambda number, _: (number * 800, "Go."), id="all find their place"),
        pytest.param(lambda number, _: (800, f"Line {number}."), id="all at one moment"),
        pytest.param(
            lambda number, many: (number * 1_600 % (many * 800), "long " * 100 if 2 * number > many else "Go."),
            id="long ones over short ones",
        ),
    ],
)
@pytest.mark.parametrize("marks", [0, 10_000])
def test_work_grows_with_the_cues(wish: Callable[[int, int], tuple[int, str]], marks: int) -> None:
    """Ten times as many cues are ten times the work, not a hundred times, whether they find their place or not."""

    def work(many: int) -> int:
        lines = [Coach(Ms(at), False, (text,)) for at, text in (wish(number, many) for number in range(1, many + 1))]
        hold = Range(Ms(many * 1_000), Ms(many * 1_000))
        position = replace(SMALL.exercises[0].positions[0], hold={"adult": hold}, coach={"adult": tuple(lines)})
        one = replace(SMALL, exercises=(replace(SMALL.exercises[0], positions=(position,), marks=Ms(marks)),))
        return lines_run(lambda: make_plan(one, "adult", "full", estimate, learned=BEGUN))

    assert work(1_000) < 15 * work(100)


def test_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan is spoken in its routine's language, to the last dropped cue."""
    monkeypatch.setitem(LANGUAGES, "xx", other_language("xx"))
    made = make_plan(replace(SMALL, language="xx"), "adult", "full", lambda _: Ms(4_000), learned=BEGUN)
    assert made.dropped
    assert made.phrases() == [Phrase(text, "xx") for text in texts(made.phrases())]
    assert {cue.language for step in made.steps for cue in step.cues if isinstance(cue, Say)} == {"xx"}
    english = make_plan(SMALL, "adult", "full", lambda phrase: Ms(100 if phrase.language == "xx" else 4_000), learned=BEGUN)
    assert texts(english.phrases()) == texts(made.phrases())
    assert english.length == made.length


def test_estimate_by_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language that is spoken half as fast takes twice as long, and so does its session."""
    monkeypatch.setitem(LANGUAGES, "xx", other_language("xx", pace=7))
    assert (estimate(Phrase("x" * 14, "en")), estimate(Phrase("x" * 14, "xx"))) == (1_300, 2_300)
    slow = replace(SMALL, language="xx")
    assert (
        make_plan(slow, "adult", "full", estimate, learned=BEGUN).length
        > make_plan(SMALL, "adult", "full", estimate, learned=BEGUN).length
    )


def test_estimate_grows() -> None:
    """A longer text takes longer."""
    assert estimate(en("")) < estimate(en("One.")) < estimate(en("A longer sentence than that."))
