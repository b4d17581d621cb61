"""The raw bytes of a request, within bounds of size and time, before anything looks into them."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pipeline.ingest.http.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

    from pipeline.ingest.http.limits import Room

GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Bodies:
    """Reads bodies: at most `most` bytes each, within `within_s` seconds, all of them together within `room`."""

    def __init__(self, most: int, within_s: float, room: Room) -> None:
        self._most, self._within_s, self._room = most, within_s, room

    @asynccontextmanager
    async def raw(self, request: web.Request) -> AsyncIterator[bytes]:
        """The bytes as they were sent, held in `room` until the context is left.

        Raises ProblemError: `too-large` (413), `slow-body` (408), `overloaded` (503), `wrong-type` (415) for an encoded body.
        """
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise ProblemError(
                "wrong-type", "a signature is over the bytes as they are: send them without Content-Encoding"
            )
        async with self._held(request) as body:
            yield body

    @asynccontextmanager
    async def plain(self, request: web.Request) -> AsyncIterator[bytes]:
        """The bytes, unpacked if they came as gzip: what they unpack to is bounded like what is sent. Raises as `raw`, and `bad-request`."""
        encoding = request.headers.get("Content-Encoding", "identity").lower()
        if encoding not in {"identity", "gzip"}:
            raise ProblemError("wrong-type", "Content-Encoding may be gzip or identity")
        async with self._held(request) as body:
            yield self._unpacked(body) if encoding == "gzip" else body

    @asynccontextmanager
    async def _held(self, request: web.Request) -> AsyncIterator[bytes]:
        told = request.content_length
        if told is not None and told > self._most:
            raise self._too_large()
        packed = request.headers.get("Content-Encoding", "identity") != "identity"
        size = self._most if told is None or packed else told
        self._room.take(size)
        try:
            yield await self._read(request)
        finally:
            self._room.give(size)

    async def _read(self, request: web.Request) -> bytes:
        if request.content.is_eof():  # it came with the head, as small ones do: there is nothing to wait for
            body = request.content.read_nowait()
            if len(body) > self._most:
                raise self._too_large()
            return body
        return await self._read_slowly(request)

    async def _read_slowly(self, request: web.Request) -> bytes:
        parts: list[bytes] = []
        left = self._most
        try:
            async with asyncio.timeout(self._within_s):
                while part := await request.content.readany():
                    left -= len(part)
                    if left < 0:
                        raise self._too_large()
                    parts.append(part)
        except TimeoutError:
            raise ProblemError("slow-body", f"the body was not there within {self._within_s:g} s") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _unpacked(self, body: bytes) -> bytes:
        unzip = zlib.decompressobj(GZIP_WINDOW)
        try:
            plain = unzip.decompress(body, self._most + 1)
        except zlib.error:
            raise ProblemError("bad-request", "the body is not gzip, as its Content-Encoding says") from None
        if len(plain) > self._most:
            raise self._too_large()
        if not unzip.eof:
            raise ProblemError("bad-request", "the gzip body ends too early")
        return plain

    def _too_large(self) -> ProblemError:
        return ProblemError("too-large", f"a body may have {self._most} bytes", limit_bytes=self._most)
