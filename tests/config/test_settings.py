import os
import tomllib
import zoneinfo
from dataclasses import fields
from pathlib import Path

import pytest

from pitrainer.config import schema
from pitrainer.config.locate import CONFIG_FILES, find_settings_file, runtime_folder, service_folder
from pitrainer.config.owner import user_name
from pitrainer.config.routines import load_routine
from pitrainer.config.schema import BuzzerSettings, PathSettings, PinSettings, ProgramSettings, ReminderSettings, Settings
from pitrainer.config.validation import check_files, load, load_all
from pitrainer.core import units
from pitrainer.errors import BadInput, Problem

SHIPPED = CONFIG_FILES / "pitrainer.toml"
ROUTINES = "back, box-breathing, desk, neck, rolling-pin, seniors"
NEAR = f'(did you mean "neck"?); there are: {ROUTINES}'
HOME = {"HOME": "/home/ada"}
ROUTINE = """
schema = 1
id = "{id}"
title = "A routine"
language = "en"
[[exercise]]
id = "press"
name = "Press"
say = "Press."
go = "Go."
{rest}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """Each test has a folder of its own, and gives file names as a person in it would."""
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def routine(name: str = "mine", rest: str = 'hold = "10s"') -> Path:
    return write(f"routines/{name}.toml", ROUTINE.format(id=name, rest=rest))


def problems(text: str | bytes) -> list[tuple[str, str]]:
    """Return (key, message) of what is wrong with a settings file; warnings are marked in the key."""
    found = check_files([write("s.toml", text)], HOME)
    assert {problem.file for problem in found} <= {"s.toml"}
    return [(("warning: " if problem.warning else "") + problem.key, problem.message) for problem in found]


@pytest.fixture
def _quiet():
    """Hide the shipped routines and what their plans warn of: a test of settings is about settings."""
    for name in ("neck", "rolling-pin"):
        routine(name)


# The shipped files


def test_shipped_settings_are_the_defaults():
    """Who starts from the shipped file changes nothing by it, and finds every setting there is in it."""
    assert load(SHIPPED, HOME) == (Settings(), ())
    data = tomllib.loads(SHIPPED.read_text())
    programs = data.pop("program")
    tables = {f.name: f for f in fields(Settings) if f.name not in ("programs", "reminder_times", "file", "beside")}
    assert list(data) == list(tables)
    for name in tables:
        assert list(data[name]) == [f.name for f in fields(getattr(Settings(), name))]
    for program in programs:
        assert list(program) == [f.name for f in fields(ProgramSettings) if f.name != "person"]  # these are for anybody


def test_shipped_files_have_no_mistakes():
    """A new installation starts."""
    assert [problem for problem in check_files([SHIPPED], HOME) if not problem.warning] == []
    assert [(p.routine.id, p.profile, p.level) for p in load_all(SHIPPED, HOME).programs] == [
        ("neck", "adult", "standard"),
        ("neck", "child", "standard"),
        ("rolling-pin", "adult", "standard"),
    ]


def test_an_empty_file_is_the_defaults():
    """What a person leaves out keeps its default."""
    path = write("s.toml", "")
    assert load(path, HOME) == (Settings(file=path), ())


def test_every_setting_is_read():
    """What a person sets is what they get."""
    write("voices/a.onnx", "")
    write("voices/a.onnx.json", "")
    path = write(
        "s.toml",
        """
        gpio.backend = "mock"
        pins = { button = 5, buzzer = 12, led = "none", next = 6, back = 13 }
        button = { debounce = "50ms", double = "1s", hold = "2s" }
        buzzer.kind = "passive"
        sound = { device = "USB", latency = "100ms", keep_open = true }
        voice.model = "voices/a.onnx"
        coaching = { short_after = 3, full_again = 7, pain_most = 2, pain_stop = 5, status = "streak" }
        reminders = { every = "1m", give_up = "10m", later = "5m" }
        clock.zone = "Asia/Kathmandu"
        paths = { routines = "voices", voices = "voices", cache = "~/clips", state = "/var/x" }
        program = [{ routine = "neck", profile = "child", level = "gentle", person = "Ben" }]
        reminder = [{ time = "08:00", routine = "neck", profile = "child", level = "full", person = "Ben", days = ["sun"] }]
        """,
    )
    here = Path.cwd()
    settings, warnings = load(path, HOME)
    assert warnings == ()
    assert settings == Settings(
        gpio=schema.GpioSettings("mock"),
        pins=PinSettings(button=5, buzzer=12, led=None, next=6, back=13),
        button=schema.ButtonSettings(units.Ms(50), units.Ms(1000), units.Ms(2000)),
        buzzer=BuzzerSettings("passive"),
        sound=schema.SoundSettings("USB", units.Ms(100), keep_open=True),
        voice=schema.VoiceSettings(here / "voices/a.onnx"),
        paths=PathSettings(here / "voices", here / "voices", Path("/home/ada/clips"), Path("/var/x")),
        coaching=schema.CoachingSettings(3, 7, 2, 5, "streak"),
        reminders=schema.RemindersSettings(units.Ms(60_000), units.Ms(600_000), units.Ms(300_000)),
        clock=schema.ClockSettings("Asia/Kathmandu"),
        programs=(ProgramSettings("neck", "child", "gentle", "Ben"),),
        reminder_times=(ReminderSettings("08:00", "neck", "child", "full", "Ben", ("sun",)),),
        file=path,
    )


# What is wrong with settings


def test_every_mistake_is_reported_at_once():
    """One run of the checker is enough to mend a file: each mistake has its file, key and value, and what would be right."""
    path = write(
        "my/s.toml",
        """
        sounds = {}
        [gpio]
        backend = "auot"
        [pins]
        button = "none"
        buzzer = 28
        led = "22"
        next = -1
        back = true
        bakc = 3
        [button]
        debounce = "4ms"
        double = "20ms"
        hold = 1200
        [buzzer]
        kind = 1979-05-27
        [sound]
        device = 3
        latency = "0s"
        [voice]
        model = "./a.bin"
        [paths]
        routines = "nowhere"
        cache = "s.toml"
        [[program]]
        routine = "nekc"
        profile = "adults"
        [[program]]
        routine = ""
        level = "hard"
        """,
    )
    with pytest.raises(BadInput) as caught:
        load_all(path, HOME)
    right = 'write its BCM number, 0 to 27, or "none"'
    assert caught.value.problems == tuple(
        Problem("my/s.toml", key, message)
        for key, message in [
            ("gpio.backend", '"auot" is not one of "auto", "gpiod", "lgpio", "mock" (did you mean "auto"?)'),
            ("pins.button", '"none" is not a pin; write its BCM number, 0 to 27'),
            ("pins.buzzer", f"28 is not a pin of the 40-pin header; {right}"),
            ("pins.led", f'"22" is not a pin; {right}'),
            ("pins.next", f"-1 is not a pin of the 40-pin header; {right}"),
            ("pins.back", f"true is not a pin; {right}"),
            ("pins.bakc", 'is not a known key (did you mean "back"?)'),
            ("button.debounce", '"4ms" is outside 5ms to 200ms'),
            ("button.double", '"20ms" is outside 250ms to 1s200ms'),
            ("button.hold", '1200 is not a length; write for example "10s" or "1m30s", in quotes'),
            ("buzzer.kind", '1979-05-27 is not one of "active", "passive", "speaker", "none"'),
            ("paths.routines", '"nowhere": there is no such folder'),
            ("paths.cache", '"s.toml": there is no such folder'),
            ("sound.device", "3 is not a text; put it in quotes"),
            ("sound.latency", '"0s" is outside 5ms to 500ms'),
            ("voice.model", '"./a.bin": is not a Piper voice; its name ends in ".onnx"'),
            ("program[1].profile", '"adults" is not one of "adult", "child" (did you mean "adult"?)'),
            ("program[2].routine", 'is empty; write the name of a routine, for example "neck"'),
            ("program[2].profile", "is missing"),
            ("program[2].level", '"hard" is not one of "gentle", "standard", "full"'),
            ("sounds", 'is not a known key (did you mean "sound"?)'),
            (
                "program[1].routine",
                f'"nekc" is not a routine {NEAR}; looked in my/routines and {CONFIG_FILES}/routines',
            ),
        ]
    )
    assert str(caught.value).splitlines()[0] == (
        'my/s.toml: gpio.backend: "auot" is not one of "auto", "gpiod", "lgpio", "mock" (did you mean "auto"?)'
    )


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpio = 1", [("gpio", "1 is not a table")]),
        ("program = []", [("program", "the list is empty; it must have at least one entry")]),
        ("program = {}", [("program", "a table is not a list; put it in [ ]")]),
        ("program = [1]", [("program[1]", "1 is not a table")]),
        ('voice.model = "a.onnx"', [("voice.model", f'"a.onnx": there is no file {"{here}"}/a.onnx')]),
        ('voice.model = "has.onnx"', [("voice.model", f'"has.onnx": there is no file {"{here}"}/has.onnx.json')]),
        ('sound.device = "a\\nb"', [("sound.device", '"a\\nb" is not plain text of at most 1000 characters on one line')]),
        ('button.hold = "10"', [("button.hold", '\'10\' is not a length; write for example "10s", "1m30s" or "500ms"')]),
        (
            "button.hold = 00:00:02",
            [("button.hold", '00:00:02 is not a length; write for example "10s" or "1m30s", in quotes')],
        ),
    ],
)
def test_one_mistake_is_one_line(text, expected):
    """A mistake is not followed by others that it causes."""
    write("has.onnx", "")
    assert problems(text) == [(key, message.format(here=Path.cwd())) for key, message in expected]


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pins.button = 27", [("pins", "button and buzzer are on the same pin, 27; give each its own")]),
        (
            "pins = { led = 5, next = 5, back = 17 }",
            [
                ("pins", "button and back are on the same pin, 17; give each its own"),
                ("pins", "led and next are on the same pin, 5; give each its own"),
            ],
        ),
        ('pins.button = 27\nbuzzer.kind = "speaker"', []),
        ('pins = { led = "none", next = 22, back = "none" }', []),
        # A slip in one pin is not also a clash of its default with another.
        ('pins = { button = "17", led = 17 }', [("pins.button", '"17" is not a pin; write its BCM number, 0 to 27')]),
    ],
)
def test_two_functions_on_one_pin(text, expected):
    """Two parts on one pin are found before they fight; a pin that is not in use clashes with nothing."""
    assert problems(text) == expected


@pytest.mark.usefixtures("_quiet")
def test_unsafe_buzzer_pins_are_warned_of():
    """Nobody learns from a buzzing Pi that a pin is pulled up at boot; but the choice is theirs."""
    why = "so that the buzzer sounds until pitrainer starts; quiet pins are 9 to 13 and 16 to 27"
    assert problems("pins.buzzer = 4") == [("warning: pins.buzzer", f"GPIO 4 is pulled up from power-on, {why}")]
    assert [key for key, _ in problems('pins.buzzer = 15\nbuzzer.kind = "passive"')] == ["warning: pins.buzzer"]
    assert problems('pins.buzzer = 4\nbuzzer.kind = "speaker"') == []
    settings, warnings = load(write("s.toml", "pins.buzzer = 14"), HOME)
    assert settings.pins.buzzer == 14
    assert [warning.key for warning in warnings] == ["pins.buzzer"]


@pytest.mark.usefixtures("_quiet")
def test_a_buzzer_needs_a_pin():
    """A trainer is not silent because two settings disagree."""
    message = '"none", but buzzer.kind is "active"; give it a pin, or set kind = "speaker" or "none"'
    assert problems('pins.buzzer = "none"') == [("pins.buzzer", message)]
    assert problems('pins.buzzer = "none"\nbuzzer.kind = "none"') == []


@pytest.mark.usefixtures("_quiet")
def test_programs_can_be_told_apart():
    """Holding the button always changes something, and its number can be counted."""
    one = '[[program]]\nroutine = "neck"\nprofile = "adult"\n'
    assert problems(one + one) == [("warning: program[2]", "is the same as program[1]")]
    assert [p for p in problems(one * 10) if "warning" not in p[0]] == [("program", "10 are too many; at most 9 are possible")]


# Files


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a = ", "is not valid TOML: Invalid value (at end of document)"),
        (b"[gpio]\nbackend = auto", 'line 2, column 11: the quotes are missing; write backend = "auto"'),
        (
            b'[gpio]\nbackend = "auto\n[sound]',
            'line 2, column 16: a quote is missing in "backend = "auto"; each text begins and ends with one',
        ),
        (b"rest = 10s", 'line 1, column 10: the quotes are missing; write rest = "10s"'),
        (b'rest = 10s" # ten', 'line 1, column 10: the quotes are missing; write rest = "10s"'),
        (b'a = "b', 'line 1: a quote is missing in "a = "b"; each text begins and ends with one'),
        (b"rest = 2\n]", "line 2, column 1: is not valid TOML: Invalid statement"),
        (b"a = 'x\0y'", "line 1, column 7: is not valid TOML: Found invalid character '\\x00'"),
        (b"\n\n\xff\xfe", "is not UTF-8 text: byte 0xff in line 3"),
        (b"#" * (256 * 1024 + 1), "is larger than 256 KiB; such a file is neither settings nor a routine"),
        (b"a = " + b"[" * 5000, "is nested too deeply"),
        (b"a = " + b"1" * 5000, "has a number with too many digits"),
        (b"\na" + b".a" * 9999 + b" = 1", "has more than 200 dots in line 2"),
    ],
)
def test_a_file_of_any_bytes_is_one_line(raw, message):
    """What is not TOML is told in one line, quickly."""
    assert problems(raw) == [("", message)]


@pytest.mark.usefixtures("_quiet")
def test_numbers_and_tables_too_long_to_print():
    """A value that Python refuses to print does not break the message about it."""
    huge = "0x" + "f" * 9999
    deep = ("[\n{ " + ".".join("a" * 100) + " = ") * 60 + "1" + "}]" * 60
    *long, (key, message) = problems(f"gpio = {huge}\npins.led = {huge}\nsound = {deep}")
    assert long == [
        ("gpio", "a value too long to print is not a table"),
        ("pins.led", 'a value too long to print is not a pin of the 40-pin header; write its BCM number, 0 to 27, or "none"'),
    ]
    assert key == "sound"
    assert message.endswith(" is not a table")
    assert len(message) < 100  # Python 3.13 prints what 3.11 finds too deep


def test_a_damaged_zone(tmp_path):
    """A zone whose file is only a part of one is none."""
    (tmp_path / "Mars").mkdir()
    (tmp_path / "Mars" / "Olympus").write_bytes(b"TZif2" + bytes(30))
    zoneinfo.reset_tzpath([tmp_path])
    try:
        assert [key for key, _ in problems('clock.zone = "Mars/Olympus"')] == ["clock.zone"]
    finally:
        zoneinfo.reset_tzpath()


def test_many_mistakes():
    """Of a file that is nothing but mistakes the first hundred are told, and how many there are besides."""
    text = "\n".join(f"wrong{number} = 1" for number in range(1_000))
    found = check_files([write("many.toml", text)], HOME)
    assert len(found) == 101
    assert str(found[-1]) == "many.toml: has 900 further mistakes"
    assert not found[-1].warning


@pytest.mark.usefixtures("_quiet")
def test_notepad_files():
    """A file from Windows' Notepad, with a byte order mark and CRLF, is read."""
    assert load(write("s.toml", b"\xef\xbb\xbf[pins]\r\nled = 5\r\n"), HOME)[0].pins.led == 5


