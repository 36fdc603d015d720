"""The command line: what each command does, and that whatever goes wrong is a line and an exit code."""

import json
import os
import re
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.tones import RATE, tone
from pitrainer.cli.main import main
from pitrainer.core.languages import ENGLISH
from pitrainer.core.signals import Signal
from pitrainer.core.units import clock_text
from pitrainer.gpio import backends
from pitrainer.voice.synthesis import embedded_model

COMMANDS = ("practice", "run", "press", "show", "render", "prepare", "history", "voices", "wiring", "doctor", "check")
LEFT_OUT = "Press and count slowly up to a hundred."
TINY = f"""
schema = 1
id = "tiny"
title = "Tiny"
language = "en"
outro = "Bye."

[[exercise]]
id = "push"
name = "Push"
say = "Push."
prepare = "1s"
hold = {{ adult = ["4s", "6s"], child = "4s" }}
coach = [{{ at = "1s", say = "{LEFT_OUT}" }}]
release = "Let go."
rest = "1s"
positions = [{{ name = "left", say = "Left." }}, {{ name = "right", say = "Right." }}]
"""


@pytest.fixture
def home(tmp_path: Path, clips_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A person with settings and a routine of their own, in a home of their own, without a sound system."""
    config = tmp_path / "config" / "pitrainer"
    (config / "routines").mkdir(parents=True)
    (config / "routines" / "tiny.toml").write_text(TINY)
    (config / "pitrainer.toml").write_text(
        f'paths.cache = "{clips_folder}"\n[[program]]\nroutine = "tiny"\nprofile = "adult"\n'
    )
    (tmp_path / "run").mkdir(mode=0o700)
    for name, value in {
        "HOME": "",
        "XDG_CONFIG_HOME": "config",
        "XDG_STATE_HOME": "state",
        "XDG_CACHE_HOME": "cache",
        "XDG_RUNTIME_DIR": "run",
    }.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    monkeypatch.delenv("PITRAINER_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)  # `run` sets its own
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


def pitrainer(*arguments: str, shell: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program as a person does."""
    command: list[str] | str = [sys.executable, "-m", "pitrainer", *arguments]
    if shell:
        command = f"{sys.executable} -m pitrainer {' '.join(arguments)} {shell}"
    return subprocess.run(
        command, shell=bool(shell), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def clean(done: subprocess.CompletedProcess[str]) -> bool:
    return "Traceback" not in done.stdout + done.stderr and "Error" not in done.stderr


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command, capsys):
    """Each command explains itself in whole sentences, within 120 columns, and is well done."""
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: pitrainer {command}".strip())
    if not command:
        assert all(f"\n    {name} " in out for name in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["press", "--hold", "0"],
        ["press", "--hold", "-1"],
        ["press", "--hold", "nan"],
        ["press", "--hold", "inf"],
        ["press", "--hold", "61"],
        ["press", "--hold", "long"],
        ["render", "neck"],
        ["show", "--level", "brutal"],
        ["show", "--profile", "cat"],
    ],
    ids=" ".join,
)
def test_a_wrong_command(arguments, capsys):
    """A slip in the command ends with exit code 2 and the usage."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: pitrainer" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        *(["press", "--hold", number] for number in ("9" * 5_000, "1e999", "-" + "0" * 5_000, "x\n\x1b[2J" * 1_000)),
        *(["history", "--weeks", number] for number in ("9" * 5_000, "000012" + "9" * 5_000, "x\n\x1b[2J" * 1_000)),
    ],
    ids=lambda it: f"{it[0]} {it[2]:.10}".encode("unicode_escape").decode(),
)
def test_a_long_number(arguments, capsys):
    """A number of any length is refused in one short line."""
    with pytest.raises(SystemExit):
        main(arguments)
    line = lines(capsys.readouterr().err)[-1]
    assert "is not a number of" in line
    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize("command", [["check"], ["show"], ["show", "--config"], ["history", "import"]], ids=" ".join)
@pytest.mark.parametrize("content", [None, "a = 1", '{"x": ' + "9" * 5_000 + "}"], ids=["gone", "none", "digits"])
def test_a_file_with_a_newline_in_its_name(command, content, home, capfd):
    """A file's name is on one line with what is wrong in the file, and orders nothing to the terminal."""
    name = "a\n\x1b[2J\udcff.toml"
    if content is not None:
        (home / name).write_text(content)
    assert main([*command, name]) == 2
    for line in lines(capfd.readouterr().err + capfd.readouterr().out):
        assert line.startswith("a\\n\\x1b[2J")
        assert line.isprintable()
        assert "Exceeds the limit" not in line


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("command", ["practice", "show", "render", "prepare"])
def test_wrong_settings(home, command, capfd):
    """Wrong settings are named, each on a line with its file, in every command; the exit code is 2; nothing is written."""
    bad = home / "bad.toml"
    bad.write_text('[sound]\nlatency = "soon"\n[bottun]\n')
    rest = ["tiny", "out.wav"] if command == "render" else []
    assert main([command, *rest, "--config", str(bad)]) == 2
    err = capfd.readouterr().err
    assert len(lines(err)) == 2
    assert all(line.startswith(str(bad)) for line in lines(err))
    assert 'did you mean "button"' in err
    assert not (home / "out.wav").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["show", "--config", "gone.toml"], "gone.toml"),
        (["show", "nekc"], 'did you mean "neck"'),
        (["show", "./gone.toml"], "gone.toml: there is no such file"),
        (["render", "gone", "out.wav"], "gone"),
        (["check", "gone.toml"], "gone.toml: there is no such file"),
        (["check", "garbage.toml"], "garbage.toml"),
        (["show", "./garbage.toml"], "garbage.toml"),
        (["show", "--config", "garbage.toml"], "garbage.toml"),
        (["press"], "start one with: pitrainer run"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
@pytest.mark.usefixtures("home")
def test_what_a_person_can_mend(arguments, expected, capfd):
    """What is missing or wrong is one line that says so, and exit code 2."""
    Path("garbage.toml").write_bytes(b"\x80\x00garbage = [[\n" * 3)
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert len(lines(out + err)) == 1
    assert expected in out + err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x" * 601, "601 characters are too many to follow by ear; at most 600"),
        (" \n", '" \\n" has nothing that can be spoken'),
        ("--", '"--" has nothing that can be spoken'),
    ],
)
@pytest.mark.parametrize(
    ("command", "begin"), [("prepare --text", "--text: "), ("say --", "the text cannot be said: ")], ids=["prepare", "say"]
)
def test_a_text_that_cannot_be_said(command, begin, text, why, capfd):
    """A text that is too long, or none, is refused with the reason, before anything is loaded or asked."""
    first, last = command.split()
    arguments = [first, f"{last}={text}"] if first == "prepare" else [first, last, text]
    assert main(arguments) == 2
    assert capfd.readouterr() == ("", f"pitrainer: {begin}{why}\n")


