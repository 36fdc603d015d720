"""What another process has said is heard: by the voice of the chosen program's language, or it is refused."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.config.schema import Settings
from pitrainer.control import handlers
from pitrainer.control.handlers import Requests
from pitrainer.control.status import Status
from pitrainer.core.languages import LANGUAGES, Phrase
from pitrainer.core.messages import Answered, Chosen, Fault, FaultAppeared, FaultGone, Input, Order
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.errors import PitrainerError
from support.fakes import SMALL
from support.spoken import en, other_language


class Trainer:
    """Obeys `say`, and remembers what it said, and what was synthesised for it."""

    def __init__(self, programs: list[Program], chosen: int, clips: ClipCache) -> None:
        self.status = Status(programs, chosen)
        self.said: list[Phrase] = []
        self.made: list[Phrase] = []
        none: Any = None
        parts = {"pins": none, "wall": none, "doctor": [], "sound": [], "lent": nullcontext}
        self._requests = Requests(Settings(), programs, self._put, clips=clips, status=self.status, make=self._make, **parts)
        self.say = self._requests.handlers()["say"]

    def _put(self, order: Input) -> None:
        assert isinstance(order, Order)
        self.said.append(order.phrase)
        self._requests.answered(Answered(Ms(0), order))

    def _make(self, phrases: Sequence[Phrase], _patience: float) -> int:
        self.made.extend(phrases)
        return 0


def test_the_language_of_the_chosen_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that synthesises a text is told the language in which it is said then."""
    monkeypatch.setitem(LANGUAGES, "xx", other_language("xx"))
    clips = ClipCache(tmp_path, "usual", {"xx": "another"})
    clips.write(en("Hello."), np.ones(480, np.int16))
    other = replace(SMALL, id="other", language="xx")
    trainer = Trainer([Program(SMALL, "adult", "standard"), Program(other, "adult", "standard")], 1, clips)
    trainer.say({"text": "Hello."})
    assert trainer.made == [Phrase("Hello.", "xx")]
    trainer.status(Chosen(Ms(0), 0))
    trainer.say({"text": "Hello."})
    assert len(trainer.made) == 1
    assert trainer.said == [Phrase("Hello.", "xx"), en("Hello.")]


def test_without_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that cannot be heard is refused with the reason; unless the speaker is there again as soon as it is asked for."""
    monkeypatch.setattr(handlers, "SOUND_PATIENCE", 0.5)
    trainer = Trainer([Program(SMALL, "adult", "standard")], 0, ClipCache(tmp_path, "usual"))
    trainer.status(FaultAppeared(Ms(0), Fault("sound", "no sound: plug one in")))
    with pytest.raises(PitrainerError, match=r"^no sound: plug one in$"):
        trainer.say({"text": "Hello."})
    monkeypatch.setattr(handlers, "SOUND_PATIENCE", 20)
    Timer(0.1, trainer.status, [FaultGone(Ms(0), "sound")]).start()
    assert trainer.say({"text": "Hello."}) == {}
    assert trainer.said == [en("Hello."), en("Hello.")]
