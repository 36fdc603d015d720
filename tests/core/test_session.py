"""The session: every phase and command, every step, and what each pause, next and back leads to."""

from dataclasses import dataclass, field, replace
from itertools import product

import pytest

from pitrainer.core.messages import Action, Ended, Held
from pitrainer.core.planner import make_plan
from pitrainer.core.session import ANSWER, BACK_AGAIN, LEAD, Phase, Session, Transport
from pitrainer.core.units import Ms
from support.counted import lines_run
from support.fakes import BEGUN, SMALL, half_a_second, shown

PLAN = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN)
PAUSE, RESUME, NEXT, NEXT_EXERCISE, BACK, UNDO, STOP, PRESS, RELEASE = Transport
RUNNING, PAUSED, PRESSED, OVER = Phase

# The steps of the small routine with clips of half a second, as offsets: 0 intro 0, 1 instruct push 2200, 2 instruct left 4780,
# 3 ready 7360, 4 hold 9360, 5 release 14360, 6 instruct right 18280, 7 ready 20860, 8 hold 22860, 9 release 27860,
# 10 instruct tap 30300, 11 instruct 32880, 12 ready 34360, 13 hold 35360, 14 release 37360, 15 outro 38500, end 42920.


@dataclass
class Told:
    """A session that is driven from one due time to the next, and what it said."""

    session: Session = field(default_factory=lambda: Session(PLAN, Ms(0)))
    actions: list[tuple[int, Action]] = field(default_factory=list)

    def until(self, end: int) -> "Told":
        while (due := self.session.deadline()) is not None and due <= end:
            self.actions += [(due, action) for action in self.session.handle(None, due)]
        return self

    def at(self, now: int, command: Transport | None) -> "Told":
        self.until(now)
        self.actions += [(now, action) for action in self.session.handle(command, Ms(now))]
        return self

    def since(self, start: int) -> list[tuple[int, int, str]]:
        """When it was told, for when it is, and what."""
        return [(now, action.at, shown(action)) for now, action in self.actions if now >= start]

    def marks(self, start: int) -> list[tuple[int, str]]:
        """Only what the person notices of the steps: which began when."""
        return [(at, text) for _, at, text in self.since(start) if not text.startswith(("say", "buzz", "hush"))]


# In the hold of `push left`, 2.5 s of 5 s; "Three." has been said (11360-11860), "Two." is handed over at 11960.
IN_HOLD = 11_860

GOES_ON: dict[tuple[Phase, Transport | None], list[tuple[int, int, str]]] = {
    (RUNNING, None): [(11_960, 12_360, "say Two."), (12_960, 13_360, "say One.")],
    **{(RUNNING, command): [(11_960, 12_360, "say Two."), (12_960, 13_360, "say One.")] for command in (PRESS, RELEASE)},
    (RUNNING, RESUME): [(11_960, 12_360, "say Two."), (12_960, 13_360, "say One.")],
    (RUNNING, PAUSE): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "held 2500 of 4 hold push left"),
        (11_860, 11_860, "paused in 4 hold push left"),
    ],
    (RUNNING, NEXT): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "held 2500 of 4 hold push left"),
        (11_910, 12_310, "buzz STEP"),
        (12_290, 12_690, "say Right."),
        (12_310, 12_310, "began 6 instruct push right for 2580"),
    ],
    (RUNNING, NEXT_EXERCISE): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "held 2500 of 4 hold push left"),
        (11_910, 12_310, "buzz STEP"),
        (12_290, 12_690, "say The last exercise. Tap."),
        (12_310, 12_310, "began 10 instruct tap for 2580"),
    ],
    (RUNNING, UNDO): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "held 2500 of 4 hold push left"),
        (11_860, 11_860, "paused in 4 hold push left"),
    ],
    (RUNNING, BACK): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "held 2500 of 4 hold push left"),
        (11_910, 12_310, "buzz STEP"),
        (12_290, 12_690, "say Left."),
        (12_310, 12_310, "began 2 instruct push left for 2580"),
    ],
    (RUNNING, STOP): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "held 2500 of 4 hold push left"),
        (11_860, 11_860, "ended, not completed"),
    ],
    (PAUSED, None): [],
    (PAUSED, PAUSE): [],
    (PAUSED, RESUME): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "resumed in 4 hold push left"),
        (11_910, 12_310, "buzz STEP"),
        (12_290, 12_690, "say Left."),
        (12_310, 12_310, "began 2 instruct push left for 1480"),
    ],
    (PAUSED, NEXT): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "resumed in 4 hold push left"),
        (11_910, 12_310, "buzz STEP"),
        (12_290, 12_690, "say Right."),
        (12_310, 12_310, "began 6 instruct push right for 2580"),
    ],
    (PAUSED, NEXT_EXERCISE): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "resumed in 4 hold push left"),
        (11_910, 12_310, "buzz STEP"),
        (12_290, 12_690, "say The last exercise. Tap."),
        (12_310, 12_310, "began 10 instruct tap for 2580"),
    ],
    (PAUSED, UNDO): [],
    (PAUSED, BACK): [
        (11_860, 11_860, "hush"),
        (11_860, 11_860, "resumed in 4 hold push left"),
        (11_910, 12_310, "buzz STEP"),
        (12_290, 12_690, "say Left."),
        (12_310, 12_310, "began 2 instruct push left for 2580"),
    ],
    (PAUSED, STOP): [(11_860, 11_860, "hush"), (11_860, 11_860, "ended, not completed")],
    (PAUSED, PRESS): [],
    (PAUSED, RELEASE): [],
    **{(OVER, command): [] for command in [None, *Transport]},
}
PHASE_AFTER = {
    (RUNNING, PAUSE): PAUSED,
    (RUNNING, UNDO): PAUSED,
    (RUNNING, STOP): OVER,
    (PAUSED, None): PAUSED,
    **{(PAUSED, command): PAUSED for command in (PAUSE, UNDO, PRESS, RELEASE)},
    (PAUSED, STOP): OVER,
    **{(OVER, command): OVER for command in [None, *Transport]},
}


