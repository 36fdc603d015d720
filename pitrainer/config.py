"""Settings and routines: TOML files become frozen objects, or a list of every problem in them at once.

A problem says which file, which key, and what would be right (`core/fields.py`). Reading raises nothing but `BadInput`,
whatever bytes a file has. What depends on the environment takes it as an argument, so that a test can give its own.
"""

import os
import pwd
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any, Literal, cast, get_args

from . import voices
from .core.fields import Problem, Table, as_list, as_text, listed, nearest, printable, shortened, shown, without_digits
from .core.habit import SpokenStatus
from .core.plan import make_plan
from .core.reminders import Reminder, within
from .core.routine import LEVELS, PROFILES, Level, Profile, Routine, read_routine
from .core.speech import estimate
from .core.trainer import Program
from .core.units import HOUR, MINUTE, SECOND, Ms, length_text
from .errors import BadInput, PitrainerError
from .files import open_regular
from .wallclock import ZONE_ERRORS

Environ = Mapping[str, str]
Backend = Literal["auto", "lgpio", "mock"]
BuzzerKind = Literal["active", "passive", "speaker", "none"]
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[DayName, ...] = get_args(DayName)


def _config_files() -> Path:
    package = Path(__file__).parent
    installed = package / "config_files"
    return installed if installed.is_dir() else package.parent / "config"


CONFIG_FILES = _config_files()
"""The shipped files: a wheel carries `config/` inside the package; a checkout or an editable install has it beside."""
SYSTEM_FILE = Path("/etc/pitrainer/pitrainer.toml")
"""The settings of a trainer that is installed as a service."""

SERVICE_FOLDER = Path("/run/pitrainer")
"""The runtime folder of that trainer (`RuntimeDirectory=`)."""

SERVICE_STATE = Path("/var/lib/pitrainer")
"""The state folder of that trainer (`StateDirectory=`); its group may read it."""

MOST_BYTES = 256 * 1024
"""neck.toml with all its comments has 11 KB. A larger file is something else, and would take the checker minutes."""
MOST_DOTS = 200
"""In one line. tomllib takes quadratic time over a dotted key: 16 s for one of 32,000 parts (measured, Python 3.11)."""
MOST_SHOWN = 100
"""Mistakes of one file; more of them mean that it is something else."""
MOST_PROGRAMS = 9
"""A program's number is counted in buzzes; nobody counts further."""
MOST_REMINDERS = 20
"""So many at one time still come, half a minute apart, before the first is given up."""
HIGHEST_PIN = 27
"""The 40-pin header carries GPIO 0 to 27."""


@dataclass(frozen=True)
class GpioSettings:
    """[gpio]."""

    backend: Backend = "auto"
    """Who drives the pins: "auto" takes lgpio on a Pi and mock elsewhere."""


@dataclass(frozen=True)
class PinSettings:
    """[pins]: BCM numbers; None is "none" in the file."""

    button: int = 17
    """The one button, to ground."""
    buzzer: int | None = 27
    """The buzzer's transistor."""
    led: int | None = 22
    """The light, through a resistor."""
    next: int | None = None
    """A further button, to ground: the next step."""
    back: int | None = None
    """A further button, to ground: the step before."""


@dataclass(frozen=True)
class ButtonSettings:
    """[button]."""

    debounce: Ms = Ms(30)
    """A change that is shorter than this is a contact's bounce."""
    hold: Ms = Ms(1200)
    """A press becomes a hold after this long."""


@dataclass(frozen=True)
class BuzzerSettings:
    """[buzzer]."""

    kind: BuzzerKind = "active"
    """An active or a passive one on the pin, tones through the speaker, or none."""

    @property
    def on_pin(self) -> bool:
        """Tell whether it needs a pin."""
        return self.kind in ("active", "passive")


@dataclass(frozen=True)
class SoundSettings:
    """[sound]."""

    device: str = ""
    """Part of a sound device's name; "" is the system's default."""
    latency: Ms = Ms(20)
    """How much sound is handed over in advance."""
    volume: int = 100
    """0 (silent) to 100, in steps that sound even."""
    quiet_volume: int = 60
    """The volume in the quiet hours."""
    quiet_from: str = "22:00"
    """When the quiet hours begin, local time; the same as `quiet_to` for none."""
    quiet_to: str = "07:00"
    """When they end."""
    soft_max: int = 100
    """The volume is never above it, whoever sets it."""


@dataclass(frozen=True)
class VoiceSettings:
    """[voice]."""

    model: Path | None = None
    """A Piper voice's .onnx, given by its path or its name in the voices folder; None is the one that comes with pitrainer."""
    speed: int = 83
    """Percent of the voice's own pace."""
    pause: Ms = Ms(400)
    """Between two sentences of one text."""
    clips_mb: int = 300
    """Megabytes (10^6) that the spoken clips may take."""