def test_files_that_are_none():
    """Files that cannot be opened are named together with the others' problems."""
    os.mkfifo("pipe.toml")
    Path("folder").mkdir()
    bad = write("bad.toml", "x")
    strange = Path(os.fsdecode(b"\xff.toml"))
    files = [Path(name) for name in ("missing.toml", "folder", "pipe.toml", "bad.toml/a.toml")]
    assert check_files([*files, strange, bad], HOME) == [
        Problem("missing.toml", "", "there is no such file"),
        Problem("folder", "", "cannot be read: it is not a regular file, but a folder"),
        Problem("pipe.toml", "", "cannot be read: it is not a regular file, but a pipe"),
        Problem("bad.toml/a.toml", "", "cannot be read: Not a directory"),
        Problem("\\xff.toml", "", "there is no such file"),
        Problem("bad.toml", "", "is not valid TOML: Expected '=' after a key in a key/value pair (at end of document)"),
    ]


@pytest.mark.usefixtures("plain_user")
def test_unreadable_files():
    """A file without the right to read it says so."""
    write("s.toml", "").chmod(0)
    assert check_files([Path("s.toml")], HOME) == [Problem("s.toml", "", "cannot be read: Permission denied")]


# Routines


def test_a_routine_by_name_or_path():
    """One's own routine goes before the shipped one of the same name, and any file can be tried by its path."""
    settings = Settings(file=Path("s.toml"))
    assert load_routine("neck", settings).title == "Neck exercises"
    routine("neck")
    assert load_routine("neck", settings).title == "A routine"
    assert load_routine("routines/neck.toml", settings) == load_routine("neck", settings)
    with pytest.raises(BadInput) as caught:
        load_routine("nek", settings)
    assert str(
        caught.value
    ) == f'nek: is not a routine (did you mean "neck"?); there are: {ROUTINES}; looked in routines and ' + str(
        CONFIG_FILES / "routines"
    )


