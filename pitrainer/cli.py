"""The command line. Everything that a person can cause ends in a clear line and an exit code, here and nowhere else."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, chdir, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from . import __version__, config
from .core.fields import Problem, shown
from .core.phrases import LANGUAGES
from .core.plan import Buzz, Cue, Plan, Say, make_plan
from .core.routine import LEVELS, PROFILES, speakable, tidied
from .core.session import Ended
from .core.trainer import Action, Program
from .core.units import clock_text
from .ending import GRACE, Children, Interrupted, aside, by_signals
from .errors import BadInput, NotRunningError, PinsError, PitrainerError
from .wallclock import set_zone

if TYPE_CHECKING:
    from .devices.clips import ClipCache
    from .devices.voice import Speech
    from .doctor import Check
    from .history import History
    from .voices import VoiceFile

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code: 0 for well done, 2 for what the person can mend."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[_Journal()])
    at_once = False
    try:
        with by_signals():
            code: int = options.command(options)
            sys.stdout.flush()
    except BadInput as error:
        print(error, file=sys.stderr)
        return error.code
    except PitrainerError as error:
        print(f"pitrainer: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `pitrainer show | head`: whoever read has gone.
        _drop_output()
        return 0
    except OSError as error:
        # What the person named is reported with its name where it is opened; this is a full disk, or a tty that went away.
        print(f"pitrainer: {error}", file=sys.stderr)
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


class _Journal(logging.Handler):
    """Writes to what stderr is at the time: while the panel is up, that is the place above it.

    Where it is the process's own, through a file descriptor beside it: while PortAudio looks for devices, sounddevice points
    number 2 at /dev/null, and a line written then by another thread is lost ("ready" was).
    """

    def __init__(self) -> None:
        super().__init__()
        self._own = os.dup(2)

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record) + "\n"
        if sys.stderr is sys.__stderr__:
            os.write(self._own, line.encode(errors="backslashreplace"))
        else:
            print(line, end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pitrainer",
        description="A voice trainer for physiotherapy exercises: press the button, and a voice leads you through them.",
        epilog="Begin with `pitrainer practice`: it runs the trainer here, the space bar is the button.",
    )
    parser.add_argument("--version", action="version", version=f"pitrainer {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the settings (default: the first there is of "
        "$PITRAINER_CONFIG, /etc/pitrainer/pitrainer.toml, ~/.config/pitrainer/pitrainer.toml, built in)",
    )
    routine = argparse.ArgumentParser(add_help=False)
    routine.add_argument("routine", nargs="?", metavar="ROUTINE", help="a routine's name or its file (default: the settings')")
    choice = argparse.ArgumentParser(add_help=False)
    choice.add_argument("--profile", choices=PROFILES, help="for whom (default: the settings')")
    choice.add_argument("--level", choices=LEVELS, help="least, middle or most of each hold's range (default: the settings')")

    def add(
        name: str, command: Any, parents: list[argparse.ArgumentParser], text: str, more: str = ""
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=parents, help=text, description=f"{text[:1].upper()}{text[1:]}. {more}")
        added.set_defaults(command=command)
        return added

    practice = add(
        "practice",
        _practice,
        [routine, choice, common],
        "run the trainer on this computer, with a panel",
        "The space bar is the button; without a terminal it presses by itself.",
    )
    practice.add_argument("--record", type=Path, metavar="FILE.wav", help="record what is heard")
    practice.add_argument("--auto", action="store_true", help="press by itself, and end with the session")
    add("run", _run, [common], "run the trainer as a service does", "Needs no terminal; ends on SIGTERM or Ctrl-C.")
    press = add("press", _press, [], "press the button of a running trainer that has mock pins")
    press.add_argument("--hold", type=_seconds, default=0.1, metavar="SECONDS", help="how long (default: 0.1)")
    status = add("status", _status, [], "what the running trainer does, and what is wrong")
    status.add_argument("--json", action="store_true", help="as JSON")
    for name, text in (
        ("start", "begin a session, or go on with the paused one"),
        ("pause", "pause the session"),
        ("next", "go on to the next step"),
        ("back", "go back to the instruction, or the one before"),
        ("stop", "stop the session"),
    ):
        add(name, _order, [], text, "Talks to the running trainer.").set_defaults(order=name)
    say = add("say", _say, [], "have the running trainer say a text", "What has no clip yet is synthesised first.")
    say.add_argument("text", metavar="TEXT")
    show = add("show", _show, [routine, choice, common], "print a routine's plan: every step, cue and time")
    show.add_argument("--json", action="store_true", help="as JSON, times in milliseconds")
    render = add("render", _render, [choice, common], "write a whole session as a sound file", "Needs no sound device.")
    render.add_argument("routine", metavar="ROUTINE", help="a routine's name or its file")
    render.add_argument("file", type=Path, metavar="FILE.wav", help="the file to write")
    prepare = add(
        "prepare",
        _prepare,
        [routine, choice, common],
        "synthesise the phrases that are missing",
        "Other commands do so themselves where they need it.",
    )
    prepare.add_argument("--text", help="synthesise only this text")
    carry = prepare.add_mutually_exclusive_group()
    carry.add_argument("--export", type=Path, metavar="FILE", help="then write the clips to a file, for another machine")
    carry.add_argument(
        "--import", type=Path, metavar="FILE", dest="import_", help="take the clips from such a file; Piper need not be here"
    )
    history = add(
        "history",
        _history,
        [common],
        "show the last weeks: what was done, the streak, what is skipped most",
        "A session is done when most of its holds were held to their end.",
    )
    history.add_argument("--weeks", type=_weeks, default=12, metavar="N", help="how many (default: 12)")
    form = history.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print every hold as a row")
    form.add_argument("--json", action="store_true", help="print everything, for programs and for `import`")
    form.add_argument("--picture", type=Path, metavar="FILE", help="draw the weeks as .svg or .png (needs matplotlib)")
    within = history.add_subparsers(metavar="import FILE.json")
    carried = within.add_parser("import", help="add the sessions of an export", description="Add the sessions of an export.")
    carried.add_argument("file", type=Path, metavar="FILE.json", help="what `pitrainer history --json` printed")
    carried.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help="the settings")
    carried.set_defaults(command=_history_import)
    voices = add("voices", _voices, [common], "list the voices that there are, and which one is in use")
    voices.add_argument("--json", action="store_true", help="as JSON")
    add("wiring", _wiring, [common], "draw the header, with what goes to which pin")
    doctor = add(
        "doctor",
        _doctor,
        [common],
        "look at everything that may be wrong, and say what to do about it",
        "Where the trainer runs, it is asked; exit code 1 if something has to be mended.",
    )
    doctor.add_argument("--quiet", action="store_true", help="nobody is in the room: no buzz, no voice, no press")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    # For a process of the trainer's own: what it leaves out, or everything that it would look at if it ran.
    doctor.add_argument("--part", choices=("rest", "all"), help=argparse.SUPPRESS)
    check = add("check", _check, [common], "name every problem in settings and routines")
    check.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="settings or routines (default: all that are in use)"
    )
    return parser


def _weeks(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 520):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of weeks from 1 to 520")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 60")
    return seconds


# what several commands need


def _load(options: argparse.Namespace) -> tuple[config.Loaded, tuple[Program, ...]]:
    """Read settings and routines; return them, and the programs that the options ask for."""
    return _asked_for(options, _in_force(options))


def _in_force(options: argparse.Namespace) -> config.Loaded:
    loaded = config.load_all(config.find_settings_file(options.config, os.environ), os.environ)
    set_zone(loaded.settings.clock.zone)
    for warning in loaded.warnings:
        log.warning("%s", warning)
    return loaded


def _asked_for(options: argparse.Namespace, loaded: config.Loaded) -> tuple[config.Loaded, tuple[Program, ...]]:
    programs = loaded.programs
    if getattr(options, "routine", None):
        first = next((program for program in programs if program.routine.id == options.routine), None)
        programs = (first or Program(config.load_routine(options.routine, loaded.settings), "adult", "standard"),)
        loaded = replace(loaded, reminders={})  # what is asked for is this routine alone
    spoken = (program.routine for program in [*programs, *loaded.reminders.values()])
    for warning in config.language_warnings(loaded.settings, spoken):
        log.warning("%s", warning)
    wanted = {key: value for key in ("profile", "level") if (value := getattr(options, key, None))}
    return loaded, tuple(replace(program, **wanted) for program in programs)


def _clips(settings: config.Settings) -> "ClipCache":
    from .devices.clips import ClipCache
    from .devices.voice import voice_key

    folder = settings.cache_folder(os.environ)
    return ClipCache(folder, voice_key(settings.voice.model, _speech(settings), folder))


def _voice_parts(settings: config.Settings) -> dict[str, str | int | float]:
    from .devices.voice import voice_parts

    return voice_parts(settings.voice.model, _speech(settings), settings.cache_folder(os.environ))


def _speech(settings: config.Settings) -> "Speech":
    from .devices.voice import Speech

    return Speech(settings.voice.speed / 100, settings.voice.pause)


def _plan(program: Program, clips: "ClipCache") -> Plan:
    return make_plan(program.routine, program.profile, program.level, clips.length)


def _all_phrases(loaded: config.Loaded, programs: Sequence[Program], clips: "ClipCache") -> list[str]:
    from .core.trainer import Trainer
    from .habit import make_reminders

    settings = loaded.settings
    reminders = make_reminders(settings)
    return Trainer(
        programs, clips, {}, status=settings.coaching.status, reminders=reminders, reminded=loaded.reminders
    ).phrases()


def _prepared(options: argparse.Namespace, loaded: config.Loaded, programs: Sequence[Program]) -> "ClipCache":
    """Return the clips, after another process has made those that are missing: this one never loads Piper."""
    clips = _clips(loaded.settings)
    phrases = _all_phrases(loaded, programs, clips)
    clips.use(phrases)
    if not clips.missing(phrases):
        return clips
    children = Children()
    try:
        code = aside(lambda: children.run(_prepare_command(options)))
    finally:
        children.end(GRACE)
    if code:
        log.warning("going on with the phrases that are there")
    return clips


def _prepare_command(options: argparse.Namespace) -> list[str]:
    """Return the command that prepares what these options need, at the lowest priority: the service's own is -10."""
    chosen = {name: getattr(options, name, None) for name in ("config", "profile", "level")}
    arguments = [str(part) for name, value in chosen.items() if value for part in (f"--{name}", value)]
    if routine := getattr(options, "routine", None):
        arguments.append(routine)
    return ["nice", "-n", "29", sys.executable, "-m", "pitrainer", "prepare", *arguments]


