"""The running trainer, as the page asks it."""

from pathlib import Path
from typing import Any

from ..control.client import ask
from ..control.protocol import CHECK_PATIENCE, PATIENCE
from ..errors import PitrainerError, RefusedError
from .refused import in_words


class Trainer:
    """Asks over the control socket."""

    def __init__(self, file: Path) -> None:
        """Take where the trainer's socket is, or will be."""
        self.file = file

    def ask(self, request: dict[str, Any], patience: float = PATIENCE) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            NotRunningError: if there is no trainer.
            RefusedError: if it refuses.
            PitrainerError: if it does not answer.
        """
        return ask(self.file, request, patience)

    def reload(self) -> dict[str, Any]:
        """Have changed files taken over.

        Returns:
            `not_taken`: why not, where none could be asked, or takes nothing; `after_session`: only then, for one runs.

        Raises:
            RefusedError: if the trainer has found mistakes.
        """
        try:
            answer = self.ask({"command": "reload"}, PATIENCE + CHECK_PATIENCE)
        except RefusedError:
            raise
        except PitrainerError as error:
            return {"not_taken": [in_words(error)], "after_session": False}
        not_taken = [str(why)] if (why := answer.get("not_taken")) else []
        return {"not_taken": not_taken, "after_session": answer.get("after_session") is True}