@pytest.mark.usefixtures("home")
def test_a_text_with_control_characters(capfd):
    """What a terminal would obey is no text to be said, and is shown escaped."""
    assert main(["prepare", "--text", "Hello\x1b[2J"]) == 2
    (line,) = lines(capfd.readouterr().err)
    assert line.startswith("pitrainer: --text: ")
    assert "\\x1b" in line


@pytest.mark.usefixtures("home")
def test_check(capfd):
    """`check` without files checks what is in force, and says what the plans leave out."""
    assert main(["check"]) == 0
    out, _ = capfd.readouterr()
    assert lines(out)[-1].startswith("no mistakes, ")
    assert LEFT_OUT in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "",
            [
                "pins.buzzer: (warning) GPIO 27 is used by the Codec Zero (button), which sits on this Pi; choose another",
            ],
        ),
        ("[pins]\nbutton = 27\nled = 24\nbuzzer = 26\n", ["pins.led: (warning) GPIO 24 is used by the Codec Zero (red LED)"]),
        ('[gpio]\nboard = "codec-zero"\n[buzzer]\nkind = "speaker"\n', []),
        (
            '[gpio]\nbackend = "gpiod"\n[pins]\nbuzzer = 26\n[buzzer]\nkind = "passive"\n',
            [
                'buzzer.kind: (warning) a passive buzzer stays silent: gpio.backend is "gpiod", which has no tones; the kinds ',
            ],
        ),
    ],
    ids=["defaults", "another LED", "the board is set", "passive"],
)
def test_check_on_this_board(home, capfd, monkeypatch, text, said):
    """`check` warns of what is right in the file and does not work here: the board's pin, a buzzer without a tone."""
    product = home / "product"
    product.write_text("Raspberry Pi Codec Zero\0")
    monkeypatch.setattr(backends, "HAT_FILE", product)
    file = home / "board.toml"
    file.write_text(text)
    assert main(["check", str(file)]) == 0
    out = lines(capfd.readouterr().out)
    here = [line for line in out if "(warning)" in line and ("GPIO" in line or "buzzer" in line)]
    assert len(here) == len(said)
    assert all(line.startswith(f"{file}: {words}") for line, words in zip(here, said, strict=True))