# the commands


def _practice(options: argparse.Namespace) -> int:
    loaded, programs = _load(options)
    auto = options.auto or not (sys.stdin.isatty() and sys.stdout.isatty())
    clips = _prepared(options, loaded, programs)

    from .clock import monotonic
    from .core.trainer import Edge
    from .devices.console import View, keyboard, panel
    from .devices.recorder import recording
    from .loop import Quit
    from .service import Service

    view = View(programs, 0)
    with ExitStack() as stack:
        tap = None
        if options.record:
            with _writing(options.record):
                tap = stack.enter_context(recording(options.record))
        service = Service(
            loaded.settings,
            programs,
            clips,
            backend="mock",
            tones=loaded.settings.buzzer.kind != "none",
            readers=[view, *([_Narrator(lambda why: service.clock.put(Quit(why)))] if auto else [])],
            tap=tap,
        )
        stack.callback(service.close)
        view.buzzing, view.light = lambda: service.pins.buzzing, lambda: service.pins.light

        def handle(key: str) -> None:
            match key:
                case " ":
                    service.pins.press()
                case "h":
                    service.pins.press(seconds=(loaded.settings.button.hold + 200) / 1000)
                case "n" | "b":
                    for down in (True, False):
                        service.clock.put(Edge("next" if key == "n" else "back", down, monotonic()))
                case "q":
                    service.clock.put(Quit("q was pressed"))

        if auto:
            service.pins.press()
        else:
            # The panel shows what the journal would say; only what is wrong is written above it.
            logging.getLogger().setLevel(logging.WARNING)
            stack.enter_context(panel(view))
            stack.enter_context(keyboard(handle))
        service.run()
    return 0


