"""Every setting, with its type and its default."""

import os
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Literal, get_args

from ..core.reminders import Reminder
from ..core.routine import Level, Profile
from ..core.statistics import SpokenStatus
from ..core.units import MINUTE, Ms
from .locate import CONFIG_FILES, SERVICE_STATE, SYSTEM_FILE, Environ, own_folder

Backend = Literal["auto", "lgpio", "mock"]
BuzzerKind = Literal["active", "passive", "speaker", "none"]
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[DayName, ...] = get_args(DayName)


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
        return self.paths.cache or own_folder(environ, "CACHE_DIRECTORY", "XDG_CACHE_HOME", ".cache")

    def state_folder(self, environ: Environ) -> Path:
        """Return where the history is kept: as set, else as systemd says, else among the person's own files.

        Who reads the service's settings, without being the service, means the service's history, if they may read it.
        """
        if self.paths.state:
            return self.paths.state
        if self.file == SYSTEM_FILE and not environ.get("STATE_DIRECTORY") and os.access(SERVICE_STATE / "history.db", os.R_OK):
            return SERVICE_STATE
        return own_folder(environ, "STATE_DIRECTORY", "XDG_STATE_HOME", ".local/state")
