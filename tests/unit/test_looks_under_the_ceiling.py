"""The ceiling of memory and the looks: nothing leaves unseen, what is open comes back for its looks, and memory stays bounded, after a restart too."""

import asyncio

from support.refreshing import MINUTE, NOON, SECOND, Bench
from support.stream import FakeRecord, event_json

from pipeline.cascade.alert_state import AlertState
from pipeline.metrics import Metric
from pipeline.stream.decode import decode
from pipeline.stream.refresh import REVIVED_SHARE
from schemas.changelog import AlertRecord, alert_key, encode_alert_record

TAKE_OFF = 60
"""Shares in one minute that the preset balanced takes for a beginning of something, after an hour of nearly none."""
CEILING = 400


def take_off(bench, content="c"):
    for minute in range(0, 60, 5):
        bench.share(content=content, ago_s=3600 - 60 * minute)
    bench.share(TAKE_OFF, content, ago_s=70)
    bench.share(TAKE_OFF, content, ago_s=5)


FACTS = 12 + 2 * TAKE_OFF
"""Of one content that took off."""


def leave(bench):
    bench.keep()
    bench.kept.evict()


async def open_and_away():
    """A bench whose one content has an open alert and has left memory."""
    bench = Bench(state_max_events=1)
    take_off(bench)
    bench.keep()
    await bench.tick(1)
    leave(bench)
    assert (opened(bench), len(bench.state)) == (["c"], 0)
    return bench


def opened(bench):
    return sorted(alert.content_id for alert in bench.kept.alerts() if alert.kind == "opened" and alert.rule != "depth")


async def test_what_is_in_the_way_is_looked_at_in_one_tick_whatever_the_time_for_it_and_leaves_with_its_alert_told():
    bench = Bench(state_max_events=CEILING)
    contents = [f"content {n}" for n in range(20)]
    for content in contents:
        take_off(bench, content)
    leave(bench)
    assert bench.state.facts == 20 * FACTS, "nothing leaves unseen"
    await bench.refresher.tick(0.0)
    await bench.refresher.tick(0.0)
    assert bench.state.facts <= CEILING
    away = {content for content in contents if bench.state.get(content) is None}
    assert away <= set(opened(bench))
    assert bench.metrics.value(Metric.LOOKS) >= 20 - CEILING // FACTS


async def test_what_came_while_a_look_was_kept_does_not_leave_before_the_next_look():
    bench = Bench(state_max_events=1)
    bench.share(12, ago_s=3600)
    plain = bench.kept.tell

    async def tell(*args):
        bench.share(TAKE_OFF, ago_s=70)
        bench.share(TAKE_OFF, ago_s=5)
        bench.keep()
        bench.kept.tell = plain
        return await plain(*args)

    bench.kept.tell = tell
    bench.keep()
    await bench.refresher.tick(0.0)
    bench.state.stirred()
    leave(bench)
    assert len(bench.state) == 1
    for _ in range(3):
        await bench.tick(1)
    leave(bench)
    assert opened(bench) == ["c"]
    assert len(bench.state) == 0


async def test_what_came_at_the_very_moment_of_the_last_alert_is_asked_about_before_it_leaves():
    bench = Bench(state_max_events=1)
    bench.at_end = False
    take_off(bench)
    await bench.tick(1)
    assert opened(bench) == ["c"]
    bench.clock.set(NOON)
    bench.share(1, audience_size=50_000_000)
    bench.keep()
    assert bench.state.latest_ms * 1000 == NOON, "the partition's clock stands still while folding waits"
    await bench.refresher.tick(0.0)
    assert "large_amplifier" in {alert.rule for alert in bench.kept.alerts()}
    assert len(bench.state) == 0


async def test_a_partition_that_is_taken_while_contents_come_back_ends_the_look_and_nothing_else():
    bench = await open_and_away()
    revive, entries, told = bench.kept.revive, bench.kept.entries, len(bench.kept.messages)

    class Closed(dict):
        def get(self, *_):
            raise KeyError("nobody may ask a partition that is another's")

    async def taken_meanwhile(*args):
        found = await revive(*args)
        bench.kept.owner, bench.kept.entries = None, Closed(entries)
        return found

    bench.kept.revive = taken_meanwhile
    for _ in range(60):
        await bench.refresher.tick()
        bench.clock.set(bench.clock.now_us() + 30 * SECOND)
        if bench.kept.owner is None:
            break
    assert bench.kept.owner is None
    assert len(bench.kept.messages) == told
    bench.kept.owner, bench.kept.revive, bench.kept.entries = 2, revive, entries
    for _ in range(6 * 120):
        await bench.tick(30)
        leave(bench)
    assert bench.clock_row()["state"] == "quiet", "it is looked at later all the same"


