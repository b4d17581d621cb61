"""What stands between the workers and ClickHouse: it passes everything on, or does harm."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16
ANSWERS = {
    "ClickHouse is full": (
        500,
        243,
        "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)",
    ),
    "ClickHouse is read-only": (500, 242, "Code: 242. DB::Exception: Table is in readonly mode. (TABLE_IS_READ_ONLY)"),
    "a gateway answers": (503, 0, "<html><h1>503 Service Unavailable</h1></html>"),
}


class Proxy:
    """A TCP proxy on a port of its own. `mode` is '' or the kind of a fault (see `campaign.plan`)."""

    def __init__(self, target_port: int, rng: Random) -> None:
        self.target_port, self.rng = target_port, rng
        self.mode = ""
        self.port = 0
        self.harmed = 0
        """Requests that met the fault."""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._released = asyncio.Event()
        self._released.set()

    async def open(self) -> None:
        """Listen; the port stays the same."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections, and cut those that are there."""
        if self._server:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def harm(self, mode: str, seconds: float) -> int:
        """Do it for so long; returns how many requests met it."""
        self.mode, self.harmed = mode, 0
        if mode == "ClickHouse refuses":
            await self.close()
        if mode == "ClickHouse hangs":
            self._released.clear()
        await asyncio.sleep(seconds)
        self.mode = ""
        self._released.set()
        if self._server is None:
            await self.open()
        return self.harmed

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._released.wait()
            up_reader, up_writer = await asyncio.open_connection(LOOPBACK, self.target_port)
            self._writers.add(up_writer)
            try:
                await self._both(reader, writer, up_reader, up_writer)
            finally:
                self._writers.discard(up_writer)
                up_writer.transport.abort()
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        """Until one side ends, or is ended."""
        ways = {
            asyncio.create_task(self._up(reader, up_writer, writer)),
            asyncio.create_task(self._down(up_reader, writer)),
        }
        _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if not self.mode:
            await asyncio.wait(rest, timeout=0.2)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _up(self, reader: asyncio.StreamReader, up: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        left = None
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                self.harmed += bool(self.mode)
                await self._released.wait()
                if self.mode in ANSWERS:
                    await self._answer(back)
                    return
                if self.mode == "ClickHouse fails half-way":
                    left = self.rng.choice((300, 4_000, 20_000, 60_000)) if left is None else left
                    up.write(data[:left])
                    left -= len(data)
                    if left < 0:
                        await up.drain()
                        return
                else:
                    up.write(data)
                await up.drain()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.mode == "ClickHouse does not answer":
                    return
                writer.write(data)
                await writer.drain()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        status, code, text = ANSWERS[self.mode]
        head = f"HTTP/1.1 {status} Error\r\nContent-Length: {len(text)}\r\nConnection: close\r\n"
        if code:
            head += f"X-ClickHouse-Exception-Code: {code}\r\n"
        writer.write(f"{head}\r\n{text}".encode())
        await writer.drain()
        await asyncio.sleep(0.05)