class _Narrator:
    """Prints what happens where there is no panel, and ends with the session."""

    def __init__(self, end: Callable[[str], None]) -> None:
        self._end = end

    def __call__(self, action: Action) -> None:
        match action:
            case Say(_, text):
                print(f"  {text}", flush=True)
            case Ended():
                self._end("the session is over")


def _run(options: argparse.Namespace) -> int:
    from .service import RELOAD, Appliance, Service

    file = config.find_settings_file(options.config, os.environ)
    while True:
        problems: Sequence[Problem] = ()
        try:
            loaded, programs = _load(options)
            settings, reminded = loaded.settings, loaded.reminders
        except BadInput as error:
            # A trainer on a shelf stays up, to say so in the room: with what is right in the settings, and without programs.
            settings, programs, problems = config.load_defaults(file, os.environ), (), error.problems
            reminded = {}
        service = Service(
            settings,
            programs,
            _clips(settings),
            backend=settings.gpio.backend,
            tones=settings.buzzer.kind == "speaker",
            appliance=Appliance(
                state=settings.state_folder(os.environ) / "state.json",
                runtime=config.runtime_folder(os.environ),
                prepare=_prepare_command(options),
                doctor=_doctor_command(file.absolute(), "rest"),
                load=lambda: config.load_all(file, os.environ),
                problems=problems,
            ),
            reminded=reminded,
        )
        if service.run() is not RELOAD:
            return 0