@dataclass(frozen=True)
class CoachingSettings:
    """[coaching]."""

    short_after: int = 10
    """After so many sessions done, the short instructions are said; 0 for never."""
    full_again: int = 14
    """Days without a session done after which the full ones are said again."""
    status: SpokenStatus = "program"
    """What is said after the program's name when it is chosen: nothing, when it was done last, or the streak."""


@dataclass(frozen=True)
class RemindersSettings:
    """[reminders]: what all of them have in common."""

    every: Ms = Ms(5 * MINUTE)
    """From one time that a reminder is said to the next."""
    give_up: Ms = Ms(30 * MINUTE)
    """How long it is said again."""
    later: Ms = Ms(10 * MINUTE)
    """How long it is put off by a hold."""


@dataclass(frozen=True)
class ClockSettings:
    """[clock]."""

    zone: str = ""
    """The time zone, by its name; "" is the system's."""


@dataclass(frozen=True)
class HistorySettings:
    """[history]."""

    done: int = 80
    """Percent of a routine's holds that must be held to their end for a session to count as done."""


@dataclass(frozen=True)
class PathSettings:
    """[paths]: absolute; None means the usual place."""

    routines: Path | None = None
    """The person's own routines."""
    voices: Path | None = None
    """Piper voices, to be chosen by name."""
    cache: Path | None = None
    """Spoken clips; can be made again."""
    state: Path | None = None
    """The history and the chosen program; to be kept."""


@dataclass(frozen=True)
class ProgramSettings:
    """One [[program]]: what holding the button cycles through."""

    routine: str
    """The name of a routine: its file's name without ".toml"."""
    profile: Profile
    """Whose lengths: "adult" or "child"."""
    level: Level = "standard"
    """Which length of a range: "gentle" the least, "standard" the middle, "full" the most."""


@dataclass(frozen=True)
class ReminderSettings:
    """One [[reminder]]."""

    time: str
    """Local time of day."""
    routine: str
    """The name of a routine: its file's name without ".toml"."""
    profile: Profile
    """Whose lengths: "adult" or "child"."""
    level: Level = "standard"
    """As in a program."""
    days: tuple[DayName, ...] = DAYS
    """The days of the week on which it comes."""

    @property
    def reminder(self) -> Reminder:
        """The same for the core."""
        days = frozenset(DAYS.index(day) for day in self.days)
        return Reminder(time.fromisoformat(self.time), self.routine, self.profile, self.level, days)


@dataclass(frozen=True)
class Settings:
    """All settings; without arguments, the defaults, which `config/pitrainer.toml` spells out."""

    gpio: GpioSettings = GpioSettings()
    pins: PinSettings = PinSettings()
    button: ButtonSettings = ButtonSettings()
    buzzer: BuzzerSettings = BuzzerSettings()
    sound: SoundSettings = SoundSettings()
    voice: VoiceSettings = VoiceSettings()
    coaching: CoachingSettings = CoachingSettings()
    reminders: RemindersSettings = RemindersSettings()
    clock: ClockSettings = ClockSettings()
    history: HistorySettings = HistorySettings()
    paths: PathSettings = PathSettings()
    programs: tuple[ProgramSettings, ...] = (
        ProgramSettings("neck", "adult"),
        ProgramSettings("neck", "child"),
        ProgramSettings("rolling-pin", "adult"),
    )
    reminder_times: tuple[ReminderSettings, ...] = ()
    file: Path = field(default=CONFIG_FILES / "pitrainer.toml", kw_only=True)
    """Where they come from, as the person gave it; not a setting. Routines are looked for beside it."""

    @property
    def routine_folders(self) -> tuple[Path, ...]:
        """The folders with routines: the person's own, then the shipped ones. The first file of a name counts."""
        return self.paths.routines or self.file.parent / "routines", CONFIG_FILES / "routines"

    @property
    def voices_folder(self) -> Path:
        """The folder with further voices; it need not be there."""
        return self.paths.voices or self.file.parent / "voices"

    def cache_folder(self, environ: Environ) -> Path:
        """Return where the clips are kept: as set, else as systemd says, else in the person's own cache."""
        return self.paths.cache or _own_folder(environ, "CACHE_DIRECTORY", "XDG_CACHE_HOME", ".cache")

    def state_folder(self, environ: Environ) -> Path:
        """Return where the history is kept: as set, else as systemd says, else among the person's own files.

        Who reads the service's settings, without being the service, means the service's history, if they may read it.
        """
        if self.paths.state:
            return self.paths.state
        if self.file == SYSTEM_FILE and not environ.get("STATE_DIRECTORY") and os.access(SERVICE_STATE / "history.db", os.R_OK):
            return SERVICE_STATE
        return _own_folder(environ, "STATE_DIRECTORY", "XDG_STATE_HOME", ".local/state")


