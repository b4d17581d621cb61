"""The input of a run: cascades of several contents in one random log, with copies, late parents, retractions, records in wrong places and broken ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from support.events import CONTENT, act
from support.strategies import SHAPES, large_log

from pipeline.kafka import partition_for

if TYPE_CHECKING:
    from random import Random

    from schemas.wire import WireEvent

UNTIL_S = 10.0
BROKEN = (None, b"", b"{", b"[]", b"\xff\xfe", b'{"event_id": 1}', b'{"schema_version": 9}', b"null")


@dataclass(frozen=True, slots=True)
class Sent:
    """One record that a producer of the outside world sends."""

    at: float
    partition: int
    key: bytes | None
    value: bytes | None
    event: WireEvent | None


def draw(rng: Random, partitions: int) -> list[Sent]:
    """About 30 to 600 records."""
    log = [event for number in range(rng.randint(1, 6)) for event in _cascade(rng, f"content {number}")]
    log += rng.choices(log, k=len(log) // 10)
    rng.shuffle(log)
    values = [(event, msgspec.json.encode(event)) for event in log]
    values += [(None, rng.choice(BROKEN)) for _ in range(rng.choice((0, 1, len(log) // 20, len(log) // 5)))]
    rng.shuffle(values)
    wrong = rng.choice((0.0, 0.0, 0.05, 0.3))
    moments = sorted(_moment(rng) for _ in values)
    return [_sent(rng, at, event, value, partitions, wrong) for at, (event, value) in zip(moments, values, strict=True)]


def _cascade(rng: Random, content: str) -> list[WireEvent]:
    shape, nodes = rng.choice(sorted(SHAPES)), rng.choice((3, 12, 25, 60))
    log = large_log(shape, nodes, rng.randrange(1 << 30))
    log += [act(f"k{n}", "counter", by="the platform", at=n, counter_kind="view", count=n * 7) for n in range(3)]
    log += [
        act(f"m{n}", "retract", by="a moderator", target_event_id=f"n{n}", attributes={"right": "moderate"})
        for n in range(rng.randrange(3))
    ]
    assert all(event.content_id == CONTENT for event in log)
    return [replace(event, content_id=content) for event in log]


def _moment(rng: Random) -> float:
    """In bursts: most records come in a few moments."""
    return round(rng.choice((rng.uniform(0, UNTIL_S), rng.choice((0.5, 3.0, 7.0)) + rng.random() * 0.05)), 3)


def _sent(rng: Random, at: float, event: WireEvent | None, value: bytes | None, partitions: int, wrong: float) -> Sent:
    key = b"any" if event is None else event.content_id.encode()
    home = partition_for(key, partitions)
    if event is None or rng.random() >= wrong:
        return Sent(at, home, key, value, event)
    mistake = rng.choice(("no key", "another key", "another partition"))
    if mistake == "another partition":
        return Sent(at, rng.randrange(partitions), key, value, event)
    return Sent(at, rng.randrange(partitions), None if mistake == "no key" else b"another", value, event)
