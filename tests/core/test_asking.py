"""How was it? A number from nought to ten, given by a press."""

from itertools import pairwise
from typing import Any

import pytest

from pitrainer.core.asking import CHANGE, EVERY, WAIT
from pitrainer.core.languages import ENGLISH
from pitrainer.core.messages import Order, Rated
from pitrainer.core.phrases import all_phrases
from pitrainer.core.plan import REACTION, Plan, Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import PROFILES, Program
from pitrainer.core.session import Session
from pitrainer.core.units import Ms
from support.fakes import BEGUN, SimRoom, half_a_second, parse, shown, tap

TEXT = """
schema = 1
id = "r"
title = "R"
language = "en"
outro = "Well done."
[[exercise]]
id = "one"
name = "One thing"
say = "Do."
prepare = "1s"
hold = "4s"
ask = "pain"
[[exercise]]
id = "two"
name = "Other"
say = "Do it."
prepare = "1s"
hold = "4s"
rest = "30s"
"""
ROUTINE = parse(TEXT)


def plan(text: str = TEXT, **more: Any) -> Plan:
    return make_plan(parse(text), "adult", "standard", half_a_second, **{"learned": BEGUN, **more})


ASK = next(step for step in plan().steps if step.kind == "ask")
ASKED = 1_000 + ASK.start
"""When the question begins, in a `SimRoom`."""
ZERO = 1_000 + plan().questions[ASK.index].numbers[0] + ASK.start
"""When "Zero." is said."""


def number(value: int) -> int:
    return ZERO + value * EVERY


def room(*script: Any, until: int = 100_000, text: str = TEXT) -> SimRoom:
    presses = [one for entry in script for one in entry]
    return SimRoom([*tap(0, 300), *presses], until=until, programs=[(parse(text), "adult", "standard")])


def rated(one: SimRoom) -> list[int | None]:
    return [action.value for _, action in one.heard if isinstance(action, Rated)]


def told(one: SimRoom, since: int, until: int = 10**9) -> list[str]:
    return [what for _, _, what in one.told(since, until)]


def test_plan() -> None:
    """After its last release the exercise is asked about: the question, the numbers nought to ten, and time to answer."""
    made = plan()
    assert [step.kind for step in made.steps] == [
        *("instruct", "instruct", "ready", "hold", "release", "ask"),
        *("instruct", "instruct", "ready", "hold", "release", "outro"),
    ]
    assert [(cue.at - ASK.start, cue.text) for cue in ASK.cues if isinstance(cue, Say)] == [
        (
            380,
            ENGLISH.question("pain", False).text,
        ),
        *(
            (1_480 + EVERY * place, f"{word}.")
            for place, word in enumerate("Zero One Two Three Four Five Six Seven Eight Nine Ten".split())
        ),
    ]
    assert ASK.length == 1_480 + 10 * EVERY + WAIT


def test_long_numbers() -> None:
    """A number is heard whole before the next one, whatever voice says it."""
    made = make_plan(ROUTINE, "adult", "standard", lambda phrase: type(ASK.length)(1_700 if phrase.text else 1), learned=BEGUN)
    numbers = made.questions[ASK.index].numbers
    assert {after - before for before, after in pairwise(numbers)} == {2_000}


def test_who_knows_it() -> None:
    """Who knows the exercise is asked in few words."""
    known = plan(learned=type(BEGUN)(10, frozenset({"one", "two"})))
    assert "How much pain?" not in [phrase.text for phrase in plan().phrases()]
    assert "How much pain do you feel?" in [phrase.text for phrase in known.phrases()]


@pytest.mark.parametrize("value", range(11))
@pytest.mark.parametrize("after", [200, 500, 900])
def test_each_number(value: int, after: int) -> None:
    """A press 0.2 to 0.9 s after a number began is that number, which is read back."""
    one = room(tap(number(value) + after), until=number(value) + after + 2_000)
    assert rated(one) == [value]
    words = "zero one two three four five six seven eight nine ten".split()
    assert f"say You said {words[value]}." in told(one, number(value))


