"""Once a second: what the clock alone has changed, and what is told of it exactly once."""

import asyncio

import pytest
from support.refreshing import HOUR, MINUTE, NOON, SECOND, Bench

from pipeline.metrics import Metric
from schemas.alert import Control, Scope, moment

TAKE_OFF = 60
"""Shares in one minute that the preset balanced takes for a beginning of something, after an hour of nearly none."""


async def took_off(bench=None):
    """A content with one share in five minutes for an hour, then many at once; the alert is told."""
    bench = bench or Bench()
    for minute in range(0, 60, 5):
        bench.share(ago_s=3600 - 60 * minute)
    await bench.tick()
    assert bench.kept.alerts() == []
    bench.share(TAKE_OFF, ago_s=70)
    bench.share(TAKE_OFF, ago_s=5)
    await bench.tick(1)
    return bench


async def test_a_content_has_its_figures_at_the_first_tick_after_its_record():
    bench = Bench()
    bench.share(10)
    await bench.tick(1)
    row = bench.clock_row()
    assert (row["evaluated_at"], row["version"]) == (NOON + SECOND, NOON + SECOND)
    assert (row["velocity_5m"], row["velocity_1h"]) == (2.0, 10 / 60)
    assert row["state"] == "quiet"
    assert bench.nudges == 1


async def test_figures_decay_when_nothing_arrives_until_they_are_all_zero_and_then_nobody_looks():
    bench = Bench()
    bench.share(10)
    await bench.tick()
    speeds = []
    for minutes in (4, 6, 70, 25 * 60):
        await bench.run(minutes * 60, step=30)
        row = bench.clock_row()
        speeds.append((row["velocity_5m"], row["velocity_1h"]))
    assert speeds == [(2.0, 10 / 60), (0.0, 10 / 60), (0.0, 0.0), (0.0, 0.0)]
    looks = bench.metrics.value(Metric.LOOKS)
    await bench.run(3600, step=60)
    assert bench.metrics.value(Metric.LOOKS) == looks
    assert looks < 170, "a day at ten minutes, and a few at the start"


async def test_what_takes_off_is_told_once_with_why_and_shown_in_the_rows():
    bench = await took_off()
    (alert,) = bench.kept.alerts()
    assert (alert.kind, alert.content_id, alert.state, alert.sequence) == ("opened", "c", "viral", 0)
    assert bench.kept.messages[0].key == b"c"
    assert bench.kept.messages[0].topic == bench.settings.alerts_topic
    await bench.run(20)
    assert len(bench.kept.alerts()) == 1
    (row,) = bench.sink.rows("alerts")
    assert (row["alert_id"], row["summary"], row["closed_at"]) == (alert.alert_id, alert.summary, 0)
    assert (bench.clock_row()["state"], bench.clock_row()["severity"]) == ("viral", alert.severity)
    assert bench.metrics.value(Metric.ALERTS, alert.rule, "opened") == 1
    assert bench.metrics.value(Metric.ALERT_STATES, 0) == 1


async def test_an_alert_closes_by_the_clock_alone():
    bench = await took_off()
    await bench.run(6 * 3600, step=30)
    alerts = bench.kept.alerts()
    assert [alert.kind for alert in alerts if alert.rule == alerts[0].rule][-1] == "closed"
    assert bench.clock_row()["state"] == "quiet"
    assert bench.sink.rows("alerts")[0]["closed_at"] > NOON
    assert bench.metrics.value(Metric.ALERT_STATES, 0) == 0


async def test_a_restart_tells_nothing_again_and_goes_on_counting():
    bench = await took_off()
    bench.keep()
    after = bench.restart()
    await after.run(30)
    assert len(after.kept.alerts()) == 1
    assert after.clock_row()["state"] == "viral"
    await after.run(13 * 3600, step=60)  # longer than the cool-down
    after.share(TAKE_OFF, ago_s=70)
    after.share(TAKE_OFF, ago_s=5)
    await after.run(3)
    opened = [
        alert for alert in after.kept.alerts() if alert.kind == "opened" and alert.rule == after.kept.alerts()[0].rule
    ]
    assert len({alert.alert_id for alert in opened}) == len(opened) == 2