@dataclass(frozen=True)
class Loaded:
    """Settings with the routines that their programs name."""

    settings: Settings
    programs: tuple[Program, ...]
    reminders: Mapping[str, Program]
    """What each reminder starts, by its key."""
    warnings: tuple[Problem, ...]


# Finding


def find_settings_file(explicit: Path | None, environ: Environ, system: Path = SYSTEM_FILE) -> Path:
    """Return the settings file in force: --config, $PITRAINER_CONFIG, the system's, the person's own, the shipped one.

    Raises:
        BadInput: if the file that was asked for by name is not there; falling back would hide a slip of the pen.
    """
    if explicit is not None:
        if not os.path.lexists(explicit):
            raise BadInput([Problem(_file_name(explicit), "", "there is no such file (asked for by --config)")])
        return explicit
    if named := environ.get("PITRAINER_CONFIG"):
        if not os.path.lexists(named):
            raise BadInput([Problem(_file_name(Path(named)), "", "there is no such file (asked for by $PITRAINER_CONFIG)")])
        return Path(named)
    folder = _xdg_folder(environ, "XDG_CONFIG_HOME", ".config")
    own = [folder / "pitrainer.toml"] if folder else []
    return next((file for file in (system, *own) if os.path.lexists(file)), Settings().file)


def service_folder(environ: Environ, service: Path = SERVICE_FOLDER) -> Path:
    """Return the runtime folder of the trainer that a client talks to: the service's where there is one, else one's own."""
    return service if service.is_dir() else runtime_folder(environ)  # who may not look into it is told so when asking


def runtime_folder(environ: Environ) -> Path:
    """Return the folder for what lives as long as the program: the control socket and lgpio's notify file.

    The last resort is in /tmp, where others could have made it first: `control.py` looks whose it is before it is used.
    """
    if own := _systemd_folder(environ, "RUNTIME_DIRECTORY"):
        return own
    base = environ.get("XDG_RUNTIME_DIR", "")
    return Path(base, "pitrainer") if os.path.isabs(base) else Path(f"/tmp/pitrainer-{os.getuid()}")


def routine_files(settings: Settings, problems: list[Problem]) -> dict[str, Path]:
    """Return every routine's file by its name, the person's own first. A folder that cannot be read is a problem."""
    found: dict[str, Path] = {}
    for folder in settings.routine_folders:
        try:
            names = sorted(os.listdir(folder))
        except FileNotFoundError:
            continue  # having no routines of one's own is the normal case
        except OSError as error:
            problems.append(Problem(_file_name(folder), "", f"the folder cannot be read: {error.strerror}"))
            continue
        for name in names:
            if name.endswith(".toml") and not name.startswith("."):  # editors leave locks such as ".#neck.toml"
                found.setdefault(name.removesuffix(".toml"), folder / name)
    return found


# Loading


def load(path: Path, environ: Environ) -> tuple[Settings, tuple[Problem, ...]]:
    """Read a settings file; return the settings and the warnings.

    Raises:
        BadInput: with every problem of the file.
    """
    problems: list[Problem] = []
    settings = _load_settings(path, environ, problems)
    _raise_if_bad(problems)
    assert settings
    return settings, tuple(problems)


def load_defaults(path: Path, environ: Environ) -> Settings:
    """Read what is right in a settings file, with the defaults for what is not: enough to tell that something is wrong."""
    return _load_settings(path, environ, []) or Settings(file=path)


def load_routine(name_or_path: str, settings: Settings) -> Routine:
    """Read a routine by its name, or by its path (it has a "/" or ends in ".toml").

    Raises:
        BadInput: with every problem of the file; or if there is none of this name, with the names that there are.
    """
    problems: list[Problem] = []
    path: Path | None
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        path = Path(name_or_path)
    else:
        files = routine_files(settings, problems)
        path = files.get(name_or_path)
        if path is None:
            problems.append(Problem(_file_name(Path(name_or_path)), "", _no_routine(name_or_path, files)))
    routine = _load_routine(path, problems) if path else None
    _raise_if_bad(problems)
    assert routine
    return routine