@pytest.mark.parametrize(("phase", "command"), list(product((RUNNING, PAUSED, OVER), [None, *Transport])))
def test_every_pair(phase: Phase, command: Transport | None) -> None:
    """Every command is defined in every phase; what has no meaning there does nothing at all.

    `test_own_pace.py` has what happens while the button is down.
    """
    told = Told().until(11_359)
    if phase is PAUSED:
        told.at(11_860, PAUSE)
    if phase is OVER:
        told.at(11_860, STOP)
    told.until(11_860)
    told.actions.clear()
    told.at(IN_HOLD, command).until(13_000)
    assert told.since(0) == GOES_ON[phase, command]
    assert told.session.phase is PHASE_AFTER.get((phase, command), RUNNING)


def test_whole() -> None:
    """Left alone, the session goes through the plan to the millisecond, each cue handed over `LEAD` before its time."""
    told = Told().until(10**6)
    marks = [(step.start, f"began {step.index} {step.kind} {step.exercise} {step.position}".rstrip()) for step in PLAN.steps]
    began = [(at, text.split(" for ")[0]) for at, text in told.marks(0) if text.startswith("began")]
    assert began == [(at, " ".join(text.split())) for at, text in marks]
    assert [(now, at) for now, at, text in told.since(-LEAD) if text.startswith(("say", "buzz"))] == [
        (cue.at - LEAD, cue.at) for step in PLAN.steps for cue in step.cues
    ]
    assert told.marks(42_920) == [(42_920, "ended, completed")]
    assert told.session.deadline() is None


def test_starts_late() -> None:
    """A session may be made for a moment to come; nothing is handed over long before it."""
    told = Told(Session(PLAN, Ms(5_000))).at(0, None).until(5_000)
    assert told.since(0) == [
        (0, 5_000, "started"),
        (4_600, 5_000, "say Hello."),
        (5_000, 5_000, "began 0 intro for 2200"),
    ]


def test_no_drift() -> None:
    """A loop that wakes late at every step is not later at the end: due times follow from the plan."""
    session, now, told = Session(PLAN, Ms(0)), 0, []
    while (due := session.deadline()) is not None:
        now = max(now, due + 137)
        told += session.handle(None, Ms(now))
    punctual = Told().until(10**6)
    assert [(action.at, shown(action)) for action in told] == [(action.at, shown(action)) for _, action in punctual.actions]


def test_first_what_was_due() -> None:
    """A command in a loop that slept finds first all that was due, each at its own time."""
    told = Told()
    told.actions = [(14_360, action) for action in told.session.handle(PAUSE, Ms(14_360))]
    assert told.marks(0) == [
        (0, "started"),
        (0, "began 0 intro for 2200"),
        (2_200, "began 1 instruct push for 2580"),
        (4_780, "began 2 instruct push left for 2580"),
        (7_360, "began 3 ready push left for 2000"),
        (9_360, "began 4 hold push left for 5000"),
        (14_360, "held 5000 of 4 hold push left"),
        (14_360, "began 5 release push left for 3920"),
        (14_360, "paused in 5 release push left"),
    ]


