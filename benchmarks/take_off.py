"""Contents that take off at known moments while other events flow, and when the alert about each can be read.

An item begins every tenth of a second and gains forty shares a second; its campaign has one rule, which the hundredth share crosses and none before
it can. The others follow the preset balanced, so some of them raise alerts too, as on a busy day.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.kafka import client_options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from pipeline.config import Settings

CROSSING = 100
LAST = 140
PACE = 40
"""Shares per second of each item."""
BEGINS_EVERY_S = 0.1
CAMPAIGN = "takes-off"
RULES = f"""
campaigns:
  {CAMPAIGN}:
    rules:
      velocity: off
      over_performance: off
      secondary_reach: off
      large_amplifier: off
      sudden_drop: off
      forecast: {{at_least: {CROSSING}, minimum_shares: {CROSSING}}}
"""
PATIENCE_S = 60.0
_encode = msgspec.json.Encoder().encode


def rules_file(folder: Path) -> Path:
    """The rules for the worker."""
    path = folder / "rules.yaml"
    path.write_text(RULES)
    return path


class TakeOffs:
    """The items of one run. Times are seconds since the first call of `due`, and of this process's monotonic clock."""

    def __init__(self, seconds: float, warm_s: float) -> None:
        self._run = uuid.uuid4().hex[:8]
        self._seconds, self._warm_s = seconds, warm_s
        self._sent: dict[int, int] = {}
        self.crossed: dict[bytes, float] = {}
        """When each item's crossing share was handed to the producer; those of the warm-up are left out."""
        self.told: dict[bytes, float] = {}
        """When the first alert about an item could be read, whenever it crossed."""

    def due(self, elapsed_s: float, handed_at: float) -> list[tuple[bytes, bytes]]:
        """Shares to be sent now, at `handed_at`."""
        return [pair for item in self._living(elapsed_s) for pair in self._shares(item, elapsed_s, handed_at)]

    @property
    def times(self) -> list[float]:
        """From the crossing share to the alert, of each item."""
        return [self.told[key] - handed for key, handed in self.crossed.items() if key in self.told]

    @property
    def missing(self) -> int:
        """Items that crossed and of which no alert was read yet."""
        return len(self.crossed.keys() - self.told.keys())

    def _living(self, elapsed_s: float) -> range:
        """Items that have begun, of those that get to their end, and that are not over."""
        lasts_s = LAST / PACE
        newest = int(min(elapsed_s, self._seconds - lasts_s) / BEGINS_EVERY_S)
        oldest = int(max(0.0, elapsed_s - lasts_s - 1) / BEGINS_EVERY_S)  # a second more: the pace may have been late
        return range(oldest, newest + 1)

    def _shares(self, item: int, elapsed_s: float, handed_at: float) -> Iterator[tuple[bytes, bytes]]:
        first = self._sent.get(item, 0)
        last = min(LAST, int((elapsed_s - item * BEGINS_EVERY_S) * PACE))
        key = f"{CAMPAIGN}-{self._run}-{item}".encode()
        for number in range(first, last):
            if number + 1 == CROSSING and elapsed_s > self._warm_s:
                self.crossed[key] = handed_at
            yield key, _share(key.decode(), number)
        self._sent[item] = max(first, last)

    @asynccontextmanager
    async def watched(self, settings: Settings) -> AsyncIterator[None]:
        """Within the block, and after it until all that crossed are told of or nobody hopes any more, read what is committed to the topic of alerts."""
        options = client_options(settings) | {"isolation_level": "read_committed"}
        async with AIOKafkaConsumer(**options, enable_auto_commit=False) as consumer:
            part, over = TopicPartition(settings.alerts_topic, 0), asyncio.Event()
            consumer.assign([part])
            await consumer.seek_to_end(part)
            reading = asyncio.create_task(self._read(consumer, over))
            try:
                yield
                over.set()
                await asyncio.wait_for(reading, PATIENCE_S)
            except TimeoutError:
                return  # `missing` says how many
            finally:
                reading.cancel()

    async def _read(self, consumer: AIOKafkaConsumer, over: asyncio.Event) -> None:
        while not over.is_set() or self.missing:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    self.told.setdefault(record.key, time.monotonic())


def _share(content: str, number: int) -> bytes:
    return _encode(
        {
            "event_id": f"{content}:{number}",
            "kind": "share",
            "platform": "bluesky",
            "content_id": content,
            "campaign_id": CAMPAIGN,
            "actor_id": f"{content}:{number}",
            "parent_event_id": f"{content}:{number // 3}" if number else None,
            "parent_basis": "exact" if number else "root_only",
            "audience_size": 200,
            "occurred_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
    )