def test_a_routine_is_named_after_its_file():
    """The name in the settings and the id in the history are the same."""
    path = write("mine.toml", ROUTINE.format(id="yours", rest='hold = "10s"'))
    message = '"yours" is not the file\'s name; call the file "yours.toml"'
    assert check_files([path], HOME) == [Problem("mine.toml", "id", message)]


def test_problems_of_all_files_come_together():
    """A person mends the settings and the routines in one go; each file is read once."""
    routine("mine", 'hold = "10"\nholdd = 1')
    one = '[[program]]\nroutine = "mine"\nprofile = "{}"\n'
    path = write("s.toml", "gpio.backend = 1\n" + one.format("adult") + one.format("child"))
    expected = [
        Problem("s.toml", "gpio.backend", '1 is not one of "auto", "gpiod", "lgpio", "mock"'),
        Problem(
            "routines/mine.toml", "exercise[1].hold", '\'10\' is not a length; write for example "10s", "1m30s" or "500ms"'
        ),
        Problem("routines/mine.toml", "exercise[1].holdd", 'is not a known key (did you mean "hold"?)'),
    ]
    with pytest.raises(BadInput) as caught:
        load_all(path, HOME)
    assert list(caught.value.problems) == expected
    assert [p for p in check_files([path, Path("routines/mine.toml")], HOME) if not p.warning] == expected + expected[1:]
    assert [p for p in check_files([Path("routines/mine.toml"), path], HOME) if not p.warning] == expected[1:] + expected[:1]