def load_all(path: Path, environ: Environ) -> Loaded:
    """Read a settings file and the routines that its programs and reminders name, each once.

    Raises:
        BadInput: with every problem of all the files.
    """
    problems: list[Problem] = []
    settings = _load_settings(path, environ, problems)
    files = _program_files(settings, routine_files(settings, problems), problems) if settings else {}
    routines = {name: _load_routine(file, problems) for name, file in files.items()}
    _raise_if_bad(problems)
    assert settings

    def program(of: ProgramSettings | ReminderSettings) -> Program:
        routine = routines[of.routine]
        assert routine
        return Program(routine, of.profile, of.level)

    reminders = {of.reminder.key: program(of) for of in settings.reminder_times}
    return Loaded(settings, tuple(map(program, settings.programs)), reminders, tuple(problems))


def language_warnings(settings: Settings, routines: Iterable[Routine]) -> list[Problem]:
    """Return the routines that are in another language than the voice."""
    spoken = voices.language(settings.voice.model)
    return [
        Problem(
            _file_name(settings.file),
            "voice.model",
            f"the voice speaks {shown(spoken)}, and the routine {shown(routine.id)} is in {shown(routine.language)}",
            warning=True,
        )
        for routine in {routine.id: routine for routine in routines}.values()
        if spoken not in ("", routine.language)
    ]


def check_files(paths: Iterable[Path], environ: Environ) -> list[Problem]:
    """Return every problem and warning of settings and routine files, and what the plans of a routine leave out.

    A settings file is checked with all the routines that it can find; `[find_settings_file(...)]` is thus everything that is
    in force.
    """
    problems: list[Problem] = []
    seen: dict[Path, Routine | None] = {}
    for path in paths:
        data = _read_toml(path, problems)
        if data is None:
            continue
        if not _ROUTINE_KEYS.isdisjoint(data):
            seen[path.absolute()] = _check_routine(path, data, problems)
            continue
        settings = _read_settings(path, environ, data, problems)
        files = routine_files(settings, problems)
        in_use = _program_files(settings, files, problems)
        if settings.voice.model and (problem := voices.describe(settings.voice.model).problem):
            problems.append(Problem(_file_name(path), "voice.model", f"cannot be used: {problem}"))
        for file in files.values():
            if file.absolute() not in seen:
                seen[file.absolute()] = _check_routine(file, _read_toml(file, problems), problems)
        spoken = (seen[file.absolute()] for file in in_use.values())
        problems += language_warnings(settings, filter(None, spoken))
    return problems


_ROUTINE_KEYS = frozenset({"schema", "exercise", "id", "title", "language"})
"""A file with one of these is a routine; settings have none of them."""


def _raise_if_bad(problems: Sequence[Problem]) -> None:
    if not all(problem.warning for problem in problems):
        raise BadInput(problems)


