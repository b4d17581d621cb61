"""What is wrong with real streams, put into the sample data: copies, late parents, acts taken back, and records that are no events."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from pipeline.ingest.generator.acts import Act, Event

_COPIED, _LATE, _TAKEN_BACK, _BROKEN = 0.01, 0.01, 0.01, 0.01
_SPREADS = frozenset({"share", "repin", "quote"})
_encode = msgspec.json.Encoder().encode


class Arrival(NamedTuple):
    """One record, and when it reaches Kafka: seconds after the start of the stream, negative before it."""

    at_s: float
    key: bytes
    value: bytes


def arrivals(rng: Random, acts: Iterable[Act]) -> list[Arrival]:
    """The records of these acts with all that is wrong with them, in order of arrival."""
    return sorted(record for act in acts for record in _records(rng, act))


def _records(rng: Random, act: Act) -> Iterator[Arrival]:
    key, value = act.event["content_id"].encode(), _encode(act.event)
    spreads = act.event["kind"] in _SPREADS
    late_s = rng.uniform(2, 20) if spreads and rng.random() < _LATE else 0.0  # its children arrive before it
    yield Arrival(act.at_s + late_s, key, value)
    if rng.random() < _COPIED:
        yield Arrival(act.at_s + late_s + rng.uniform(0, 10), key, value)
    if (spreads or act.event["kind"] == "like") and rng.random() < _TAKEN_BACK:
        after_s = rng.expovariate(1 / 40)
        yield Arrival(act.at_s + after_s, key, _encode(_retraction(act.event, after_s)))
    if rng.random() < _BROKEN:
        yield Arrival(act.at_s, key, rng.choice(BREAKS)(act.event))


def _retraction(event: Event, after_s: float) -> Event:
    kept = ("platform", "content_id", "actor_id", "campaign_id", "schema_version")
    return {name: event[name] for name in kept} | {
        "event_id": f"{event['event_id']}-undo",
        "kind": "retract",
        "occurred_at": event["occurred_at"] + timedelta(seconds=after_s),
        "target_event_id": event["event_id"],
    }


def _without(event: Event, name: str) -> Event:
    return {key: value for key, value in event.items() if key != name}


BREAKS: tuple[Callable[[Event], bytes], ...] = (
    lambda event: _encode(event)[: len(event["content_id"])],  # cut off: not JSON any more
    lambda event: _encode(event).replace(b'"kind"', b'"\xff\xfe"'),  # not UTF-8
    lambda event: _encode(_without(event, "actor_id")),
    lambda event: _encode(event | {"utm_source": "mail"}),  # unknown field
    lambda event: _encode(event | {"audience_size": -5}),
    lambda event: _encode(event | {"audience_size": "many"}),
    lambda event: _encode(event | {"kind": "boost"}),
    lambda event: _encode(event | {"occurred_at": "1970-01-01T00:00:00Z"}),
    lambda event: _encode(event | {"occurred_at": "yesterday"}),
    lambda event: _encode(event | {"schema_version": 2}),
)
"""Ways in which producers break events, each of them seen in the wild."""