def test_check_reads_every_routine_of_the_settings():
    """A broken routine is found before somebody chooses it; editors' lock files are none."""
    write("routines/broken.toml", "")
    write("routines/.#neck.toml", "")
    found = [(p.file, p.key) for p in check_files([write("s.toml", "")], HOME) if not p.warning]
    assert found == [("routines/broken.toml", key) for key in ("schema", "language", "id", "title", "exercise")]


def test_a_routines_folder_that_is_none():
    """The reason why one's own routines are not there is told."""
    write("routines", "")
    found = [p for p in check_files([write("s.toml", "")], HOME) if not p.warning]
    assert found == [Problem("routines", "", "the folder cannot be read: Not a directory")]


def test_a_hold_without_what_to_do():
    """A hold without `go`, in a profile at least, is a warning: the person begins too early, at the words before it."""
    rest = 'hold = "5s"\npositions = [{ name = "left", go = "Go." }, { name = "right" }]'
    path = write("mine.toml", ROUTINE.format(id="mine", rest=rest).replace('go = "Go."\n', ""))
    message = 'has no "go"; put what to do there, and only where to be in "say": people begin as soon as they are told'
    assert check_files([path], HOME) == [Problem("mine.toml", "exercise press, right", message, warning=True)]


def test_what_a_plan_leaves_out_is_told():
    """The author of a routine learns what will not be heard, once for each reason, with the ways that leave it out."""
    long = "Keep breathing, and do not lift your shoulders."
    coach = f'[{{ at = "50%", say = "{long}" }}, {{ at = "1h", say = "Never." }}]'
    path = routine(rest=f'hold = {{ adult = ["10s", "30s"], child = "10s" }}\nsets = 2\ncoach = {coach}')
    end, close = "it comes after the end of the hold", f'it would come too close to "{long}"'
    assert check_files([path], HOME) == [
        Problem(str(path), "exercise press", message, warning=True)
        for message in [
            f'"{long}" is left out (adult, gentle; child, every level): it would come too close to "Two."',
            f'"Never." is left out (adult, every level; child, every level): {end}',
            f'"Half-way." is left out (adult, standard and full): {close}',
        ]
    ]


