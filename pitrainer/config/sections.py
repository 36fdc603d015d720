"""Settings and routines: TOML files become frozen objects, or a list of every problem in them at once.

A problem says which file, which key, and what would be right (`core/fields.py`). Reading raises nothing but `BadInput`,
whatever bytes a file has. What depends on the environment takes it as an argument, so that a test can give its own.
"""

import os
import re
from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path
from typing import cast, get_args

from ..core.reminders import within
from ..core.routine import LEVELS, PROFILES, Level, Profile
from ..core.statistics import SpokenStatus
from ..core.text import listed, nearest, shown
from ..core.units import HOUR, MINUTE, SECOND, Ms, length_text
from ..errors import Problem
from ..files import open_regular
from ..voice import models
from ..wallclock import ZONE_ERRORS
from .locate import Environ, file_name, resolve
from .reader import Table, as_list, as_text, keep_few, one_line
from .schema import (
    DAYS,
    Backend,
    ButtonSettings,
    BuzzerKind,
    BuzzerSettings,
    ClockSettings,
    CoachingSettings,
    DayName,
    GpioSettings,
    HistorySettings,
    PathSettings,
    PinSettings,
    ProgramSettings,
    ReminderSettings,
    RemindersSettings,
    Settings,
    SoundSettings,
    VoiceSettings,
)

LONGEST_LINE = 1_000
"""Characters of a text; the system takes paths of up to 4,095."""
MOST_PROGRAMS = 9
"""A program's number is counted in buzzes; nobody counts further."""
MOST_REMINDERS = 20
"""So many at one time still come, half a minute apart, before the first is given up."""
HIGHEST_PIN = 27
"""The 40-pin header carries GPIO 0 to 27."""


def read_settings(path: Path, environ: Environ, data: object, problems: list[Problem]) -> Settings:
    """Read parsed settings; after a problem, a key has its default."""
    before = len(problems)
    table = Table(data, file_name(path), problems)
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
    keep_few(problems, before, path)
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
        device=table.text("device", _line, default.device),
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
        there = models.names(voices_folder)
        if "/" in text or text.endswith(".onnx"):
            model = resolve(text, folder, environ)
        elif text in there:
            model = Path(os.path.abspath(there[text]))
        elif text in ("", models.EMBEDDED):
            return None
        else:
            known = sorted({*there, models.EMBEDDED})
            near = nearest(text, known)
            raise ValueError(f"{shown(text)} is not a voice in {file_name(voices_folder)}{near}; there are: {listed(known)}")
        if model.suffix != ".onnx":
            raise ValueError(f'{shown(text)}: is not a Piper voice; its name ends in ".onnx"')
        for file in (model, Path(f"{model}.json")):
            try:
                open_regular(file).close()
            except FileNotFoundError:
                raise ValueError(f"{shown(text)}: there is no file {file_name(file)}") from None
            except OSError as error:
                raise ValueError(f"{shown(text)}: {file_name(file)} cannot be read: {error.strerror}") from None
        return model

    def valid(text: str) -> str:
        find(_line(text))
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
        if _line(text):
            path = resolve(text, folder, environ)
            try:
                check(path)
            except ValueError as error:
                raise ValueError(f"{shown(text)}: {error}") from None
        return text

    text = table.text(key, valid, "")
    return resolve(text, folder, environ) if text else None


def _line(text: str) -> str:
    return one_line(text, LONGEST_LINE)


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII):
        raise ValueError(f'{shown(text)} is not a time of day; write for example "22:00"')
    return text


def _named(text: str) -> str:
    if not _line(text):
        raise ValueError('is empty; write the name of a routine, for example "neck"')
    return text
