"""Whoever obeys `share.control` reads the whole of it, passes over what is no control, and leaves no connection behind."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from pipeline import control_log
from pipeline.config import Settings
from pipeline.kafka import started, stopped
from pipeline.metrics import Metric, Metrics
from schemas.alert import Control, Scope, moment

SETTINGS = Settings()
PART = TopicPartition(SETTINGS.control_topic, 0)
MUTE = Control(action="mute", scope=Scope(content_id="star"), at=moment(0))


class Client:
    """A Kafka client that takes its time. What it was asked for, it has done only when it says so."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()
        self.did: list[str] = []

    async def start(self) -> None:
        await self.may_go_on.wait()
        self.did.append("start")

    async def stop(self) -> None:
        await self.may_go_on.wait()
        self.did.append("stop")


@pytest.mark.parametrize(("begun", "done"), [(started, ["start", "stop"]), (stopped, ["stop"])])
async def test_a_client_is_closed_to_the_end_also_when_its_owner_is_cancelled(begun, done):
    client = Client()
    task = asyncio.create_task(begun(client))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    client.may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.did == done


class Topic:
    """A consumer of one partition whose records are the test's. `breaks` is raised by the next fetch."""

    def __init__(self, *values: bytes | None) -> None:
        self.values, self.place, self.stops = list(values), 0, 0
        self.breaks: Exception | None = None

    async def start(self) -> None:
        self.place = 0

    async def stop(self) -> None:
        self.stops += 1

    async def topics(self):
        return {PART.topic}

    def assign(self, parts) -> None:
        assert parts == [PART]

    async def seek_to_beginning(self, _part) -> None:
        self.place = 0

    async def end_offsets(self, _parts):
        return {PART: len(self.values)}

    async def position(self, _part):
        return self.place

    async def getmany(self, _part, timeout_ms):
        await asyncio.sleep(timeout_ms / 1_000_000)
        if broken := self.breaks:
            self.breaks = None
            raise broken
        first, self.place = self.place, len(self.values)
        records = [
            SimpleNamespace(topic=PART.topic, partition=0, offset=offset, value=value)
            for offset, value in enumerate(self.values[first:], first)
        ]
        return {PART: records} if records else {}


@pytest.fixture
def follow(monkeypatch):
    """Follow a topic; returns what is applied, the metrics, and the running task with its log."""

    def begin(topic: Topic):
        monkeypatch.setattr(control_log, "any_connects", lambda _: asyncio.sleep(0, result=True))
        monkeypatch.setattr(control_log, "AIOKafkaConsumer", lambda **_: topic)
        monkeypatch.setattr("pipeline.backoff.Backoff.next", lambda _: 0.0)
        applied, metrics = [], Metrics()
        log = control_log.ControlLog(SETTINGS, applied.append, metrics)
        return applied, metrics, log, asyncio.create_task(log.run())

    return begin


async def test_what_is_no_control_is_counted_and_passed_over(follow, caplog):
    topic = Topic(b"nonsense", None, MUTE.encode())
    applied, metrics, log, running = follow(topic)
    await asyncio.wait_for(log.caught_up.wait(), 10)
    running.cancel()
    await asyncio.wait([running])
    assert applied == [MUTE]
    assert metrics.value(Metric.CONTROLS_REFUSED) == 1
    assert f"the record at {PART.topic}/0/0 is no control" in caplog.text
    assert topic.stops == 1


async def test_after_a_broken_connection_the_topic_is_read_from_its_start_by_a_new_client(follow, caplog):
    topic = Topic(MUTE.encode())
    topic.breaks = KafkaConnectionError("gone")
    applied, _, log, running = follow(topic)
    await asyncio.wait_for(log.caught_up.wait(), 10)
    assert (applied, topic.stops) == ([MUTE], 1)
    assert "stay as they are" in caplog.text
    running.cancel()
    await asyncio.wait([running])
    assert topic.stops == 2