def test_own_routines_without_own_settings():
    """A routine in one's own folder is found although one has no settings; beside settings, only what is beside them counts."""
    environ = HOME | {"XDG_CONFIG_HOME": str(Path.cwd() / "config")}
    write("config/pitrainer/routines/mine.toml", ROUTINE.format(id="mine", rest='hold = "10s"'))
    write("config/pitrainer/voices/a.onnx", "")
    settings, _ = load(find_settings_file(None, environ, Path("no")), environ)
    assert settings.file == SHIPPED
    assert load_routine("mine", settings).title == "A routine"
    assert settings.voices_folder == Path.cwd() / "config/pitrainer/voices"
    with pytest.raises(BadInput) as caught:
        load_routine("nek", settings)
    names = ROUTINES.replace("neck", "mine, neck")
    looked = f"looked in {Path.cwd()}/config/pitrainer/routines and {CONFIG_FILES}/routines"
    assert caught.value.problems[0].message == f'is not a routine (did you mean "neck"?); there are: {names}; {looked}'
    other, _ = load(write("other/s.toml", ""), environ)
    assert other.routine_folders == (Path("other/routines"), CONFIG_FILES / "routines")
    nobody, _ = load(SHIPPED, {"HOME": "relative"})
    assert nobody.routine_folders[-1] == CONFIG_FILES / "routines"


# Places