def _read_toml(path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Read any file as TOML. What is wrong with it is one problem, whatever bytes it has."""
    try:
        with open_regular(path) as file:
            raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise ValueError(f"is larger than {MOST_BYTES // 1024} KiB; such a file is neither settings nor a routine")
        text = raw.decode("utf-8-sig")  # Windows' Notepad puts a byte order mark first
        for number, line in enumerate(text.split("\n"), start=1):
            if line.count(".") > MOST_DOTS:
                raise ValueError(f"has more than {MOST_DOTS} dots in line {number}")
        return tomllib.loads(text)
    except FileNotFoundError:
        message = "there is no such file"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        number = error.object.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text: byte 0x{error.object[error.start]:02x} in line {number}"
    except tomllib.TOMLDecodeError as error:
        message = f"is not valid TOML: {error}"
    except RecursionError:
        message = "is nested too deep"
    except ValueError as error:  # ours; and tomllib's int() refuses numbers of more than 4300 digits
        message = without_digits(error)
    problems.append(Problem(_file_name(path), "", message))
    return None


def _keep_few(problems: list[Problem], since: int, path: Path) -> None:
    """Keep the first problems of a file, which are those from a number on, and say how many more there are."""
    if further := problems[since + MOST_SHOWN :]:
        warning = all(problem.warning for problem in further)
        problems[since + MOST_SHOWN :] = [Problem(_file_name(path), "", f"has {len(further)} further mistakes", warning)]


# Routines


def _load_routine(path: Path, problems: list[Problem]) -> Routine | None:
    data = _read_toml(path, problems)
    return None if data is None else _read_routine(path, data, problems)


def _read_routine(path: Path, data: object, problems: list[Problem]) -> Routine | None:
    """Read a routine; its file must be named after it, since settings name the file and the history keeps the id."""
    file = _file_name(path)
    before = len(problems)
    routine = read_routine(data, file, problems)
    _keep_few(problems, before, path)
    if routine and path.name != f"{routine.id}.toml":
        problems.append(Problem(file, "id", f'"{routine.id}" is not the file\'s name; call the file "{routine.id}.toml"'))
    return routine


def _check_routine(path: Path, data: object | None, problems: list[Problem]) -> Routine | None:
    """Read and return a routine, planned in every way; what a plan leaves out is a warning, once for all the ways that do."""
    routine = None if data is None else _read_routine(path, data, problems)
    if routine is None:
        return None
    before = len(problems)
    left_out: dict[tuple[str, str, str], dict[Profile, list[Level]]] = {}
    for profile in PROFILES:
        for level in LEVELS:
            plan = make_plan(routine, profile, level, estimate)
            for dropped in plan.dropped:
                step = plan.steps[dropped.step]
                where = ", ".join(filter(None, (f"exercise {step.exercise}", step.position)))
                levels = left_out.setdefault((where, dropped.text, dropped.why), {}).setdefault(profile, [])
                if level not in levels:  # the next set drops it too
                    levels.append(level)
    for (where, text, why), ways in left_out.items():
        at = "; ".join(
            f"{profile}, {'every level' if len(levels) == len(LEVELS) else ' and '.join(levels)}"
            for profile, levels in ways.items()
        )
        said = f'"{shortened(text, 60)}" is left out ({at}): {why}'
        problems.append(Problem(_file_name(path), shortened(where, 60), said, warning=True))
    _keep_few(problems, before, path)
    return routine


def _program_files(settings: Settings, files: Mapping[str, Path], problems: list[Problem]) -> dict[str, Path]:
    """Return the files of the routines that the programs and reminders name."""
    found: dict[str, Path] = {}
    named = [(f"program[{number}]", of.routine) for number, of in enumerate(settings.programs, start=1)]
    named += [(f"reminder[{number}]", of.routine) for number, of in enumerate(settings.reminder_times, start=1)]
    for key, name in named:
        if name in files:
            found[name] = files[name]
        elif name:  # an empty one is a problem already
            message = f"{shown(name)} {_no_routine(name, files)}"
            problems.append(Problem(_file_name(settings.file), f"{key}.routine", message))
    return found


def _no_routine(name: str, files: Mapping[str, Path]) -> str:
    return f"is not a routine{nearest(name, files)}; there are: {listed(map(printable, sorted(files)))}"


# Settings


def _load_settings(path: Path, environ: Environ, problems: list[Problem]) -> Settings | None:
    data = _read_toml(path, problems)
    return None if data is None else _read_settings(path, environ, data, problems)


def _read_settings(path: Path, environ: Environ, data: object, problems: list[Problem]) -> Settings:
    """Read parsed settings; after a problem, a key has its default."""
    before = len(problems)
    table = Table(data, _file_name(path), problems)
    gpio = _gpio(table.table("gpio"))
    pins_table = table.table("pins")
    pins, good = _pins(pins_table)
    button = _button(table.table("button"))
    buzzer = _buzzer(table.table("buzzer"))
    _check_pins(pins_table, pins, good, buzzer)
    paths = _paths(table.table("paths"), path.parent, environ)
    sound = _sound(table.table("sound"))
    settings = Settings(
        gpio=gpio,
        pins=pins,
        button=button,
        buzzer=buzzer,
        sound=sound,
        voice=_voice(table.table("voice"), path.parent, environ, paths.voices or path.parent / "voices"),
        coaching=_coaching(table.table("coaching")),
        reminders=_reminders(table.table("reminders")),
        clock=_clock(table.table("clock")),
        history=_history(table.table("history")),
        paths=paths,
        programs=_programs(table),
        reminder_times=_reminder_times(table, sound),
        file=path,
    )
    table.done()
    _keep_few(problems, before, path)
    return settings


def _coaching(table: Table) -> CoachingSettings:
    default = CoachingSettings()
    coaching = CoachingSettings(
        short_after=table.integer("short_after", 0, 1000, default.short_after),
        full_again=table.integer("full_again", 1, 365, default.full_again),
        status=cast("SpokenStatus", table.choice("status", get_args(SpokenStatus), default.status)),
    )
    table.done()
    return coaching


def _reminders(table: Table) -> RemindersSettings:
    default = RemindersSettings()
    reminders = RemindersSettings(
        every=table.length("every", MINUTE, HOUR, default.every),
        give_up=table.length("give_up", Ms(10 * MINUTE), Ms(4 * HOUR), default.give_up),
        later=table.length("later", MINUTE, Ms(4 * HOUR), default.later),
    )
    if reminders.later % MINUTE:
        table.problem("later", f'"{length_text(reminders.later)}" is not in whole minutes')
    table.done()
    return reminders


def _clock(table: Table) -> ClockSettings:
    clock = ClockSettings(zone=table.text("zone", _zone_name, ClockSettings().zone))
    table.done()
    return clock


def _history(table: Table) -> HistorySettings:
    history = HistorySettings(done=table.integer("done", 1, 100, HistorySettings().done))
    table.done()
    return history


def _gpio(table: Table) -> GpioSettings:
    gpio = GpioSettings(backend=cast("Backend", table.choice("backend", get_args(Backend), GpioSettings().backend)))
    table.done()
    return gpio


def _pins(table: Table) -> tuple[PinSettings, dict[str, int]]:
    """Read the pins; also return the valid ones by key, so that a slip in one is not also reported as a clash."""
    default = PinSettings()
    good: dict[str, int] = {}

    def pin(key: str, usual: int | None, *, required: bool = False) -> int | None:
        right = f"write its BCM number, 0 to {HIGHEST_PIN}" + ("" if required else ', or "none"')

        def read(value: object) -> int | str:
            if value == "none" and not required:
                return "none"
            if type(value) is not int:  # true is an int to isinstance
                raise ValueError(f"{shown(value)} is not a pin; {right}")
            if not 0 <= value <= HIGHEST_PIN:
                raise ValueError(f"{shown(value)} is not a pin of the 40-pin header; {right}")
            return value

        before = len(table.problems)
        value = table.value(key, read, "none" if usual is None else usual, "none")
        number = value if isinstance(value, int) else None
        if number is not None and len(table.problems) == before:
            good[key] = number
        return number

    pins = PinSettings(
        button=cast("int", pin("button", default.button, required=True)),
        buzzer=pin("buzzer", default.buzzer),
        led=pin("led", default.led),
        next=pin("next", default.next),
        back=pin("back", default.back),
    )
    table.done()
    return pins, good


def _check_pins(table: Table, pins: PinSettings, good: Mapping[str, int], buzzer: BuzzerSettings) -> None:
    """Report functions on the same pin, and a buzzer's pin that is missing or not quiet. An unused one does not matter."""
    used: dict[int, list[str]] = {}
    for key, pin in good.items():
        if key != "buzzer" or buzzer.on_pin:
            used.setdefault(pin, []).append(key)
    for pin, keys in used.items():
        if len(keys) > 1:
            table.problem("", f"{' and '.join(keys)} are on the same pin, {pin}; give each its own")
    if not buzzer.on_pin:
        return
    if pins.buzzer is None:
        table.problem("buzzer", f'"none", but buzzer.kind is "{buzzer.kind}"; give it a pin, or set kind = "speaker" or "none"')
    elif "buzzer" in good and (why := loud_at_boot(pins.buzzer)):
        table.problem("buzzer", f"{why}; quiet pins are 9 to 13 and 16 to 27", warning=True)


def loud_at_boot(pin: int) -> str:
    """Return why a buzzer on a pin sounds before the service starts, or "" for a quiet pin.

    At reset every GPIO is an input: 0 to 8 with a pull-up, 9 to 27 with a pull-down ("BCM2835 ARM Peripherals", table 6-31,
    column "Pull"; the BCM2711's table of alternative functions has the same). A pull-up of about 50 kohm switches the buzzer's
    NPN transistor on. 2 and 3 have fixed pull-ups of 1.8 kohm on the board besides. `gpio=...=op,dl` in config.txt only takes
    effect "a few seconds" after power-on (raspberrypi.com/documentation, config.txt, GPIO control).
    Where the serial port is on, TX (14) idles high and RX (15) is pulled up (Linux, overlays/uart0-overlay.dts:
    `brcm,pins = <14 15>; brcm,pull = <0 2>`).
    """
    if pin <= 8:
        return f"GPIO {pin} is pulled up from power-on, so that the buzzer sounds until pitrainer starts"
    if pin in (14, 15):
        return f"GPIO {pin} belongs to the serial port; where that is on, the buzzer sounds until pitrainer starts"
    return ""


def _button(table: Table) -> ButtonSettings:
    default = ButtonSettings()
    button = ButtonSettings(
        debounce=table.length("debounce", Ms(5), Ms(200), default.debounce),
        hold=table.length("hold", Ms(600), Ms(5 * SECOND), default.hold),
    )
    table.done()
    return button


def _buzzer(table: Table) -> BuzzerSettings:
    buzzer = BuzzerSettings(kind=cast("BuzzerKind", table.choice("kind", get_args(BuzzerKind), BuzzerSettings().kind)))
    table.done()
    return buzzer


def _sound(table: Table) -> SoundSettings:
    default = SoundSettings()
    sound = SoundSettings(
        device=table.text("device", _one_line, default.device),
        latency=table.length("latency", Ms(5), Ms(500), default.latency),
        volume=table.integer("volume", 0, 100, default.volume),
        quiet_volume=table.integer("quiet_volume", 0, 100, default.quiet_volume),
        quiet_from=table.text("quiet_from", _time_of_day, default.quiet_from),
        quiet_to=table.text("quiet_to", _time_of_day, default.quiet_to),
        soft_max=table.integer("soft_max", 10, 100, default.soft_max),
    )
    table.done()
    return sound


def _voice(table: Table, folder: Path, environ: Environ, voices_folder: Path) -> VoiceSettings:
    def find(text: str) -> Path | None:
        there = voices.names(voices_folder)
        if "/" in text or text.endswith(".onnx"):
            model = _resolve(text, folder, environ)
        elif text in there:
            model = Path(os.path.abspath(there[text]))
        elif text in ("", voices.EMBEDDED):
            return None
        else:
            known = sorted({*there, voices.EMBEDDED})
            near = nearest(text, known)
            raise ValueError(f"{shown(text)} is not a voice in {_file_name(voices_folder)}{near}; there are: {listed(known)}")
        if model.suffix != ".onnx":
            raise ValueError(f'{shown(text)}: is not a Piper voice; its name ends in ".onnx"')
        for file in (model, Path(f"{model}.json")):
            try:
                open_regular(file).close()
            except FileNotFoundError:
                raise ValueError(f"{shown(text)}: there is no file {_file_name(file)}") from None
            except OSError as error:
                raise ValueError(f"{shown(text)}: {_file_name(file)} cannot be read: {error.strerror}") from None
        return model

    def valid(text: str) -> str:
        find(_one_line(text))
        return text

    default = VoiceSettings()
    voice = VoiceSettings(
        model=find(table.text("model", valid, "")),
        speed=table.integer("speed", 50, 150, default.speed),
        pause=table.length("pause", Ms(0), Ms(3 * SECOND), default.pause),
        clips_mb=table.integer("clips_mb", 50, 100_000, default.clips_mb),
    )
    table.done()
    return voice


def _paths(table: Table, folder: Path, environ: Environ) -> PathSettings:
    def is_folder(path: Path) -> None:
        if not os.path.isdir(path):
            raise ValueError("there is no such folder")

    def may_be_folder(path: Path) -> None:
        if os.path.lexists(path):  # else it will be made
            is_folder(path)

    paths = PathSettings(
        routines=_path(table, "routines", folder, environ, is_folder),
        voices=_path(table, "voices", folder, environ, is_folder),
        cache=_path(table, "cache", folder, environ, may_be_folder),
        state=_path(table, "state", folder, environ, may_be_folder),
    )
    table.done()
    return paths


def _programs(table: Table) -> tuple[ProgramSettings, ...]:
    programs: list[ProgramSettings] = []
    for item in table.tables("program", required=False, most=MOST_PROGRAMS):
        before = len(item.problems)
        program = ProgramSettings(
            routine=item.text("routine", _named),
            profile=cast("Profile", item.choice("profile", PROFILES)),
            level=cast("Level", item.choice("level", LEVELS, ProgramSettings.level)),
        )
        item.done()
        if program in programs and len(item.problems) == before and not item.broken:
            item.problem("", f"is the same as program[{programs.index(program) + 1}]", warning=True)
        programs.append(program)
    return tuple(programs) or Settings.programs


def _reminder_times(table: Table, sound: SoundSettings) -> tuple[ReminderSettings, ...]:
    reminders: list[ReminderSettings] = []
    good: dict[str, int] = {}
    """The valid ones: their numbers by their keys."""
    begin, end = time.fromisoformat(sound.quiet_from), time.fromisoformat(sound.quiet_to)
    for number, item in enumerate(table.tables("reminder", required=False, most=MOST_REMINDERS), start=1):
        before = len(item.problems)
        reminder = ReminderSettings(
            time=item.text("time", _time_of_day),
            routine=item.text("routine", _named),
            profile=cast("Profile", item.choice("profile", PROFILES)),
            level=cast("Level", item.choice("level", LEVELS, ReminderSettings.level)),
            days=item.value("days", _days, DAYS, DAYS),
        )
        item.done()
        reminders.append(reminder)
        if item.broken or len(item.problems) > before:
            continue
        if within(begin, end, time.fromisoformat(reminder.time)):
            # Not a warning: it would never be heard, and nobody reads the journal of a trainer that is silent.
            hours = f"sound.quiet_from to quiet_to, {sound.quiet_from} to {sound.quiet_to}"
            item.problem("time", f'"{reminder.time}" is in the quiet hours ({hours}), in which no reminder is said; change one')
        first = good.setdefault(reminder.reminder.key, number)
        if first != number:
            item.problem("", f"has time, routine and profile of reminder[{first}]; keep one")
    return tuple(reminders)


def _days(value: object) -> tuple[DayName, ...]:
    days = [as_text(item) for item in as_list(value)]
    for number, day in enumerate(days):
        if day not in DAYS:
            right = ", ".join(f'"{name}"' for name in DAYS)
            raise ValueError(f"{shown(day)} is not one of {right}{nearest(day, DAYS)}")
        if day in days[:number]:
            raise ValueError(f"{shown(day)} is there twice")
    return cast("tuple[DayName, ...]", tuple(days))


def _zone_name(text: str) -> str:
    import zoneinfo  # here, for it is not needed where the system's zone is

    if text:
        try:
            zoneinfo.ZoneInfo(text)
        except ZONE_ERRORS:
            known = zoneinfo.available_timezones()
            if not known:
                raise ValueError(f"{shown(text)}: no time zones are installed here; install the package tzdata") from None
            near = nearest(text, known) or '; write for example "Europe/Berlin"'
            raise ValueError(f"{shown(text)} is not a time zone{near}") from None
    return text


def _path(table: Table, key: str, folder: Path, environ: Environ, check: Callable[[Path], None]) -> Path | None:
    """Read a path that passes a check; a relative one starts at the file's folder, and "" is None."""

    def valid(text: str) -> str:
        if _one_line(text):
            path = _resolve(text, folder, environ)
            try:
                check(path)
            except ValueError as error:
                raise ValueError(f"{shown(text)}: {error}") from None
        return text

    text = table.text(key, valid, "")
    return _resolve(text, folder, environ) if text else None


def _resolve(text: str, folder: Path, environ: Environ) -> Path:
    """Return a path whole, with the home that it begins with.

    Raises:
        ValueError: if there is no such home; the folder would be one that is called "~".
    """
    if text == "~" or text.startswith("~/"):
        if not (home := home_folder(environ)):
            raise ValueError(f"{shown(text)}: there is no home folder; set HOME, or write the whole path")
        text = f"{home}{text[1:]}"
    elif text.startswith("~") and os.path.expanduser(text) == text:
        raise ValueError(f"{shown(text)}: there is no user {shown(text[1:].partition('/')[0])}")
    # Absolute, because lgpio changes the current directory.
    return Path(os.path.abspath(folder / os.path.expanduser(text)))


def _one_line(text: str) -> str:
    if not text.isprintable() or len(text) > 1000:
        raise ValueError(f"{shown(text)} is not plain text of at most 1000 characters on one line")
    return text


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII):
        raise ValueError(f'{shown(text)} is not a time of day; write for example "22:00"')
    return text


