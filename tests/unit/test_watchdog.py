"""When nothing moves any more, and when that only looks so."""

from __future__ import annotations

import pytest

from pipeline.metrics import Metrics
from pipeline.status import Status
from pipeline.stream.watchdog import Place, Watchdog

PATIENCE = 100.0


class Bench:
    """A watchdog whose looks and whose time the test makes. The event loop turns unless it is stopped."""

    def __init__(self, patience=PATIENCE):
        self.now, self.alarms = 0.0, []
        self.status = Status(Metrics())
        for part in self.status.parts():
            self.status.set(part, ok=True, detail="")
        self.watchdog = Watchdog(self.status, patience, clock=lambda: self.now)
        self.watchdog.alarm = self.alarms.append
        self.loop_turns = True

    def spend(self, seconds, places=lambda _now: {}):
        """Look as often as the thread does; `places` tells how far the partitions are at a moment, None that nobody looked."""
        until = self.now + seconds
        while self.now < until and not self.alarms:
            self.now += self.watchdog.every_s
            if self.loop_turns:
                self.status.tick()
            if (told := places(self.now)) is not None:
                self.watchdog.saw(told)
            self.watchdog.look()


def standing(_now):
    return {3: Place(committed=17, to_rebuild=0, waits=True)}


@pytest.fixture
def bench():
    return Bench()


def test_a_partition_whose_records_wait_and_whose_offset_stands_still_is_named(bench):
    bench.spend(PATIENCE * 0.9, standing)
    assert bench.alarms == []
    bench.spend(PATIENCE * 0.3, standing)
    assert bench.alarms == ["nothing has moved for 100 s: partition 3"]


def test_a_partition_with_nothing_to_do_may_stand_still_for_ever(bench):
    bench.spend(PATIENCE * 20, lambda _now: {3: Place(17, 0, waits=False)})
    assert bench.alarms == []


def test_an_offset_that_advances_now_and_then_is_progress(bench):
    bench.spend(PATIENCE * 20, lambda now: {3: Place(int(now // 80), 0, waits=True)})
    assert bench.alarms == []


def test_a_rebuild_that_goes_on_is_progress_and_one_that_hangs_is_not(bench):
    bench.spend(PATIENCE * 20, lambda now: {3: Place(17, 10**9 - int(now), waits=True)})
    assert bench.alarms == []
    bench.spend(PATIENCE * 2, lambda _now: {3: Place(17, 5, waits=True)})
    assert len(bench.alarms) == 1


@pytest.mark.parametrize("part", ["clickhouse", "kafka", "produce"])
def test_while_a_part_is_known_to_be_away_waiting_is_right_and_the_patience_begins_anew_when_it_is_back(bench, part):
    bench.status.set(part, ok=False, detail="away")
    bench.spend(PATIENCE * 20, standing)
    assert bench.alarms == []
    bench.status.set(part, ok=True, detail="back")
    bench.spend(PATIENCE * 0.9, standing)
    assert bench.alarms == []
    bench.spend(PATIENCE * 0.3, standing)
    assert len(bench.alarms) == 1


def test_a_process_that_was_stopped_for_minutes_is_not_stuck(bench):
    bench.spend(PATIENCE * 0.9, standing)
    bench.now += PATIENCE * 5
    bench.spend(PATIENCE * 0.9, standing)
    assert bench.alarms == []


def test_a_blocked_event_loop_is_seen_even_while_clickhouse_is_away(bench):
    bench.status.set("clickhouse", ok=False, detail="away")
    bench.loop_turns = False
    bench.spend(PATIENCE * 2, lambda _now: None)
    assert bench.alarms == ["nothing has moved for 100 s: the event loop"]


def test_when_nobody_can_tell_any_more_how_far_the_partitions_are_that_is_told(bench):
    bench.spend(PATIENCE * 2, lambda _now: None)
    assert bench.alarms == ["nothing has moved for 100 s: the look at how far the partitions are"]


def test_things_that_hang_together_are_named_together(bench):
    bench.spend(PATIENCE * 0.2, lambda _now: None)
    bench.loop_turns = False
    bench.spend(PATIENCE * 2, lambda _now: None)
    assert bench.alarms == ["nothing has moved for 100 s: the event loop, the look at how far the partitions are"]


def test_a_partition_that_another_worker_has_now_is_forgotten(bench):
    bench.spend(PATIENCE * 0.9, standing)
    bench.spend(PATIENCE * 0.1, lambda _now: {})
    bench.spend(PATIENCE * 0.9, standing)
    assert bench.alarms == []


def test_the_alarm_rings_once(bench):
    bench.spend(PATIENCE * 2, standing)
    bench.watchdog.start = None
    assert bench.watchdog._stop.is_set()


async def test_without_patience_it_is_off():
    off = Bench(patience=0)
    off.watchdog.start()
    assert off.watchdog._thread is None
    off.watchdog.stop()