def test_the_settings_file_in_force():
    """The nearer one counts; a file that was asked for by name and is not there is not replaced by another."""
    system, own = Path("etc.toml").absolute(), Path("config/pitrainer/pitrainer.toml").absolute()
    environ = {"XDG_CONFIG_HOME": str(own.parent.parent), "HOME": "/nowhere"}
    assert find_settings_file(None, environ, system) == SHIPPED
    write(str(own), "")
    assert find_settings_file(None, environ, system) == own
    assert find_settings_file(None, {"HOME": "/nowhere"}, system) == SHIPPED
    write(".config/pitrainer/pitrainer.toml", "")
    assert find_settings_file(None, {"HOME": str(Path.cwd())}, system) == Path.cwd() / ".config/pitrainer/pitrainer.toml"
    write(str(system), "")
    assert find_settings_file(None, environ, system) == system
    assert Settings().state_folder({"STATE_DIRECTORY": "relative", "HOME": "/nowhere"}) == Path(
        "/nowhere/.local/state/pitrainer"
    )
    write("named.toml", "")
    assert find_settings_file(None, environ | {"PITRAINER_CONFIG": "named.toml"}, system) == Path("named.toml")
    assert find_settings_file(own, environ | {"PITRAINER_CONFIG": "named.toml"}, system) == own
    for explicit, variable, asked in ((Path("x.toml"), "", "--config"), (None, "x.toml", "$PITRAINER_CONFIG")):
        with pytest.raises(BadInput) as caught:
            find_settings_file(explicit, environ | {"PITRAINER_CONFIG": variable}, system)
        assert str(caught.value) == f"x.toml: there is no such file (asked for by {asked})"


@pytest.mark.parametrize(
    ("environ", "cache", "state", "runtime"),
    [
        (HOME, "/home/ada/.cache/pitrainer", "/home/ada/.local/state/pitrainer", f"/tmp/pitrainer-{os.getuid()}"),
        (
            HOME | {"XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/r"},
            *("/c/pitrainer", "/s/pitrainer", "/r/pitrainer"),
        ),
        (
            HOME | {"XDG_CACHE_HOME": "c", "XDG_STATE_HOME": "s", "XDG_RUNTIME_DIR": "r"},
            *("/home/ada/.cache/pitrainer", "/home/ada/.local/state/pitrainer", f"/tmp/pitrainer-{os.getuid()}"),
        ),
        (
            {"CACHE_DIRECTORY": "/vc", "STATE_DIRECTORY": "/vs:/vt", "RUNTIME_DIRECTORY": "/vr", "XDG_RUNTIME_DIR": "/r"},
            *("/vc", "/vs", "/vr"),
        ),
    ],
)
def test_folders(environ, cache, state, runtime):
    """A service uses systemd's folders, a person their own after the XDG rules (a relative path is ignored)."""
    found = Settings().cache_folder(environ), Settings().state_folder(environ), runtime_folder(environ)
    assert found == (Path(cache), Path(state), Path(runtime))


def test_a_home_that_is_not_there(monkeypatch):
    """A path in somebody's home is refused where that home is not known; it would become a folder that is called `~`."""
    path = write("s.toml", 'paths.cache = "~/clips"\npaths.state = "~nobody-here/x"\nvoice.model = "~/a.onnx"')
    monkeypatch.setattr("os.getuid", lambda: 54321)  # nobody's
    assert sorted(str(problem).replace(f"{path}: ", "") for problem in check_files([path], {})) == [
        'paths.cache: "~/clips": there is no home folder; set HOME, or write the whole path',
        'paths.state: "~nobody-here/x": there is no user "nobody-here"',
        'voice.model: "~/a.onnx": there is no home folder; set HOME, or write the whole path',
    ]


@pytest.mark.usefixtures("plain_user")
def test_a_path_that_one_may_not_look_at(tmp_path):
    """What this user may not look at is not said to be missing."""
    (tmp_path / "locked").mkdir(mode=0)
    text = 'mqtt.password_file = "locked/password"\npaths.routines = "locked/routines"\npaths.cache = "locked/later"'
    why = f"cannot be reached by {user_name()}: Permission denied"
    assert problems(text) == [
        ("paths.routines", f"{tmp_path}/locked/routines {why}"),
        ("mqtt.password_file", f"{tmp_path}/locked/password {why}"),
    ]


def test_set_folders_come_first():
    """What the file says counts more than the environment; a folder that is not there yet will be made."""
    settings, _ = load(write("sub/s.toml", 'paths.cache = "c"\npaths.state = "../s"'), HOME)
    environ = {"CACHE_DIRECTORY": "/vc", "STATE_DIRECTORY": "/vs"}
    assert settings.cache_folder(environ) == Path.cwd() / "sub/c"
    assert settings.state_folder(environ) == Path.cwd() / "s"


