"""The records of a campaign: cascades, with copies, disorder, broken records and misplaced keys, sent piece by piece."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from benchmarks.real_data import Share, broken_records, encode, read, spoil
from pipeline.ingest.generator.people import MEDIAN_AUDIENCE
from pipeline.ingest.generator.shape import ROOT, Tree, lean, size
from pipeline.kafka import client_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from pipeline.config import Settings

BROKEN = 0.01
MISPLACED = 0.04
SPAN_US = 26 * 3_600 * 1_000_000
"""Generated cascades began up to so long ago: there is something in each window."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One record as it goes out; `share` is None when it is broken."""

    key: bytes | None
    value: bytes
    partition: int | None
    share: Share | None


def generated(rng: Random, contents: int, now_us: int) -> list[Share]:
    """Cascades as the sample data has them (`pipeline.ingest.generator.shape`), each in order."""
    return [share for number in range(contents) for share in _cascade(rng, f"content-{number}", now_us)]


def _cascade(rng: Random, content: str, now_us: int) -> Iterator[Share]:
    nodes = size(rng)
    tree = Tree(lean(rng, nodes))
    times = sorted(now_us - int(rng.random() ** 3 * SPAN_US) for _ in range(nodes))
    yield Share(content, f"{content}:0", "", f"author of {content}", times[0], 1000, kind="post")
    for number in range(1, nodes):
        audience = int(rng.lognormvariate(0, 1.7) * MEDIAN_AUDIENCE)
        parent = tree.pick(rng)
        tree.add(parent, audience)
        name = f"{content}:{0 if parent == ROOT else parent + 1}"
        yield Share(content, f"{content}:{number}", name, f"actor {rng.randrange(50_000)}", times[number], audience)


def cascades(rng: Random, folder: Path | None, contents: int) -> list[Share]:
    """Real ones where a folder with them is given (see `benchmarks.real_cascades`), spoiled and shuffled."""
    now_us = time.time_ns() // 1000
    if folder is None:
        shares = generated(rng, contents, now_us)
    else:
        shares = read(folder / "twitter1516_events.csv.gz", folder / "seismic_tweets_half.csv.gz", now_us, contents)
    return spoil(shares, rng.randrange(1 << 30))


class Feed:
    """Sends `shares` in pieces, as far as `allow` lets it, and more when `push` asks. Everything is acknowledged by the broker.

    When the shares are used up, copies of earlier ones go out: they are duplicates, and count as such.
    """

    def __init__(self, shares: list[Share], settings: Settings, rng: Random, pieces: int) -> None:
        self.sent: list[Share] = []
        self.broken = 0
        self.repeated = 0
        """Records that were sent again because the broker did not answer: they may be in the topic twice."""
        self._shares, self._settings, self._rng = shares, settings, rng
        self._next = 0
        self._allowed = 0
        self._piece = max(20, len(shares) // pieces)
        self._bad = iter(broken_records(200, rng.randrange(1 << 30)))
        self._lock = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None

    def allow(self, part: float) -> None:
        """From now on up to this part of all shares may go out."""
        self._allowed = int(part * len(self._shares))

    async def run(self) -> None:
        """Send what is allowed, in irregular pieces, for ever."""
        while True:
            if self._next < self._allowed:
                await self.push()
            await asyncio.sleep(self._rng.random())

    async def push(self) -> None:
        """One piece now."""
        count = self._rng.randint(1, 2 * self._piece)
        await self.send(self._take(count))

    async def rest(self) -> None:
        """All that is left."""
        while self._next < len(self._shares):
            await self.send(self._take(500))

    async def touch(self, name: str) -> None:
        """One more share of every content, so that each is frozen once more from whatever state is there."""
        contents = {share.content: share for share in self.sent if share.kind == "share"}
        await self.send(
            [replace(share, event=f"{content}#{name}", actor=f"actor {name}") for content, share in contents.items()]
        )

    async def send(self, shares: list[Share]) -> None:
        """Send and wait for the acknowledgement; while Kafka is away, again and again."""
        records = [record for share in shares for record in self._records(share)]
        async with self._lock:
            while records:
                records = await self._attempt(records)
                self.repeated += len(records)
        self.sent += shares

    async def close(self) -> None:
        if self._producer:
            await self._producer.stop()

    def _take(self, count: int) -> list[Share]:
        taken = self._shares[self._next : self._next + count]
        self._next += len(taken)
        return taken or self._rng.sample(self.sent, min(len(self.sent), count))

    def _records(self, share: Share) -> Iterator[Sent]:
        if self._rng.random() < BROKEN:
            value = next(self._bad, b"no more of them")
            self.broken += 1
            yield Sent(b"any", value, None, None)
        key, partition = share.content.encode(), None
        if self._rng.random() < MISPLACED:
            key, partition = self._misplace(key)
        yield Sent(key, encode(share), partition, share)

    def _misplace(self, key: bytes) -> tuple[bytes | None, int | None]:
        """No key, another key, or another partition."""
        number = self._rng.randrange(self._settings.partitions)
        return self._rng.choice(((None, number), (b"another", None), (key, number)))

    async def _attempt(self, records: list[Sent]) -> list[Sent]:
        """Returns those that were not acknowledged."""
        try:
            producer = await self._connected()
            futures = [
                await producer.send(self._settings.events_topic, one.value, key=one.key, partition=one.partition)
                for one in records
            ]
        except KafkaError:
            await asyncio.sleep(0.5)
            return records
        results = await asyncio.gather(*futures, return_exceptions=True)
        return [one for one, result in zip(records, results, strict=True) if isinstance(result, BaseException)]

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(**client_options(self._settings), linger_ms=5, max_request_size=8 << 20)
            try:
                await producer.start()
            except KafkaError:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer
