"""The one way in for records of `share.events`: bytes to event, or a `RefusedError` that says why.

The fast path only says yes: msgspec decodes, and a few comparisons check what the struct cannot say. Whatever it doubts
goes to the pydantic model, whose verdict and words stand. So the two can differ in speed only.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec
from pydantic import ValidationError

from schemas.dead_letter import RefusedError
from schemas.event import EARLIEST, PLATFORM_PATTERN, ShareEvent, disagreements
from schemas.explain import refusal
from schemas.platforms import PLATFORMS
from schemas.wire import COUNTED, SPREADS, WireEvent, decode, micros

MAX_VALUE_BYTES = 1_000_000
"""Every event fits, even with each character escaped as a surrogate pair (880,000 bytes). Larger values are refused
unread."""
MAX_AHEAD_S = 300
"""Seconds that an event may be dated after Kafka took it: clocks differ."""

_MAX_AHEAD_US = MAX_AHEAD_S * 1_000_000
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_END_OF_TIME_MS = micros(_END_OF_TIME) // 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = SPREADS | {*COUNTED, "post"}
_BACKSLASH = ord("\\")
_NUL_ESCAPE = b"\\u0000"
_KNOWN = frozenset(PLATFORMS)
_platform = re.compile(PLATFORM_PATTERN.removesuffix("$")).fullmatch


def is_platform(name: str) -> bool:
    """Whether a platform may be called so."""
    return name in _KNOWN or _platform(name) is not None


def check(value: bytes | None, appended_ms: int) -> WireEvent:
    """The event in `value`. `appended_ms`: when Kafka appended the record, in milliseconds since 1970 (UTC); the wall
    clock is never asked, so a rebuild judges alike.

    Raises `RefusedError`, and nothing else whatever the bytes are. Time and memory are linear in the size of `value`.
    """
    if value is None:
        raise RefusedError("no_value", "the record has no value")
    if len(value) > MAX_VALUE_BYTES:
        raise RefusedError("too_large", f"{len(value)} bytes, at most {MAX_VALUE_BYTES} are read")
    return _fast(value, appended_ms) or _ask_authority(value, appended_ms)


def _fast(value: bytes, appended_ms: int) -> WireEvent | None:
    """The event, or None when it is not certain to be a good one. Nothing is called here that could be done without: this runs for every event."""
    try:
        event = decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    occurred_at, platform = event.occurred_at, event.platform
    return (
        event
        if (
            EARLIEST <= occurred_at <= _latest(appended_ms)
            and occurred_at.tzinfo is UTC
            and (platform in _KNOWN or _platform(platform) is not None)
            and (_BACKSLASH not in value or _NUL_ESCAPE not in value)  # one byte is found ten times faster than six
            and (
                event.target_event_id is None
                and event.target_content_id is None
                and event.counter_kind is None
                and event.count is None
                if event.kind in _PLAIN
                else not disagreements(event)
            )
        )
        else None
    )


@lru_cache(maxsize=256)
def _latest(appended_ms: int) -> datetime:
    """The latest time that an event may be dated which Kafka took then."""
    latest_ms = max(0, appended_ms) + MAX_AHEAD_S * 1000
    return _END_OF_TIME if latest_ms > _END_OF_TIME_MS else _EPOCH + timedelta(milliseconds=latest_ms)


def _ask_authority(value: bytes, appended_ms: int) -> WireEvent:
    try:
        model = ShareEvent.model_validate_json(value)
    except ValidationError as error:
        raise refusal(value, error) from None
    event = WireEvent(**{name: getattr(model, name) for name in WireEvent.__struct_fields__})
    if micros(event.occurred_at) > appended_ms * 1000 + _MAX_AHEAD_US:
        ahead_s = micros(event.occurred_at) // 1_000_000 - appended_ms // 1000
        raise RefusedError(
            "in_future", f"occurred_at: {ahead_s} s after Kafka took the record, at most {MAX_AHEAD_S} s are allowed"
        )
    return event
