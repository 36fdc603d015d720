"""The stream to a browser: what it is sent, and when."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from pitrainer.page import app
from pitrainer.page.live import HEARTBEAT, Live
from pitrainer.page.pairing import Tokens
from pitrainer.page.place import Place


def test_a_burst(tmp_path: Path) -> None:
    """A change that comes while the one before is being sent is sent next, and does not wait for the heartbeat."""
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b"").decode())

    async def look() -> None:
        loop, live = asyncio.get_running_loop(), Live(tmp_path)
        changes = iter(range(1, 4))

        def allowed() -> bool:
            change = next(changes)
            loop.call_soon_threadsafe(live._publish, {"change": change})  # as the thread does that follows the trainer
            return change < 3

        live._publish({"change": 0})
        async with asyncio.timeout(HEARTBEAT / 2):
            await live.stream(allowed)({}, loop.create_future, send)

    asyncio.run(look())
    assert [text.rpartition('"change": ')[2] for text in sent] == ["", "0}}\n\n", "1}}\n\n", ""]


def test_over_midnight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone that looks on past midnight was used on the new day, whatever else it asks for meanwhile."""

    class Calendar(date):
        current = date(2026, 11, 28)

        @classmethod
        def today(cls) -> Any:
            return cls.current

    monkeypatch.setattr(app, "date", Calendar)
    tokens = Tokens(tmp_path)
    token = tokens.add("a tablet", Calendar.current)

    async def look() -> list[str]:
        page = app.Page(Place(*[tmp_path] * 4), tokens, Live(tmp_path), {}, "")
        stream = await page.events(Request({"type": "http", "state": {"token": token}}))
        used = []
        for day in (date(2026, 11, 28), date(2026, 11, 29)):
            Calendar.current = day
            tokens.find(token, day)  # with another request
            assert stream._allowed()
            used.append(tokens.devices()[0].used)
        return used

    assert asyncio.run(look()) == ["2026-11-28", "2026-11-29"]
