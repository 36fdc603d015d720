"""A choice is written into the person's settings, and nothing else in them changes."""

import os
from pathlib import Path

import pytest

from pitrainer.config import keep as module
from pitrainer.config.keep import file_to_change, keep
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
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PitrainerError, match=r"mine\.toml: you may not change it; sudo pitrainer sound"):
        file_to_change(Path(file), own)
