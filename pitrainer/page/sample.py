"""How an exercise sounds, before it is saved: rendered by a process of its own, which alone loads the voice."""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..config import locate
from ..config.locate import Environ
from ..config.reader import parse_toml
from ..config.routines import read_routine
from ..config.schema import Settings
from ..config.validation import load_defaults
from ..core.routine import PROFILES, Routine
from ..core.text import printable, shown
from ..errors import PitrainerError, Problem
from .refused import Refused

LONGEST = 20
"""Seconds of a sample: its beginning is what one wants to hear, and a slow Pi speaks hardly faster than one listens."""
PATIENCE = 120.0
"""Seconds for one: a Pi Zero 2 takes 8 to load Piper, and as long again for each of a few sentences."""
MOST_CLIPS = 50
"""Megabytes of the clips of samples; those unused for longest go first."""


class Samples:
    """Makes one at a time. Its clips are its own; those that the trainer has are copied from there, where they may be read."""

    def __init__(self, settings: Path, environ: Environ, cache: Path, patience: float = PATIENCE) -> None:
        """Take the settings' file, and the folder for the clips of samples."""
        self._settings = settings
        self._environ = environ
        self._cache = cache
        self._patience = patience
        self._making = threading.Lock()

    def make(self, text: object, exercise: object, profile: object) -> bytes:
        """Return the beginning of an exercise as a WAV file.

        Args:
            text: of the routine, saved or not.
            exercise: its number, from 1.
            profile: for whom.

        Raises:
            Refused: if another is being made, the routine has mistakes or no such exercise, or it takes too long.
        """
        routine = _routine(text)
        if type(exercise) is not int or not 1 <= exercise <= len(routine.exercises):
            raise Refused(422, f'"exercise" must be a number from 1 to {len(routine.exercises)}')
        if profile not in PROFILES:
            raise Refused(422, f'"profile" must be {" or ".join(map(shown, PROFILES))}')
        if not self._making.acquire(blocking=False):
            raise Refused(409, "another sample is being made; wait until it is heard")
        try:
            with tempfile.TemporaryDirectory(prefix="pitrainer-sample-") as folder:
                return self._made(Path(folder), routine.id, str(text), exercise, str(profile))
        except OSError as error:
            raise Refused(409, f"the sample could not be made: {error.strerror}") from error
        finally:
            self._making.release()

    def _made(self, folder: Path, id_: str, text: str, exercise: int, profile: str) -> bytes:
        settings = load_defaults(locate.in_force(self._settings, self._environ), self._environ)
        draft, own, out = folder / f"{id_}.toml", folder / "pitrainer.toml", folder / "sample.wav"
        draft.write_text(text, encoding="utf-8")
        own.write_text(_voice_only(settings, self._cache), encoding="utf-8")
        what = [f"--exercise={exercise}", f"--most={LONGEST}", f"--profile={profile}", f"--config={own}"]
        theirs = [f"--clips={clips}"] if (clips := self._clips(settings)) else []
        _run(
            ["nice", "-n", "15", *locate.own_command("render", *what, *theirs, str(draft), str(out))],
            self._environ,
            self._patience,
        )
        return out.read_bytes()

    def _clips(self, settings: Settings) -> Path | None:
        """Return where the trainer's clips are."""
        if self._settings == locate.SYSTEM_FILE and not settings.paths.cache:
            return locate.SERVICE_CACHE
        with suppress(PitrainerError):  # without a home there are none
            return settings.cache_folder({name: value for name, value in self._environ.items() if name != "CACHE_DIRECTORY"})
        return None


def _routine(text: object) -> Routine:
    """Read a routine that must be right."""
    problems: list[Problem] = []
    routine = None
    with suppress(UnicodeEncodeError):
        data = parse_toml(str(text).encode(), Path("routine"), problems)
        routine = None if data is None else read_routine(data, "routine", problems)
    if not routine:
        why = next((str(problem) for problem in problems if not problem.warning), "it is no text")
        raise Refused(422, f"the routine has mistakes, and cannot be heard yet: {why}")
    return routine


def _voice_only(settings: Settings, cache: Path) -> str:
    """Return settings that have nothing but the voice in force, and clips elsewhere."""
    voice = settings.voice
    lines = [
        "[paths]",
        f"cache = {_quoted(cache.absolute())}",
        "[voice]",
        f"model = {_quoted(voice.model or '')}",
        f"speed = {voice.speed}",
        f'pause = "{voice.pause}ms"',
        f"clarity = {_quoted(voice.clarity)}",
        f"clips_mb = {MOST_CLIPS}",
        "[voice.models]",
        *(f"{language} = {_quoted(model or '')}" for language, model in voice.models.items()),
    ]
    return "\n".join([*lines, ""])


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _run(command: Sequence[str], environ: Mapping[str, str], patience: float) -> None:
    """Run a command and all that it starts, for so many seconds at the most."""
    complaints: bytes
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=dict(environ),
        start_new_session=True,  # a group of its own: its own children end with it
    ) as child:
        try:
            _, complaints = child.communicate(timeout=patience)
        except subprocess.TimeoutExpired as error:
            raise Refused(
                409, f"the sample was not ready within {patience:.0f} s; try again, some of it is there now"
            ) from error
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    if child.returncode:
        said = complaints.decode(errors="replace").strip().splitlines()
        why = printable(said[-1].removeprefix("pitrainer: ")) if said else f"exit code {child.returncode}"
        raise Refused(409, f"the sample could not be made: {why}")
