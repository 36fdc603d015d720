"""The command line. Everything that a person can cause ends here, in a clear line and an exit code."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..core.routine import ID, LEVELS, PROFILES
from ..core.text import printable, shown
from ..errors import BadInput, PitrainerError
from ..service.ending import Interrupted, by_signals

if TYPE_CHECKING:
    from . import broker, diagnosis, orders, page, past, phrases, plans, preview, sessions, sound, writing
else:

    class _Group:
        """A module of commands, which is imported when one of them is run: the service's start waits for no other."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, command: str) -> Callable[[argparse.Namespace], int]:
            return lambda options: getattr(import_module(f".{self._name}", __package__), command)(options)

    broker, diagnosis, orders, page, past, phrases, plans, preview, sessions, sound, writing = map(
        _Group,
        ("broker", "diagnosis", "orders", "page", "past", "phrases", "plans", "preview", "sessions", "sound", "writing"),
    )

log = logging.getLogger(__name__)

HERS = "With --person: what that person would hear today, by the history."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code: 0 on success, 2 for an error that the user can fix."""
    options = make_parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, handlers=[Journal()])
    at_once = False
    try:
        with by_signals():
            code: int = options.command(options)
            sys.stdout.flush()
    except BadInput as error:
        print(*error.lines, sep="\n", file=sys.stderr)
        return error.code
    except PitrainerError as error:
        print("pitrainer: " + "\n".join(map(printable, error.lines)), file=sys.stderr)
        return error.code
    except BrokenPipeError:
        # `pitrainer show | head`: whoever read has gone.
        _drop_output()
        return 0
    except OSError as error:
        # What the person named is reported with its name where it is opened; this is a full disk, or a tty that went away.
        print(printable(f"pitrainer: {error}"), file=sys.stderr)
        _drop_output()
        return PitrainerError.code
    except Interrupted as interrupted:
        code, at_once = interrupted.code, interrupted.at_once
    if at_once:
        os._exit(code)
    return code


def _drop_output() -> None:
    """Have what is still to be printed vanish: Python would complain about it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Plain(logging.Formatter):
    """One line a message: a text or a file's name from elsewhere can neither begin another, nor tell a terminal what to do."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "\n".join(map(printable, super().formatException(ei).split("\n")))


class Journal(logging.Handler):
    """Writes to what stderr is at the time: while the panel is up, that is the place above it.

    Where it is the process's own, through a file descriptor beside it: while PortAudio looks for devices, sounddevice points
    number 2 at /dev/null, and a line written then by another thread is lost ("ready" was).
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_Plain())
        self._own = os.dup(2)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message. Where nobody reads it any more, as in a terminal that was closed, no thread ends for that."""
        line = self.format(record) + "\n"
        with suppress(OSError):
            if sys.stderr is sys.__stderr__:
                os.write(self._own, line.encode(errors="backslashreplace"))
            else:
                print(line, end="", file=sys.stderr, flush=True)


def make_parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(
        prog="pitrainer",
        description="A voice trainer for physiotherapy exercises: press the button, and a voice leads you through them.",
        epilog="Begin with `pitrainer practice`: it runs the trainer here, with the space bar as the button.",
    )
    parser.add_argument("--version", action="version", version=f"pitrainer {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the settings (default: the first that exists of "
        "$PITRAINER_CONFIG, /etc/pitrainer/pitrainer.toml, ~/.config/pitrainer/pitrainer.toml, built in)",
    )
    routine = argparse.ArgumentParser(add_help=False)
    routine.add_argument(
        "routine",
        nargs="?",
        metavar="ROUTINE",
        help="a routine's name, its file, or a program's number (default: from the settings)",
    )
    choice = argparse.ArgumentParser(add_help=False)
    choice.add_argument("--profile", choices=PROFILES, help="adult or child (default: from the settings)")
    choice.add_argument("--person", metavar="NAME", help="the person's name (default: from the settings)")
    choice.add_argument("--level", choices=LEVELS, help="least, middle or most of each range (default: from the settings)")
    learned = argparse.ArgumentParser(add_help=False)
    learned.add_argument("--known", action="store_true", help="as for somebody who knows every exercise, not a first session")
    after = "as after N sessions without a break, with growing exercises grown accordingly"
    learned.add_argument("--sessions", type=_whole("number of sessions", 0, 9999), default=0, metavar="N", help=after)

    def add(
        name: str, command: Any, parents: list[argparse.ArgumentParser], text: str, more: str = ""
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=parents, help=text, description=f"{text[:1].upper()}{text[1:]}. {more}")
        added.set_defaults(command=command)
        return added

    practice = add(
        "practice",
        sessions.practice,
        [routine, choice, common],
        "run the trainer on this computer, with a panel",
        "The space bar is the button; without a terminal, the program presses it.",
    )
    practice.add_argument("--record", type=Path, metavar="FILE.wav", help="record what is heard")
    practice.add_argument("--no-history", action="store_true", help="save neither sessions nor the volume")
    practice.add_argument("--auto", action="store_true", help="press the button automatically, and exit when the session ends")
    add("run", sessions.run, [common], "run the trainer as the service does", "Needs no terminal; ends on SIGTERM or Ctrl-C.")
    press = add("press", orders.press, [], "press the button of a running trainer that has mock pins")
    press.add_argument("--hold", type=_seconds, default=0.1, metavar="SECONDS", help="how long (default: 0.1)")
    status = add("status", orders.status, [], "what the running trainer does, and what is wrong")
    status.add_argument("--json", action="store_true", help="as JSON")
    for name, text in (
        ("start", "begin a session, or go on with the paused one"),
        ("pause", "pause the session"),
        ("next", "go on to the next hold"),
        ("back", "go back to the instruction, or the one before"),
        ("stop", "stop the session"),
    ):
        add(name, orders.give_order, [], text, "Talks to the running trainer.").set_defaults(order=name)
    program = add("program", orders.choose, [], "choose another program", "Talks to the running trainer, which says its name.")
    program.add_argument("program", metavar="PROGRAM", help="its number among the settings' programs, or its routine's name")
    program.add_argument("--profile", choices=PROFILES, help="adult or child (default: the first with this routine)")
    program.add_argument("--person", metavar="NAME", help="the person's name (default: the first with this routine)")
    volume = add("volume", orders.set_volume, [], "set the volume", "Talks to the running trainer; kept across its restarts.")
    volume.add_argument("volume", type=_whole("volume", 0, 100), metavar="N", help="0 (silent) to 100, at most sound.soft_max")
    reminders = add(
        "reminders",
        orders.switch_reminders,
        [],
        "switch all reminders on or off",
        "Talks to the running trainer; kept across its restarts.",
    )
    reminders.add_argument("state", choices=("on", "off"))
    clock = add("clock", orders.clock, [], "what time it is for the running trainer, and who has set it")
    setting = clock.add_subparsers(metavar="set HH:MM [DATE]")
    clock_set = setting.add_parser(
        "set",
        help="tell it the time, where there is no network",
        description="Tell the running trainer the time, until the Pi starts again. The system's clock stays as it is.",
    )
    clock_set.add_argument("time", metavar="HH:MM", help="the local time")
    clock_set.add_argument("day", nargs="?", metavar="DATE", help="such as 2026-11-28 (default: today)")
    add("events", orders.events, [], "print what happens in the running trainer", "A line of JSON an event, until it ends.")
    say = add("say", orders.say, [], "have the running trainer say a text", "What has no clip yet is synthesised first.")
    say.add_argument("text", metavar="TEXT")
    show = add("show", plans.show, [routine, choice, learned, common], "print a routine's plan: every step, cue and time", HERS)
    show.add_argument("--json", action="store_true", help="as JSON, times in milliseconds")
    render = add(
        "render",
        plans.render_session,
        [choice, learned, common],
        "write a whole session as a sound file",
        f"Needs no sound device. {HERS}",
    )
    render.add_argument("routine", metavar="ROUTINE", help="a routine's name, its file, or a program's number")
    render.add_argument(
        "--exercise",
        type=_whole("number of an exercise", 1, 999),
        default=0,
        metavar="N",
        help="this exercise alone, by its number (default: all)",
    )
    render.add_argument(
        "--most", type=_whole("number of seconds", 1, 99999), default=0, metavar="SECONDS", help="stop after this many seconds"
    )
    # For the page: clips that are there already, of the trainer.
    render.add_argument("--clips", type=Path, help=argparse.SUPPRESS)
    render.add_argument("file", type=Path, metavar="FILE.wav", help="the file to write")
    played = add(
        "preview",
        preview.preview,
        [choice, learned, common],
        "play a plan through this computer's speaker, without the button",
        f"Ctrl-C ends it. {HERS}",
    )
    played.add_argument("routine", metavar="ROUTINE", help="a routine's name, its file, or a program's number")
    played.add_argument("exercise", nargs="?", metavar="EXERCISE", help="its number, id or name (default: from the beginning)")
    prepare = add(
        "prepare",
        phrases.prepare,
        [routine, choice, common],
        "synthesise the phrases that are missing",
        "Other commands do so themselves where they need it.",
    )
    prepare.add_argument("--text", help="synthesise only this text")
    # For a running trainer, which knows what is needed first.
    prepare.add_argument("--phrases", action="store_true", help=argparse.SUPPRESS)
    carry = prepare.add_mutually_exclusive_group()
    carry.add_argument("--export", type=Path, metavar="FILE", help="then write the clips to a file, for another machine")
    carry.add_argument(
        "--import", type=Path, metavar="FILE", dest="import_", help="take the clips from such a file; needs no Piper"
    )
    history = add(
        "history",
        past.show_history,
        [common],
        "show the last weeks: what was done, the streak, and what is skipped most",
        "A session is done when most of it was held, each exercise counting the same.",
    )
    history.add_argument(
        "--weeks", type=_whole("number of weeks", 1, 520), default=12, metavar="N", help="how many (default: 12)"
    )
    form = history.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print every hold as a row")
    form.add_argument("--json", action="store_true", help="print everything, for programs and for `import`")
    form.add_argument("--picture", type=Path, metavar="FILE", help="draw the weeks as .svg or .png (needs matplotlib)")
    within = history.add_subparsers(metavar="import FILE.json")
    carried = within.add_parser("import", help="add the sessions of an export", description="Add the sessions of an export.")
    carried.add_argument("file", type=Path, metavar="FILE.json", help="what `pitrainer history --json` printed")
    carried.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help="the settings")
    carried.set_defaults(command=past.import_history)
    add(
        "mqtt",
        broker.mqtt,
        [common],
        "tell a broker what the running trainer does, and take orders from it, for Home Assistant",
        "A process of its own beside the trainer; [mqtt] in the settings says where the broker is.",
    )
    paged = add(
        "page",
        page.page,
        [common],
        "serve the page for a phone, beside the running trainer",
        "A process of its own. Installed as a service, it is at http://HOSTNAME.local and needs no command.",
    )
    paged.add_argument(
        "--port", type=_whole("port", 1, 65535), default=8080, metavar="N", help="where it listens (default: 8080)"
    )
    paged.add_argument(
        "--address", default="localhost", metavar="ADDRESS", help='of this machine; "0.0.0.0" for all (default: localhost)'
    )
    within = paged.add_subparsers(metavar="pair | list | forget N")
    for name, command, text in (
        ("pair", page.pair, "have the running trainer say the code that pairs a phone"),
        ("list", page.show_paired, "list the paired devices"),
        ("forget", page.forget, "forget a paired device, or all"),
    ):
        about = within.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
        about.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help="the settings")
        about.set_defaults(command=command)
        if name == "forget":
            about.add_argument("device", metavar="N", help='its number in the list, or "all"')
    voices = add("voices", phrases.list_voices, [common], "list the available voices, and which one is in use")
    form = voices.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--hear", action="store_true", help="say a sentence at each voice.clarity instead, to choose one")
    add("wiring", diagnosis.wiring, [common], "draw the header, with what goes to which pin")
    cards = add(
        "sound",
        sound.sound,
        [common],
        "list the sound cards, have each say its number, and keep one",
        "A press of the button keeps the one that spoke last; where a trainer runs, it lends button and card.",
    )
    cards.add_argument("--keep", metavar="CARD", help="keep this one, by its number in the list or its id; nothing is heard")
    # For a process of the trainer's own: the card that says a number.
    cards.add_argument("--card", default="", help=argparse.SUPPRESS)
    cards.add_argument("--number", type=int, choices=range(1, 10), help=argparse.SUPPRESS)
    doctor = add(
        "doctor",
        diagnosis.doctor,
        [common],
        "look at everything that may be wrong, and say what to do about it",
        "A running trainer does the checks itself; exit code 1 if one failed.",
    )
    doctor.add_argument("--quiet", action="store_true", help="nobody is in the room: no buzz, no voice, no press")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    # For a process of the trainer's own: what it leaves out, or everything that it would look at if it ran.
    doctor.add_argument("--rest", action="store_true", help=argparse.SUPPRESS)
    new = add("new", writing.new, [], "write a commented routine to begin with", "Nothing is overwritten.")
    new.add_argument("name", type=_routine_name, metavar="NAME", help="its name: a-z, 0-9 and -; the file is NAME.toml")
    check = add("check", writing.check, [common], "name every problem in settings and routines, or say what is in them")
    check.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="settings or routines (default: all that are in use)"
    )
    # For a running trainer: whether it could take over what is there now.
    check.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    check.add_argument("--strict", action="store_true", help="treat warnings as errors")
    return parser


def _whole(what: str, least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number within bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{shown(text)} is not a {what} from {least} to {most}")
        return int(text)

    return read


def _routine_name(text: str) -> str:
    if not ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f'{shown(text)} is not a name of a routine; use up to 40 of a-z, 0-9 and "-"')
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 60:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not a number of seconds from 0 to 60")
    return seconds
