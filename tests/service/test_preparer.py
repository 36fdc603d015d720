"""Clips that are made beside a running trainer: what is needed first comes first, and it is told how far it is."""

import json
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.clock import monotonic
from pitrainer.core.languages import Phrase
from pitrainer.core.messages import Event, Fault, Preparing
from pitrainer.service.ending import Children
from pitrainer.service.preparing import NEXT, Preparer
from support.spoken import en

PHRASES = [en(f"Text {number}.") for number in range(NEXT + 8)]
MAKE = """
import json, sys, time
from pathlib import Path
import numpy as np
from pitrainer.audio.clips import ClipCache
from pitrainer.core.languages import Phrase
folder, pause, most = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
cache = ClipCache(folder, "nobody")
phrases = json.load(sys.stdin)
with (folder / "given").open("a") as given:
    print(json.dumps(phrases), file=given)
for phrase in phrases[:most]:
    cache.write(Phrase(*phrase), np.ones(480, np.int16))
    time.sleep(pause)
if most < len(phrases):
    sys.exit("pitrainer: the rest cannot be spoken")
"""
"""Makes clips of what it is given, one after the other, at the most so many."""


class Beside:
    """A trainer's clips, and who has them made."""

    def __init__(self, folder: Path, *, pause: float = 0.01, most: int = 100) -> None:
        self.folder = folder
        self.clips = ClipCache(folder, "nobody")
        self.told: list[Event] = []
        self.planned = 0
        self.in_session = False
        self.children = Children()
        command = [sys.executable, "-c", MAKE, str(folder), str(pause), str(most)]
        self.faults: list[Fault] = []
        told = monotonic, self.told.append, self.faults.append, lambda: self.in_session
        self.preparer = Preparer(command, self.children, self.clips, self._phrases, *told)

    def _phrases(self) -> list[Phrase]:
        self.planned += 1
        return PHRASES

    def wait(self) -> None:
        until = time.monotonic() + 60
        while self.clips.preparing and time.monotonic() < until:
            time.sleep(0.01)
        for thread in threading.enumerate():
            if thread.name == "preparing":
                thread.join(10)

    def begun(self) -> None:
        """Wait for the first clip: what the process was given is written then, and not only its file there."""
        until = time.monotonic() + 60
        while not list(self.folder.glob("*.wav")) and time.monotonic() < until:
            time.sleep(0.01)

    def given(self) -> list[list[Phrase]]:
        return [[Phrase(*one) for one in json.loads(line)] for line in (self.folder / "given").read_text().splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_what_is_missing(folder):
    """What is missing is made, in its order, and it is told how far that is; then nothing is being made any more."""
    beside = Beside(folder)
    beside.clips.write(PHRASES[1], np.ones(480, np.int16))
    beside.preparer.begin()
    assert beside.clips.preparing
    beside.wait()
    assert beside.clips.missing(PHRASES) == []
    assert beside.given() == [[PHRASES[0], *PHRASES[2:]]]
    first, *_, last = beside.told
    assert isinstance(first, Preparing)
    assert 1 <= first.made < len(PHRASES)  # a slow thread first looks when some are made
    assert (first.total, first.left, first.ended) == (len(PHRASES), None, False)
    assert isinstance(last, Preparing)
    assert (last.made, last.total, last.left, last.ended) == (len(PHRASES), len(PHRASES), None, True)
    assert (beside.clips.preparing, beside.clips.pace) == (False, 0.0)


def test_nothing_is_missing(folder):
    """Where every clip is there, no process is begun, and nothing is told."""
    beside = Beside(folder)
    for phrase in PHRASES:
        beside.clips.write(phrase, np.ones(480, np.int16))
    beside.preparer.begin()
    assert not beside.clips.preparing
    assert not (folder / "given").exists()
    assert beside.told == []


def test_what_a_start_waits_for(folder):
    """What a start waits for is made next: where much else would come before it, by a process that begins with it."""
    beside = Beside(folder, pause=0.5)
    beside.preparer.begin()
    beside.begun()
    beside.preparer.first((PHRASES[-1], PHRASES[-2]))
    beside.wait()
    first, second = beside.given()
    assert first == PHRASES
    assert second[:2] == [PHRASES[-1], PHRASES[-2]]
    assert len(second) == len(set(second)) < len(first)
    assert beside.clips.missing(PHRASES) == []


def test_what_comes_next_anyway(folder):
    """Nothing is begun anew for clips that are made next."""
    beside = Beside(folder)
    beside.preparer.first(tuple(PHRASES[:3]))
    beside.preparer.begin()
    beside.wait()
    assert beside.given() == [PHRASES]


def test_what_cannot_be_made(folder, caplog):
    """What the process complains of is logged, a line each; until they have their clips, it is a fault."""
    beside = Beside(folder, most=2)
    beside.preparer.begin()
    beside.wait()
    mute = f"{len(PHRASES) - 2} of {len(PHRASES)} phrases cannot be heard"
    assert caplog.messages == [
        "the rest cannot be spoken",
        f"preparing the voice ended with exit code 1; {mute}",
    ]
    assert beside.told[-1].made == 2
    assert beside.faults == [Fault("voice", f"{mute}; pitrainer doctor says what to do")]
    for phrase in PHRASES:
        beside.preparer.look()
        assert len(beside.faults) == 1
        beside.clips.write(phrase, np.ones(480, np.int16))  # as somebody does who imports them
    for _ in range(2):
        beside.preparer.look()
        assert beside.faults[1:] == [Fault("voice", "")]


def test_a_command_that_is_not_there(folder, caplog):
    """A command that cannot be run is named."""
    beside = Beside(folder)
    beside.preparer._command = ["/nowhere/python"]
    beside.preparer.begin()
    beside.wait()
    assert caplog.messages == [
        f"/nowhere/python: No such file or directory; {len(PHRASES)} of {len(PHRASES)} phrases cannot be heard"
    ]


def test_the_end(folder, caplog):
    """When the trainer ends, so does the process, without a word; none is begun after that."""
    beside = Beside(folder, pause=60)
    beside.preparer.begin()
    beside.begun()
    beside.preparer.end()
    beside.children.end()
    beside.wait()
    beside.preparer.begin()
    assert not beside.clips.preparing
    assert len(beside.given()) == 1
    assert caplog.messages == []


def test_not_planned_in_a_session(folder):
    """Every program is planned with the true lengths once clips were made; beside a session, it waits for its end."""
    beside = Beside(folder)
    beside.in_session = True
    beside.preparer.begin()
    beside.wait()
    assert beside.planned == 1
    assert not beside.clips.missing(PHRASES)
    beside.in_session = False
    beside.preparer.begin()  # as the session's end does
    assert beside.planned == 2


def test_a_session_ends_while_it_is_planned_no_more(folder):
    """The session's end found the thread still busy: it looks again by itself."""
    beside = Beside(folder)
    answers = iter([True, False])
    beside.preparer._in_session = lambda: next(answers, False)
    beside.preparer.begin()
    beside.wait()
    until = time.monotonic() + 20
    while beside.planned < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert beside.planned == 2