def _press(options: argparse.Namespace) -> int:
    hold = max(1, round(options.hold * 1000))
    _ask({"command": "press", "hold_ms": hold}, hold / 1000)
    return 0


def _order(options: argparse.Namespace) -> int:
    _ask({"command": options.order})
    return 0


def _say(options: argparse.Namespace) -> int:
    from .control import SAY_PATIENCE

    try:
        # The trainer knows what its voice can say; a longer text would not even reach it whole.
        text = tidied(options.text)
    except ValueError as error:
        raise PitrainerError(f"the text cannot be said: {error}") from error
    _ask({"command": "say", "text": text}, SAY_PATIENCE)
    return 0


def _status(options: argparse.Namespace) -> int:
    status = _ask({"command": "status"})["status"]
    if options.json:
        print(json.dumps(status, indent=2, ensure_ascii=False))
    else:
        print(status["text"], *_habits(status), *status["mistakes"], sep="\n")
    return 0


def _habits(status: dict[str, Any]) -> Iterator[str]:
    """Return what the trainer knows of days, in words."""
    if (days := status.get("streak")) is not None:
        done = "done today" if status["done_today"] else "not done yet today"
        yield done + (f", {days} day{'s' * (days != 1)} in a row" if days else "")
    if following := status.get("next_reminder"):
        at = datetime.fromisoformat(following["at"])
        yield f"next reminder: {at:%A %H:%M}, {following['routine']}, {following['profile']}"
    if status.get("reminders_wait"):
        yield "reminders wait until the clock is set"


def _ask(request: dict[str, Any], longer: float = 0) -> dict[str, Any]:
    """Ask the running trainer; return its answer."""
    from .control import PATIENCE, ask, socket_file

    return ask(socket_file(config.service_folder(os.environ)), request, PATIENCE + longer)


def _show(options: argparse.Namespace) -> int:
    loaded, programs = _load(options)
    clips = _clips(loaded.settings)
    plan = _plan(programs[0], clips)
    if options.json:
        print(json.dumps(_as_json(plan), indent=2, ensure_ascii=False))
    else:
        from .devices.console import print_plan

        print_plan(plan, len(clips.missing(plan.phrases())))
    return 0