# Reminders

REMINDER = """
[[reminder]]
time = "{time}"
routine = "{routine}"
profile = "adult"
{rest}
"""


def reminder(time: str = "08:00", routine: str = "neck", rest: str = "") -> str:
    return REMINDER.format(time=time, routine=routine, rest=rest)


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (reminder("25:00"), ("reminder[1].time", '"25:00" is not a time of day; write for example "22:00"')),
        (reminder("8:00"), ("reminder[1].time", '"8:00" is not a time of day; write for example "22:00"')),
        (
            reminder("06:59"),
            ("reminder[1].time", '"06:59" is in the quiet hours (sound.quiet_from to quiet_to, 22:00 to 07:00), in which no'),
        ),
        (
            reminder() + reminder("09:00") + reminder(rest='days = ["sat"]'),
            ("reminder[3]", "has the same time, routine and profile as reminder[1]; keep one of them"),
        ),
        (
            reminder(rest='days = ["mon", "thursday"]'),
            (
                "reminder[1].days",
                '"thursday" is not one of "mon", "tue", "wed", "thu", "fri", "sat", "sun"',
            ),
        ),
        (reminder(rest='days = ["mon", "mon"]'), ("reminder[1].days", '"mon" is there twice')),
        (reminder(rest="days = []"), ("reminder[1].days", "the list is empty; it must have at least one entry")),
        (reminder(rest='days = "mon"'), ("reminder[1].days", '"mon" is not a list; put it in [ ]')),
        (
            reminder(routine="nek"),
            ("reminder[1].routine", f'"nek" is not a routine (did you mean "neck"?); there are: {ROUTINES}'),
        ),
        (reminder(rest='level = "most"'), ("reminder[1].level", '"most" is not one of "gentle", "standard", "full"')),
        (
            "[[reminder]]" + reminder() * 2,
            ("reminder[3]", "has the same time, routine and profile as reminder[2]; keep one of them"),
        ),
        (reminder(routine="nek") + reminder("25:00"), ("reminder[2].time", '"25:00" is not')),
        ("[[reminder]]", ("reminder[1].time", "is missing")),
        (
            "".join(reminder(f"{7 + n // 3:02}:{n % 3}0") for n in range(21)),
            ("reminder", "21 are too many; at most 20"),
        ),
        ("reminders.later = '90s'", ("reminders.later", '"1m30s" is not in whole minutes')),
        ("reminders.every = '30s'", ("reminders.every", '"30s" is outside 1m to 1h')),
        ("reminders.times = ['08:00']", ("reminders.times", "is not a known key; known here: every, give_up, later")),
        ("clock.zone = 'Europe/Berlni'", ("clock.zone", '"Europe/Berlni" is not a time zone (did you mean "Europe/Berlin"?)')),
        ("clock.zone = 'Europe'", ("clock.zone", '"Europe" is not a time zone')),
        ("clock.zone = '../../../etc/passwd'", ("clock.zone", '"../../../etc/passwd" is not a time zone')),
        ("coaching.status = 'all'", ("coaching.status", '"all" is not one of "program", "last", "streak"')),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_bad_reminders(text, found):
    """Times that there are not, twice the same, unknown days, zones and routines: each is named, with what would be right."""
    assert [(key, message[: len(found[1])]) for key, message in problems(text) if key == found[0]] == [found]


@pytest.mark.usefixtures("_quiet")
def test_reminders_load_their_routines():
    """A reminder's routine need not be one of the programs; two of them share one routine."""
    path = write("s.toml", "program = [{ routine = 'neck', profile = 'adult' }]\n" + reminder(routine="rolling-pin"))
    loaded = load_all(path, HOME)
    assert [program.routine.id for program in loaded.programs] == ["neck"]
    assert {key: program.routine.id for key, program in loaded.reminders.items()} == {"08:00 rolling-pin adult": "rolling-pin"}


def test_no_zones_installed(monkeypatch):
    """A system without time zones says what to install."""
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    assert problems("clock.zone = 'Asia/Nowhere'")[0] == (
        "clock.zone",
        '"Asia/Nowhere": no time zones are installed here; install the package tzdata',
    )


def test_service_folder(tmp_path):
    """A client talks to the service where there is one, even if it may not: it is then told so; else to the person's own."""
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert service_folder(environ, tmp_path / "run") == tmp_path / "pitrainer"
    (tmp_path / "run").mkdir(mode=0)
    assert service_folder(environ, tmp_path / "run") == tmp_path / "run"


