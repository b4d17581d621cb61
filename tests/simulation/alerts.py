"""Alerts in the simulated world: a rule that any run makes fire, and what must hold of the topic at the end."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipeline.clock import Clock
from schemas.alert import Alert, alert_id, decode_alert, moment

if TYPE_CHECKING:
    from simulation.world import World

    from pipeline.cascade.alert_state import AlertState
    from pipeline.cascade.clock import Standing

EACH = 10
RULE = "sizes"
RISING_US = 4_000_000
"""A content that something was told of is not quiet for so long."""


def step(
    _rules: Any, state: AlertState, standing: Standing, _figures: Any, content: Any, _controls: Any, now_us: int
) -> list[Alert]:
    """In place of the real rules: a message at every tenth node, numbered by what the state remembers. Sizes never shrink."""
    known, told = state.rule(RULE), []
    while standing.size >= EACH * (known.ordinal + 1):
        known.open(now_us)
        told.append(_alert(content.content_id, known.ordinal, now_us))
    if told:
        state.state, state.since_us = "rising", now_us
    elif state.state == "rising" and now_us - state.since_us > RISING_US:
        state.state = "quiet"
    return told


def _alert(content_id: str, ordinal: int, now_us: int) -> Alert:
    at = moment(now_us)
    return Alert(
        alert_id=alert_id(content_id, RULE, ordinal),
        kind="opened",
        rule=RULE,
        state="rising",
        previous_state="quiet",
        severity=1,
        content_id=content_id,
        opened_at=at,
        at=at,
        summary=f"{ordinal}",
    )


class SimControls:
    """In place of `share.control`: nobody has muted anything."""

    def __init__(self, *_: Any) -> None:
        self.caught_up = asyncio.Event()
        self.caught_up.set()

    async def run(self) -> None:
        """Nothing to read."""


class SimClock(Clock):
    """The machine's clock, which all workers share with the broker."""

    def __init__(self, begin_us: int) -> None:
        self._begin_us = begin_us

    def now_us(self) -> int:
        return self._begin_us + int(asyncio.get_running_loop().time() * 1_000_000)


def differs(world: World, sizes: dict[str, int]) -> str:
    """How what was told is not each alert once; "" when it is. `sizes`: of each content, after one pass."""
    told = Counter(decode_alert(message.value).alert_id for message in world.told)
    wanted = {
        alert_id(content, RULE, ordinal) for content, size in sizes.items() for ordinal in range(1, size // EACH + 1)
    }
    if extra := told.keys() - wanted:
        return f"{len(extra)} alerts are of no opening"
    repeated = [one for one, times in told.items() if times > 1]
    if repeated and not world.has_lost_changelogs:
        return f"{len(repeated)} alerts were told more than once"
    if lost := wanted - told.keys():
        return f"{len(lost)} of {len(wanted)} alerts were not told"
    rows = {row["alert_id"] for row in world.store.rows("alerts")}
    if rows != wanted and not world.has_lost_changelogs:
        return f"{len(wanted - rows)} of {len(wanted)} alerts have no row"
    return ""
