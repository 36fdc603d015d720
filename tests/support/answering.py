"""A control socket whose answers are told by a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pitrainer.control.protocol import Handler, Request, socket_file
from pitrainer.control.server import Control
from pitrainer.page.trainer import Trainer

COMMANDS = ("reload", "cards", "status", "log", "clock", "doctor", "try_card")


class Answering:
    """Answers as it is told to, and remembers what it was asked; at first it takes over anything, and has no card."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[Request] = []
        self.answers: dict[str, Handler] = {
            "reload": lambda _: {"after_session": False},
            "cards": lambda _: {"cards": []},
            "status": lambda _: {"status": {"volume": 100}},
        }
        self.trainer = Trainer(socket_file(folder / "run"))
        self.control = Control(self.trainer.file, {command: self._answers(command) for command in COMMANDS})

    def _answers(self, command: str) -> Callable[[Request], Request]:
        def answer(request: Request) -> Request:
            self.asked.append(request)
            return self.answers[command](request)

        return answer


@contextmanager
def answering(folder: Path) -> Iterator[Answering]:
    """Have a trainer answer while the block runs."""
    trainer = Answering(folder)
    trainer.control.serve()
    try:
        yield trainer
    finally:
        trainer.control.close()