async def test_who_is_killed_before_the_transaction_leaves_the_alert_to_the_next_under_the_same_id():
    first, second = Bench(), Bench()
    first.kept.takes_hold = False
    await took_off(first)
    assert first.kept.alerts() == []
    assert first.sink.rows("alerts") == []
    first.keep()
    after = first.restart()
    after.kept.takes_hold = True
    await after.run(3)
    await took_off(second)
    (told,), (wanted,) = after.kept.alerts(), second.kept.alerts()
    assert told.alert_id == wanted.alert_id


async def test_what_a_partition_that_was_taken_would_have_told_is_forgotten_and_found_again():
    bench = Bench()
    bench.share(1)
    await bench.tick()
    bench.kept.takes_hold = False
    await took_off(bench)
    assert bench.clock_row()["state"] == "quiet", "rows of what was not told are not written"
    bench.kept.takes_hold = True
    await bench.tick(2)
    assert len(bench.kept.alerts()) == 1
    assert bench.clock_row()["state"] == "viral"


async def test_a_partition_taken_while_it_is_looked_at_tells_nothing():
    bench = Bench()
    bench.share(5)
    await bench.tick()
    bench.share(TAKE_OFF, ago_s=70)
    bench.share(TAKE_OFF, ago_s=5)
    plain = bench.kept.tell

    async def taken(*args):
        bench.kept.owner = 2
        return await plain(*args)

    bench.kept.tell = taken
    await bench.tick(1)
    assert bench.kept.messages == []
    bench.kept.owner = None
    await bench.tick(1)
    assert bench.kept.messages == []


async def test_a_row_that_a_crash_lost_is_made_again_from_what_is_kept():
    bench = await took_off()
    bench.keep()
    bench.sink._tables["alerts"].clear()
    after = bench.restart()
    await after.tick(1)
    assert [row["alert_id"] for row in after.sink.rows("alerts")] == [bench.kept.alerts()[0].alert_id]


async def test_a_content_that_is_open_does_not_leave_memory_and_comes_back_after_a_restart():
    bench = await took_off()
    bench.share(1, "idle")
    await bench.tick(1)
    bench.keep()
    bench.state.latest_ms += 10**9
    bench.state.evict(1000, surplus=10**6)
    assert [held.content.content_id for held in bench.state.contents()] == ["c"]
    after = Bench(bench.kept, bench.sink, bench.clock.now_us())
    after.state.resume(bench.state.next_offset, {}, bench.state.latest_ms)
    await after.run(3)
    assert b"c" in after.kept.revived
    after.state.evict(1000, surplus=10**6)
    assert [held.content.content_id for held in after.state.contents()] == ["c"]
    await after.run(6 * 3600, step=30)
    assert after.kept.alerts()[-1].kind == "closed"
    assert after.state.evict(1000, surplus=10**6) == 1


async def test_what_a_killed_worker_had_kept_and_not_looked_at_is_looked_at_by_the_next_though_memory_has_no_room_for_it():
    bench = Bench()
    bench.kept.takes_hold = False
    await took_off(bench)
    bench.keep()
    bench.kept.takes_hold = True
    after = Bench(bench.kept, bench.sink, bench.clock.now_us())
    after.state.resume(bench.state.next_offset, {}, bench.state.latest_ms)
    await after.run(3)
    assert [alert.content_id for alert in after.kept.alerts()] == ["c"]


