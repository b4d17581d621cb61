"""Kill −9 of the front doors in the middle of a flood: whatever was answered with 2xx is in Kafka."""

from __future__ import annotations

import asyncio
import json
import random

import aiohttp
from support.doors import event
from support.ingest_process import BEARER, ingesting, values

from pipeline.kafka import ensure_topics


async def client(number, url, stop, accepted):
    """Sends one event after the other, each until it is accepted; remembers those that were."""
    count = 0
    async with aiohttp.ClientSession() as session:
        while not stop.is_set():
            sent = event(f"{number}-{count}", content_id=f"c{number}")
            try:
                async with session.post(url + "/v1/events", json=sent, headers=BEARER) as response:
                    if response.status == 202:
                        accepted.add(sent["event_id"])
                        count += 1
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.02)


async def grown(accepted, wanted):
    async with asyncio.timeout(60):
        while len(accepted) < wanted:  # noqa: ASYNC110 - a set has no event for it
            await asyncio.sleep(0.01)


async def test_nothing_that_was_accepted_is_lost_by_kills(kafka):
    settings = kafka.settings()
    await ensure_topics(settings)
    accepted, stop = set(), asyncio.Event()
    async with ingesting(settings) as process:
        clients = [asyncio.create_task(client(number, process.url, stop, accepted)) for number in range(20)]
        for _ in range(4):
            await grown(accepted, len(accepted) + 50)
            await asyncio.sleep(random.random() / 2)
            await process.kill()
            await process.start()
        stop.set()
        await asyncio.gather(*clients)
        assert await process.stop() == 0
    stored = {json.loads(value)["event_id"] for value in await values(settings, settings.events_topic)}
    assert len(accepted) > 100
    assert accepted <= stored


async def test_a_stop_answers_what_is_under_way(kafka):
    settings = kafka.settings()
    await ensure_topics(settings)
    async with ingesting(settings) as process, aiohttp.ClientSession() as session:
        sending = [
            asyncio.create_task(answer(session, process.url, [event(f"{one}-{number}") for number in range(500)]))
            for one in range(20)
        ]
        await asyncio.sleep(0.05)
        assert await process.stop() == 0
        statuses = await asyncio.gather(*sending)
    assert len(await values(settings, settings.events_topic)) >= 500 * statuses.count(202)
    assert set(statuses) <= {202, None}


async def answer(session, url, events):
    try:
        async with session.post(url + "/v1/events", json=events, headers=BEARER) as response:
            return response.status
    except aiohttp.ClientError:
        return None
