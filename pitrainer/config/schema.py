"""Every setting, declared once: name, type, default, what its value may be, and the sentence that explains it.

What depends on more than one setting is checked in `settings.py`. `config/pitrainer.toml` explains each to the person in the
same sentence, and goes on with how to choose; `tests/config/test_declared.py` compares the two.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Literal, get_args

from ..core.boards import BOARDS
from ..core.header import PartName
from ..core.messages import ButtonName
from ..core.reminders import Reminder
from ..core.routine import LEVELS, PROFILES, Level, Profile
from ..core.statistics import SpokenStatus
from ..core.units import HOUR, MINUTE, SECOND, Ms
from ..voice import models
from ..voice.clarity import Clarity
from . import locate
from .declared import needed, setting, table_of
from .locate import CONFIG_FILES, Environ, own_folder
from .values import (
    file,
    folder,
    folder_to_make,
    language,
    length,
    line,
    mqtt_name,
    one_of,
    person,
    pin,
    pin_or_none,
    routine_name,
    some_keys,
    some_of,
    time_of_day,
    time_zone,
    voice,
    whole,
    whole_minutes,
    yes_or_no,
)

Backend = Literal["auto", "gpiod", "lgpio", "mock"]
BuzzerKind = Literal["active", "passive", "speaker", "none"]
QuietFor = Literal["unasked", "all"]
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[DayName, ...] = get_args(DayName)
CLARITIES: tuple[Clarity, ...] = get_args(Clarity)


@dataclass(frozen=True)
class GpioSettings:
    """[gpio]."""

    backend: Backend = setting("auto", one_of(get_args(Backend)), "Who drives the pins.")
    board: str = setting(
        "",
        one_of(("", *BOARDS)),
        "An add-on board on the header, whose own buttons and LED are taken in place of those of [pins].",
    )


@dataclass(frozen=True)
class PinSettings:
    """[pins]: BCM numbers; None is "none" in the file."""

    button: int = setting(17, pin, "The one button, between this pin and ground.")
    buzzer: int | None = setting(
        27,
        pin_or_none,
        "Through a 1 kilohm resistor to the base of an NPN transistor (such as 2N2222 or BC337); emitter to ground, buzzer "
        "between 5 V (pin 2 or 4) and the collector.",
    )
    led: int | None = setting(22, pin_or_none, "Through a 330 ohm resistor to the long leg of an LED; the short leg to ground.")
    next: int | None = setting(
        None,
        pin_or_none,
        "A further button, between its pin and ground, for those who find pressing twice hard: on to the next hold; held, "
        "louder.",
    )
    back: int | None = setting(None, pin_or_none, "Another one: back to the instruction; held, softer.")


@dataclass(frozen=True)
class ButtonSettings:
    """[button]."""

    debounce: Ms = setting(
        Ms(30),
        length(Ms(5), Ms(200)),
        "A contact bounces: whatever it does within this time after a press or a release is part of it.",
    )
    double: Ms = setting(
        Ms(400),
        length(Ms(250), Ms(1200)),
        "Presses belong together (next hold, next exercise) when each comes within this time after the one before.",
    )
    hold: Ms = setting(
        Ms(1200),
        length(Ms(600), Ms(5 * SECOND)),
        "A press becomes a hold after this long (stop; or, between sessions, the next program); 2 s later, volumes are said: "
        "let go at the one you want.",
    )
    input: str = setting(
        "",
        line,
        "Part of the name of a Bluetooth shutter, USB foot pedal or keypad whose keys are the button, like the one on the pin.",
    )
    input_next: tuple[int, ...] = setting((), some_keys, "Those of its keys that act as the button next.")
    input_back: tuple[int, ...] = setting((), some_keys, "Those of its keys that act as the button back.")

    @property
    def keys(self) -> dict[int, ButtonName]:
        """The keys that are not the button, by their codes."""
        found: dict[int, ButtonName] = dict.fromkeys(self.input_next, "next")
        return found | dict.fromkeys(self.input_back, "back")


@dataclass(frozen=True)
class BuzzerSettings:
    """[buzzer]."""

    kind: BuzzerKind = setting(
        "active",
        one_of(get_args(BuzzerKind)),
        '"active" hums by itself as soon as it has power (most do); "passive" needs a tone, and clicks without one; '
        '"speaker" plays the signals as tones through the speaker, with nothing on the pin; "none" leaves them out.',
    )

    @property
    def on_pin(self) -> bool:
        """Tell whether it needs a pin."""
        return self.kind in ("active", "passive")


def wired(pins: PinSettings, buzzer: BuzzerSettings) -> dict[PartName, int]:
    """Return the GPIO of every part that is on a pin, by its name in [pins]."""
    on_pins: list[tuple[PartName, int | None]] = [
        ("button", pins.button),
        ("buzzer", pins.buzzer if buzzer.on_pin else None),
        ("led", pins.led),
        ("next", pins.next),
        ("back", pins.back),
    ]
    return {name: gpio for name, gpio in on_pins if gpio is not None}


@dataclass(frozen=True)
class SoundSettings:
    """[sound]."""

    device: str = setting(
        "",
        line,
        'The id of the sound card, or part of its name, such as "Device" or "USB"; "" is a USB card if there is one, '
        "else a HAT, else HDMI with a display that has sound, else the headphone jack.",
    )
    latency: Ms = setting(Ms(20), length(Ms(5), Ms(500)), "How much sound is handed over in advance.")
    keep_open: bool = setting(
        False, yes_or_no, "The card stays open between sessions: for amplifiers that click at each start."
    )
    volume: int = setting(100, whole(0, 100), "0 (silent) to 100, in steps that sound even.")
    quiet_volume: int = setting(60, whole(0, 100), "The highest volume in the quiet hours.")
    quiet_for: QuietFor = setting(
        "unasked",
        one_of(get_args(QuietFor)),
        'What is softer in the quiet hours: "unasked" is what nobody has asked for (offers, faults that appear, "pitrainer '
        'say"), "all" also what a press starts.',
    )
    quiet_from: str = setting("22:00", time_of_day, "When the quiet hours begin, local time; the same as quiet_to for none.")
    quiet_to: str = setting("07:00", time_of_day, "When they end.")
    soft_max: int = setting(100, whole(10, 100), "The volume is never above it, whatever sets it.")


@dataclass(frozen=True)
class VoiceSettings:
    """[voice]."""

    model: Path | None = setting(
        None,
        voice,
        "Another Piper voice: the path of its .onnx file, with the .onnx.json beside it, or its name in the voices folder "
        '(its file without ".onnx"); "" is the one that comes with pitrainer.',
    )
    speed: int = setting(83, whole(50, 150), "Percent of the voice's own pace, 50 to 150; less is slower.")
    pause: Ms = setting(Ms(400), length(Ms(0), Ms(3 * SECOND)), "The pause between two sentences of one text.")
    clarity: Clarity = setting(
        "clear",
        one_of(CLARITIES),
        '"natural" sounds best close by; "clear" is understood across a room, and sounds nearly as natural; "noisy room" is '
        "understood over voices and dishes, too, and sounds harder.",
    )
    clips_mb: int = setting(
        300,
        whole(50, 100_000),
        "Megabytes that the spoken clips may take on the disk; those unused for longest go first.",
    )
    models: Mapping[str, Path | None] = field(
        default_factory=dict,
        metadata=table_of(language, voice, "A voice for one language, named as in model; model speaks all the others."),
    )

    def model_of(self, language: str) -> Path | None:
        """Return the voice of a language; None is the embedded one."""
        return self.models.get(language, self.model)

    @property
    def by_key(self) -> Mapping[str, Path | None]:
        """The voices by the keys that name them."""
        return {"voice.model": self.model} | {f"voice.models.{language}": model for language, model in self.models.items()}


@dataclass(frozen=True)
class CoachingSettings:
    """[coaching]."""

    short_after: int = setting(
        10,
        whole(0, 1000),
        "Once a person has held an exercise in this many sessions, it is known, and little is said of it.",
    )
    full_again: int = setting(14, whole(1, 365), "After this many days without a session, everything is explained again.")
    pain_most: int = setting(
        3,
        whole(0, 10),
        "Lengths and numbers that grow stay as they are while the person's last pain rating of the exercise or the routine, "
        "0 to 10, is above this.",
    )
    pain_stop: int = setting(
        7, whole(0, 10), "After a pain rating above this the session ends, and the person is told to ask their therapist."
    )
    status: SpokenStatus = setting(
        "program",
        one_of(get_args(SpokenStatus)),
        "What is said after the program's name when holding the button chooses it.",
    )


@dataclass(frozen=True)
class RemindersSettings:
    """[reminders]: what all of them have in common."""

    every: Ms = setting(Ms(5 * MINUTE), length(MINUTE, HOUR), "How often a reminder is said again until somebody comes.")
    give_up: Ms = setting(
        Ms(30 * MINUTE),
        length(Ms(10 * MINUTE), Ms(4 * HOUR)),
        "How long it is said again; then it is silent until its next day.",
    )
    later: Ms = setting(
        Ms(10 * MINUTE),
        whole_minutes(MINUTE, Ms(4 * HOUR)),
        "Holding the button during a reminder puts it off for this long.",
    )


@dataclass(frozen=True)
class ClockSettings:
    """[clock]."""

    zone: str = setting(
        "",
        time_zone,
        'The time zone of reminders, quiet hours and history, such as "Europe/Berlin" or "America/New_York"; "" is the '
        'system\'s ("timedatectl" shows it).',
    )


@dataclass(frozen=True)
class HistorySettings:
    """[history]."""

    done: int = setting(
        80,
        whole(1, 100),
        "Percent of a routine, 1 to 100, that must be held for a session to count as done: for the streak, and so that no "
        "reminder comes any more that day. Each exercise counts the same, by how much of its hold time was held.",
    )


@dataclass(frozen=True)
class MqttSettings:
    """[mqtt]."""

    host: str = setting("", line, 'The broker\'s name or address, such as "homeassistant.local"; "" for none.')
    port: int = setting(1883, whole(1, 65_535), "Its port.")
    tls: bool = setting(False, yes_or_no, "Encrypt the connection and verify the broker's certificate.")
    ca: Path | None = setting(
        None, file, 'The file of the authority that signed that certificate; "" is any that the system trusts.'
    )
    user: str = setting("", line, 'The user name for the broker; "" for anonymous access.')
    password_file: Path | None = setting(None, file, "A file that contains only the password.")
    name: str = setting("pitrainer", mqtt_name, "What the trainer is called there.")
    names: bool = setting(False, yes_or_no, 'Send people\'s names; otherwise "person 1", "person 2".')


@dataclass(frozen=True)
class PathSettings:
    """[paths]: absolute; None means the usual place."""

    routines: Path | None = setting(
        None, folder, 'The folder with your own routines; "" is the folder "routines" beside this file.'
    )
    voices: Path | None = setting(
        None, folder, 'The folder with further Piper voices; "" is the folder "voices" beside this file.'
    )
    cache: Path | None = setting(None, folder_to_make, "The folder for the spoken phrases.")
    state: Path | None = setting(None, folder_to_make, "The folder for the history and the chosen program.")


@dataclass(frozen=True)
class ProgramSettings:
    """One [[program]]: what holding the button cycles through."""

    routine: str = field(metadata=needed("", routine_name, 'The name of a routine: its file without ".toml".'))
    profile: Profile = field(metadata=needed(PROFILES[0], one_of(PROFILES), 'Whose lengths: "adult" or "child".'))
    level: Level = setting(
        "standard",
        one_of(LEVELS),
        'Where the routine has a range, such as 25 to 45 seconds: "gentle" is the least, "standard" the middle (and what is '
        'taken if you leave it out), "full" the most.',
    )
    person: str = setting(
        "",
        person,
        'Whose it is, such as "Anna": a name that is said, with a history and a streak of its own; leave it out where nobody '
        "needs to be told apart.",
    )


@dataclass(frozen=True)
class ReminderSettings:
    """One [[reminder]]."""

    time: str = field(
        metadata=needed(
            "",
            time_of_day,
            'Local time, "00:00" to "23:59", outside of the quiet hours (sound.quiet_from to quiet_to), in which none is said.',
        )
    )
    routine: str = field(metadata=needed("", routine_name, "As in a program."))
    profile: Profile = field(metadata=needed(PROFILES[0], one_of(PROFILES), "As in a program."))
    level: Level = setting("standard", one_of(LEVELS), "As in a program.")
    person: str = setting("", person, "As in a program.")
    days: tuple[DayName, ...] = setting(DAYS, some_of(DAYS), "The days of the week; every day if left out.")

    @property
    def reminder(self) -> Reminder:
        """The same for the core."""
        days = frozenset(DAYS.index(day) for day in self.days)
        return Reminder(time.fromisoformat(self.time), self.routine, self.profile, self.level, days, self.person)


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
    mqtt: MqttSettings = MqttSettings()
    paths: PathSettings = PathSettings()
    programs: tuple[ProgramSettings, ...] = (
        ProgramSettings("neck", "adult"),
        ProgramSettings("neck", "child"),
        ProgramSettings("rolling-pin", "adult"),
    )
    reminder_times: tuple[ReminderSettings, ...] = ()
    file: Path = field(default=CONFIG_FILES / "pitrainer.toml", kw_only=True)
    """Where they come from, as the person gave it; not a setting."""
    beside: Path | None = field(default=None, kw_only=True, compare=False)
    """The folder of the person's own routines and voices, if not the file's; it follows from the file."""

    @property
    def routine_folders(self) -> tuple[Path, ...]:
        """The folders with routines: the person's own, then the shipped ones. The first file of a name counts."""
        return self.paths.routines or (self.beside or self.file.parent) / "routines", CONFIG_FILES / "routines"

    @property
    def voices_folder(self) -> Path:
        """The folder with further voices; it need not be there."""
        return self.paths.voices or (self.beside or self.file.parent) / "voices"

    @property
    def voice_names(self) -> list[str]:
        """The names of the voices that can be chosen; whether each can be used shows when it is described."""
        return sorted({*models.names(self.voices_folder), models.EMBEDDED})

    @property
    def voice_name(self) -> str:
        """The voice's name, or its path where it is not in the voices folder."""
        model = self.voice.model
        if not model:
            return models.EMBEDDED
        return model.stem if model.parent == self.voices_folder else str(model)

    def cache_folder(self, environ: Environ) -> Path:
        """Return where the clips are kept: as set, else as systemd says, else in the person's own cache."""
        return self.paths.cache or own_folder(environ, "CACHE_DIRECTORY", "XDG_CACHE_HOME", ".cache")

    def state_folder(self, environ: Environ) -> Path:
        """Return where the history is kept: as set, else as systemd says, else among the person's own files.

        Who reads the service's settings, without being the service, means the service's history, if they may read it.
        """
        services = locate.SERVICE_STATE
        if self.means_services_state(environ) and os.access(services, os.R_OK | os.X_OK):
            return services
        return self.own_state_folder(environ)

    def means_services_state(self, environ: Environ) -> bool:
        """Tell whether the history that is meant is that of the service: by its settings, where it is installed."""
        itself = environ.get("STATE_DIRECTORY")
        return self.file == locate.SYSTEM_FILE and not self.paths.state and not itself and locate.SERVICE_STATE.is_dir()

    def own_state_folder(self, environ: Environ) -> Path:
        """Return where this process keeps its history: as set, else as systemd says, else among the person's own files."""
        return self.paths.state or own_folder(environ, "STATE_DIRECTORY", "XDG_STATE_HOME", ".local/state")