def _named(text: str) -> str:
    if not _one_line(text):
        raise ValueError('is empty; write the name of a routine, for example "neck"')
    return text


# Folders


def _systemd_folder(environ: Environ, variable: str) -> Path | None:
    """Return the folder that systemd made for the service; it lists several with colons between them."""
    first = environ.get(variable, "").split(":")[0]
    return Path(first) if os.path.isabs(first) else None


def _own_folder(environ: Environ, systemd: str, xdg: str, below_home: str) -> Path:
    """Return systemd's folder, else the person's own.

    Raises:
        PitrainerError: if there is none, without a home.
    """
    if folder := _systemd_folder(environ, systemd) or _xdg_folder(environ, xdg, below_home):
        return folder
    raise PitrainerError(f"there is no home folder to keep anything in; set HOME or {xdg} to a folder's whole path")


def _xdg_folder(environ: Environ, xdg: str, below_home: str) -> Path | None:
    """Return the person's own folder after the XDG rules, which ignore a relative path; None without a home."""
    if os.path.isabs(base := environ.get(xdg, "")):
        return Path(base, "pitrainer")
    home = home_folder(environ)
    return home and home / below_home / "pitrainer"


def home_folder(environ: Environ) -> Path | None:
    """Return the person's home; None where neither $HOME nor the list of users knows one (in a container, say)."""
    home = environ.get("HOME")
    if not home:
        with suppress(KeyError):
            home = pwd.getpwuid(os.getuid()).pw_dir
    return Path(home) if home and os.path.isabs(home) else None


def _file_name(path: Path) -> str:
    """Return a path as it was given, printable whatever bytes its name has."""
    return printable(os.fsencode(path).decode("utf-8", "backslashreplace"))
