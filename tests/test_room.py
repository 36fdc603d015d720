"""The room in which the tests listen."""

import re
import subprocess
from pathlib import Path

import pytest

from support.room import Room, Rooms

pytestmark = pytest.mark.sound


def answers(room: Room) -> bool:
    return subprocess.run(["pactl", "info"], env=room.env, capture_output=True, check=False).returncode == 0


def dies_in(rooms: Rooms, log: Path) -> None:
    with rooms.room() as room:
        with log.open("a") as words:
            words.write("last words")
        room.server.kill()
        room.server.wait(10)


def test_another_room(tmp_path: Path) -> None:
    """One death costs one test: whoever was in the room is told how its PulseAudio ended, and the next one gets another."""
    rooms = Rooms(tmp_path)
    try:
        with rooms.room() as first:
            assert answers(first)
        with pytest.raises(AssertionError, match=r"(?s)exit code -9; its log:\n.*last words$"):
            dies_in(rooms, tmp_path / "0" / "pulseaudio.log")
        with rooms.room() as second:
            assert answers(second)
        with rooms.room() as third:
            assert third is second
    finally:
        rooms.close()


def test_sturdy(room: Room) -> None:
    """No sound is in memory that a client takes away, and the kernel kills nobody whose sound is late."""
    with room.microphone():
        process = Path(f"/proc/{room.server.pid}")
        assert "memfd:pulseaudio" not in (process / "maps").read_text()
        assert re.search(r"^Max realtime timeout +unlimited +unlimited", (process / "limits").read_text(), re.MULTILINE)