def test_too_fast_for_the_next() -> None:
    """A press within the time in which nobody reacts is for the number before; at nought there is none."""
    assert rated(room(tap(number(4) + REACTION - 1), until=number(6))) == [3]
    assert rated(room(tap(number(0) + 1), until=number(6))) == [0]
    assert rated(room(tap(number(10) + WAIT - 1), until=number(10) + WAIT + 1_000)) == [10]


def test_by_hand() -> None:
    """What is heard around an answer: the press ends the numbers, the answer is read back, and after 4 s it goes on."""
    at = number(2) + 500
    one = room(tap(at, 200), until=at + 8_000)
    said = at + 650
    assert one.told(at) == [
        (at, at, "hush"),
        (at, at, "shine PRESSED"),
        (at, at, "buzz PRESS"),
        (at + 200, at + 200, "hush"),
        (at + 200, at + 200, "rated pain 2 in 5 ask one"),
        (at + 200, at + 200, "shine RUNNING"),
        (at + 250, said, "say You said two."),
        (said, said, f"began 5 ask one for {500 + CHANGE}"),
        (said + 4_100, said + 4_500, "buzz STEP"),
        (said + 4_480, said + 4_880, "say The last exercise. Other."),
        (said + 4_500, said + 4_500, "began 6 instruct two for 2580"),
        (said + 5_580, said + 5_980, "say Do it."),
        (said + 6_680, said + 7_080, "buzz STEP"),
        (said + 7_060, said + 7_460, "say Four seconds."),
        (said + 7_080, said + 7_080, "began 7 instruct two for 1480"),
    ]


def test_silence() -> None:
    """Without a press nothing is given, and it goes on."""
    one = room(until=100_000)
    assert rated(one) == []
    assert "ended, completed" in told(one, 0)


@pytest.mark.parametrize("later", [700, 2_000, 4_300])
def test_again(later: int) -> None:
    """A press while the answer is read back, or within 4 s after it, takes it back and begins the question again."""
    at = number(6) + 300
    one = room(tap(at), tap(at + later), until=at + 60_000)
    assert rated(one) == [6, None]
    assert sum(what.startswith("say How much pain") for what in told(one, 0)) == 2
    again = at + later + 550 + ZERO - ASKED + EVERY + 400
    one = room(tap(at), tap(at + later), tap(again), until=again + 9_000)
    assert rated(one) == [6, None, 1]


def test_after_that_it_stands() -> None:
    """A press later than that pauses, as ever, and the answer stands."""
    at = number(6) + 300
    one = room(tap(at), tap(at + 6_000), until=at + 7_000)
    assert rated(one) == [6]
    assert "shine PAUSED" in told(one, at)


def test_before_the_first_number() -> None:
    """A press before any number has been said has the question asked again."""
    one = room(tap(ASKED + 1_000), until=ASKED + 5_000)
    assert rated(one) == []
    assert sum(what.startswith("say How much pain") for what in told(one, 0)) == 2


def test_twice_by_habit() -> None:
    """A second press right after the one that answered does nothing."""
    at = number(3) + 400
    assert rated(room(tap(at), tap(at + 300), until=at + 20_000)) == [3]


def test_long_press_stops() -> None:
    """A long press is no answer: it stops, as ever; what was answered before stays."""
    at = number(5) + 400
    one = room(tap(at, 2_000), until=at + 9_000)
    assert rated(one) == []
    assert "ended, not completed" in told(one, at)
    answered = room(tap(at), tap(at + 2_000, 2_000), until=at + 9_000)
    assert rated(answered) == [5]
    assert "ended, not completed" in told(answered, at)


