"""One process of `clock_cost`: folds, writes rows, and makes clock figures if asked to; prints CPU µs per event."""

from __future__ import annotations

import gc
import json
import sys
from importlib import import_module
from time import process_time
from typing import TYPE_CHECKING

from benchmarks.topic import START_MS, acts
from pipeline.cascade import Content, fold, freeze
from schemas.rows import Blocks
from schemas.wire import decode

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_US = 86_400_000_000
"""All events lie within a day, so that contents have minutes, hours and cells of ages."""


def main(events: int, rate: int, refreshing: int) -> None:
    step = DAY_US // events
    taken = [(decode(act.encode()), START_MS * 1000 + number * step) for number, act in enumerate(acts(events))]
    refresh = refresher() if refreshing else None
    contents: dict[str, Content] = {}
    spent = {"fold": 0.0, "rows": 0.0, "figures": 0.0}
    gc.disable()
    for start in range(0, events, rate):
        part = taken[start : start + rate]
        touched = timed(spent, "fold", lambda part=part: fold_all(contents, part))
        timed(spent, "rows", lambda touched=touched, start=start: freeze_all(touched, start))
        if refresh:
            timed(spent, "figures", lambda touched=touched, part=part: [refresh(one, part[-1][1]) for one in touched])
    print(json.dumps({name: seconds / events * 1e6 for name, seconds in spent.items()}))


def timed(spent: dict[str, float], part: str, work: Callable[[], object]) -> list[Content]:
    clock = process_time()
    found = work()
    spent[part] += process_time() - clock
    return found


def fold_all(contents: dict[str, Content], part: list[tuple[object, int]]) -> list[Content]:
    touched = {}
    for event, time_us in part:
        content = contents.get(event.content_id)
        if content is None:
            content = contents[event.content_id] = Content(event.content_id, {})
        fold(content, event, time_us)
        touched[event.content_id] = content
    return list(touched.values())


def freeze_all(touched: list[Content], offset: int) -> None:
    out = Blocks()
    for content in touched:
        freeze(content, partition=0, offset=offset, version=offset, out=out)


def refresher() -> Callable[[Content, int], None]:
    """Modules that a version without the clock does not have are imported here."""
    clock, baselines = import_module("pipeline.cascade.clock"), import_module("pipeline.cascade.baselines").Baselines()

    def refresh(content: Content, now_us: int) -> None:
        baselines.note(content, now_us)
        clock.figures(content, now_us, baselines.expected_for(content, now_us))
        clock.standing(content)

    return refresh


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
