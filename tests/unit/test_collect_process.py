"""The process around the sources: what it says while Kafka is away, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import aiohttp
import pytest
from support.collecting import until

from pipeline.config import Settings
from pipeline.embedded.ports import choose
from pipeline.errors import UsageError
from pipeline.ingest.collect.kinds import KINDS
from pipeline.ingest.collect.options import load
from pipeline.ingest.collect.process import Collect, run_collect


async def test_while_kafka_is_away_it_waits_says_so_and_stops_when_told():
    settings = Settings(kafka_bootstrap=f"127.0.0.1:{choose()}", metrics_port=choose())
    running = asyncio.create_task(Collect(settings, load(settings, KINDS, ["bluesky"])).run())
    told = []

    async def ask():
        async with aiohttp.ClientSession() as session:
            while not any("does not serve us" in text for text in told):
                async with session.get(f"http://127.0.0.1:{settings.metrics_port}/readyz") as response:
                    told.append(await response.text())
                    assert response.status == 503
                await asyncio.sleep(0.05)

    await asyncio.sleep(0)
    await asyncio.wait_for(ask(), 30)
    assert set(json.loads(told[-1])["parts"]) == {"kafka", "bluesky"}
    os.kill(os.getpid(), signal.SIGTERM)
    await until(running.done)
    assert running.result() == 0


def test_what_cannot_work_ends_it_before_anything_is_opened():
    with pytest.raises(UsageError, match="name a source"):
        run_collect(Settings())
