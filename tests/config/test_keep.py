"""A choice is written into the person's settings, and nothing else in them changes."""

import json
import os
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitrainer.config import keep as module
from pitrainer.config.keep import file_to_change, keep, with_tables
from pitrainer.config.locate import CONFIG_FILES
from pitrainer.config.validation import load
from pitrainer.errors import PitrainerError

SHIPPED = CONFIG_FILES / "pitrainer.toml"

LINE = 'device = ""   # here\n'
MINE = """# mine
[voice]
speed = 90 # slow

[sound]
# the loud one
device = ""   # here
volume = 80

[[reminder]]
time = "08:00"
routine = "neck"
profile = "adult"
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MINE, MINE.replace('device = ""', 'device = "Device"')),
        ('sound = { device = "x", volume = 3 }\n', 'sound = { device = "Device", volume = 3 }\n'),
        ("sound.volume = 3\n", 'sound.volume = 3\nsound.device = "Device"\n'),
        (MINE.replace(LINE, ""), MINE.replace(f"{LINE}volume = 80\n", 'volume = 80\ndevice = "Device"\n')),
        ("[voice]\nspeed = 90\n", '[voice]\nspeed = 90\n\n[sound]\ndevice = "Device"\n'),
        ("", '[sound]\ndevice = "Device"\n'),
        *(
            (f"# a{end}b\n[sound] # c{end}d\n[voice]\n", f'# a{end}b\n[sound] # c{end}d\ndevice = "Device"\n[voice]\n')
            for end in ("\u2028", "\u2029", "\x85")
        ),
    ],
)
def test_keep(tmp_path, before, after):
    """The line is changed, or added where there is none, however the person writes TOML; comments and order stay."""
    file = tmp_path / "pitrainer.toml"
    file.write_text(before)
    file.chmod(0o640)
    keep(file, "sound", "device", "Device")
    assert file.read_text().strip() == after.strip()
    assert load(file, {})[0].sound.device == "Device"
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["pitrainer.toml"]


def test_keep_behind_a_byte_order_mark(tmp_path):
    """So does a choice in what Windows' Notepad has written."""
    file = tmp_path / "pitrainer.toml"
    file.write_bytes(b"\xef\xbb\xbf" + MINE.encode())
    keep(file, "sound", "device", "Device")
    assert file.read_text() == MINE.replace('device = ""', 'device = "Device"')


def test_keep_in_a_new_file(tmp_path):
    """Where there are no settings yet, they begin as those that ship, with every explanation."""
    file = tmp_path / "config" / "pitrainer.toml"
    keep(file, "sound", "device", "Device")
    assert file.read_text() == SHIPPED.read_text().replace('device = ""', 'device = "Device"')


@pytest.mark.parametrize("text", ["sound = 3\n", "[sound\n", "\xff"])
def test_no_toml(tmp_path, text):
    """A file that is wrong already stays as it is, and who finds out why is named."""
    file = tmp_path / "pitrainer.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(PitrainerError, match="pitrainer check says what is wrong with it"):
        keep(file, "sound", "device", "Device")
    assert file.read_bytes() == text.encode("latin-1")


def test_file_to_change(tmp_path, monkeypatch):
    """What ships is never changed: a choice goes into the system's file as root, else into one's own."""
    own = {"HOME": str(tmp_path)}
    file = tmp_path / "mine.toml"
    assert file_to_change(file, own) == file
    monkeypatch.setattr(module, "SYSTEM_FILE", tmp_path / "etc" / "pitrainer.toml")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert file_to_change(SHIPPED, own) == tmp_path / "etc" / "pitrainer.toml"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert file_to_change(SHIPPED, own) == tmp_path / ".config" / "pitrainer" / "pitrainer.toml"


PROGRAMS = """\
# mine
[sound]
volume = 80

# the programs
[[program]]
routine = "neck" # the usual
profile = "adult"

[[program]]
# for Ben
routine = "neck"
profile = "child"
person = "Ben"

# reminders are
# explained here

[[reminder]]
time = "08:00"
routine = "neck"
profile = "adult"
"""
ANNA = {"routine": "neck", "profile": "adult", "level": None, "person": None}
BEN = {"routine": "neck", "profile": "child", "level": None, "person": "Ben"}
DESK = {"routine": "desk", "profile": "adult", "level": "full", "person": None}
DESK_LINES = '[[program]]\nroutine = "desk"\nprofile = "adult"\nlevel = "full"\n'
FIRST = '[[program]]\nroutine = "neck" # the usual\nprofile = "adult"\n'
SECOND = '[[program]]\n# for Ben\nroutine = "neck"\nprofile = "child"\nperson = "Ben"\n'