@pytest.mark.parametrize(("value", "ends"), [(7, False), (8, True), (10, True)])
def test_too_much_pain(value: int, ends: bool) -> None:
    """More pain than 7 ends the session, once it was read back: it is said, and there is nothing to go on with."""
    at = number(value) + 400
    one = room(tap(at), until=at + 30_000)
    heard = told(one, at)
    assert rated(one) == [value]
    assert ("ended, not completed" in heard) is ends
    assert ("say That is too much pain. Stop for today, and ask your therapist before you go on." in heard) is ends
    assert ("say The last exercise. Other." in heard) is not ends
    assert not any(what.startswith("offered") for what in heard)


@pytest.mark.parametrize(("value", "again"), [(7, 1), (8, 0)])
def test_nothing_once_more_after_too_much_pain(value: int, again: int) -> None:
    """What was to be offered once more of the routine is not after too much pain: that day is over."""
    text = TEXT.replace('ask = "pain"', 'ask = "pain"\nrepeat_after = "2m"', 1)
    one = room(tap(number(value) + 400), until=400_000, text=text)
    assert sum(what == "say Press the button to repeat the one thing exercise." for what in told(one, 0)) == again


@pytest.mark.parametrize(("value", "goes_on"), [(7, True), (8, False)])
def test_too_much_pain_once_more(value: int, goes_on: bool) -> None:
    """Too much pain in an exercise that is done once more is the end of the session before it, too."""
    text = TEXT.replace('ask = "pain"', 'ask = "pain"\nrepeat_after = "2m"', 1)
    held = 1_000 + next(step.end for step in plan(text).steps if step.kind == "hold")
    due = held + 120_000
    script = [tap(number(0) + 400), tap(number(0) + 8_000, 2_000), [(due + 10_000, Order("start"))]]
    one = room(*script, until=due + 200_000, text=text)
    zero = next(at for at, _, what in one.told(due + 10_000) if what == "say Zero.")
    one = room(*script, tap(zero + 400 + value * EVERY + 400), until=due + 200_000, text=text)
    assert rated(one) == [0, value]
    assert [what.startswith("offered from") for what in told(one, zero) if what.startswith("offer")] == [True] * goes_on


@pytest.mark.parametrize("leave", ["long", "next", "back", "back, ordered", "stop"])
def test_too_much_pain_and_left(leave: str) -> None:
    """Nothing that is pressed or ordered meanwhile goes on with a session after too much pain."""
    at = number(9) + 400
    scripts: dict[str, Any] = {
        "long": tap(at + 2_000, 2_000),
        "next": tap(at + 2_000, button="next"),
        "back": tap(at + 2_000, button="back"),
        "back, ordered": [(at + 2_000, Order("back"))],
        "stop": [(at + 2_000, Order("stop"))],
    }
    one = room(tap(at), scripts[leave], until=at + 30_000)
    heard = told(one, at)
    assert "ended, not completed" in heard
    assert heard.count("buzz STOPPED") == 1
    assert sum(what.startswith("say That is too much pain.") for what in heard) == 1
    assert not any(what.startswith("offered") for what in heard)


def test_effort_never_ends_it() -> None:
    """Ten for effort is no pain."""
    effort = TEXT.replace('"pain"', '"effort"')
    zero = 1_000 + next(iter(plan(effort).questions.values())).numbers[0] + ASK.start
    one = room(tap(zero + 10 * EVERY + 400), until=100_000, text=effort)
    assert rated(one) == [10]
    assert "ended, completed" in told(one, 0)


def test_pause_by_order() -> None:
    """Another process may pause it; then the question is asked from its beginning, and what was read back is taken back."""
    at = number(4) + 400
    one = room([(at, Order("pause"))], [(at + 5_000, Order("start"))], until=at + 9_000)
    assert told(one, at + 5_000).count(next(what for what in told(one, ASKED - 600) if what.startswith("say How"))) == 1
    one = room(tap(at), [(at + 2_000, Order("pause"))], [(at + 5_000, Order("start"))], until=at + 9_000)
    assert rated(one) == [4, None]


