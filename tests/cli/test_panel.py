"""The panel says what is going on, the keyboard gives every key; a routine's text is shown as it is."""

import os
import pty
import sys
import termios
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console
from rich.progress import Progress

from pitrainer.cli.panel import View, keyboard, panel
from pitrainer.cli.tables import print_plan, progress
from pitrainer.control.status import Status
from pitrainer.core.messages import Began, Chosen, Ended, Event, Hush, Light, Paused, Resumed, Started, VolumeChanged
from pitrainer.core.plan import Say, Step
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import PROFILES, Coach, Program, Routine
from pitrainer.core.session import Session, Transport
from pitrainer.core.text import shown
from pitrainer.core.units import Ms, clock_text
from support.fakes import BEGUN, SMALL, half_a_second

PLAN = make_plan(SMALL, "adult", "standard", half_a_second, learned=BEGUN)
BEGIN = 1_000_000
"""When the session of these tests began: the computer had been on for a while."""


class Watch:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.time = Ms(0)

    def __call__(self) -> Ms:
        return self.time


class Screen:
    """A view with its time, and what it looks like."""

    def __init__(self, *programs: Program) -> None:
        self.watch = Watch()
        self.view = View(self.watch)
        self.view.status = Status(programs or (Program(SMALL, "adult", "standard"), Program(SMALL, "child", "full")), 0)

    def tell(self, event: Event) -> None:
        """Have something happen."""
        self.view.status(event)

    def begin(self, step: Step, after: int = 0) -> Step:
        """Begin a step of the plan; look at it so much later."""
        moved = step.moved(BEGIN)
        self.tell(Began(moved.start, moved))
        for cue in moved.cues:
            if isinstance(cue, Say):
                self.view.watch(cue)
        self.watch.time = Ms(moved.start + after)
        return moved

    def __str__(self) -> str:
        console = Console(record=True, width=80, file=open(os.devnull, "w"), color_system=None)  # noqa: SIM115
        console.print(self.view)
        console.file.close()
        return console.export_text()

    def row(self, name: str) -> str:
        """What stands beside a name."""
        lines = [line.strip("│ ").split(maxsplit=1) for line in str(self).splitlines()]
        return next((" ".join(line[1:]).strip() for line in lines if line and line[0] == name), f"no {name}")


@pytest.fixture
def screen() -> Screen:
    screen = Screen()
    screen.tell(Started(Ms(BEGIN), PLAN))
    return screen


def step(kind: str, number: int = 0) -> Step:
    return [step for step in PLAN.steps if step.kind == kind][number]


def test_idle():
    """Before the first press the panel says what a press starts, and which keys there are."""
    screen = Screen()
    text = str(screen)
    assert "Small, adult, standard" in text
    assert screen.row("now") == "ready: press the button"
    assert screen.row("exercise") == screen.row("hold") == screen.row("next") == ""
    gestures = "space start, pause, go on; twice: next hold; three times: next exercise"
    hold = "h hold: stop, or the next program   n next hold   b instruction again"
    for keys in (gestures, hold, "+ - volume   q quit", "volume 100"):
        assert keys in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("kind", "number", "now", "exercise", "position", "following"),
    [
        ("intro", 0, "welcome", "", "", "listen, Push"),
        ("instruct", 0, "listen", "1 of 2: Push", "", "listen, left"),
        ("instruct", 1, "listen", "1 of 2: Push", "left", "get ready, left"),
        ("ready", 0, "get ready", "1 of 2: Push", "left", "HOLD, left"),
        ("hold", 1, "HOLD", "1 of 2: Push", "right", "let go, right"),
        ("release", 0, "let go", "1 of 2: Push", "left", "listen, right"),
        ("hold", 2, "HOLD", "2 of 2: Tap", "", "let go, Tap"),
        ("outro", 0, "well done", "", "", ""),
    ],
)
def test_each_kind_of_step(screen, kind, number, now, exercise, position, following):
    """In every step the panel has the exercise, the position, what to do now and what comes next."""
    screen.begin(step(kind, number))
    rows = [screen.row(name) for name in ("now", "exercise", "position", "next")]
    assert rows == [now, exercise, position, following]
    assert (screen.row("hold") == "") == (kind != "hold")


def test_the_hold_s_bar(screen):
    """The bar is empty at the start, full at the end, never more; the seconds beside it count down to 0."""
    hold = step("hold")
    assert hold.length == 5_000
    shown = []
    for after in (0, 1, 1_000, 2_500, 4_999, 5_000, 7_000):
        screen.begin(hold, after)
        left = screen.row("hold").split()[-2:]
        shown.append((screen.row("hold").count("━"), " ".join(left)))
    assert [left for _, left in shown] == ["5 s", "5 s", "4 s", "3 s", "1 s", "0 s", "0 s"]
    assert max(map(len, str(screen).splitlines())) <= 80


