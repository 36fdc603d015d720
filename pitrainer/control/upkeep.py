"""What keeps a running trainer in order, from outside: settings read anew, the log's last lines, the sound cards there are."""

from collections.abc import Callable

from ..audio.cards import Card, about, choose, read_cards
from ..config.schema import Settings
from ..errors import PitrainerError
from ..wallclock import WallClock
from .kept_log import MOST, KeptLog
from .protocol import Handler, Request
from .status import Status


class Upkeep:
    """Obeys what is asked for by whoever looks after the trainer."""

    def __init__(
        self,
        settings: Settings,
        wall: WallClock,
        status: Status,
        log: KeptLog,
        reload: Callable[[], str],
        played_on: Callable[[], Card | None],
    ) -> None:
        """Take the running trainer's parts; `reload` is `Service.reload`, and `played_on` returns `Speaker.card`."""
        self._settings = settings
        self._wall = wall
        self._status = status
        self._log = log
        self._reload = reload
        self._played_on = played_on

    def handlers(self) -> dict[str, Handler]:
        """Return what obeys each command."""
        return {"reload": self._read_anew, "log": self._last_lines, "cards": self._cards}

    def _read_anew(self, _request: Request) -> Request:
        """Have changed settings and routines taken over, unless they have mistakes: then all stays as it is."""
        why = self._reload()
        return {"not_taken": why} if why else {"after_session": self._status.busy}

    def _last_lines(self, request: Request) -> Request:
        count = request.get("lines", MOST)
        if type(count) is not int or not 1 <= count <= MOST:
            raise PitrainerError(f'"lines" must be a whole number from 1 to {MOST}')
        return {"lines": self._log.lines(count, self._wall.zoned())}

    def _cards(self, _request: Request) -> Request:
        """Return the sound cards, numbered as `pitrainer sound` does it."""
        cards = read_cards()
        in_force = choose(self._settings.sound.device, cards, self._played_on())[0]
        return {
            "cards": [
                {
                    "number": number,
                    "id": card.id,
                    "name": card.name,
                    "kind": card.kind,
                    "why": about(card),
                    "in_force": card == in_force,
                }
                for number, card in enumerate(cards, start=1)
            ]
        }