def _as_json(plan: Plan) -> dict[str, Any]:
    def heard(cue: Cue) -> dict[str, Any]:
        what = {"buzz": cue.signal.name.lower()} if isinstance(cue, Buzz) else {"say": cue.text}
        return {"at_ms": cue.at, **what}

    return {
        "routine": plan.routine,
        "profile": plan.profile,
        "level": plan.level,
        "length_ms": plan.length,
        "steps": [
            {
                "kind": step.kind,
                "exercise": step.exercise or None,
                "position": step.position or None,
                "set": step.set or None,
                "start_ms": step.start,
                "length_ms": step.length,
                "cues": [heard(cue) for cue in step.cues],
            }
            for step in plan.steps
        ],
        "dropped": [
            {"step": dropped.step, "at_ms": dropped.at, "say": dropped.text, "why": dropped.why} for dropped in plan.dropped
        ],
    }


def _render(options: argparse.Namespace) -> int:
    loaded, programs = _load(options)
    clips = _prepared(options, loaded, programs)

    from .devices.recorder import render

    plan = _plan(programs[0], clips)
    if missing := clips.missing(plan.phrases()):
        raise PitrainerError(f"{options.file}: not written, for {len(missing)} phrases have no clip")
    with _writing(options.file):
        render(plan, clips, options.file)
    print(f"{options.file}: {clock_text(plan.length)}")
    return 0


def _prepare(options: argparse.Namespace) -> int:
    in_force = _in_force(options)
    loaded, programs = _asked_for(options, in_force)
    if options.import_:
        return _import(options.import_, loaded, programs)
    clips = _clips(loaded.settings)
    if options.text is None:
        wanted = _all_phrases(loaded, programs, clips)
    else:
        try:
            # Python 3.11 makes [] of "--text=--".
            wanted = [speakable(options.text or "--", programs[0].routine.language)]
        except ValueError as error:
            raise PitrainerError(f"--text: {error}") from error
    clips.verify(wanted)
    # Lengths are estimated where there is no clip yet; with the true ones nothing else is said (`Plan.phrases`).
    if missing := clips.missing(wanted):
        from .devices.console import progress
        from .devices.voice import Voice, piper_installed
        from .prepare import synthesise

        if not piper_installed():
            more = f" and {len(missing) - 1} more phrases" if len(missing) > 1 else ""
            raise PitrainerError(
                f"there is no clip of {shown(missing[0])}{more}, and Piper is not installed here; bring them from where it is: "
                "`pitrainer prepare --export FILE` there, with these settings and routines, then --import FILE here"
            )
        with suppress(OSError):
            # It takes 450 MB: where memory runs out, this is to end, and not the trainer, from which it inherits.
            Path("/proc/self/oom_score_adj").write_text("500")
        try:
            voice = aside(lambda: Voice(loaded.settings.voice.model, _speech(loaded.settings)))
            with progress("preparing the voice", len(missing)) as done:
                synthesise(clips, voice, missing, done)
        except Interrupted as interrupted:
            interrupted.at_once = True
            raise
    print(f"{len(missing)} phrase{'s' * (len(missing) != 1)} prepared" if missing else "every phrase has its clip")
    limit = loaded.settings.voice.clips_mb * 1_000_000
    if options.text is None and (loaded, programs) == (in_force, in_force.programs):
        clips.prune(wanted, limit)
    elif clips.size() > limit:
        # This was somebody's whim (`say`); a press needs the settings' own programs, which take 2 s to plan.
        clips.prune([*wanted, *_all_phrases(in_force, in_force.programs, clips)], limit)
    if options.export:
        from .devices.archive import export_clips

        with _writing(options.export):
            count = export_clips(options.export, clips, wanted, _voice_parts(loaded.settings))
        print(f"{options.export}: {count} clips")
    return 0


