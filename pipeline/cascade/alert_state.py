"""What a content's alerts remember from one evaluation to the next: small, and the same after `load(dump())`."""

from __future__ import annotations

import msgspec

from schemas.alert import State, alert_id

DAY_US = 86_400_000_000
_US = 1_000_000
NEVER = 0
"""A time that has not come."""


class RuleState(msgspec.Struct, array_like=True, gc=False):
    """One rule of one content."""

    ordinal: int = 0
    """Alerts that it has opened in the content's life."""
    holds: bool = False
    """Of a trigger: whether its condition is met, with hysteresis."""
    calm_since_us: int = NEVER
    """Of a trigger that holds: since when it is calm."""
    level: float = 0.0
    """velocity: shares per minute when it began to hold; marks: how many are passed; large_amplifier: the largest audience told."""
    opened_us: list[int] = []
    """When its alerts of the last 24 hours opened, oldest first: no more than `at_most`."""

    def may_open(self, at_most: int, cool_down_s: float, free_since_us: int, now_us: int) -> bool:
        """Whether the limits allow one more alert now; `free_since_us` is when the one before ended, or NEVER. Never two in one moment."""
        if free_since_us and now_us - free_since_us < max(cool_down_s * _US, 1):
            return False
        return sum(opened > now_us - DAY_US for opened in self.opened_us) < at_most

    def open(self, now_us: int) -> None:
        """Count one more alert."""
        self.ordinal += 1
        self.opened_us = [opened for opened in self.opened_us if opened > now_us - DAY_US] + [now_us]


class OpenAlert(msgspec.Struct, array_like=True, gc=False):
    """The alert that is open because the content is viral."""

    rule: str
    ordinal: int
    opened_us: int
    severity: int
    """The highest one told."""
    told_state: State
    told_us: int
    sequence: int = 0
    """Number of the latest message."""

    def id(self, content_id: str) -> str:
        """Its alert_id."""
        return alert_id(content_id, self.rule, self.ordinal)


class AlertState(msgspec.Struct, array_like=True):
    """Of one content. A new one is quiet; what equals a new one need not be kept."""

    state: State = "quiet"
    since_us: int = NEVER
    """When the content came into this state."""
    calm_since_us: int = NEVER
    """Of a content that is rising: since when nothing rises."""
    closed_us: int = NEVER
    """When its latest alert of a trigger closed."""
    alert: OpenAlert | None = None
    rules: dict[str, RuleState] = {}

    def dump(self) -> bytes:
        """msgpack, equal for equal states."""
        return _encode(self)

    @staticmethod
    def load(value: bytes) -> AlertState:
        """What `dump` wrote. Raises `msgspec.MsgspecError` for other bytes."""
        return _decode(value)

    def rule(self, name: str) -> RuleState:
        """State of one rule, made at first sight."""
        found = self.rules.get(name)
        if found is None:
            found = self.rules[name] = RuleState()
        return found


_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(AlertState).decode
