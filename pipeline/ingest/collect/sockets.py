"""One message of a WebSocket as bytes, or the reason why there is none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

from pipeline.ingest.collect.seam import SourceError

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse


async def receive(socket: ClientWebSocketResponse[bool], within_s: float) -> bytes:
    """The next message, as it came. Raises SourceError when none comes within `within_s` seconds, or none can come any more.

    The socket must have been opened with `decode_text=False`: a text that is no UTF-8 is one bad message, not the end of the connection.
    """
    try:
        async with asyncio.timeout(within_s):  # receive's own limit starts over with each ping
            message = await socket.receive()
    except TimeoutError:
        raise SourceError(f"nothing came for {within_s:g} s") from None
    if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
        return bytes(message.data)
    if message.type is WSMsgType.ERROR:
        raise SourceError(f"the connection broke: {message.data!r}")
    raise SourceError(f"the server closed the connection (code {socket.close_code})")
