"""Reads the settings: parsed TOML becomes a frozen object, or a list of every problem in it at once.

Each section is read as it is declared (`schema.py`); here is what depends on more than one setting. What depends on the
environment takes it as an argument, so that a test can give its own.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import time
from pathlib import Path

from ..core.boards import BOARDS, Board
from ..core.header import QUIET, loud_at_boot
from ..core.keys import key_name
from ..core.reminders import within
from ..core.text import shown
from ..core.units import length_text
from ..errors import Problem
from .declared import Place, read_section
from .locate import Environ, file_name, own_files
from .reader import Table, keep_few
from .schema import (
    ButtonSettings,
    BuzzerSettings,
    ClockSettings,
    CoachingSettings,
    GpioSettings,
    HistorySettings,
    MqttSettings,
    PathSettings,
    PinSettings,
    ProgramSettings,
    ReminderSettings,
    RemindersSettings,
    Settings,
    SoundSettings,
    VoiceSettings,
    wired,
)

MOST_PROGRAMS = 9
"""A program's number is counted in buzzes; nobody counts further."""
MOST_REMINDERS = 20
"""So many at one time still come, half a minute apart, before the first is given up."""


def read_settings(path: Path, environ: Environ, data: object, problems: list[Problem]) -> Settings:
    """Read parsed settings; after a problem, a key has its default."""
    before = len(problems)
    table = Table(data, file_name(path), problems)
    place = Place(path.parent, environ)
    beside = own_files(path, environ)
    gpio = read_section(GpioSettings, table.table("gpio"), place)
    pins = read_section(PinSettings, pins_table := table.table("pins"), place)
    board = BOARDS.get(gpio.board)
    if board:
        pins = replace(pins, **{str(name): pin for name, pin in board.parts.items()})
    button = read_section(ButtonSettings, button_table := table.table("button"), place)
    _check_button(button_table, button)
    buzzer = read_section(BuzzerSettings, table.table("buzzer"), place)
    _check_pins(pins_table, pins, buzzer, board)
    paths = read_section(PathSettings, table.table("paths"), place)
    sound = read_section(SoundSettings, table.table("sound"), place)
    program_tables = table.tables("program", required=False, most=MOST_PROGRAMS)
    reminder_tables = table.tables("reminder", required=False, most=MOST_REMINDERS)
    settings = Settings(
        gpio=gpio,
        pins=pins,
        button=button,
        buzzer=buzzer,
        sound=sound,
        voice=read_section(VoiceSettings, table.table("voice"), place._replace(voices=paths.voices or beside / "voices")),
        coaching=read_section(CoachingSettings, table.table("coaching"), place),
        reminders=read_section(RemindersSettings, table.table("reminders"), place),
        clock=read_section(ClockSettings, table.table("clock"), place),
        history=read_section(HistorySettings, table.table("history"), place),
        mqtt=read_section(MqttSettings, table.table("mqtt"), place),
        paths=paths,
        programs=_programs(program_tables, place) or Settings.programs,
        reminder_times=_reminder_times(reminder_tables, place, sound),
        file=path,
        beside=beside,
    )
    _check_persons(
        [
            *zip(program_tables, settings.programs, strict=False),  # without a table, these are the defaults
            *zip(reminder_tables, settings.reminder_times, strict=True),
        ]
    )
    table.done()
    keep_few(problems, before, path)
    return settings


def _check_button(table: Table, button: ButtonSettings) -> None:
    """Report presses that would belong together when the first of them is a hold already, and keys that are two buttons."""
    if both := set(button.input_next) & set(button.input_back):
        names = ", ".join(f'"{key_name(code)}"' for code in sorted(both))
        table.problem("input_back", f"{names} is also in input_next; leave it in one")
    if button.double > button.hold and not {"double", "hold"} & table.faulty:
        double, hold = length_text(button.double), length_text(button.hold)
        table.problem("double", f'"{double}" is longer than button.hold, "{hold}"; make it shorter, or hold longer')


def _check_pins(table: Table, pins: PinSettings, buzzer: BuzzerSettings, board: Board | None) -> None:
    """Report parts on the same pin, or on one of the board's, and a buzzer's pin that is missing or not quiet.

    What is not in use does not matter, and a slip in one pin is not also reported as a clash of its default.
    """
    used: dict[int, list[str]] = {}
    on_pins = wired(pins, buzzer)
    for key, pin in on_pins.items():
        if key in table.faulty or (board and key in board.parts):
            continue
        if board and (use := board.use(pin)):
            other = ', or set buzzer.kind = "speaker"' if key == "buzzer" else ""
            free = ", ".join(map(str, board.free(on_pins.values())))
            table.problem(key, f"GPIO {pin} is used by {board.name} ({use}); choose another, such as {free}{other}")
        else:
            used.setdefault(pin, []).append(key)
    for pin, keys in used.items():
        if len(keys) > 1:
            table.problem("", f"{' and '.join(keys)} are on the same pin, {pin}; give each its own")
    if not buzzer.on_pin:
        return
    if pins.buzzer is None:
        table.problem("buzzer", f'"none", but buzzer.kind is "{buzzer.kind}"; give it a pin, or set kind = "speaker" or "none"')
    elif "buzzer" not in table.faulty and (why := loud_at_boot(pins.buzzer)):
        table.problem("buzzer", f"{why}; quiet pins are {QUIET}", warning=True)


def _programs(tables: Iterable[Table], place: Place) -> tuple[ProgramSettings, ...]:
    programs: list[ProgramSettings] = []
    for table in tables:
        program = read_section(ProgramSettings, table, place)
        if program in programs and not table.faulty:
            table.problem("", f"is the same as program[{programs.index(program) + 1}]", warning=True)
        programs.append(program)
    return tuple(programs)


def _reminder_times(tables: Iterable[Table], place: Place, sound: SoundSettings) -> tuple[ReminderSettings, ...]:
    reminders: list[ReminderSettings] = []
    good: dict[str, int] = {}
    """The valid ones: their numbers by their keys."""
    begin, end = time.fromisoformat(sound.quiet_from), time.fromisoformat(sound.quiet_to)
    for number, table in enumerate(tables, start=1):
        reminder = read_section(ReminderSettings, table, place)
        reminders.append(reminder)
        if table.faulty:
            continue
        if within(begin, end, time.fromisoformat(reminder.time)):
            # Not a warning: it would never be heard, and nobody reads the journal of a trainer that is silent.
            hours = f"sound.quiet_from to quiet_to, {sound.quiet_from} to {sound.quiet_to}"
            table.problem(
                "time", f'"{reminder.time}" is in the quiet hours ({hours}), in which no reminder is said; change one'
            )
        first = good.setdefault(reminder.reminder.key, number)
        if first != number:
            what = "time, routine, profile and person" if reminder.person else "time, routine and profile"
            table.problem("", f"has the same {what} as reminder[{first}]; keep one of them")
    return tuple(reminders)


def _check_persons(of_tables: Iterable[tuple[Table, ProgramSettings | ReminderSettings]]) -> None:
    """Warn of a name that differs from another by capitals alone: these would be two people, each with half of a history."""
    first: dict[str, tuple[str, str]] = {}
    for table, read in of_tables:
        name, path = first.setdefault(read.person.casefold(), (read.person, table.path))
        if name != read.person:
            said = f"{shown(read.person)} counts as a different person from {shown(name)} in {path}"
            table.problem("person", f"{said}; spell both alike if they are one person", warning=True)
