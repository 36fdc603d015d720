"""The longest plans that a valid routine can ask for: how long planning takes, and what a session does with them.

At most 50 ms for 1,000 steps (and for fewer), whatever the cues; what would take longer must be refused. The least of 15 runs.

Run: .venv/bin/python tests/bench/planning.py
"""

import time
from collections.abc import Callable
from typing import Any

from pitrainer.config.routines import read_routine
from pitrainer.core.languages import ENGLISH, Phrase
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import Routine
from pitrainer.core.session import Session, Transport
from pitrainer.core.speech import estimate
from pitrainer.core.units import MINUTE, Ms
from pitrainer.errors import Problem

RUNS = 15
MOST = 50
"""Milliseconds for 1,000 steps."""

HOLDS_500 = {"sets": 20, "positions": [{"name": f"place {number}"} for number in range(25)]}
HOUR = {"hold": "1h", "marks": "10s"}


def coach(lines: int, every: int, text: str = "Go on") -> list[dict[str, str]]:
    return [{"at": f"{800 + number * every}ms", "say": f"{text} {number}."} for number in range(lines)]


def tiny(_phrase: Phrase) -> Ms:
    return Ms(100)


def slow_words(phrase: Phrase) -> Ms:
    return Ms(3_500) if phrase in ENGLISH.countdown else estimate(phrase)


CASES: dict[str, list[dict[str, Any]]] = {
    "500 holds": [{**HOLDS_500, "hold": "5s"}],
    "500 holds, 4 coach lines each": [{**HOLDS_500, "hold": "20s", "coach": coach(4, 3_000)}],
    "500 holds, 4 lines at one moment": [{**HOLDS_500, "hold": "20s", "coach": coach(4, 0)}],
    "500 holds, 100 coach lines each": [{**HOLDS_500, "hold": "20s", "coach": coach(100, 180)}],
    "20 holds, 100 coach lines each": [{"hold": "200s", "sets": 20, "coach": coach(100, 1_900)}],
    "20 holds, 100 long lines each": [{"hold": "200s", "sets": 20, "coach": coach(100, 1_900, "long " * 110)}],
    "20 holds, 50 long lines over 50": [
        {"hold": "200s", "sets": 20, "coach": [*coach(50, 800), *coach(50, 700, "long " * 110)]}
    ],
    "20 sets of 9 min, all at its most": [{"hold": "9m", "sets": 20, "marks": "12s", "coach": coach(55, 9_000), "tempo": 40}],
    "3 h, marks every 10 s": [HOUR] * 3,
    "3 h, marks and 100 coach lines": [{**HOUR, "coach": coach(100, 35_000)}] * 3,
    "3 h, tempo 240": [{"hold": "1h", "tempo": 240}] * 3,
    "30 min, tempo 240": [{"hold": "30m", "tempo": 240}],
    "500 holds of 3.6 s, tempo 240": [{**HOLDS_500, "hold": "3600ms", "tempo": 240}],
    "500 holds, 3 lines, 1 mark, tempo 42": [
        {**HOLDS_500, "hold": "21s", "tempo": 42, "marks": "20s", "coach": coach(3, 4_000)}
    ],
    "500 rests of 10 min": [{**HOLDS_500, "hold": "5s", "rest": "10m"}],
}
VOICES: dict[str, Callable[[Phrase], Ms]] = {"usual": estimate, "tiny clips": tiny, "slow countdown": slow_words}


def read(exercises: list[dict[str, Any]]) -> tuple[Routine | None, list[Problem]]:
    tables = [{"id": f"x{number}", "name": f"Push {number}", "say": "Push.", **it} for number, it in enumerate(exercises)]
    problems: list[Problem] = []
    data = {"schema": 1, "id": "long", "title": "Long", "language": "en", "intro": "Hello.", "exercise": tables}
    return read_routine(data, "long.toml", problems), problems


def least(work: Callable[[], object]) -> float:
    """Return milliseconds."""
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times) * 1000


def main() -> None:
    right = True
    heads = "plan", "/1,000 steps", "phrases", "begin", "resume"
    print(
        f"{'milliseconds':38}{'clips':15}{'steps':>6}{'cues':>7}{'dropped':>8}{{:>8}}{{:>14}}{{:>9}}{{:>7}}{{:>8}}".format(
            *heads
        )
    )
    for name, exercises in CASES.items():
        routine, problems = read(exercises)
        if not routine:
            print(f"{name:38}refused: {problems[0].message}")
            continue
        for voice, length_of in VOICES.items():
            plan = make_plan(routine, "adult", "full", length_of)
            took = least(lambda: make_plan(routine, "adult", "full", length_of))  # noqa: B023 - called at once
            for_1000 = took * 1000 / max(1000, len(plan.steps))
            right &= for_1000 <= MOST
            session = Session(plan, Ms(0))
            hold = next(step for step in plan.steps if step.kind == "hold")
            now = Ms(hold.start + hold.length // 2)
            session.handle(None, now)

            def resume(session: Session = session, now: Ms = now) -> None:
                session.handle(Transport.PAUSE, now)
                session.handle(Transport.RESUME, now)

            later = least(plan.phrases), least(lambda: Session(plan, MINUTE)), least(resume)  # noqa: B023
            cues = sum(len(step.cues) for step in plan.steps)
            print(
                f"{name:38}{voice:15}{len(plan.steps):6}{cues:7}{len(plan.dropped):8}"
                "{:8.1f}{:14.1f}{:9.1f}{:7.1f}{:8.1f}".format(took, for_1000, *later)
            )
    print(f"at most {MOST} ms for 1,000 steps, whatever the cues, or refused: {'yes' if right else 'NO'}")


if __name__ == "__main__":
    main()
