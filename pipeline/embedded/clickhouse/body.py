"""The body of a request, decompressed, in pieces."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline.embedded.clickhouse.compression import Decompressor
from pipeline.embedded.clickhouse.errors import QUERY_IS_TOO_LARGE, ServerError

if TYPE_CHECKING:
    from aiohttp import StreamReader

PIECE = 1 << 20
QUERY_MOST = 64 << 20


class Body:
    """Reads at the client's pace; `head` bytes that were read to see what the body is are handed out again."""

    def __init__(self, content: StreamReader, encoding: str | None) -> None:
        self._content = content
        self._decompressor = Decompressor(encoding) if encoding and encoding.lower() != "identity" else None
        self._head = b""

    async def read(self) -> bytes:
        """About 1 MiB, less at the end or when the client is slower; b'' after the end."""
        if self._head:
            head, self._head = self._head, b""
            return head
        while raw := await self._content.readany():
            if data := await self._decompress(raw):
                return data
        if self._decompressor is not None:
            self._decompressor.finish()
        return b""

    def unread(self, data: bytes) -> None:
        """Hand `data` out again, before the rest."""
        self._head = data + self._head

    async def peek(self) -> bytes:
        """The first 1 MiB, or all of a smaller body. It stays unread."""
        pieces, size = [], 0
        while size < PIECE and (piece := await self.read()):
            pieces.append(piece)
            size += len(piece)
        head = b"".join(pieces)
        self.unread(head)
        return head

    async def read_head(self) -> bytes:
        """Like `peek`, and taken."""
        await self.peek()
        return await self.read()

    async def whole(self, most: int = QUERY_MOST) -> bytes:
        """All of it. Raises ServerError 229 when it is larger than `most` bytes."""
        pieces, size = [], 0
        while piece := await self.read():
            size += len(piece)
            if size > most:
                raise ServerError(QUERY_IS_TOO_LARGE, f"The body is larger than {most >> 20} MiB")
            pieces.append(piece)
        return b"".join(pieces)

    async def _decompress(self, raw: bytes) -> bytes:
        if self._decompressor is None:
            return raw
        return await asyncio.to_thread(self._decompressor.decompress, raw)
