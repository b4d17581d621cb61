"""Items that take off in a benchmark: each crosses its rule once, at the moment that is written down."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest

from benchmarks.clock_share import judged
from benchmarks.runner import Report
from benchmarks.take_off import CAMPAIGN, CROSSING, LAST, RULES, TakeOffs
from schemas.rules import parse


def played(seconds: float, warm_s: float = 0.0, step_s: float = 0.05):
    """All that is sent, with when, and the items."""
    items = TakeOffs(seconds, warm_s)
    moments = [number * step_s for number in range(int(seconds / step_s))]
    return [(at, *pair) for at in moments for pair in items.due(at, at)], items


def test_each_item_that_begins_comes_to_its_end_with_every_share_once():
    sent, items = played(8.0)
    counts = Counter(key for _, key, _ in sent)
    assert set(counts.values()) <= {LAST, LAST - 1, LAST - 2}
    assert len(counts) > 40
    assert len({json.loads(value)["event_id"] for _, _, value in sent}) == len(sent)
    assert items.missing == len(items.crossed) == len(counts)


def test_the_moment_of_crossing_is_when_the_hundredth_share_was_handed_over():
    sent, items = played(8.0, warm_s=5.0)
    crossing = {key: at for at, key, value in sent if json.loads(value)["event_id"].endswith(f":{CROSSING - 1}")}
    assert items.crossed == {key: at for key, at in crossing.items() if at > 5.0}
    assert len(items.crossed) < len(crossing)


def test_the_rule_of_their_campaign_asks_for_just_so_many_shares():
    rules = parse(RULES)
    assert rules.of("", ("bluesky",)) == parse("").everywhere
    theirs = rules.of(CAMPAIGN, ("bluesky",))
    assert theirs.forecast.minimum_shares == theirs.forecast.at_least == CROSSING
    assert [name for name in ("velocity", "over_performance", "secondary_reach") if getattr(theirs, name)] == []


def report(cpu: float, seconds: float) -> Report:
    return Report(1_000_000, seconds, cpu, {}, cpu, 1, 1, 1, {}, 0, {"changelog": {"looks": 7}})


@pytest.mark.parametrize(("on", "verdicts"), [((12.4, 26.0), ["met", "met"]), ((12.6, 27.0), ["missed", "missed"])])
def test_the_cost_of_the_clock_is_judged_by_cpu_and_by_speed(on, verdicts):
    rows = judged({"on": [report(*on)] * 3, "off": [report(10.0, 20.0)] * 3}, 1_000_000)
    assert [row.verdict.split()[0] for row in rows] == verdicts


def test_alerts_that_are_read_end_the_latency_of_their_item():
    items = TakeOffs(8.0, 0.0)
    items.crossed = {b"a": 1.0, b"b": 2.0}

    class Consumer:
        async def getmany(self, timeout_ms):
            await asyncio.sleep(0)
            return {0: [type("Record", (), {"key": key})() for key in (b"a", b"b", b"other")]}

    over = asyncio.Event()
    over.set()
    asyncio.run(items._read(Consumer(), over))
    assert items.missing == 0
    assert min(items.times) == items.told[b"b"] - 2.0
