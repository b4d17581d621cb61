"""`cascades ingest` as a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import SecretStr
from support.doors import ALL, TOKEN

from pipeline.embedded.ports import choose
from pipeline.kafka import client_options, partition_count

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipeline.config import Settings

BEARER = {"Authorization": f"Bearer {TOKEN}"}


class IngestProcess:
    """One process on fixed ports, so that clients find the next one where the last one was."""

    def __init__(self, settings: Settings) -> None:
        self.port, self.metrics_port = choose(), choose()
        given = {name: _text(getattr(settings, name)) for name in settings.model_fields_set}
        own = {
            "ingest_port": str(self.port),
            "metrics_port": str(self.metrics_port),
            "ingest_tokens": json.dumps([ALL]),
        }
        self._environment = os.environ | {f"CASCADES_{name.upper()}": value for name, value in (given | own).items()}
        self.url, self.ready_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.metrics_port}/readyz"
        self.process: asyncio.subprocess.Process | None = None
        self.command = ("-m", "pipeline.cli", "ingest")

    async def start(self) -> None:
        """Returns when it is ready."""
        await self.launch()
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while not await self._is_ready(session):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)

    async def launch(self) -> None:
        """Returns at once."""
        self.process = await asyncio.create_subprocess_exec(sys.executable, *self.command, env=self._environment)

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(self.ready_url) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 30)


def _text(value: object) -> str:
    if isinstance(value, list):
        return json.dumps(value)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


@asynccontextmanager
async def ingesting(settings: Settings, command: tuple[str, ...] = ()) -> AsyncIterator[IngestProcess]:
    made = IngestProcess(settings)
    made.command = command or made.command
    try:
        await made.start()
        yield made
    finally:
        if made.process and made.process.returncode is None:
            await made.kill()


async def values(settings: Settings, topic: str) -> list[bytes]:
    """Every record that the topic has now."""
    consumer = AIOKafkaConsumer(**client_options(settings), auto_offset_reset="earliest")
    await consumer.start()
    try:
        parts = [TopicPartition(topic, number) for number in range(await partition_count(settings, topic))]
        consumer.assign(parts)
        ends, found = await consumer.end_offsets(parts), []
        for part in parts:
            while await consumer.position(part) < ends[part]:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += [record.value for record in records]
        return found
    finally:
        await consumer.stop()