def bar(screen: Screen) -> int:
    """How much of the bar is green."""
    console = Console(record=True, width=80, file=open(os.devnull, "w"), color_system="truecolor", force_terminal=True)  # noqa: SIM115
    console.print(screen.view)
    console.file.close()
    html = console.export_html(inline_styles=True)
    green = [part for part in html.split("<span ") if "color: #008000" in part.partition(">")[0]]
    return sum(part.partition(">")[2].partition("<")[0].count("━") for part in green)


def test_the_bar_grows(screen):
    """What is green is what was held: half of the bar at half of the time, also of a hold that goes on after a pause."""
    hold = step("hold")
    parts = []
    for after in (0, 2_500, 5_000):
        screen.begin(hold, after)
        parts.append(bar(screen))
    assert parts[0] == 0
    assert parts[2] == 44
    assert 21 <= parts[1] <= 22
    screen.begin(replace(hold, held=Ms(2_500), length=Ms(2_500)), 0)
    assert bar(screen) == parts[1]
    screen.begin(replace(hold, held=Ms(2_500), length=Ms(2_500)), 2_500)
    assert bar(screen) == 44


def test_a_pause_freezes_the_bar(screen):
    """In a pause the bar stands, for as long as it takes; the panel says how to go on."""
    hold = screen.begin(step("hold"), 2_000)
    screen.tell(Paused(screen.watch.time, hold))
    before = bar(screen), screen.row("hold")
    assert before[0] > 10
    screen.watch.time = Ms(screen.watch.time + 600_000)
    assert (bar(screen), screen.row("hold")) == before
    assert screen.row("now") == "paused: press to go on"
    screen.tell(Resumed(screen.watch.time, hold))
    assert screen.row("hold") == ""
    screen.begin(replace(hold.moved(-BEGIN), held=Ms(2_000), length=Ms(3_000)), 0)
    assert bar(screen) == before[0]


def test_what_is_being_said(screen):
    """A text is shown from its first word until the next one's, for who does not hear it; what was never said never is."""
    intro = screen.begin(step("intro"))
    first, second = [cue for cue in intro.cues if isinstance(cue, Say)]
    for at, expected in [
        (first.at - 1, ""),
        (first.at, "Hello."),
        (first.end, "Hello."),
        (second.at - 1, "Hello."),
        (second.at, "About one minute."),
        (second.end + 600_000, "About one minute."),
    ]:
        screen.watch.time = Ms(at)
        assert screen.row("saying") == expected
    # A pause takes back what has yet to be said, and what is said in it is shown although the rest stands still.
    screen.view.watch(Hush(Ms(second.at - 1)))
    assert screen.row("saying") == "Hello."
    screen.tell(Paused(Ms(second.at - 1), intro))
    screen.view.watch(Say(second.end, "The session is paused.", "en", Ms(500)))
    assert screen.row("saying") == "The session is paused."


def test_the_time_left(screen):
    """It is the whole session's, to the second: whole at its begin, nothing at its end, and it stands in a pause."""
    assert screen.row("time") == ""
    for each, after in (
        (PLAN.steps[0], 0),
        (step("hold"), 2_500),
        (PLAN.steps[-1], 0),
        (PLAN.steps[-1], PLAN.steps[-1].length),
    ):
        begun = screen.begin(each, after)
        assert screen.row("time") == f"{clock_text(Ms(PLAN.length - each.start - after))} left"
    hold = screen.begin(step("hold"), 2_500)
    left = screen.row("time")
    screen.tell(Paused(screen.watch.time, hold))
    screen.watch.time = Ms(screen.watch.time + 600_000)
    assert screen.row("time") == left
    screen.tell(Resumed(screen.watch.time, hold))
    assert screen.row("time") == left
    screen.begin(replace(hold.moved(-BEGIN), held=Ms(2_500), length=Ms(2_500)), 0)
    assert screen.row("time") == left
    screen.tell(Ended(begun.end, True))
    assert screen.row("time") == ""


