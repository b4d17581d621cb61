"""`cascades infer` on a real broker: copies with guessed parents in the log, the same whoever makes them, and none where the parent is known."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from support.core import CoreRun
from support.ingest_process import values

from pipeline.ingest.inference.process import Infer
from pipeline.kafka import client_options, ensure_topics
from schemas.wire import WireEvent, decode, encode

pytestmark = pytest.mark.timeout(180)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PATIENCE_S = 60


def act(number, kind="share", **facts):
    """Each person writes that it has it from the one before."""
    told = {"parent_event_id": "e0", "parent_basis": "root_only", "attributes": {"text": f"RT @p{number - 1}: look"}}
    return WireEvent(
        event_id=f"e{number}",
        kind=kind,
        platform="twitter",
        content_id="it",
        actor_id=f"p{number}",
        occurred_at=NOON + timedelta(minutes=number),
        **({} if kind == "post" else told) | facts,
    )


@pytest.fixture
def settings(kafka):
    made = kafka.settings(infer="twitter=rt_text")
    return made.model_copy(update={"infer_group": f"infer-{made.group}", "undo_topic": f"undo-{made.group}"})


async def put(settings, *events):
    kafka = AIOKafkaProducer(**client_options(settings))
    await kafka.start()
    for event in events:
        value = event if isinstance(event, bytes) else encode(event)
        await kafka.send_and_wait(settings.events_topic, value, b"it")
    await kafka.stop()


@asynccontextmanager
async def inferring(settings):
    stop = asyncio.Event()
    working = asyncio.create_task(Infer(settings).work(stop))
    try:
        yield
    finally:
        stop.set()
        await working


async def guessed(settings, count):
    """The copies in the log, once there are as many."""
    async with asyncio.timeout(PATIENCE_S):
        while len(found := await _copies(settings)) < count:  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.2)
    return found


async def _copies(settings):
    told = map(_read, await values(settings, settings.events_topic))
    return [event for event in told if event and "inferred_by" in event.attributes]


def _read(value):
    return None if value == b"no event" else decode(value)


async def depth(settings):
    core = CoreRun(event for event in map(_read, await values(settings, settings.events_topic)) if event)
    core.freeze()
    return max(row["depth"] for row in core.tables()["edges"].values())


async def test_hidden_parents_are_guessed_across_a_restart_and_a_second_reader_makes_the_same_copies(settings):
    await ensure_topics(settings)
    known = act(4, parent_event_id="e2", parent_basis="exact")
    await put(settings, act(0, "post"), act(1), act(2), b"no event")
    async with inferring(settings):
        first = await guessed(settings, 1)
    assert [(one.event_id, one.parent_event_id, one.parent_basis) for one in first] == [("e2", "e1", "inferred")]
    await put(settings, act(2), act(3), known)
    async with inferring(settings):
        both = await guessed(settings, 2)
        await put(settings, act(5))
        three = await guessed(settings, 3)
    assert both == three[:2]
    assert [(one.event_id, one.parent_event_id) for one in three] == [("e2", "e1"), ("e3", "e2"), ("e5", "e4")]
    async with inferring(settings.model_copy(update={"infer_group": f"{settings.infer_group}-other"})):
        again = await guessed(settings, 6)
    assert again[3:] == three
    assert await depth(settings) == 4
