"""What another process has said is said by the voice of the chosen program's language."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.config.schema import Settings
from pitrainer.control.handlers import Requests
from pitrainer.control.status import Status
from pitrainer.core.languages import LANGUAGES, Phrase
from pitrainer.core.messages import Answered, Chosen, Input, Order
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from support.fakes import SMALL
from support.spoken import en, other_language


def test_the_language_of_the_chosen_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that synthesises a text is told the routine, and thereby the language, in which it is said then."""
    monkeypatch.setitem(LANGUAGES, "xx", other_language("xx"))
    clips = ClipCache(tmp_path, "usual", {"xx": "another"})
    clips.write(en("Hello."), np.ones(480, np.int16))
    other = replace(SMALL, id="other", language="xx")
    programs = [Program(SMALL, "adult", "standard"), Program(other, "adult", "standard")]
    status = Status(programs, 1)
    ran: list[Sequence[str]] = []
    said: list[Phrase] = []

    def put(order: Input) -> None:
        assert isinstance(order, Order)
        said.append(order.phrase)
        requests.answered(Answered(Ms(0), order))

    def run(command: Sequence[str], _patience: float) -> int:
        ran.append(command)
        return 0

    requests = Requests(
        Settings(),
        programs,
        put,
        clips=clips,
        pins=None,  # type: ignore[arg-type]
        wall=None,  # type: ignore[arg-type]
        status=status,
        prepare=["prepare"],
        doctor=[],
        sound=[],
        run=run,
        lent=nullcontext,
    )
    say = requests.handlers()["say"]
    say({"text": "Hello."})
    assert ran == [["prepare", "--text=Hello.", "other"]]
    status(Chosen(Ms(0), 0))
    say({"text": "Hello."})
    assert len(ran) == 1
    assert said == [Phrase("Hello.", "xx"), en("Hello.")]
