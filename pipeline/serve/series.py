"""Series over time: gaps filled with zeros, and long lives cut into slots that a chart can show."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOUR = 60
MAX_SLOTS = 120
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 43200)


def last_hour(rows: Iterable[Mapping[str, Any]], field: str, this_minute: int) -> list[int]:
    """`field` of each of the last 60 minutes, the running one last; a minute without a row is 0."""
    values = [0] * HOUR
    for row in rows:
        slot = row["slot"] - this_minute + HOUR - 1
        if 0 <= slot < HOUR:
            values[slot] += row[field]
    return values


def step_minutes(first_minute: int, last_minute: int) -> int:
    """The smallest round slot, in minutes, that cuts the span into at most 120."""
    span = last_minute - first_minute + 1
    months = (step for step in itertools.count(2 * _STEPS[-1], _STEPS[-1]))
    # One slot more may be touched, as slots begin at round times and not with the first act.
    return next(step for step in itertools.chain(_STEPS, months) if span <= step * (MAX_SLOTS - 1))


def life(rows: Iterable[Mapping[str, Any]], step: int, first_minute: int, last_minute: int) -> dict[str, object]:
    """Shares and secondary reach in slots of `step` minutes from the first act to the last."""
    start, end = first_minute // step, last_minute // step
    by_slot = {row["slot"]: row for row in rows}
    slots = range(start, end + 1)
    return {
        "start": start * step,
        "step": step,
        "shares": [by_slot[slot]["shares"] if slot in by_slot else 0 for slot in slots],
        "reach": [by_slot[slot]["reach"] if slot in by_slot else 0 for slot in slots],
    }
