"""A content that takes off now, and the messages that come of it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from support.stream import event_json
from support.worker import PATIENCE_S, produce

from pipeline.kafka import client_options, partition_count
from schemas.alert import Alert, decode_alert

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.config import Settings

BURST = 60
"""Shares in a minute that the preset balanced takes for a beginning, after an hour of nearly none."""


def shares(name: str, count: int, ago_s: float, content: str = "star") -> list[tuple[bytes, bytes]]:
    """So many shares dated so many seconds ago."""
    at = (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat()
    return [(content.encode(), event_json(f"{name} {n}", content, occurred_at=at)) for n in range(count)]


async def smoulder(settings: Settings, content: str = "star") -> None:
    """One share in five minutes, for an hour."""
    await produce(settings, [pair for ago in range(3600, 300, -300) for pair in shares(f"old {ago}", 1, ago, content)])


async def take_off(settings: Settings, content: str = "star") -> None:
    """Many shares in this minute and the one before."""
    await produce(settings, shares("before", BURST, 70, content) + shares("now", BURST, 5, content))


async def messages(settings: Settings) -> list[Any]:
    """All committed records of the topic of alerts."""
    options = client_options(settings) | {"isolation_level": "read_committed", "auto_offset_reset": "earliest"}
    count = await partition_count(settings, settings.alerts_topic)
    parts = [TopicPartition(settings.alerts_topic, number) for number in range(count)]
    async with AIOKafkaConsumer(**options, enable_auto_commit=False, fetch_max_wait_ms=50) as consumer:
        consumer.assign(parts)
        ends, records = await consumer.end_offsets(parts), []
        for part in parts:
            while await consumer.position(part) < ends[part]:
                records += (await consumer.getmany(part, timeout_ms=200)).get(part, [])
        return records


async def alerts(settings: Settings) -> list[Alert]:
    """What is told, in order."""
    return [decode_alert(record.value) for record in await messages(settings)]


async def until_told(settings: Settings, holds: Callable[[list[Alert]], object] = bool) -> list[Alert]:
    """Wait until what is told satisfies `holds`, by default until anything is."""
    end = time.monotonic() + PATIENCE_S
    while not holds(told := await alerts(settings)):
        assert time.monotonic() < end, f"in vain: {told}"
        await asyncio.sleep(0.1)
    return told