@pytest.mark.parametrize("command", [Transport.RESUME, Transport.BACK])
def test_the_time_left_after_a_pause(screen, command):
    """While a hold that goes on is led up to, the rest of it is what counts; who goes back has all of it before them."""
    session = Session(PLAN, Ms(BEGIN))
    paused = Ms(BEGIN + step("hold").start + 2_500)
    shown = []
    for action in [*session.handle(Transport.PAUSE, paused), *session.handle(command, Ms(paused + 60_000))]:
        screen.tell(action)
    while (due := session.deadline()) is not None:
        end = screen.watch.time = due
        for action in session.handle(None, due):
            screen.tell(action)
            if isinstance(action, Began):
                shown.append((due, screen.row("time")))
    assert shown == [(at, f"{clock_text(Ms(end - at))} left") for at, _ in shown]


def test_the_title_is_of_the_running_session(screen):
    """A session that a reminder or an offer began is named as it is, with its person, whatever program is chosen."""
    screen.tell(Chosen(Ms(BEGIN), 1))
    assert "Small, adult, standard" in str(screen)
    screen.tell(Started(Ms(BEGIN), replace(PLAN, title="Other", level="gentle", person="Anna")))
    assert "Other, Anna, adult, gentle" in str(screen)
    screen.tell(Ended(Ms(BEGIN), True))
    assert "Small, child, full" in str(screen)


def test_the_volume(screen):
    """The panel shows the volume that is set."""
    screen.tell(VolumeChanged(Ms(BEGIN), 40))
    assert "LED    volume 40" in str(screen)


def test_the_end(screen):
    """After a session the panel is as before it, ready for the next."""
    screen.begin(step("hold"), 100)
    screen.tell(Ended(screen.watch.time, False))
    assert [screen.row(name) for name in ("now", "exercise", "hold", "next")] == ["ready: press the button", "", "", ""]


def test_another_program():
    """The chosen program stands in the title."""
    screen = Screen()
    screen.tell(Chosen(Ms(0), 1))
    assert "Small, child, full" in str(screen)


@pytest.mark.parametrize("light", Light, ids=lambda light: light.name)
def test_the_lamps(light):
    """Buzzer and LED are drawn as they are: on while they are on, off while they are off."""
    screen = Screen()
    on, off = light.value
    screen.view.light = lambda: light
    for time_, lit in [(on - 1, True), (0, True)] * bool(on) + [(on, False), (on + off - 1, False)] * bool(off):
        screen.watch.time = Ms(7 * (on + off) + time_)
        for buzzing in (True, False):
            screen.view.buzzing = lambda buzzing=buzzing: buzzing
            buzzer, led = ("●" if it else "○" for it in (buzzing, lit))
            assert f"{buzzer} buzzer    {led} LED" in str(screen)


def routine(**texts: str) -> Routine:
    """The small routine, with other texts: also with such as `check` refuses."""
    push, tap = SMALL.exercises
    position, name, say = (dict.fromkeys(PROFILES, texts[key]) for key in ("position", "name", "say"))
    coach = dict.fromkeys(PROFILES, (Coach(Ms(4_500), False, (texts["say"],)),))
    left, right = (replace(one, coach=coach) for one in push.positions)
    left = replace(left, name=position, say=say)
    push = replace(push, name=name, positions=(left, right))
    return replace(SMALL, title=texts["title"], intro=say, exercises=(push, tap))


NASTY = ["[b]bold", "a [/] b", "[/nothing] x", "[link=x]y", "a \\[b] c", "[red", "x]] [[y", ":smile: x", "50% {x} %s"]


@pytest.mark.parametrize("text", NASTY)
def test_texts_that_look_like_markup(text, capsys):
    """Whatever a routine's texts contain, they are shown as they are: brackets neither vanish nor end the program."""
    one = routine(title=f"t{text}", name=f"n{text}", position=f"p{text}", say=f"s{text}")
    plan = make_plan(one, "adult", "standard", lambda _: Ms(900), learned=BEGUN)
    screen = Screen(Program(one, "adult", "standard"))
    screen.tell(Started(Ms(BEGIN), plan))
    assert f"t{text}, adult, standard" in str(screen)
    for each in plan.steps:
        moved = screen.begin(each)
        say = next(cue for cue in moved.cues if isinstance(cue, Say)) if each.kind == "intro" else None
        if say:
            screen.watch.time = say.at
            assert screen.row("saying") == f"s{text}"
        if each.exercise == "push":
            assert screen.row("exercise") == f"1 of 2: n{text}"
        if each.position and each.position.startswith("p"):
            assert screen.row("position") == f"p{text}"
    assert plan.dropped, "what is left out is printed too"
    print_plan(plan, one, 0)
    out = " ".join(capsys.readouterr().out.split())
    for part in (f"t{text}, adult", f"n{text}", f"p{text}", f"s{text}", f"{shown(f's{text}')}: it would"):
        assert part in out


