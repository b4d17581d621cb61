"""The topic that every contender reads: version-1 events, Zipf over 2,000 contents, and what must come out of it.

Six acts of ten are spreads. Nine spreads of ten name a parent in the same content, early ones more often, so cascades grow deep (25 levels and
more at a million events). The expected figures are computed plainly here, with none of the product's code.
"""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from pipeline.kafka import client_options, ensure_topics, partition_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from pipeline.config import Settings

CONTENTS = 2000
ACTORS = 200_000
SPREADS = frozenset({"share", "repin"})
KINDS, WEIGHTS = ("share", "like", "repin", "comment"), (50, 35, 10, 5)
PLATFORMS = ("facebook", "twitter", "pinterest", "linkedin", "instagram")
START_MS = 1_763_800_000_000
CROWD, EACH = 20, 200
BATCH_BYTES = 256 * 1024


class Act(NamedTuple):
    """One event."""

    event_id: str
    kind: str
    platform: str
    content: int
    actor: str
    parent: str | None
    audience: int
    at_ms: int

    @property
    def key(self) -> bytes:
        return b"content-%d" % self.content

    def encode(self) -> bytes:
        """As version-1 JSON."""
        moment = datetime.fromtimestamp(self.at_ms / 1000, UTC)
        return _encode(
            {
                "event_id": self.event_id,
                "kind": self.kind,
                "platform": self.platform,
                "content_id": f"content-{self.content}",
                "campaign_id": f"camp-{self.content % 20}",
                "actor_id": self.actor,
                "parent_event_id": self.parent,
                "parent_basis": "exact" if self.parent else "root_only",
                "audience_size": self.audience,
                "occurred_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
        )


_encode = msgspec.json.Encoder().encode


def acts(count: int, seed: int = 7, *, spreads_only: bool = False) -> Iterator[Act]:
    """The same acts on every machine. The first n of a longer topic are the topic of n only by shape, not by value."""
    rng = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(CONTENTS)]
    nodes: defaultdict[int, list[str]] = defaultdict(list)
    for number, content in enumerate(rng.choices(range(CONTENTS), weights, k=count)):
        there = nodes[content]
        kind = "share" if spreads_only else rng.choices(KINDS, WEIGHTS)[0]
        parent = there[int(len(there) * rng.random() ** 2)] if there and rng.random() < 0.93 else None
        event_id = f"e{number:09d}"
        if kind in SPREADS:
            there.append(event_id)
        platform, actor = rng.choice(PLATFORMS), f"u{rng.randrange(ACTORS)}"
        yield Act(event_id, kind, platform, content, actor, parent, int(rng.paretovariate(1.2) * 50), START_MS + number)


def redated(some: Iterable[Act], start_ms: int, apart_ms: float) -> Iterator[Act]:
    """The same acts from another moment on, so far apart."""
    return (act._replace(at_ms=start_ms + int(number * apart_ms)) for number, act in enumerate(some))


def drifting(count: int) -> Iterator[Act]:
    """Spreads of contents that come and go: at any time the events are of some 20, and each of them has about 200 before it is quiet for good."""
    rng = random.Random(13)
    weights = [1 / (rank + 1) for rank in range(CROWD)]
    nodes: defaultdict[int, list[str]] = defaultdict(list)
    for number, rank in enumerate(rng.choices(range(CROWD), weights, k=count)):
        content = number // EACH - rank + CROWD
        there = nodes[content]
        parent = rng.choice(there) if there and rng.random() < 0.93 else None
        there.append(event_id := f"e{number:09d}")
        audience = int(rng.paretovariate(1.2) * 50)
        yield Act(
            event_id, "share", "twitter", content, f"u{rng.randrange(ACTORS)}", parent, audience, START_MS + number
        )