def test_resume_in_hold() -> None:
    """A paused hold: the position again, the ready signal for as long as ever, the rest of the hold with its countdown."""
    told = Told().at(10_860, PAUSE).at(20_000, RESUME).until(29_000)
    # held 1500 of 5000; 20000 + 450 = 20450 the lead: signal 80 + 300, clip 500, pause 600 = 1480; ready 2000; hold 3500
    assert told.since(10_860) == [
        (10_860, 10_860, "hush"),
        (10_860, 10_860, "held 1500 of 4 hold push left"),
        (10_860, 10_860, "paused in 4 hold push left"),
        (20_000, 20_000, "hush"),
        (20_000, 20_000, "resumed in 4 hold push left"),
        (20_050, 20_450, "buzz STEP"),
        (20_430, 20_830, "say Left."),
        (20_450, 20_450, "began 2 instruct push left for 1480"),
        (21_530, 21_930, "buzz READY"),
        (21_930, 21_930, "began 3 ready push left for 2000"),
        (23_530, 23_930, "buzz START"),
        (23_930, 23_930, "began 4 hold push left for 3500"),
        # "Three." belongs at 24430, where the start signal sounds until 24430: too close
        (25_030, 25_430, "say Two."),
        (26_030, 26_430, "say One."),
        (27_030, 27_430, "buzz CHANGE"),
        (27_430, 27_430, "held 5000 of 4 hold push left"),
        (27_430, 27_430, "began 5 release push left for 3920"),
        (27_850, 28_250, "say Let go."),
        (28_950, 29_350, "say Rest."),
    ]


def test_paused_twice_in_a_hold() -> None:
    """Two pauses take nothing from the hold: 1500 + 2000 + 1500 ms are held, and each report counts all until then."""
    told = Told().at(10_860, PAUSE).at(20_000, RESUME).at(25_930, PAUSE).at(40_000, RESUME).until(47_000)
    assert [(action.at, action.held) for _, action in told.actions if isinstance(action, Held)] == [
        (10_860, 1_500),
        (25_930, 3_500),
        (40_000 + ANSWER + 1_480 + 2_000 + 1_500, 5_000),
    ]


@pytest.mark.parametrize(
    ("left", "signals"),
    [
        (5_000, ["buzz START", "say Go.", "say Three.", "say Two.", "say One."]),
        (2_000, ["buzz START", "say One."]),
        (1_800, ["buzz START", "say One."]),
        (1_799, ["buzz START"]),
        (800, ["buzz START"]),
        (799, ["buzz STEP"]),
        (380, ["buzz STEP"]),
        (379, []),
        (1, []),
    ],
)
def test_rest_of_a_hold(left: int, signals: list[str]) -> None:
    """What is left of a hold has a start signal that fits, and only cues that keep clear of it and of the end."""
    pause = 14_360 - left
    told = Told().at(pause, PAUSE).at(20_000, RESUME).until(20_000 + ANSWER + 1_480 + 2_000 + left)
    hold = 20_000 + ANSWER + 1_480 + 2_000
    assert [
        text for _, at, text in told.since(20_000) if hold <= at < hold + left and text.startswith(("say", "buzz"))
    ] == signals
    assert told.marks(hold + left)[0] == (hold + left, "held 5000 of 4 hold push left")


@pytest.mark.parametrize(
    ("paused_at", "goes_on"),
    [
        (1_000, "began 0 intro for 2200"),
        (3_000, "began 1 instruct push for 2580"),
        (5_000, "began 2 instruct push left for 1480"),  # leads up to the hold: the position only
        (8_000, "began 2 instruct push left for 1480"),
        (10_000, "began 2 instruct push left for 1480"),
        (15_000, "began 5 release push left for 3920"),
        (17_000, "began 5 release push left for 3920"),
        (19_000, "began 6 instruct push right for 1480"),
        (31_000, "began 10 instruct tap for 2580"),
        (33_000, "began 11 instruct tap for 1480"),
        (36_000, "began 11 instruct tap for 1480"),
        (37_600, "began 14 release tap for 1140"),
        (42_919, "began 15 outro for 4420"),
    ],
)
def test_resume(paused_at: int, goes_on: str) -> None:
    """Speech that a pause cut short is heard whole; a hold gets its position and its ready signal again."""
    told = Told().at(paused_at, PAUSE).at(50_000, RESUME).until(50_000 + ANSWER)
    assert [mark for mark in told.marks(50_001) if mark[1].startswith("began")] == [(50_450, goes_on)]


