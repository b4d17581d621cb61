"""Connections that open within a time or not at all, and messages of a WebSocket as bytes, or the reason why there is none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from aiohttp import WSMsgType

from pipeline.ingest.collect.seam import SourceError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from aiohttp import ClientWebSocketResponse

ANSWER_S: Final = 30.0
"""For the head of an answer: a server that takes a connection and says nothing must not hold a source for ever."""
T = TypeVar("T")


async def answered(opening: Awaitable[T], within_s: float | None = None) -> T:
    """What is opened. Raises SourceError when there is no answer in time, and what the opening raises."""
    within_s = within_s or ANSWER_S
    try:
        async with asyncio.timeout(within_s):
            return await opening
    except TimeoutError:
        raise SourceError(f"no answer within {within_s:g} s") from None


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
