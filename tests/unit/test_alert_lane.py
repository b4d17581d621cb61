"""A lane keeps its promises whatever its channel does: in time, without loss, and without harm to other channels."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from time import monotonic

from support.receivers import alert

from pipeline.alerts.lane import Lane, Limits
from pipeline.alerts.outcome import Failure
from pipeline.metrics import Metric, Metrics

REFUSED = Failure("refused", "answered 500")
QUICK = Limits(give_up_s=0.4, first_s=0.01, most_s=0.05, room=5)


class Channel:
    """Does as `react(alert, attempt)` says; remembers what it was given and what it took."""

    def __init__(self, react=lambda _alert, _attempt: None):
        self.react, self.tried, self.taken = react, [], []

    async def send(self, one):
        self.tried.append(one.content_id)
        answer = self.react(one, self.tried.count(one.content_id))
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer is None:
            self.taken.append(one.message_id)
        return answer

    async def close(self):
        return


class Bench:
    def __init__(self, lane, channel, buried, metrics):
        self.lane, self.channel, self.buried, self.metrics = lane, channel, buried, metrics
        self.settled = []

    def put(self, one):
        self.lane.put(one, one.message_id, lambda: self.settled.append(one.message_id))

    async def until(self, holds, seconds=10.0):
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - any condition, looked at often
                await asyncio.sleep(0.005)


@asynccontextmanager
async def bench(react=lambda _alert, _attempt: None, limits=QUICK, unwanted=lambda _alert: False):
    channel, buried, metrics = Channel(react), [], Metrics()

    async def bury(record, name, failure, attempts):
        buried.append((record, name, failure.reason, attempts))

    lane = Lane("on-call", channel, bury, unwanted, metrics, limits)
    running = asyncio.create_task(lane.run())
    try:
        yield Bench(lane, channel, buried, metrics)
    finally:
        lane.close()
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled() or running.exception() is None


async def test_alerts_are_handed_over_in_their_order():
    async with bench() as here:
        for number in range(4):
            here.put(alert(number))
        await here.until(lambda: len(here.settled) == 4)
        assert here.channel.taken == here.settled == [alert(number).message_id for number in range(4)]
        assert here.metrics.value(Metric.ALERTS_DELIVERED, "on-call") == 4


async def test_what_is_refused_is_tried_again_until_it_is_taken():
    async with bench(lambda _alert, attempt: REFUSED if attempt < 4 else None) as here:
        here.put(alert(1))
        await here.until(lambda: here.settled)
        assert here.channel.tried == ["content-1"] * 4
        assert here.buried == []
        assert here.metrics.value(Metric.ALERT_ATTEMPTS_FAILED, "on-call", "refused") == 3


async def test_what_is_never_taken_becomes_a_dead_letter_with_the_reason_in_bounded_time():
    async with bench(lambda _alert, _attempt: REFUSED) as here:
        began = monotonic()
        here.put(alert(1))
        await here.until(lambda: here.settled)
        assert monotonic() - began < 3
        ((record, channel, reason, attempts),) = here.buried
        assert (record, channel, reason) == (alert(1).message_id, "on-call", "refused")
        assert attempts == len(here.channel.tried) > 1


async def test_what_is_hopeless_is_a_dead_letter_at_once():
    async with bench(lambda _alert, _attempt: Failure("gone", "answered 410", final=True)) as here:
        here.put(alert(1))
        await here.until(lambda: here.settled)
        assert here.buried == [(alert(1).message_id, "on-call", "gone", 1)]


async def test_an_alert_that_the_channel_hates_lets_the_others_pass():
    async with bench(lambda one, _attempt: REFUSED if one.content_id == "content-1" else None) as here:
        here.put(alert(1))
        here.put(alert(2))
        here.put(alert(3))
        await here.until(lambda: len(here.settled) == 3)
        assert here.channel.taken == [alert(2).message_id, alert(3).message_id]
        assert [record for record, *_ in here.buried] == [alert(1).message_id]


async def test_alerts_of_one_content_keep_their_order_over_a_failure():
    async with bench(lambda _alert, attempt: REFUSED if attempt == 1 else None) as here:
        here.put(alert(1))
        here.put(alert(1, sequence=1, kind="closed"))
        await here.until(lambda: len(here.settled) == 2)
        assert here.channel.taken == [alert(1).message_id, alert(1, sequence=1).message_id]


async def test_a_dead_channel_gives_up_all_that_waits_without_asking_for_each():
    async with bench(lambda _alert, _attempt: REFUSED, Limits(give_up_s=0.3, first_s=0.1, most_s=0.2)) as here:
        for number in range(100):
            here.put(alert(number))
        await here.until(lambda: len(here.settled) == 100)
        assert len(here.buried) == 100
        assert len(here.channel.tried) < 20


async def test_a_failing_channel_with_too_many_waiting_loses_the_oldest_to_the_dead_letters():
    async with bench(lambda _alert, _attempt: REFUSED, Limits(give_up_s=60, first_s=0.01, most_s=0.02, room=5)) as here:
        for number in range(8):
            here.put(alert(number))
        await here.until(lambda: len(here.buried) == 3)
        assert [record for record, *_ in here.buried] == [alert(number).message_id for number in range(3)]
        assert {reason for _, _, reason, _ in here.buried} == {"behind"}
        assert not here.lane.full


async def test_a_sound_channel_with_much_to_do_makes_the_reader_wait_and_loses_nothing():
    gate = asyncio.Event()

    async def slowly():
        await gate.wait()

    async with bench(lambda _alert, _attempt: slowly(), Limits(give_up_s=60, room=5)) as here:
        for number in range(8):
            here.put(alert(number))
        assert here.lane.full
        gate.set()
        await here.until(lambda: len(here.settled) == 8)
        assert here.buried == []
        assert not here.lane.full


async def test_a_channel_that_is_slower_than_alerts_come_does_not_hold_the_reader_for_ever():
    async with bench(lambda _alert, _attempt: asyncio.sleep(0.3), Limits(give_up_s=0.2, room=2)) as here:
        for number in range(6):
            here.put(alert(number))
        assert here.lane.full
        await here.until(lambda: not here.lane.full, 2.0)
        await here.until(lambda: len(here.settled) == 6)
        assert len(here.channel.taken) + len(here.buried) == 6
        assert here.buried


async def test_a_receiver_that_asks_for_patience_gets_it():
    wait = Failure("refused", "answered 429", retry_after_s=0.3)
    times = []

    def react(_alert, attempt):
        times.append(monotonic())
        return wait if attempt == 1 else None

    async with bench(react, Limits(give_up_s=5, first_s=0.01, most_s=0.02)) as here:
        here.put(alert(1))
        await here.until(lambda: here.settled)
        assert times[1] - times[0] >= 0.3


async def test_an_alert_that_is_muted_while_it_waits_is_not_sent():
    muted = set()
    async with bench(lambda _alert, _attempt: REFUSED, unwanted=lambda one: one.content_id in muted) as here:
        here.put(alert(1))
        await here.until(lambda: here.channel.tried)
        muted.add("content-1")
        tried = len(here.channel.tried)
        await here.until(lambda: here.settled)
        assert here.buried == []
        assert len(here.channel.tried) <= tried + 1
        assert here.metrics.value(Metric.ALERTS_SKIPPED, "muted") == 1


async def test_a_message_that_is_read_again_while_it_waits_is_sent_once_and_settled_twice():
    gate = asyncio.Event()

    async def gated():
        await gate.wait()

    async with bench(lambda _alert, _attempt: gated()) as here:
        here.put(alert(1))
        here.put(alert(1))
        gate.set()
        await here.until(lambda: len(here.settled) == 2)
        assert here.channel.taken == [alert(1).message_id]


async def test_a_closed_lane_finishes_what_is_under_way_and_starts_nothing_new():
    gate = asyncio.Event()

    async def gated():
        await gate.wait()

    async with bench(lambda _alert, _attempt: gated()) as here:
        here.put(alert(1))
        here.put(alert(2))
        await here.until(lambda: here.channel.tried)
        here.lane.close()
        gate.set()
        await here.until(lambda: here.settled)
        await asyncio.sleep(0.05)
        assert here.channel.tried == ["content-1"]