FOLLOWING = [1, 2, 6, 6, 6, 6, 10, 10, 10, 10, 11, 15, 15, 15, 15, None]
"""Where next leads from each step: to the instruction of the next hold, by way of that of its exercise."""
FOLLOWING_EXERCISE = [1, *[10] * 9, *[15] * 5, None]


def skipped(index: int, command: Transport, *, paused: bool, leads_to: int | None) -> None:
    now = PLAN.steps[index].start + 500
    told = Told().at(now, PAUSE if paused else None).at(now + 100, command).until(now + 100 + ANSWER)
    if leads_to is None:
        assert told.marks(now + 100)[-1] == (now + 100, "ended, completed")
        assert told.session.phase is OVER
        return
    following, last = PLAN.steps[leads_to], told.session.step
    assert told.actions[-1][1].at <= now + 100 + ANSWER
    assert (last.index, last.start, last.length) == (leads_to, now + 100 + ANSWER, following.length)
    assert last.moved(-last.start) == following.moved(-following.start)


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("index", range(16))
def test_next(index: int, paused: bool) -> None:
    """Next leads to the next hold, from each step, paused or not; from the outro, the session is completed."""
    skipped(index, NEXT, paused=paused, leads_to=FOLLOWING[index])


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("index", range(16))
def test_next_exercise(index: int, paused: bool) -> None:
    """Next exercise leads to the next exercise's own instruction, which names it; after the last one, to the outro."""
    skipped(index, NEXT_EXERCISE, paused=paused, leads_to=FOLLOWING_EXERCISE[index])


@pytest.mark.parametrize("index", range(15))
def test_next_exercise_counts_from_the_pause(index: int) -> None:
    """After next, next exercise still leads to the one after that in which the person paused: none is left out unheard."""
    now = PLAN.steps[index].start + 500
    told = Told().at(now, PAUSE).at(now + 100, NEXT).at(now + 200, NEXT_EXERCISE).until(now + 200 + ANSWER)
    assert told.session.step.index == FOLLOWING_EXERCISE[index]


@pytest.mark.parametrize("between", [[NEXT], [NEXT, NEXT_EXERCISE], [RESUME], [RESUME, NEXT], [BACK]])
@pytest.mark.parametrize("index", range(15))
def test_undo(index: int, between: list[Transport]) -> None:
    """Until something has begun, undo goes back into the pause: what goes on after it is what would have without."""
    now = PLAN.steps[index].start + 500
    told, without = Told().at(now, PAUSE), Told().at(now, PAUSE).at(now + 20_000, RESUME).until(10**6)
    for place, command in enumerate(between):
        told.at(now + 100 + place, command)
    told.at(now + 110, UNDO).until(now + 19_000)
    assert told.marks(now + 110) == [(now + 110, f"paused in {shown(told.actions[-1][1])[10:]}")]
    assert told.session.step == Told().at(now, PAUSE).session.step
    assert told.at(now + 20_000, RESUME).until(10**6).since(now + 20_000) == without.since(now + 20_000)


def test_undo_once_something_has_begun() -> None:
    """What has begun is not undone: the session is only paused."""
    told = Told().at(10_860, PAUSE).at(11_000, NEXT).at(12_000, UNDO)
    assert told.marks(11_001) == [
        (11_450, "began 6 instruct push right for 2580"),
        (12_000, "paused in 6 instruct push right"),
    ]


@pytest.mark.parametrize(
    ("now", "goes_to"),
    [
        (500, 0),
        (2_150, 0),
        (2_200, 0),
        (4_199, 0),
        (4_200, 1),
        (4_780, 1),
        (6_779, 1),
        (6_780, 2),
        (7_360, 2),
        (10_000, 2),
        (14_360, 2),
        (16_280, 2),
        (18_280, 2),
        (20_280, 6),
        (22_860, 6),
        (30_300, 6),
        (32_880, 10),
        (36_000, 11),
        (38_500, 11),
        (41_000, 15),
    ],
)
@pytest.mark.parametrize("paused", [False, True])
def test_back(now: int, goes_to: int, paused: bool) -> None:
    """Back begins the instruction that the person is in, in its first two seconds the one before; never a hold unannounced."""
    assert BACK_AGAIN == 2_000
    told = Told().at(now, PAUSE if paused else None).at(now, BACK).until(now + ANSWER)
    assert [text for _, text in told.marks(now) if text.startswith("began")][-1:] == [
        next(shown(action) for _, action in Told().until(10**6).actions if shown(action).startswith(f"began {goes_to} "))
    ]
    assert told.session.step.start == now + ANSWER


