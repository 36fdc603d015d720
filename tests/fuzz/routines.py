"""Valid routines of every style, as the data of their files."""

from functools import cache
from typing import Any

from hypothesis import strategies as st

EDGES = (1_000, 1_001, 2_000, 3_000, 3_001, 4_100, 19_999, 20_000, 20_001, 40_000)
"""Where a rule of the plan begins or ends."""
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")


# What is drawn from is made once: Hypothesis takes longer to look at a new strategy than to draw from it.


@cache
def lengths(least: int, most: int) -> st.SearchStrategy[str]:
    """Lengths as a routine's author writes them: whole seconds mostly."""
    whole = st.integers(-(-least // 1000), most // 1000).map(lambda seconds: f"{seconds}s")
    edges = [f"{length}ms" for length in EDGES if least <= length <= most]
    return st.one_of(
        whole, st.integers(least, most).map(lambda length: f"{length}ms"), *([st.sampled_from(edges)] if edges else [])
    )


@cache
@st.composite
def ranges(draw: st.DrawFn, most: int = 45_000, least: int = 1_000) -> Any:
    """One hold's length, or the least and the most."""
    if draw(st.booleans()):
        return draw(lengths(least, min(most, 30_000)))
    return [draw(lengths(least, 8_000)), draw(lengths(8_000, most))]


@cache
def by_profile(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One value for everybody, or one for each profile."""
    return values | st.fixed_dictionaries({"adult": values, "child": values})


@cache
def coaches(most: int = 4) -> st.SearchStrategy[Any]:
    """Coach lines at a time or at a percentage, by profile or not; some come after the end of their hold."""
    at = st.one_of(st.integers(0, 99).map(lambda percent: f"{percent}%"), lengths(0, 46_000))
    line = st.integers(0, 6).map(lambda number: f"Coach line {NUMBERS[number]}.")
    lines = st.fixed_dictionaries({"at": at, "say": turns(line)}, optional={"once": st.booleans()})
    return by_profile(st.lists(lines, min_size=1, max_size=most))


@cache
def turns(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """One text, or a list of alternatives."""
    return texts | st.lists(texts, min_size=1, max_size=3)


@cache
def own_words(text: str) -> st.SearchStrategy[Any]:
    """A text for everybody, or another one for children."""
    return st.sampled_from([text, {"adult": text, "child": f"Dear child. {text}"}])


@cache
@st.composite
def repetitions(draw: st.DrawFn) -> dict[str, Any]:
    """Repetitions at the own pace, or with phases of any length, counted in any way, on one side or several, in some sets."""
    most = draw(st.sampled_from([8_000, 12_000]))
    phases = []
    for number in range(draw(st.integers(1, 4))):
        phase: dict[str, Any] = {"name": f"phase {NUMBERS[number]}", "time": draw(by_profile(ranges(most)))}
        if draw(st.booleans()):
            phase["say"] = draw(own_words(f"Word {NUMBERS[number]}"))
        phases.append(phase)
    own = draw(st.integers(0, 3)) == 0
    found: dict[str, Any] = {"pace": "own"} if own else {"phases": phases}
    reps = st.integers(1, 5) | st.tuples(st.integers(1, 3), st.integers(3, 6)).map(list)
    if draw(st.booleans()):
        found["reps"] = draw(by_profile(reps))
        if draw(st.booleans()):
            found["sets"] = draw(st.integers(1, 3))
    else:
        found["sets"] = draw(st.lists(by_profile(st.integers(1, 5)), min_size=1, max_size=3))
    if draw(st.booleans()) and not own:
        found["count"] = draw(st.sampled_from(["up", "down", "none"]))
    if draw(st.booleans()):
        found["alternate"] = draw(st.sampled_from([["left", "right"], {"adult": ["a", "b", "c"], "child": ["d", "e"]}]))
        phases[0]["time"] = draw(by_profile(lengths(1_700, most)))  # so that a side can be said in it, by estimate
    return found


ASKS = by_profile(st.sampled_from(["pain", "effort", "none"]))
SHORT = {"short": "As before.", "short_release": "Off."}
RELEASES = turns(st.sampled_from(["Let go slowly.", "Slowly let go."]))
"""What is said less of, once the exercise is known."""


@cache
def marks(most: int) -> st.SearchStrategy[str]:
    """How far apart the spoken times of a hold are."""
    return (st.sampled_from([10, 10, 15, 20]) | st.integers(10, most)).map(lambda seconds: f"{seconds}s")


@st.composite
def routines(draw: st.DrawFn, *, wide: bool = False) -> dict[str, Any]:
    """Draw the data of a valid routine's file.

    Args:
        wide: also what makes a session long, or go on after its end: holds of up to 20 minutes, many sets, short texts,
            exercises offered once more.
    """

    def maybe(table: dict[str, Any], key: str, values: st.SearchStrategy[Any]) -> None:
        if draw(st.booleans()):
            table[key] = draw(values)

    # A minute's holds mostly: a plan has a cue for each beat.
    most = draw(st.sampled_from([45_000, 45_000, 100_000, 1_200_000])) if wide else 45_000
    goes = draw(st.booleans())
    holds = by_profile(ranges(most, 3_000 if goes else 1_000))  # "Dear child. Go." takes 2.5 s
    tempo = by_profile(st.integers(20, 240))
    exercises = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        exercise: dict[str, Any] = {"id": f"e{number}", "name": draw(own_words(f"Name {NUMBERS[number]}"))}
        exercise["say"] = draw(own_words("Do it like this."))
        repeats = draw(repetitions()) if draw(st.integers(0, 2)) == 0 else None
        repeated, own = repeats is not None, repeats is not None and "pace" in repeats
        positions = []
        for place in range(draw(st.integers(0, 3))):
            position: dict[str, Any] = {"name": f"place {place}"}
            maybe(position, "say", own_words("Over there."))
            if not own:
                maybe(position, "coach", coaches())
            for key, values in (("hold", holds), ("tempo", tempo)):
                if not repeated:
                    maybe(position, key, values)
            maybe(position, "release", by_profile(RELEASES))
            for key, text in (SHORT | {"go": "Up."} if goes and not repeated else SHORT).items():
                maybe(position, key, own_words(text))
            positions.append(position)
        if positions:
            exercise["positions"] = positions
        if repeats is not None:
            exercise |= repeats
        else:
            if not (positions and all("hold" in position for position in positions)) or draw(st.booleans()):
                exercise["hold"] = draw(holds)
            maybe(exercise, "tempo", tempo)
            maybe(exercise, "marks", marks(300 if wide else 30))
            maybe(exercise, "sets", st.integers(1, 3))
            for key in ("countdown", "half_way"):
                maybe(exercise, key, st.booleans())
        if not own:
            maybe(exercise, "coach", coaches())
        for key, values in (("release", by_profile(RELEASES)), ("announce", st.booleans()), ("ask", ASKS)):
            maybe(exercise, key, values)
        maybe(exercise, "prepare", lengths(1_000, 60_000 if wide else 6_000))
        maybe(exercise, "rest", lengths(1_000, 6_000) | lengths(1_000, 600_000) if wide else lengths(1_000, 6_000))
        if wide:
            maybe(exercise, "repeat_after", lengths(60_000, 3_600_000))
        for key, text in SHORT.items():
            maybe(exercise, key, own_words(text))
        if goes and not repeated:
            maybe(exercise, "go", own_words("Go."))
        exercises.append(exercise)
    data: dict[str, Any] = {"schema": 1, "id": "any", "title": "Any", "language": "en", "exercise": exercises}
    maybe(data, "intro", own_words("Welcome."))
    maybe(data, "short_intro", own_words("Hello."))
    maybe(data, "outro", by_profile(turns(st.sampled_from(["Well done.", "Good work."]))))
    maybe(data, "ask", ASKS)
    maybe(data, "tips", st.just(["Tip one.", "Tip two.", "Tip three."]))
    return data