def test_light_of_a_pause_in_an_answer() -> None:
    """Where something pauses it while the button is down for an answer, letting go leaves the light as it is."""
    at = number(4) + 400
    for what, light in (("pause", "shine PAUSED"), ("next", "shine RUNNING")):
        press = tap(at, 1_000)
        one = room([press[0], (at + 500, Order(what)), press[1]], until=at + 1_500)
        assert [shown for shown in told(one, at + 1) if shown.startswith("shine")][-1] == light


WHOLE = TEXT.replace('outro = "Well done."', 'outro = "Well done."\nask = "effort"')


def test_of_the_routine() -> None:
    """What is asked of the routine is asked after the last exercise, also right after that one's own question."""
    steps = plan(WHOLE).steps
    assert [(step.kind, step.exercise, step.number) for step in steps[-2:]] == [("ask", "", 0), ("outro", "", 0)]
    both = WHOLE.replace('rest = "30s"', 'ask = "pain"')
    made = plan(both)
    first, second, third = (1_000 + step.start for step in made.steps if step.kind == "ask")
    offset = ZERO - ASKED
    # The answer to the second comes 16.5 s sooner than silence would.
    answered = second + offset + 2 * EVERY + 400
    following = answered + 550 + 500 + CHANGE
    one = room(tap(answered), tap(following + offset + 3 * EVERY + 400), until=200_000, text=both)
    assert rated(one) == [2, 3]
    assert [(action.about, action.step.exercise) for _, action in one.heard if isinstance(action, Rated)] == [
        ("pain", "two"),
        ("effort", ""),
    ]
    assert first < second < third


def test_rest_is_kept() -> None:
    """The rest before the next exercise is as long as ever, also where a question is answered at once."""
    text = TEXT.replace('ask = "pain"', 'ask = "pain"\nrest = "20s"')
    made = plan(text)
    hold = next(step for step in made.steps if step.kind == "hold")
    ask = next(step for step in made.steps if step.kind == "ask")
    ready = [step for step in made.steps if step.kind == "ready"][1]
    assert ready.start - hold.end - ask.length == 20_000


def test_by_profile() -> None:
    """A child may be asked something else, or nothing."""
    text = TEXT.replace('ask = "pain"', 'ask = { adult = "pain", child = "none" }')
    asks = [
        sum(step.kind == "ask" for step in make_plan(parse(text), profile, "standard", half_a_second).steps)
        for profile in PROFILES
    ]
    assert asks == [1, 0]


def test_all_is_prepared() -> None:
    """The question, the numbers, each read back and the end are among the phrases of the plan, and of the program."""
    made = plan(WHOLE)
    texts = [phrase.text for phrase in made.phrases()]
    assert {"How hard was it?" in text for text in texts} == {True, False}
    assert [f"You said {word}." in texts for word in ("zero", "ten")] == [True, True]
    assert "That is too much pain. Stop for today, and ask your therapist before you go on." in texts
    for known in (BEGUN, type(BEGUN)(10, frozenset({"one", "two"}))):
        of = plan(WHOLE, learned=known)
        assert set(of.phrases()) | set(of.spare) <= set(
            all_phrases([Program(parse(WHOLE), "adult", "standard")], half_a_second)
        )


def test_goes_on_with_the_question() -> None:
    """A session that broke off while it asked goes on with the question, from its beginning."""
    session = Session(plan(), Ms(0), place=ASK.index)
    told = []
    while (due := session.deadline()) is not None and due <= ASK.length:
        told += [(action.at, shown(action)) for action in session.handle(None, due)]
    assert told[:2] == [(0, "started"), (0, "buzz STEP")]
    assert (0, f"began {ASK.index} ask one for {ASK.length}") in told
    asked = [(at, what) for at, what in told if what.startswith("say")]
    assert asked[:12] == [(cue.at - ASK.start, f"say {cue.text}") for cue in ASK.cues if isinstance(cue, Say)]