def test_back_twice() -> None:
    """Back, and back again at once, goes one more block back."""
    told = Told().at(24_000, BACK).at(24_200, BACK).at(24_400, BACK).until(24_850)
    assert told.marks(24_001) == [(24_850, "began 1 instruct push for 2580")]


def test_next_twice() -> None:
    """Each of two skips in a row counts, though the hold between them never began; no half-heard cue is left from it."""
    told = Told().at(15_000, NEXT).at(15_300, NEXT).until(15_750)
    assert told.since(15_000) == [
        (15_000, 15_000, "hush"),
        (15_050, 15_450, "buzz STEP"),
        (15_300, 15_300, "hush"),
        (15_350, 15_750, "buzz STEP"),
        (15_730, 16_130, "say The last exercise. Tap."),
        (15_750, 15_750, "began 10 instruct tap for 2580"),
    ]


def test_next_right_after_resume() -> None:
    """A double press in a pause skips the hold that was paused, not the lead of its resume that has not begun."""
    told = Told().at(10_860, PAUSE).at(20_000, RESUME).at(20_200, NEXT).until(20_650)
    assert told.marks(20_000) == [(20_000, "resumed in 4 hold push left"), (20_650, "began 6 instruct push right for 2580")]


def test_next_after_pausing_a_resume() -> None:
    """Resume, pause and resume before anything has begun: next still goes on from where the person had paused."""
    told = Told().at(10_860, PAUSE).at(20_000, RESUME).at(20_100, PAUSE).at(21_000, RESUME).at(21_200, NEXT).until(21_650)
    assert told.marks(21_200) == [(21_650, "began 6 instruct push right for 2580")]


def test_next_in_a_begun_resume() -> None:
    """While the position is being said again, next leaves that hold, too."""
    told = Told().at(10_860, PAUSE).at(20_000, RESUME).at(21_000, NEXT).until(21_450)
    assert told.marks(20_001) == [
        (20_450, "began 2 instruct push left for 1480"),
        (21_450, "began 6 instruct push right for 2580"),
    ]


def test_next_before_the_start() -> None:
    """Next while the first step has yet to begin skips that."""
    told = Told(Session(PLAN, Ms(5_000))).at(4_700, NEXT).until(5_150)
    assert told.since(4_700) == [
        (4_700, 4_700, "hush"),
        (4_750, 5_150, "buzz STEP"),
        (5_130, 5_530, "say Exercise one of two. Push."),
        (5_150, 5_150, "began 1 instruct push for 2580"),
    ]


@pytest.mark.parametrize("command", [None, PAUSE, NEXT, STOP])
def test_a_long_plan_is_no_more_work(command: Transport | None) -> None:
    """The loop hears no press while it obeys one: to begin, to go on and to stop take as long in a session of 300 holds."""

    def work(sets: int) -> tuple[int, int]:
        exercises = tuple(replace(exercise, sets=sets) for exercise in SMALL.exercises)
        plan = make_plan(replace(SMALL, exercises=exercises), "adult", "standard", half_a_second, learned=BEGUN)
        session = Session(plan, Ms(0))
        session.handle(None, Ms(10_000))
        lines = lines_run(lambda: session.handle(command, Ms(10_000)) if command else Session(plan, Ms(0)))
        return lines, len(plan.steps)

    (few_lines, few), (lines, many) = work(1), work(100)
    # Only where each step starts is reckoned anew, in two lines; moving its cues would take ten.
    assert lines - few_lines < 3 * (many - few)


def test_stop_hands_nothing_over() -> None:
    """After a stop nothing comes, however long one waits."""
    told = Told().at(10_860, STOP).until(10**6)
    assert told.since(10_861) == []
    assert told.session.deadline() is None
    assert [action for _, action in told.actions if isinstance(action, Ended)] == [Ended(Ms(10_860), completed=False)]
