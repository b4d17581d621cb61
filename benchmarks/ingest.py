"""The front doors under load, on this machine alone: `python -m benchmarks.ingest [--requests N] [--batches N] [--kill]`.

A real broker, one `cascades ingest`, and the client (bare sockets, so that it costs little beside what it measures). Single events, then arrays
of 500, each sent by keep-alive connections that wait for their answer. At the end every event that was answered with 202 is looked for in Kafka.
With `--kill` the process is killed with SIGKILL half-way, and started again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.config import Settings
from pipeline.embedded import ports
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.kafka import client_options, ensure_topics

TOKEN = "a-token-for-a-benchmark"  # noqa: S105 - of this run only
CONTENTS = 500
BATCH = 500
CONNECTIONS = 64


class Told(NamedTuple):
    """What came of one load."""

    name: str
    events: int
    seconds: float
    cpu_seconds: float
    times: list[float]
    errors: int


def event(number: int) -> bytes:
    """About 300 bytes."""
    return json.dumps(
        {
            "event_id": f"web:{number:012d}",
            "kind": "share",
            "platform": "web",
            "content_id": f"https://example.org/articles/{number % CONTENTS}",
            "actor_id": f"actor-{number % 90_000}",
            "occurred_at": "2026-01-31T12:00:00.250Z",
            "parent_event_id": f"web:{number // 2:012d}",
            "parent_basis": "exact",
            "audience_size": number % 5000,
        }
    ).encode()


def request(body: bytes) -> bytes:
    """One POST, whole."""
    lines = ("POST /v1/events HTTP/1.1", "Host: in", "Content-Type: application/json", f"Authorization: Bearer {TOKEN}")
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode() + body


async def answered(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, whose body is read."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
    await reader.readexactly(length)
    return int(head[9:12])


class Load:
    """Connections that share a list of requests. A request that gets no 202 is sent again."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self._port, self._left = port, requests
        self.times: list[float] = []
        self.errors = 0

    async def run(self) -> float:
        began = time.perf_counter()
        await asyncio.gather(*(self._connection() for _ in range(CONNECTIONS)))
        return time.perf_counter() - began

    async def _connection(self) -> None:
        while self._left:
            try:
                await self._talk()
            except (OSError, asyncio.IncompleteReadError):
                self.errors += 1
                await asyncio.sleep(0.05)

    async def _talk(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while self._left:
                sent = self._left.pop()
                await self._one(sent, reader, writer)
        finally:
            writer.close()

    async def _one(self, sent: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began, status = time.perf_counter(), 0
        try:
            writer.write(sent)
            status = await answered(reader)
        finally:
            if status == 202:
                self.times.append(time.perf_counter() - began)
            else:
                self.errors += status != 0
                self._left.append(sent)


class Process:
    """One `cascades ingest`."""

    def __init__(self, settings: Settings) -> None:
        self.port, self.metrics = ports.choose(), ports.choose()
        own = {
            "CASCADES_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "CASCADES_INGEST_PORT": str(self.port),
            "CASCADES_METRICS_PORT": str(self.metrics),
            "CASCADES_INGEST_TOKENS": json.dumps([{"name": "benchmark", "tokens": [TOKEN]}]),
        }
        self._environment = os.environ | own
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "pipeline.cli", "ingest"], env=self._environment)

    async def ready(self) -> None:
        async with asyncio.timeout(60):
            while not await self._is_ready():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    async def _is_ready(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.metrics)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            status = await answered(reader)
            writer.close()
        except OSError:
            return False
        return status == 200

    def cpu_seconds(self) -> float:
        """Of the process that runs now; 0 for one that has ended."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


async def measured(name: str, process: Process, bodies: list[bytes], each: int, *, kill: bool) -> Told:
    load = Load(process.port, [request(body) for body in bodies])
    before, killing = process.cpu_seconds(), asyncio.create_task(killed(process, load, len(bodies) // 2, kill=kill))
    seconds = await load.run()
    await killing
    cpu_seconds = 0.0 if kill else process.cpu_seconds() - before
    return Told(name, len(bodies) * each, seconds, cpu_seconds, load.times, load.errors)


async def killed(process: Process, load: Load, half: int, *, kill: bool) -> None:
    while kill and len(load.times) < half:  # noqa: ASYNC110 - the load has no event for it
        await asyncio.sleep(0.01)
    if kill:
        process.kill()
        process.start()
        await process.ready()


async def stored(settings: Settings) -> int:
    """Different events in Kafka."""
    consumer = AIOKafkaConsumer(**client_options(settings), auto_offset_reset="earliest")
    await consumer.start()
    parts = [TopicPartition(settings.events_topic, number) for number in range(settings.partitions)]
    consumer.assign(parts)
    ends, found = await consumer.end_offsets(parts), set()
    for part in parts:
        while await consumer.position(part) < ends[part]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found |= {json.loads(record.value)["event_id"] for record in records}
    await consumer.stop()
    return len(found)


def shown(told: Told) -> str:
    p99 = quantiles(told.times, n=100)[98] * 1000
    cpu = (
        f"{told.cpu_seconds:.1f} CPU s of the doors"
        if told.cpu_seconds > 0
        else "killed and started again (errors: attempts meanwhile)"
    )
    return (
        f"{told.name}: {told.events / told.seconds:,.0f} events/s, {len(told.times) / told.seconds:,.0f} requests/s, p99 {p99:.1f} ms, "
        f"{told.errors} errors; {told.events:,} events in {told.seconds:.1f} s, {cpu}"
    )


async def main(requests: int, batches: int, *, kill: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as scratch, EmbeddedKafka(Path(scratch)) as broker:
        settings = Settings(kafka_bootstrap=broker.bootstrap)
        await ensure_topics(settings)
        process = Process(settings)
        try:
            await process.ready()
            await measured("warm", process, [event(10**9 + number) for number in range(500)], 1, kill=False)
            single = [event(number) for number in range(requests)]
            print(shown(await measured("single events", process, single, 1, kill=kill)))
            first = range(requests, requests + batches * BATCH, BATCH)
            arrays = [b"[" + b",".join(map(event, range(start, start + BATCH))) + b"]" for start in first]
            print(shown(await measured(f"arrays of {BATCH}", process, arrays, BATCH, kill=kill)))
            lost = requests + batches * BATCH + 500 - await stored(settings)
            print(f"accepted and not in Kafka: {lost}")
        finally:
            process.kill()
    return 1 if lost else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--batches", type=int, default=400)
    parser.add_argument("--kill", action="store_true")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.requests, given.batches, kill=given.kill)))
