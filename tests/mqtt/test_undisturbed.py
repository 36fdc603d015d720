"""A session of a whole trainer beside the process, on a broker as bad as can be."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pitrainer.clock import monotonic
from pitrainer.control.client import ask, follow
from pitrainer.control.protocol import socket_file
from support.appliance import TINY, fill, running, write_home
from support.bad_broker import BadBroker
from support.fakes import TESTS
from support.mosquitto import PROGRAM, Mosquitto

pytestmark = pytest.mark.skipif(not PROGRAM, reason="needs the package mosquitto")

SOUNDLESS = (str(TESTS / "support" / "soundless.py"),)
SESSION = ("started", "began", "said", "held", "paused", "ended")


@contextmanager
def beside(kind: str, folder: Path, control: Path) -> Iterator[BadBroker | None]:
    """Have the process on a broker of this kind while the block runs; on none for ""."""
    if not kind:
        yield None
        return
    folder.mkdir(mode=0o700)
    with Mosquitto(folder) as mosquitto:
        bad = BadBroker(folder, mosquitto, str(control))
        work: Callable[[], None] = getattr(bad, kind)
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield bad
        finally:
            bad.ending.set()
            thread.join()
        assert not bad.left_alone


def session(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], int]:
    """Return what happens in a session, and when since its start; and by how much most of it was told of late, in ms."""
    folder.mkdir()
    env = write_home(folder) | {"WALL": "2026-05-04T08:00"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    (folder / "routines" / "small.toml").write_text(TINY.replace("tiny", "small"))
    fill(folder, 0.3)
    control = socket_file(folder / "run" / "pitrainer")
    found, late = [], []
    with running(env, folder / "journal", entry=SOUNDLESS), beside(kind, folder / "mqtt", control) as bad:
        with closing(follow(control, {"command": "events"})) as lines:
            next(lines)
            if bad:
                bad.ending.wait(6)  # until it is as bad as it will be
            ask(control, {"command": "start"})
            for line in lines:
                if line["event"] in SESSION and (found or line["event"] == "started"):  # a flood has texts said before it
                    found.append(line)
                    late.append(monotonic() - line["at"])
                if line["event"] == "ended":
                    break
    began = found[0]["at"]
    found.sort(key=lambda line: (line["at"], line["event"]))  # a late loop tells in another order what is due together
    return [line | {"at": line["at"] - began} for line in found], sorted(late)[len(late) * 9 // 10]


def test_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a broker that is slow, floods, or dies, each cue and each hold of a session comes at the millisecond it would."""
    alone, late = session(tmp_path / "alone", "", monkeypatch)
    assert [line["event"] for line in alone].count("held") == 1
    told = {"alone": late}
    for kind in ("slow", "floods", "dies"):
        found, told[kind] = session(tmp_path / kind, kind, monkeypatch)
        assert found == alone
    print(f"of ten events, nine were told of within so many ms: {told}")