@pytest.fixture
def prepared(home: Path) -> Path:
    """The same person, whose voice is prepared."""
    assert main(["prepare"]) == 0
    return home


def test_prepare_twice(prepared):
    """The first makes what is missing, the second has nothing to do, and says so."""
    assert prepared.is_dir()
    done = pitrainer("prepare")
    assert (done.returncode, done.stdout, done.stderr) == (0, "every phrase has its clip\n", "")


def test_show_json(prepared, capsys):
    """`show --json` has exactly the keys of the format, in absolute times, step after step without a gap."""
    assert prepared.is_dir()
    assert main(["show", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert list(plan) == ["routine", "source", "reviewed_by", "person", "profile", "level", "length_ms", "steps", "dropped"]
    assert (plan["routine"], plan["profile"], plan["level"]) == ("tiny", "adult", "standard")
    assert (plan["source"], plan["reviewed_by"]) == (None, None)
    at = 0
    for step in plan["steps"]:
        assert list(step) == ["kind", "exercise", "position", "set", "start_ms", "length_ms", "own_pace", "cues"]
        assert step["start_ms"] == at
        at += step["length_ms"]
        for cue in step["cues"]:
            assert list(cue) in (["at_ms", "length_ms", "say"], ["at_ms", "length_ms", "buzz"])
            assert step["start_ms"] <= cue["at_ms"] < cue["at_ms"] + cue["length_ms"] <= at
            assert "say" in cue or cue["length_ms"] == Signal[cue["buzz"].upper()].length
            assert "say" in cue or cue["buzz"] in {signal.name.lower() for signal in Signal}
    assert at == plan["length_ms"]
    kinds = [step["kind"] for step in plan["steps"]]
    once = ["instruct", "ready", "hold", "release"]
    assert kinds == ["instruct", *once, *once, "outro"]
    holds = [step for step in plan["steps"] if step["kind"] == "hold"]
    assert [(step["exercise"], step["position"], step["set"], step["length_ms"]) for step in holds] == [
        ("push", "left", 1, 5_000),
        ("push", "right", 1, 5_000),
    ]
    assert plan["steps"][-1] | {"cues": []} == {
        "kind": "outro", "exercise": None, "position": None, "set": None, "own_pace": False, "cues": [],
        "start_ms": plan["steps"][-1]["start_ms"], "length_ms": plan["steps"][-1]["length_ms"],
    }  # fmt: skip
    assert [cue["say"] for cue in holds[0]["cues"] if "say" in cue] == ["Three.", "Two.", "One."]
    assert [cue["at_ms"] - holds[0]["start_ms"] for cue in holds[0]["cues"]] == [0, 2_000, 3_000, 4_000]
    assert [dropped["say"] for dropped in plan["dropped"]] == [LEFT_OUT, LEFT_OUT]
    assert plan["dropped"][0] == {
        "step": plan["steps"].index(holds[0]), "at_ms": holds[0]["start_ms"] + 1_000, "say": LEFT_OUT,
        "why": plan["dropped"][0]["why"],
    }  # fmt: skip


@pytest.mark.usefixtures("prepared")
def test_known(capsys):
    """`--known` shows and renders a session in which nothing is explained any more."""
    plans = []
    for known in ([], ["--known"]):
        assert main(["show", "--json", *known]) == 0
        plan = json.loads(capsys.readouterr().out)
        assert main(["render", "tiny", "out.wav", *known]) == 0
        said = [cue["say"] for step in plan["steps"] for cue in step["cues"] if "say" in cue]
        assert capsys.readouterr().out == f"out.wav: {clock_text(plan['length_ms'])}\n"
        plans.append([text for text in said if text not in ("Three.", "Two.", "One.")])
    first, known = plans
    assert first == [
        ENGLISH.signals.text,
        *("Push.", "Push."),  # its name, and the instruction
        *("Left.", "Five seconds.", "Let go.", "Right.", "Five seconds.", "Let go.", "Bye."),
    ]
    assert known == ["Push.", "Left.", "Five seconds.", "Let go.", "Right.", "Let go.", "Bye."]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("options", "hold"), [(["--level", "gentle"], 4_000), (["--level", "full"], 6_000), (["--profile", "child"], 4_000)]
)
def test_profile_and_level(options, hold, capsys):
    """The options choose whose lengths, and which of a range."""
    assert main(["show", "tiny", "--json", *options]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert {step["length_ms"] for step in plan["steps"] if step["kind"] == "hold"} == {hold}
    assert plan[options[0][2:]] == options[1]


def test_who_made_a_routine(home, capsys):
    """`show` tells where a routine comes from and who has reviewed it, where its file says so."""
    tiny = home / "config" / "pitrainer" / "routines" / "tiny.toml"
    tiny.write_text('source = "An article"\nreviewed_by = "Dr [b] Ada"\n' + tiny.read_text())
    assert main(["show", "tiny"]) == 0
    title, source, reviewed_by, *_ = (line.strip() for line in capsys.readouterr().out.splitlines())
    assert title.endswith(", adult, standard")
    assert (source, reviewed_by) == ("source: An article", "reviewed by: Dr [b] Ada")
    assert main(["show", "tiny", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["source"], plan["reviewed_by"]) == ("An article", "Dr [b] Ada")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("json_", ["", "--json"])
def test_show_into_head(json_):
    """`show | head -1` ends without a word of complaint."""
    done = pitrainer("show", "neck", json_, shell="| head -1")
    assert done.stderr == ""
    assert len(lines(done.stdout)) == 1


def read(file: Path) -> np.ndarray:
    with wave.open(str(file), "rb") as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, RATE)
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(float) / 32767


def test_render(prepared, capsys):
    """The rendered file is the plan, as sound: as long, each signal on its sample, each word where the plan has it."""
    assert main(["show", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert main(["render", "tiny", "out.wav"]) == 0
    assert capsys.readouterr().out.startswith("out.wav: 0:")
    out = read(prepared / "out.wav")
    assert 0 <= len(out) / RATE - plan["length_ms"] / 1000 <= 2
    cues = [cue for step in plan["steps"] for cue in step["cues"]]
    loud = np.zeros(len(out), bool)
    for number, cue in enumerate(cues):
        at = cue["at_ms"] * RATE // 1000
        if "buzz" in cue:
            wanted = tone(Signal[cue["buzz"].upper()]) / 32767
            assert np.abs(out[at : at + len(wanted)] - wanted).max() < 2 / 32767
            loud[at : at + len(wanted)] = True
        else:
            assert not out[at - 480 : at].any(), "nothing before a word"
            word = np.flatnonzero(np.abs(out[at : at + RATE // 5]) > 0.02)
            assert len(word), cue
            assert word[0] < 0.12 * RATE
            following = cues[number + 1]["at_ms"] * RATE // 1000 if number + 1 < len(cues) else len(out)
            loud[at:following] = True
    assert not out[~loud].any(), "nothing but the cues"


@pytest.mark.parametrize("file", ["no folder/out.wav", "folder", "/dev/null", "folder/"])
def test_render_to_a_wrong_place(prepared, file, capfd):
    """A file that cannot be written is named, and nothing is left behind."""
    (prepared / "folder").mkdir()
    before = sorted(prepared.rglob("*"))
    assert main(["render", "tiny", file]) == 2
    (line,) = lines(capfd.readouterr().err)
    assert line.startswith(f"pitrainer: {Path(file)}: cannot be written: ")
    assert sorted(prepared.rglob("*")) == before
    assert Path("/dev/null").is_char_device()


def test_a_truncated_voice(home, capfd):
    """A truncated voice is one line; no command writes a session without words and calls it well done."""
    voice = home / "x.onnx"
    voice.write_bytes(embedded_model().read_bytes()[:1_000_000])
    Path(f"{voice}.json").write_text(Path(f"{embedded_model()}.json").read_text())
    settings = home / "own.toml"
    settings.write_text(
        f'voice.model = "x.onnx"\npaths.cache = "{home}/clips"\n[[program]]\nroutine = "tiny"\nprofile = "adult"\n'
    )
    (home / "routines").mkdir()
    (home / "routines" / "tiny.toml").write_text(TINY)
    assert main(["prepare", "--config", str(settings)]) == 2
    (line,) = lines(re.sub(r"^preparing the voice .*\n", "", capfd.readouterr().err, flags=re.MULTILINE))
    assert line.startswith(f"pitrainer: {voice}: cannot be used as a Piper voice; is it complete?")
    assert main(["render", "tiny", "out.wav", "--config", str(settings)]) == 2
    err = capfd.readouterr().err
    assert "out.wav: not written" in err
    assert "Traceback" not in err
    assert not (home / "out.wav").exists()
    assert not list(home.glob("clips/*"))


@pytest.mark.usefixtures("prepared")
def test_record_to_a_wrong_place():
    """A recording that cannot be made is known before the session begins."""
    done = pitrainer("practice", "--auto", "--record", "no folder/x.wav")
    assert (done.returncode, clean(done)) == (2, True)
    assert lines(done.stderr)[-1] == "pitrainer: no folder/x.wav: cannot be written: No such file or directory"
    assert done.stdout == ""


@pytest.mark.usefixtures("prepared")
def test_ctrl_c_without_sound():
    """Without a sound device `practice` says so in one line with the remedy, and leads on; Ctrl-C ends it cleanly at once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pitrainer", "practice", "--auto", "--record", "x.wav"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert process.stdout
    first = process.stdout.readline()
    assert first == f"  {ENGLISH.signals.text}\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)  # the session would take twice as long
    assert process.returncode == 0
    assert "Traceback" not in out + err
    assert len([line for line in lines(err) if line.startswith("no sound: ")]) == 1
    assert [line for line in lines(err) if not line.startswith("no sound: ")] == [
        "ready: press the button",
        "session begins: Tiny, adult, standard",
        "session ends: stopped",
        "ending: SIGINT",
    ]
    assert len(read(Path("x.wav"))) == 0


@pytest.mark.parametrize("options", [[], ["--no-history"]])
def test_practice_keeps_a_history(prepared, options):
    """A session at a terminal is on the record as any other, unless that is not wanted; then nothing is kept at all."""
    with subprocess.Popen(
        [sys.executable, "-m", "pitrainer", "practice", "--auto", *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:  # fmt: skip
        assert process.stdout
        assert [process.stdout.readline() for _ in range(2)] == [f"  {ENGLISH.signals.text}\n", "  Push.\n"]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0
    done = pitrainer("history", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = [(one["routine"], one["level"], one["routine_exercises"]) for one in json.loads(done.stdout)["sessions"]]
    assert found == ([] if options else [("tiny", "standard", 1)])
    kept = [file.name for file in prepared.glob("state/**/*") if file.is_file() and not file.name.endswith("-journal")]
    assert sorted(kept) == ([] if options else ["history.db", "practice.json"])


@pytest.mark.usefixtures("prepared")
def test_practice_into_head():
    """When whoever reads has gone, the program ends, without complaint."""
    done = pitrainer("practice", "--auto", "2>/dev/null", shell="| head -1")
    assert (done.stdout, done.stderr) == (f"  {ENGLISH.signals.text}\n", "")
