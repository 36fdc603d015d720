"""The stream to a browser: what it is sent, and when."""

import asyncio
from pathlib import Path
from typing import Any

from pitrainer.page.live import HEARTBEAT, Live


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