@pytest.mark.parametrize(
    ("new", "after"),
    [
        ([ANNA, BEN], PROGRAMS),
        ([ANNA, BEN, DESK], PROGRAMS.replace(SECOND, f"{SECOND}\n{DESK_LINES}")),
        ([DESK, ANNA, BEN], PROGRAMS.replace(FIRST, f"{DESK_LINES}\n{FIRST}")),
        ([ANNA, DESK, BEN], PROGRAMS.replace(SECOND, f"{DESK_LINES}\n{SECOND}")),
        ([ANNA], PROGRAMS.replace(f"{SECOND}\n", "")),
        ([BEN], PROGRAMS.replace(FIRST, "")),
        ([], PROGRAMS.replace(f"{SECOND}\n", "").replace(FIRST, "")),
        ([ANNA | {"level": "full"}, BEN], PROGRAMS.replace(FIRST, f'{FIRST}level = "full"\n')),
        ([ANNA | {"routine": "desk"}, BEN], PROGRAMS.replace(FIRST, FIRST.replace('"neck"', '"desk"'))),
        ([ANNA, BEN | {"person": None}], PROGRAMS.replace('person = "Ben"\n', "")),
    ],
)
def test_tables(new, after):
    """Tables are added, changed and taken out; those that stay, and what stands between them, stay as they are written."""
    assert with_tables(PROGRAMS, "program", [ANNA, BEN], new) == after
    found = tomllib.loads(after).get("program", [])
    assert found == [{key: value for key, value in one.items() if value is not None} for one in new]


def test_the_first_table():
    """Where there is none yet, it goes to the end."""
    assert with_tables("[sound]\nvolume = 3", "program", [], [DESK]) == f"[sound]\nvolume = 3\n\n{DESK_LINES}"
    assert with_tables(SHIPPED.read_text(), "reminder", [], [DESK]) == SHIPPED.read_text() + "\n" + DESK_LINES.replace(
        "program", "reminder"
    )


def test_tables_in_a_list():
    """A list stays a list."""
    text = '# mine\nprogram = [{ routine = "neck", profile = "adult" }]\n[sound]\nvolume = 3 # x\n'
    after = with_tables(text, "program", [ANNA], [DESK, BEN])
    assert tomllib.loads(after) == {
        "program": [
            {"routine": "desk", "profile": "adult", "level": "full"},
            {"routine": "neck", "profile": "child", "person": "Ben"},
        ],
        "sound": {"volume": 3},
    }
    assert after.startswith("# mine\n")
    assert after.endswith("[sound]\nvolume = 3 # x\n")


def test_no_tables_in_a_list():
    """A list that would be empty goes."""
    text = '# mine\nprogram = [{ routine = "neck", profile = "adult" }] # one\n[sound]\nvolume = 3 # x\n'
    assert with_tables(text, "program", [ANNA], []) == "# mine\n[sound]\nvolume = 3 # x\n"


def test_tables_that_cannot_be_told_apart():
    """Where another number of tables is there than could be read, none is changed."""
    with pytest.raises(ValueError, match="not every"):
        with_tables(PROGRAMS, "program", [ANNA], [DESK])


VALUES = st.fixed_dictionaries(
    {
        "routine": st.sampled_from(["neck", "desk", 'a"b']),
        "profile": st.sampled_from(["adult", "child"]),
        "person": st.sampled_from([None, "Anna", "Zoë"]),
    }
)
COMMENTS = st.sampled_from(["", "\n", "# why\n", "\n# a [[program]]\n\n", "# a\u2028b\x85c\n"])


@given(st.lists(VALUES, max_size=5), st.lists(VALUES, max_size=5), st.data())
def test_any_tables(old, new, data):
    """Whatever is changed into whatever, the file then says that, and nothing else in it is another."""
    text = "[sound]\nvolume = 3 # x\n"
    for values in old:
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items() if value is not None]
        text += f"{data.draw(COMMENTS)}[[program]]\n{''.join(lines)}{data.draw(COMMENTS)}"
    text += '[[reminder]]\ntime = "08:00"\n# end\n'
    after = with_tables(text, "program", old, new)
    told = [{key: value for key, value in one.items() if value is not None} for one in new]
    found = tomllib.loads(after)
    assert found.pop("program", []) == told
    assert found == {"sound": {"volume": 3}, "reminder": [{"time": "08:00"}]}
    assert [line for line in after.split("\n") if "#" in line] == [line for line in text.split("\n") if "#" in line]