async def test_a_content_that_left_memory_goes_on_counting_when_it_comes_back():
    bench = await took_off()
    bench.keep()
    await bench.run(6 * 3600, step=30)
    bench.keep()
    assert bench.state.evict(0, surplus=10**6) == 1
    await bench.kept.revive(bench.state, [b"c"])
    bench.share(TAKE_OFF, ago_s=70)
    bench.share(TAKE_OFF, ago_s=5)
    await bench.run(3)
    ids = [alert.alert_id for alert in bench.kept.alerts() if alert.kind == "opened"]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 2


async def test_while_records_are_caught_up_on_the_clock_is_that_of_the_last_one_folded():
    bench = Bench()
    bench.at_end = False
    bench.share(10)
    await bench.tick(600)
    assert bench.clock_row()["evaluated_at"] == NOON
    assert bench.metrics.value(Metric.CLOCK_BEHIND, 0) == 600
    bench.at_end = True
    await bench.tick(1)
    assert bench.clock_row()["evaluated_at"] == NOON + 601 * SECOND


async def test_what_happened_longer_ago_than_a_setting_allows_is_no_news_but_its_figures_are_shown():
    bench = Bench(alert_max_age_s=600.0)
    bench.at_end = False
    bench.share(5)
    bench.share(TAKE_OFF, ago_s=70)
    bench.share(TAKE_OFF, ago_s=5)
    await bench.tick(3600)
    assert bench.kept.messages == []
    row = bench.clock_row()
    assert (row["evaluated_at"], row["state"]) == (NOON, "")
    assert row["velocity_5m"] > 20


async def test_alerts_that_are_off_leave_the_figures():
    bench = Bench(alerts=False)
    await took_off(bench)
    assert bench.kept.messages == []
    assert bench.clock_row()["velocity_5m"] > 20