def _import(file: Path, loaded: config.Loaded, programs: Sequence[Program]) -> int:
    from .devices.archive import import_clips, open_archive, other_parts

    settings = loaded.settings
    folder = settings.cache_folder(os.environ)
    with ExitStack() as stack:
        try:
            if not file.is_file():  # opening a pipe could wait forever
                raise PitrainerError(f"{file}: there is no such file")
            archive = open_archive(file, stack.enter_context(file.open("rb")))
        except OSError as error:
            raise PitrainerError(f"{file}: cannot be read: {error.strerror}") from error
        try:
            count, bad = import_clips(archive, folder)
        except OSError as error:
            raise PitrainerError(f"{folder}: clips cannot be written: {error.strerror}") from error
    for line in bad:
        print(f"{file}: {line}; left out", file=sys.stderr)
    print(f"{count} clips imported")
    clips = _clips(settings)
    if other := other_parts(archive, _voice_parts(settings)):
        log.warning("%s: was made with another %s than here; its clips are kept, but not used", file, ", ".join(other))
    elif missing := clips.missing(_all_phrases(loaded, programs, clips)):
        log.warning("%d phrases of the programs have no clip; was it exported for the same routines?", len(missing))
    return PitrainerError.code if bad else 0


def _voices(options: argparse.Namespace) -> int:
    settings, warnings = config.load(config.find_settings_file(options.config, os.environ), os.environ)
    for warning in warnings:
        log.warning("%s", warning)

    from .devices.voice import available

    found = available(settings.voices_folder, settings.voice.model)
    chosen = next((voice for voice in found if voice.model == settings.voice.model), found[0])
    if options.json:
        print(json.dumps([_voice_json(voice, voice is chosen) for voice in found], indent=2, ensure_ascii=False))
    else:
        from .devices.console import print_voices

        print_voices(found, chosen)
    return 0


def _voice_json(voice: "VoiceFile", in_use: bool) -> dict[str, Any]:
    return {
        "name": voice.name,
        "file": str(voice.model),
        "language": voice.language or None,
        "quality": voice.quality or None,
        "sample_rate": voice.sample_rate or None,
        "size_bytes": voice.size or None,
        "licence": voice.licence or None,
        "in_use": in_use,
        "problem": voice.problem or None,
    }


def _doctor(options: argparse.Namespace) -> int:
    # What is wrong is in the table.
    logging.getLogger().setLevel(logging.CRITICAL)

    from . import doctor

    found = _checks(options)
    if options.json:
        checks = list(found)
        print(json.dumps({"ok": not doctor.failed(checks), "checks": doctor.as_json(checks)}, indent=2, ensure_ascii=False))
    else:
        from .devices.console import print_checks

        checks = print_checks(found)
    return 1 if doctor.failed(checks) else 0


def _checks(options: argparse.Namespace) -> "Iterator[Check]":
    """Have the running trainer check everything; where there is none, do it as its user, or in this process."""
    from . import doctor

    # Other folders become the current one.
    options.config = config.find_settings_file(options.config, os.environ).absolute()
    if options.part == "rest":
        yield from _other_checks(options)
        return
    if options.part == "all":
        yield from _own_checks(options)
        return
    try:
        answer = _ask({"command": "doctor", "quiet": options.quiet}, doctor.CHILD_PATIENCE)
    except NotRunningError:
        unit = doctor.unit(doctor.systemctl_show())
        yield unit
        if unit.state != "ok" and os.geteuid() == 0:
            yield from doctor.by_child(doctor.as_service(_doctor_command(options.config, "all")), quiet=options.quiet)
        else:
            yield from _own_checks(options)
        return
    yield from doctor.checks_from_json(answer.get("checks"))
    if answer.get("button") is True and not options.quiet:
        print(f"press the button, within {doctor.PATIENCE:.0f} seconds", file=sys.stderr)
        yield from doctor.checks_from_json(_ask({"command": "watch_button"}, doctor.PATIENCE).get("checks"))


def _doctor_command(file: Path, part: str) -> list[str]:
    """Return the command that checks all, or all but the pins (the rest), in a process of its own."""
    return [sys.executable, "-m", "pitrainer", "doctor", "--json", "--part", part, "--config", str(file)]


