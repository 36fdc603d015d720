"""Synthesises what is missing in the clip cache. Runs in a process of its own: a trainer never loads Piper."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .devices.clips import ClipCache
from .errors import PitrainerError, VoiceError


def synthesise(cache: ClipCache, model: Path | None, texts: Sequence[str], done: Callable[[], None]) -> None:
    """Synthesise texts into the cache, calling `done` after each. What cannot be spoken is reported when the rest is there.

    Raises:
        VoiceError: if the voice cannot be used, or for all texts that it cannot say.
        PitrainerError: if the cache cannot be written.
    """
    from .devices.voice import Voice

    voice = Voice(model)
    silent: list[str] = []
    for text in texts:
        try:
            cache.write(text, voice.say(text))
        except VoiceError as error:
            silent.append(str(error))
        except OSError as error:
            raise PitrainerError(f"{cache.folder}: clips cannot be written: {error.strerror}") from error
        done()
    if silent:
        raise VoiceError("\n".join(silent))


def run_prepare(arguments: Sequence[str]) -> bool:
    """Run `pitrainer prepare` with arguments in a process of low priority, and tell whether it went well. It prints itself."""
    command = ["nice", "-n", "10", sys.executable, "-m", "pitrainer", "prepare", *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0
