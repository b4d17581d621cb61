"""Bytes to events, for many records at once: the fast path of `schemas.check`, with the same verdicts, in C where the core is compiled.

It only says yes. Whatever it doubts goes to `schemas.check.check`, whose verdict and words stand.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline.cascade.arrivals import Arrival
from pipeline.cascade.codes import EVENT_KINDS
from schemas.check import MAX_AHEAD_S, MAX_VALUE_BYTES
from schemas.check import is_platform as _is_platform
from schemas.event import EARLIEST, KIND_OF_FIELD
from schemas.event import disagreements as _disagreements
from schemas.platforms import PLATFORMS
from schemas.wire import decode as _decode
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.wire import WireEvent

_AHEAD_US = MAX_AHEAD_S * 1_000_000
_EARLIEST_US = micros(EARLIEST)
_END_MS = micros(datetime.max.replace(tzinfo=UTC)) // 1000
_MOST_BYTES = MAX_VALUE_BYTES
_PLAIN = tuple(kind not in KIND_OF_FIELD.values() for kind in EVENT_KINDS)
"""By kind of event: whether no field belongs to it alone."""
_KNOWN = frozenset(PLATFORMS)
_REFUSED = (msgspec.MsgspecError, UnicodeDecodeError)


def events_of(records: list[Any], ask: Callable[[bytes | None, int], object]) -> list[Any]:
    """For each record its event, or what `ask(value, append time in ms)` says where the fast path doubts."""
    arrival = Arrival()
    events: list[Any] = []
    for record in records:
        value, appended_ms = record.value, record.timestamp
        event = _certain(value, appended_ms, arrival)
        events.append(ask(value, appended_ms) if event is None else event)
    return events


def _certain(value: bytes | None, appended_ms: int, arrival: Arrival) -> WireEvent | None:
    """The event, or None when it is not certain to be a good one."""
    if value is None or len(value) > _MOST_BYTES:
        return None
    try:
        event = _decode(value)
    except _REFUSED:
        return None
    arrival.read(event)
    return event if _is_certain(event, value, appended_ms, arrival) else None


def _is_certain(event: WireEvent, value: bytes, appended_ms: int, arrival: Arrival) -> bool:
    """Whether the event keeps every rule that its type cannot say."""
    if not arrival.utc or not _EARLIEST_US <= arrival.time <= min(appended_ms, _END_MS) * 1000 + _AHEAD_US:
        return False
    if arrival.platform not in _KNOWN and not _is_platform(arrival.platform):
        return False
    if b"\\" in value and b"\\u0000" in value:  # one byte is found ten times faster than six
        return False
    if not _PLAIN[arrival.kind]:
        return not _disagreements(event)
    return (
        arrival.target is None
        and arrival.target_content_id is None
        and arrival.counter_kind is None
        and arrival.count is None
    )