def test_print_plan(capsys):
    """A printed plan has every step, every cue and every cue that is left out, and the total."""
    plan = make_plan(SMALL, "adult", "standard", lambda _: Ms(900), learned=BEGUN)
    print_plan(plan, SMALL, 3)
    out = capsys.readouterr().out
    for cue in (cue for each in plan.steps for cue in each.cues):
        if isinstance(cue, Say):
            assert cue.text in out
    assert "ticks" in out
    assert "left out at" in out
    assert f"{clock_text(plan.length)} in all, {len(plan.steps)} steps" in out
    assert "3 phrases have no clip yet" in out
    print_plan(plan, SMALL, 0)
    assert "no clip yet" not in capsys.readouterr().out


def test_the_live_panel_survives_a_session(capsys):
    """The panel is drawn on its own thread while the loop's thread changes what it shows."""
    screen = Screen()
    with panel(screen.view):
        for _ in range(3):
            screen.tell(Started(Ms(BEGIN), PLAN))
            for each in PLAN.steps:
                screen.begin(each)
                time.sleep(0.005)
            screen.tell(Ended(Ms(BEGIN), True))
    assert "Small" in capsys.readouterr().out


# The keyboard


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal that is this program's; returns the end at which the person sits."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


def until(condition, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


def test_keys(terminal):
    """Each key is given at once, in order, without Return; also a handful of them, and those that are no letters."""
    keys: list[str] = []
    with keyboard(keys.append):
        os.write(terminal, b" ")
        assert until(lambda: keys == [" "])
        os.write(terminal, "hnbqé\x1b[A".encode())
        assert until(lambda: len(keys) == 9)
        assert keys[1:6] == ["h", "n", "b", "q", "é"]
        os.write(terminal, b"\xff")
        assert until(lambda: len(keys) == 10)


def test_a_key_that_is_held_down(terminal):
    """What a space bar repeats while its press lasts is one press; other keys are each of them, and none waits long."""
    keys: list[str] = []
    pressing = threading.Event()

    def handle(key: str) -> None:
        keys.append(key)
        assert pressing.wait(10)

    with keyboard(handle):
        os.write(terminal, b" ")
        assert until(lambda: keys == [" "])
        os.write(terminal, b" " * 30 + b"++hhq")
        pressing.set()
        assert until(lambda: "q" in keys)
    assert keys == [" ", " ", "+", "+", "h", "q"]


def test_the_terminal_is_put_back(terminal):  # noqa: ARG001 - standard input has to be one
    """After the program the shell echoes again, also when the program failed; the keyboard's thread is over."""
    before = termios.tcgetattr(sys.stdin)
    with pytest.raises(ZeroDivisionError), keyboard(print):  # noqa: PT012 - it has to fail inside
        inside = termios.tcgetattr(sys.stdin)
        raise ZeroDivisionError
    assert not inside[3] & (termios.ECHO | termios.ICANON)
    assert inside[3] & termios.ISIG, "Ctrl-C still ends the program"
    assert inside[6][termios.VSUSP] == b"\0", "Ctrl-Z does not stop it: a session goes by the time"
    assert before[6][termios.VSUSP] == b"\x1a"
    assert termios.tcgetattr(sys.stdin) == before
    assert "keyboard" not in {thread.name for thread in threading.enumerate()}


def test_the_end_does_not_wait_for_a_key(terminal):  # noqa: ARG001 - standard input has to be one
    """The program ends at once though nobody presses a key."""
    began = time.monotonic()
    with keyboard(print):
        pass
    assert time.monotonic() - began < 5


def test_keys_that_wait_at_the_end(terminal, monkeypatch):
    """The program does not end later for the keys that wait behind a press; of its thread nothing is heard after that."""
    failed: list[object] = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    keys: list[str] = []

    def handle(key: str) -> None:
        keys.append(key)
        time.sleep(0.3)

    with keyboard(handle):
        os.write(terminal, b"h h h h h h h h h h h h h h")
        assert until(lambda: bool(keys))
    assert until(lambda: "keyboard" not in {thread.name for thread in threading.enumerate()})
    assert len(keys) < 10
    assert not failed


def test_the_cursor_comes_back(monkeypatch, capsys):
    """A signal that comes while the bar is only being put up, when the cursor is hidden already, leaves the cursor visible."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")  # a dumb one has no cursor to hide
    real = Progress.start

    def start(bar: Progress) -> None:
        real(bar)
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "start", start)
    with pytest.raises(KeyboardInterrupt), progress("preparing", 3):
        pass
    err = capsys.readouterr().err
    assert 0 <= err.rindex("\x1b[?25l") < err.rindex("\x1b[?25h")