async def test_rules_are_not_asked_about_a_moment_before_the_last_one_they_were_asked_about():
    bench = await took_off()
    bench.keep()
    after = bench.restart()
    after.clock.set(NOON - HOUR // 2)
    await after.run(10)
    assert len(after.kept.alerts()) == 1
    assert after.clock_row()["state"] == "viral"


async def test_a_worker_that_does_not_hear_from_kafka_or_stood_still_for_long_does_not_look():
    bench = Bench(session_timeout_s=10.0)
    await bench.tick(1)
    bench.share(10)
    bench.in_touch = False
    await bench.tick(1)
    assert bench.sink.rows("content_clock") == []
    bench.in_touch = True
    bench.seconds += 11
    await bench.tick(1)
    assert bench.sink.rows("content_clock") == [], "its partitions may be somebody else's"
    await bench.run(6)
    assert bench.clock_row()["velocity_5m"] == 2.0


async def test_a_tick_takes_a_bounded_time_and_goes_on_where_it_stopped(monkeypatch):
    now = [0.0]

    def each_call_takes_a_millisecond():
        now[0] += 0.001
        return now[0]

    monkeypatch.setattr("pipeline.stream.refresh.perf_counter", each_call_takes_a_millisecond)
    bench = Bench(refresh_interval_s=1.0)
    for number in range(1000):
        bench.share(1, f"content {number}")
    await bench.tick()
    first = len(bench.sink.rows("content_clock"))
    assert 50 < first < 200
    assert bench.metrics.value(Metric.REFRESH_WAITING, 0) >= 1000 - first - 1
    for _ in range(20):
        await bench.refresher.tick()
    bench.write()
    assert len(bench.sink.rows("content_clock")) == 1000


async def test_the_history_has_the_first_and_then_the_last_look_of_each_minute():
    bench = Bench()
    bench.share(1)
    await bench.tick(1)
    assert [row["shares"] for row in bench.sink.rows("content_history")] == [1]
    bench.share(1)
    await bench.tick(10)
    assert [row["shares"] for row in bench.sink.rows("content_history")] == [1]
    bench.share(1)
    await bench.tick(60)
    rows = bench.sink.rows("content_history")
    assert [(row["known_at"], row["shares"]) for row in rows] == [(NOON, 2), (NOON + MINUTE, 3)]
    assert rows[0]["evaluated_at"] == NOON + 11 * SECOND
    assert (rows[1]["max_breadth"], rows[1]["mean_depth"], rows[1]["label"]) == (3, 1.0, "broadcast")
    clock = bench.clock_row()
    assert [rows[1][name] for name in ("predicted_low", "predicted_high")] == [
        clock["predicted_low"],
        clock["predicted_high"],
    ]


async def test_a_row_of_the_history_has_the_form_of_the_content_and_no_more_slots():
    bench = Bench()
    for number in range(70):
        basis = "exact" if number % 2 else "inferred"
        bench.share(parent_event_id=f"e{number - 1}", parent_basis=basis, audience_size=number if number % 3 else None)
    await bench.tick(1)
    (content,), (row,) = bench.sink.rows("contents"), bench.sink.rows("content_history")
    assert row["breadth"] == [1] * 64 + [7]
    shared = ("breadth", "max_breadth", "depth", "depth_exact", "sharers", "sharers_known")
    assert [row[name] for name in shared] == [content[name] for name in shared]
    assert row["mean_depth"] == pytest.approx((sum(range(64)) + 7 * 64) / 70)


async def test_a_rebuild_leaves_the_history_as_it_was():
    bench = Bench()
    bench.share(3)
    await bench.tick(1)
    await bench.tick(61)
    before = bench.sink.rows("content_history")
    again = Bench(sink=bench.sink, now_us=NOON)
    again.share(2)
    again.at_end = False
    again.clock.set(NOON + 30 * 24 * HOUR)
    await again.refresher.tick()
    again.write()
    assert again.sink.rows("content_history") == before


async def test_a_mute_marks_the_alert_and_changes_nothing_else():
    bench, muted = Bench(), Bench()
    muted.controls.apply(Control(action="mute", scope=Scope(content_id="c"), at=moment(NOON)))
    await took_off(bench)
    await took_off(muted)
    (loud,), (silent,) = bench.kept.alerts(), muted.kept.alerts()
    assert (loud.muted, silent.muted) == (False, True)
    assert silent.alert_id == loud.alert_id
    assert muted.sink.rows("alerts")[0]["muted"]


async def test_links_lead_to_the_page_and_the_dashboard():
    bench = await took_off(Bench(page_public_url="https://cascades.example.org"))
    (alert,) = bench.kept.alerts()
    assert alert.links.page == "https://cascades.example.org/#/content/c"
    assert alert.links.dashboard is None


async def test_baselines_survive_a_restart():
    bench = Bench()
    for number in range(12):
        bench.share(20, f"content {number}", ago_s=3600)
        bench.share(5, f"content {number}", ago_s=2400)
    await bench.tick(1)
    bench.keep()
    rows = bench.sink.rows("baselines")
    assert rows
    assert {row["platform"] for row in rows} == {"x"}
    after = Bench(bench.kept, bench.sink, bench.clock.now_us())
    after.state.latest_ms = bench.state.latest_ms
    after.share(100, "star", ago_s=1800)
    await after.tick(1)
    assert after.clock_row("star")["viral_score"] == pytest.approx(100 / after.clock_row("star")["expected_shares"])


async def test_partitions_that_went_away_take_their_metrics_along():
    bench = Bench()
    bench.share(1)
    await bench.tick(1)
    assert b'cascades_alert_states{partition="0"}' in bench.metrics.page()
    del bench.states[0]
    await bench.tick(1)
    assert b'cascades_alert_states{partition="0"}' not in bench.metrics.page()


async def test_no_look_before_the_controls_are_read():
    bench = Bench()
    bench.share(10)
    running = asyncio.create_task(bench.refresher.run())
    await asyncio.sleep(0.01)
    assert len(bench.rows) == 0
    bench.controls_read.set()
    await asyncio.sleep(0.05)
    await bench.refresher.pause(1.0)
    running.cancel()
    assert len(bench.rows) > 0