@pytest.mark.parametrize(
    ("button", "problems"),
    [
        ('double = "800ms"\nhold = "800ms"', []),
        ('double = "801ms"\nhold = "800ms"', ['"801ms" is longer than button.hold, "800ms"; make it shorter, or hold longer']),
        ('double = "2s"\nhold = "800ms"', ['"2s" is outside 250ms to 1s200ms']),
        ('double = "1200ms"\nhold = "1s"\ndebounce = "1s"', ['"1s" is outside 5ms to 200ms', '"1s200ms" is longer than']),
    ],
)
def test_double_presses_are_no_holds(button: str, problems: list[str]) -> None:
    """Presses that would belong together though the first is a hold are one line; a slip in the length itself is only that."""
    path = write("s.toml", f"[button]\n{button}")
    if not problems:
        assert load(path, HOME)[0].button.double == 800
        return
    with pytest.raises(BadInput) as caught:
        load(path, HOME)
    assert [problem.message.startswith(text) for problem, text in zip(caught.value.problems, problems, strict=True)] == [
        True
    ] * len(problems)


RIGHT_KEY = 'write a name such as "right" or "pagedown", or its number'


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            'input_next = ["pagdown"]\ninput_back = [0]',
            [
                (
                    "button.input_next",
                    f'"pagdown" is not a key (did you mean "pagedown"?); {RIGHT_KEY}',
                ),
                ("button.input_back", f"0 is not a key; {RIGHT_KEY}"),
            ],
        ),
        ('input_next = ["left", 105]', [("button.input_next", '"left" is there twice')]),
        ('input_next = "left"', [("button.input_next", '"left" is not a list; put it in [ ]')]),
        (
            'input_next = ["left", "Right"]\ninput_back = [106, 700]',
            [("button.input_back", '"right" is also in input_next; leave it in one')],
        ),
    ],
)
def test_keys(tmp_path: Path, text: str, problems: list[tuple[str, str]]) -> None:
    """A key has a name or a number, and is one button."""
    path = tmp_path / "s.toml"
    path.write_text(f"[button]\n{text}\n")
    with pytest.raises(BadInput) as caught:
        load(path, HOME)
    assert [(problem.key, problem.message) for problem in caught.value.problems] == problems


def test_right_keys(tmp_path: Path) -> None:
    """Keys by their names, in any letters, and by their numbers."""
    path = tmp_path / "s.toml"
    path.write_text('[button]\ninput = "AB Shutter"\ninput_next = ["PageDown", 700]\ninput_back = ["pageup"]\n')
    button = load(path, HOME)[0].button
    assert (button.input, button.keys) == ("AB Shutter", {109: "next", 700: "next", 104: "back"})


def of_board(tmp_path: Path, text: str) -> tuple[PinSettings, list[tuple[str, str]]]:
    path = tmp_path / "s.toml"
    path.write_text(text)
    try:
        return load(path, HOME)[0].pins, []
    except BadInput as error:
        return PinSettings(), [(problem.key, problem.message) for problem in error.problems]


def test_a_board(tmp_path: Path) -> None:
    """A board's own parts are taken in place of those that are set; what it lacks is read as it is set."""
    text = '[gpio]\nboard = "aiy-voice-hat"\n[pins]\nbutton = 17\nnext = 6\n'
    assert of_board(tmp_path, text) == (PinSettings(button=23, led=25, next=6), [])


def test_a_board_that_has_the_pin(tmp_path: Path) -> None:
    """A part on a pin that the board uses is one line, with others that are free; a board that is not known is one, too."""
    why = "GPIO 27 is used by the Codec Zero (button); choose another, such as 22, 25, 26"
    assert of_board(tmp_path, '[gpio]\nboard = "codec-zero"\n[pins]\nnext = 2\n')[1] == [
        ("pins.buzzer", f'{why}, or set buzzer.kind = "speaker"'),
        ("pins.next", f"{why.replace('27', '2').replace('(button)', '(I2C)')}"),
    ]
    assert of_board(tmp_path, '[gpio]\nboard = "codec-zero"\n[buzzer]\nkind = "speaker"\n')[1] == []
    ((key, message),) = of_board(tmp_path, '[gpio]\nboard = "kodec-zero"\n')[1]
    assert key == "gpio.board"
    assert message.startswith('"kodec-zero" is not one of "", "codec-zero", "respeaker-2-mic", ')
    assert message.endswith('(did you mean "codec-zero"?)')
