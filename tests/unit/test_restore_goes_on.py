"""A restore that is interrupted: it waits for Kafka, it makes damaged files anew, and never goes on with what it left half-way."""

from __future__ import annotations

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from support.lives import Life, Store, World, everything

from pipeline.errors import BrokenStoreError


@pytest.fixture
def world():
    return World()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("pipeline.backoff.Backoff.next", lambda _: 0.0)


def fails_first(life, errors):
    """`_catch_up`, but it raises these before it works, after it has changed the state."""
    inner = life._catch_up

    async def catch_up(target, *rest):
        await inner(target, *rest)
        if errors:
            target.next_offset += 3  # half-way
            raise errors.pop()

    life.keeper._catch_up = catch_up


async def half_way(world):
    """One worker has done half of the log, and is gone."""
    assert not await Life(world, at=17).run()


async def test_while_kafka_is_away_a_restore_waits_and_begins_anew(world):
    await half_way(world)
    life = Life(world)
    fails_first(life, [KafkaConnectionError("nobody answers"), KafkaConnectionError("nobody answers")])
    assert await life.run()
    assert everything(world.sink) == world.one_pass()


async def test_what_waiting_cannot_cure_stops_the_worker(world):
    life = Life(world)
    fails_first(life, [TopicAuthorizationFailedError("no")])
    with pytest.raises(TopicAuthorizationFailedError):
        await life.run()


@pytest.mark.parametrize("step", ["write", "contents"])
async def test_files_that_turn_out_to_be_damaged_are_made_anew_from_the_changelog(world, monkeypatch, step):
    await half_way(world)
    plain, failures = getattr(Store, step), ["once"]

    def fails(store, *args):
        if failures:
            failures.pop()
            raise BrokenStoreError("damaged")
        return plain(store, *args)

    monkeypatch.setattr(Store, step, fails)
    assert await Life(world).run()
    assert not failures
    assert everything(world.sink) == world.one_pass()