def _own_checks(options: argparse.Namespace) -> "Iterator[Check]":
    """Check everything, in this process."""
    from queue import Queue

    from . import doctor
    from .core.trainer import Edge
    from .devices.gpio import is_pi

    settings = _doctor_settings(options)
    edges: Queue[Edge] = Queue()
    pins, why = None, ""
    # lgpio makes files where one is, which may not be one's own folder.
    with TemporaryDirectory() as folder, chdir(folder), ExitStack() as stack:
        try:
            pins = doctor.take_pins(settings, edges.put)
            stack.callback(pins.close)
        except PinsError as error:
            why = str(error)
        yield from doctor.examine_pins(settings, pins, why, quiet=options.quiet, is_pi=is_pi())
        if pins and not pins.mock and not options.quiet:
            print(f"press the button, within {doctor.PATIENCE:.0f} seconds", file=sys.stderr)
            yield doctor.press(doctor.watch(edges), settings.button.debounce)
    yield from _other_checks(options)


def _doctor_settings(options: argparse.Namespace) -> config.Settings:
    """Return the settings; where they are wrong, what is right in them."""
    try:
        return config.load(options.config, os.environ)[0]
    except BadInput:
        return config.load_defaults(options.config, os.environ)


def _other_checks(options: argparse.Namespace) -> "Iterator[Check]":
    """Check everything but the pins."""
    from . import doctor
    from .service import volume

    file, settings = options.config, _doctor_settings(options)
    set_zone(settings.clock.zone)
    cache: ClipCache | str
    phrases: list[str] = []
    try:
        cache = _clips(settings)
        loaded = config.load_all(file, os.environ)
        programs = loaded.programs
        phrases = _all_phrases(loaded, programs, cache)
        # The first that fits is said, and a program's name is the least strange to hear.
        names = {LANGUAGES[it.routine.language].program(it.routine.title, it.profile) for it in programs}
        phrases.sort(key=lambda phrase: phrase not in names)
    except BadInput:
        pass  # `settings` is not "ok"
    except PitrainerError as error:
        cache = str(error)
    yield from doctor.examine(
        settings,
        config.check_files([file], os.environ),
        cache,
        phrases,
        os.environ,
        volume=volume(settings.sound, datetime.now().astimezone().time()),
        quiet=options.quiet,
        service=options.part is not None,
    )


def _wiring(options: argparse.Namespace) -> int:
    settings, _ = config.load(config.find_settings_file(options.config, os.environ), os.environ)

    from .devices.wiring import print_wiring

    print_wiring(settings.pins, settings.buzzer)
    return 0


def _history(options: argparse.Namespace) -> int:
    settings, history = _open_history(options)
    if options.json or options.csv:
        from .exchange import write_csv, write_json

        (write_json if options.json else write_csv)(history.records(), sys.stdout)
        return 0

    from .core.habit import overviews

    today = datetime.now().astimezone().date()
    found = overviews(history.pasts(), history.skips, settings.history.done, today, options.weeks)
    if options.picture:
        from .devices.picture import draw

        with _writing(options.picture):
            draw(found, options.picture)
    else:
        from .devices.weeks import print_history

        print_history(found)
    return 0


def _history_import(options: argparse.Namespace) -> int:
    from .exchange import read_json

    _, history = _open_history(options)
    records = read_json(options.file)
    added = history.add(records)
    print(f"{added} sessions added" + (f", {len(records) - added} were there already" if added < len(records) else ""))
    return 0


def _open_history(options: argparse.Namespace) -> "tuple[config.Settings, History]":
    from .history import History

    settings, warnings = config.load(config.find_settings_file(options.config, os.environ), os.environ)
    for warning in warnings:
        log.warning("%s", warning)
    set_zone(settings.clock.zone)
    return settings, History(settings.state_folder(os.environ) / "history.db", settings.history.done)


def _check(options: argparse.Namespace) -> int:
    if not options.files:
        options.files = [config.find_settings_file(options.config, os.environ)]
    problems = config.check_files(options.files, os.environ)
    for problem in problems:
        print(problem)
    if all(problem.warning for problem in problems):
        print("no mistakes" + (f", {len(problems)} warnings" if problems else ""))
        return 0
    return 2


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Turn what can go wrong with a file that the person named into a clear line."""
    try:
        yield
    except OSError as error:
        raise PitrainerError(f"{file}: cannot be written: {error.strerror}") from error
