"""A page under test: a fake ClickHouse for unit tests, and the real application on a free port."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from pipeline.config import Settings
from pipeline.errors import UnavailableError
from pipeline.serve.app import make_app
from pipeline.serve.run import listen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

NOWHERE = Settings(
    clickhouse_url="http://127.0.0.1:9",
    worker_status_url="http://127.0.0.1:9",
    kafka_bootstrap="127.0.0.1:9",
    page_interval_s=0.05,
)


EMPTY: dict[str, list[dict[str, Any]]] = {
    "AS accepted": [{"accepted": 0}],
    "AS rejected": [{"rejected": 0}],
    "now64": [{"contents": 0, "last_seen": 0, "now": 1_700_000_000_000}],
}


class FakeReader:
    """Answers by a word of the question; counts what it was asked. `down` makes it fail."""

    def __init__(
        self, answers: dict[str, Callable[[dict[str, Any]], list[dict[str, Any]]] | list[dict[str, Any]]]
    ) -> None:
        self.answers = answers | EMPTY
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.down = ""
        self.closed = False

    async def rows(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        self.asked.append((sql, parameters))
        if self.down:
            raise UnavailableError(self.down)
        answer = next((rows for word, rows in self.answers.items() if word in sql), [])
        return answer(parameters) if callable(answer) else answer

    async def close(self) -> None:
        self.closed = True


@dataclass
class Page:
    """A served page."""

    url: str
    session: aiohttp.ClientSession
    stop: Callable[[], Awaitable[None]]

    async def get(self, path: str, **options: Any) -> Any:
        async with self.session.get(self.url + path, **options) as response:
            return response.status, await response.json(content_type=None)


@asynccontextmanager
async def served(settings: Settings = NOWHERE, port: int = 0, **parts: Any) -> AsyncIterator[Page]:
    """The application on a port of this machine, stopped at the end of the block."""
    runner = web.AppRunner(await make_app(settings, **parts), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        port = await listen(runner, "127.0.0.1", port, "page")
        async with aiohttp.ClientSession() as session:
            yield Page(f"http://127.0.0.1:{port}", session, runner.cleanup)
    finally:
        await runner.cleanup()


async def sse(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, str, str]]:
    """(id, event, data) of each event of a stream."""
    waiting = b""
    async for chunk in response.content.iter_any():
        *whole, waiting = (waiting + chunk).split(b"\n\n")
        for block in whole:
            fields = dict(line.split(": ", 1) for line in block.decode().splitlines())
            yield fields.get("id", ""), fields.get("event", ""), fields.get("data", "")


def free_port() -> int:
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
