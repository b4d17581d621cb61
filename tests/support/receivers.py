"""Alerts to deliver, and receivers that take them, refuse them, or do worse."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web
from standardwebhooks import Webhook

from schemas.alert import EXAMPLE, Alert

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
HANG = "hang"
DROP = "drop"
DRIP = "drip"


def alert(number: int = 0, **fields: Any) -> Alert:
    """An alert of now, different for each number."""
    now = datetime.now(UTC).isoformat()
    made = {"alert_id": f"{number:032x}", "content_id": f"content-{number}", "at": now, "opened_at": now}
    return Alert.model_validate(EXAMPLE | made | fields)


@dataclass
class Got:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)
    """When it came."""

    def verified(self, secret: str = SECRET) -> dict[str, Any]:
        """The body, once the signature has been checked as a receiver would, with the library of Standard Webhooks."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """A server on this machine. `answers` are given in their order, the last one for ever: a status, `(status, headers)`, HANG, DROP or DRIP."""

    answers: list[Any] = field(default_factory=lambda: [200])
    got: list[Got] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Its address, for http."""
        return f"http://127.0.0.1:{self.port}/hook?token=s3cret"

    @property
    def ids(self) -> list[str]:
        """The ids of what came, in order."""
        return [one.headers["webhook-id"] for one in self.got]

    async def until(self, count: int, seconds: float = 30.0) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(seconds):
            while len(self.got) < count:  # noqa: ASYNC110 - a look at a list, fifty times a second
                await asyncio.sleep(0.02)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note it, answer as told."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Got(request.path, headers, await request.read()))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == HANG:
            await asyncio.sleep(3600)
        if answer == DROP:
            request.transport.abort()
            return web.Response()
        if answer == DRIP:
            return await self._drip(request)
        status, more = answer if isinstance(answer, tuple) else (answer, {})
        return web.Response(status=status, headers=more, text="answer with s3cret in it")

    @staticmethod
    async def _drip(request: web.Request) -> web.StreamResponse:
        """A body that never ends."""
        response = web.StreamResponse(headers={"Content-Length": "1000000"})
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def receiving(*answers: Any, port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver for the length of the block."""
    receiver = Receiver(list(answers) or [200])
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()


@contextmanager
def receiving_beside(*answers: Any) -> Iterator[list[Receiver]]:
    """Receivers on a thread of their own, for what has an event loop of its own."""
    ready, end, found = threading.Event(), [], []

    async def main() -> None:
        async with AsyncExitStack() as stack:
            found.extend([await stack.enter_async_context(receiving(answer)) for answer in answers])
            stopping = asyncio.Event()
            end.append((asyncio.get_running_loop(), stopping))
            ready.set()
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    ready.wait(30)
    try:
        yield found
    finally:
        loop, stopping = end[0]
        loop.call_soon_threadsafe(stopping.set)
        thread.join()


def channels_file(path: Any, **channels: dict[str, Any]) -> Any:
    """Write a file of channels, readable by its owner alone."""
    import yaml

    path.write_text(yaml.safe_dump({"channels": {name.replace("_", "-"): told for name, told in channels.items()}}))
    path.chmod(0o600)
    return path


def hook(receiver: Receiver, secrets: Sequence[str] = (SECRET,), **more: Any) -> dict[str, Any]:
    """A webhook channel as the file has it."""
    return {"webhook": receiver.url, "secrets": list(secrets), **more}