async def test_an_open_alert_sleeps_above_the_ceiling_and_closes_by_the_clock_alone():
    bench = await open_and_away()
    for _ in range(6 * 120):
        await bench.tick(30)
        leave(bench)
        assert len(bench.state) == 0
    assert bench.kept.revived
    (rule,) = {alert.rule for alert in bench.kept.alerts() if alert.kind == "closed"}
    assert [alert.kind for alert in bench.kept.alerts() if alert.rule == rule][-1] == "closed"
    assert bench.clock_row()["state"] == "quiet"
    calm = len(bench.kept.revived)
    await bench.run(3600, step=60)
    assert len(bench.kept.revived) == calm, "what is quiet sleeps on"


async def test_a_new_owner_behind_the_last_answer_asks_when_its_clock_has_caught_up_also_of_what_left_memory():
    bench = Bench(state_max_events=1)
    bench.at_end = False
    quiet = AlertRecord(NOON + 10 * SECOND, True, AlertState().dump(), [])
    bench.kept.entries[alert_key(b"c")] = encode_alert_record(quiet)
    take_off(bench)
    leave(bench)
    await bench.tick()
    leave(bench)
    assert (opened(bench), len(bench.state)) == ([], 0), (
        "it leaves memory, and nothing is told with a clock that is behind"
    )
    bench.at_end = True
    await bench.tick(9)
    assert opened(bench) == []
    for _ in range(2):
        await bench.tick(2)
    assert opened(bench) == ["c"]


async def test_straight_after_a_restart_memory_is_bounded_and_all_of_late_are_looked_at():
    before, contents = Bench(), [f"content {n:02}" for n in range(30)]
    before.kept.takes_hold = False
    for content in contents:
        take_off(before, content)
    before.keep()
    before.kept.takes_hold = True
    after = Bench(before.kept, before.sink, before.clock.now_us(), state_max_events=CEILING)
    after.state.resume(before.state.next_offset, {}, before.state.latest_ms)
    for _ in range(60):
        await after.tick(0.5)
    assert opened(after) == contents
    assert after.kept.peak <= CEILING + max(CEILING // REVIVED_SHARE, FACTS)
    assert after.state.facts <= CEILING


async def test_what_may_raise_no_alert_any_more_holds_no_memory():
    bench = Bench(alert_max_age_s=600.0, state_max_events=CEILING)
    bench.at_end = False
    for number in range(20):
        take_off(bench, f"content {number}")
    bench.clock.set(NOON + 3600 * SECOND)
    await bench.refresher.tick(0.0)
    leave(bench)
    assert bench.state.facts <= CEILING


def pass_by(bench, seconds):
    """A record of another content, so long after."""
    offset, at_ms = bench.state.next_offset, bench.state.latest_ms + 1000 * seconds
    record = FakeRecord(offset, b"other", event_json(f"e{offset}", "other"), at_ms)
    bench.state.apply([record], decode([record]))


async def run(bench):
    bench.controls_read.set()
    task = asyncio.create_task(bench.refresher.run())
    await asyncio.wait_for(bench.refresher._looked.wait(), 60)
    return task


async def test_while_records_are_caught_up_on_folding_waits_for_a_look_around_after_each_minute_of_the_log():
    bench = Bench(refresh_interval_s=300.0)
    bench.at_end = False
    bench.share(1)
    bench.clock.set(NOON + 30 * MINUTE)
    running = await run(bench)
    looked = bench.refresher._pulses[0].looked_us
    pass_by(bench, 59)
    await bench.refresher.keep_up(bench.state)
    assert bench.refresher._pulses[0].looked_us == looked
    pass_by(bench, 1)
    await asyncio.wait_for(bench.refresher.keep_up(bench.state), 60)
    assert bench.refresher._pulses[0].looked_us == looked + MINUTE
    running.cancel()


async def test_it_does_not_wait_for_looks_that_may_raise_no_alert():
    bench = Bench(refresh_interval_s=300.0, alert_max_age_s=600.0)
    bench.at_end = False
    bench.share(1)
    bench.clock.set(NOON + 30 * MINUTE)
    running = await run(bench)
    pass_by(bench, 300)
    await asyncio.wait_for(bench.refresher.keep_up(bench.state), 60)
    assert bench.refresher._pulses[0].looked_us == NOON
    running.cancel()