@dataclass
class Truth:
    """What contenders must report, computed plainly while the topic is made. A contender reports what it knows; all of it must be equal."""

    records: int = 0
    bytes: int = 0
    audience: int = 0
    direct: int = 0
    beyond: int = 0
    _depth: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    _parent: dict[int, dict[str, str | None]] = field(default_factory=lambda: defaultdict(dict))
    _people: dict[int, dict[tuple[str, str], int]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, some: Iterable[Act]) -> Truth:
        """What must come out of these acts; their bytes are not counted."""
        truth = cls()
        for act in some:
            truth.add(act, 0)
        return truth

    def add(self, act: Act, size: int) -> None:
        self.records += 1
        self.bytes += size
        self.audience += act.audience
        depth, parent = self._depth[act.content], self._parent[act.content]
        if act.kind not in SPREADS:
            return
        parent[act.event_id] = act.parent
        level = depth[act.event_id] = 1 + depth[act.parent] if act.parent else 1
        if level == 1:
            self.direct += act.audience
        else:
            self.beyond += act.audience
        people, who = self._people[act.content], (act.platform, act.actor)
        people[who] = max(people.get(who, 0), act.audience)

    def figures(self) -> dict[str, float]:
        """By name: see `Meter.sums` for the meaning."""
        depths = [level for nodes in self._depth.values() for level in nodes.values()]
        return {
            "records": self.records,
            "bytes": self.bytes,
            "audience": self.audience,
            "contents": len(self._depth),
            "events": self.records,
            "nodes": len(depths),
            "depth": max(depths, default=0),
            "depths": sum(depths),
            "direct": self.direct,
            "beyond": self.beyond,
            "secondary_reach": sum(sum(people.values()) for people in self._people.values()),
            "virality": round(sum(map(_mean_distance, self._parent.values())), 6),
        }


def _mean_distance(parents: dict[str, str | None]) -> float:
    """Mean distance over all pairs of one tree: for each edge, the pairs on its two sides. Parents come before children."""
    below = dict.fromkeys(parents, 1)
    for name in reversed(parents):
        if above := parents[name]:
            below[above] += below[name]
    total = 1 + len(parents)
    return sum(side * (total - side) for side in below.values()) / (total * (total - 1) / 2) if parents else 0.0


class Filler:
    """Records on their way to a topic, in batches of our own making: that costs little beside a measurement."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._partition = cache(lambda key: partition_for(key, settings.partitions))
        self.counts = [0] * settings.partitions

    async def fill(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Send all records and wait for the acknowledgements."""
        async with self.open() as out:
            await out.send(records)

    async def burst(self, records: Iterable[tuple[bytes, bytes]], before: Callable[[], None]) -> None:
        """As `fill`, but nothing is sent before everything is built and `before` was called: the records appear within a second or two."""
        async with self.open() as out:
            built = list(out.batches(records))
            before()
            await out.send_batches(built)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Outlet]:
        """A producer for this topic."""
        options = client_options(self._settings)
        producer = AIOKafkaProducer(**options, max_batch_size=BATCH_BYTES, compression_type="lz4", acks="all")
        async with producer:
            yield Outlet(producer, self._settings.events_topic, self._partition, self.counts)


class Outlet:
    """An open way into a topic."""

    def __init__(
        self, producer: AIOKafkaProducer, topic: str, place: Callable[[bytes], int], counts: list[int]
    ) -> None:
        self._producer, self._topic, self._place, self._counts = producer, topic, place, counts

    async def send(self, records: Iterable[tuple[bytes, bytes]]) -> list[tuple[int, int, int]]:
        """Send and wait; returns partition, first offset and number of records of each batch."""
        return await self.send_batches(self.batches(records))

    async def send_batches(self, batches: Iterable[tuple[int, Any]]) -> list[tuple[int, int, int]]:
        sent = []
        for partition, batch in batches:
            acknowledged = await self._producer.send_batch(batch, self._topic, partition=partition)
            sent.append((partition, batch.record_count(), acknowledged))
        return [(partition, (await told).offset, count) for partition, count, told in sent]

    def batches(self, records: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[int, Any]]:
        building: dict[int, Any] = {}
        for key, value in records:
            partition = self._place(key)
            self._counts[partition] += 1
            if partition not in building:
                building[partition] = self._producer.create_batch()
            if building[partition].append(key=key, value=value, timestamp=None) is None:
                yield partition, building[partition]
                building[partition] = self._producer.create_batch()
                building[partition].append(key=key, value=value, timestamp=None)
        yield from building.items()


async def make(settings: Settings, count: int, start_ms: int = START_MS) -> Truth:
    """Create the topic and fill it with events dated from `start_ms` on, a millisecond apart; returns what must come out."""
    await ensure_topics(settings)
    truth = Truth()

    def records() -> Iterator[tuple[bytes, bytes]]:
        for act in redated(acts(count), start_ms, 1.0):
            value = act.encode()
            truth.add(act, len(value))
            yield act.key, value

    await Filler(settings).fill(records())
    return truth
