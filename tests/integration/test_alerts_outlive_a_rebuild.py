"""What was told stays told: through a rebuild, and when the events move to a larger topic."""

import asyncio

import pytest
from support.take_off import alerts, shares, smoulder, take_off, until_told
from support.worker import produce, worker

from pipeline.kafka import ensure_topics
from pipeline.stream import forget
from pipeline.stream.carry import Aside, read_told, write_told
from pipeline.stream.forget import forget_state
from pipeline.stream.repartition import repartition
from schemas.changelog import alert_key


@pytest.fixture
def settings(kafka):
    return kafka.settings(partitions=2, flush_interval_s=0.2, session_timeout_s=3.0)


async def told_once(settings):
    """A content took off, and the alert was told."""
    await ensure_topics(settings)
    await smoulder(settings)
    async with worker(settings) as running:
        await running.is_assigned(2)
        await take_off(settings)
        (alert,) = await until_told(settings)
    return alert


async def goes_on(settings, partitions):
    """Another worker, and a few records more: nothing is told again, and the worker knows what was."""
    await produce(settings, shares("more", 5, 1))
    async with worker(settings) as running:
        await running.is_assigned(partitions)
        await running.has_read(5)
        await asyncio.sleep(4)
        states = [held.told for state in running.member.ownership.states.values() for held in state.contents()]
    assert [record.is_quiet for record in states if record] == [False]


async def test_a_rebuild_tells_nothing_again(settings):
    alert = await told_once(settings)
    assert await forget_state(settings) > 100
    await goes_on(settings, 2)
    assert [one.message_id for one in await alerts(settings)] == [alert.message_id]


async def test_a_rebuild_that_was_killed_half_way_has_lost_nothing(settings, monkeypatch):
    await ensure_topics(settings)
    told = {alert_key(b"a"): b"told of a", alert_key(b"b"): b"told of b"}
    await write_told(settings, told)

    async def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(forget, "write_told", killed)
        with pytest.raises(KeyboardInterrupt):
            await forget_state(settings)
    assert (await read_told(settings))[0] == {}
    await forget_state(settings)
    assert (await read_told(settings))[0] == told
    assert Aside(settings)._left() == {}


async def test_a_move_to_a_larger_topic_tells_nothing_again(settings):
    alert = await told_once(settings)
    name = f"{settings.events_topic}.5"
    await repartition(settings, name, 5, lambda *_: None)
    larger = settings.model_copy(update={"events_topic": name, "partitions": 5, "epoch": 1})
    await goes_on(larger, 5)
    assert [one.message_id for one in await alerts(settings)] == [alert.message_id]
