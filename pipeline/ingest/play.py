"""Records into Kafka at the times they are meant for."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from pipeline.ingest.generator import Arrival

TICK_S = 0.05
AT_A_STRETCH = 500


class Target(Protocol):
    """What is used of `pipeline.ingest.producer.EventProducer`."""

    async def put(self, key: bytes | None, value: bytes) -> None:
        """Take a record; waits while there is no room."""

    async def flush(self) -> None:
        """Return when Kafka has acknowledged every record taken."""


async def play(
    records: Iterable[Arrival],
    target: Target,
    now: Callable[[], float] = monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Put each record when its `at_s` has passed since the call; history (negative `at_s`) at once, and what is late without a pause.

    Records reach Kafka at most `TICK_S` late as long as Kafka keeps up. Ends with the records.
    """
    began = now()
    for count, record in enumerate(records):
        if record.at_s > now() - began:
            await target.flush()
            await sleep(max(TICK_S, record.at_s - (now() - began)))
        elif count % AT_A_STRETCH == 0:
            await sleep(0)
        await target.put(record.key, record.value)
    await target.flush()
