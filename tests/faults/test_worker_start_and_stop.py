"""The worker process around its start: what is not there is waited for, what cannot work is said, a signal always ends it."""

import asyncio
import json
import os
import signal
import socket

import pytest
from aiokafka.errors import KafkaConnectionError
from support.worker_process import WorkerProcess

from pipeline.config import Settings
from pipeline.metrics import Metrics
from pipeline.sinks.memory import MemorySink
from pipeline.status import Status
from pipeline.stream import worker
from pipeline.stream.member import Member


@pytest.fixture
def nowhere():
    """Settings that name ports where nobody listens."""
    return Settings(kafka_bootstrap="127.0.0.1:1", clickhouse_url="http://127.0.0.1:2", metrics_port=0)


def test_without_kafka_it_waits_tells_readiness_why_and_stops_when_told(nowhere, tmp_path):
    worker = WorkerProcess(nowhere, tmp_path / "log")
    worker.wait_until(lambda: "127.0.0.1:1" in worker.parts().get("kafka", {}).get("detail", ""), "kafka's detail")
    code, body = worker.get("/readyz")
    assert (code, json.loads(body)["ready"]) == (503, False)
    assert worker.get("/livez") == (200, "ok\n")
    assert worker.stop() == 0


def test_a_metrics_port_in_use_is_said_with_what_to_do(nowhere, tmp_path):
    worker = WorkerProcess(nowhere, tmp_path / "first")
    worker.wait_until(lambda: worker.get("/livez")[0] == 200, "live")
    second = WorkerProcess(nowhere, tmp_path / "second", port=worker.port)
    assert second.process.wait(60) == 1
    assert "CASCADES_METRICS_PORT" in second.log.read_text()
    assert worker.stop() == 0


def test_without_clickhouse_it_waits_too(kafka, tmp_path):
    with socket.socket() as taken:  # bound but not listening: nobody else gets the port
        taken.bind(("127.0.0.1", 0))
        settings = kafka.settings(clickhouse_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        worker = WorkerProcess(settings, tmp_path / "log")
        worker.wait_until(
            lambda: "does not answer" in worker.parts().get("clickhouse", {}).get("detail", ""), "clickhouse's detail"
        )
        assert worker.stop() == 0
    assert "Traceback" not in worker.log.read_text()


@pytest.mark.parametrize("told_by", ["the start", "its thread"])
async def test_a_broker_that_goes_away_between_the_checks_and_the_start_is_waited_for(kafka, monkeypatch, told_by):
    """Not an unknown error: nothing was read yet."""
    starts, away = [], KafkaConnectionError("Unable to bootstrap")

    class AwayOnce(Member):
        async def start(self):
            starts.append(self)
            if len(starts) > 1:
                os.kill(os.getpid(), signal.SIGTERM)
            elif told_by == "the start":
                raise away
            else:
                await asyncio.Event().wait()

        async def failure(self):
            if told_by == "its thread" and len(starts) == 1:
                return away
            return await super().failure()

    monkeypatch.setattr(worker, "Member", AwayOnce)
    monkeypatch.setattr(worker, "_check_schema", lambda _: {})
    metrics = Metrics()
    assert await worker.serve(kafka.settings(), MemorySink(), Status(metrics), metrics) == 0
    assert len(starts) == 2


def test_a_topic_with_another_partition_count_ends_it_with_what_to_do(kafka, tmp_path):
    import asyncio

    from pipeline.kafka import ensure_topics

    settings = kafka.settings(partitions=3)
    asyncio.run(ensure_topics(settings))
    worker = WorkerProcess(settings.model_copy(update={"partitions": 5}), tmp_path / "log")
    assert worker.process.wait(60) == 1
    assert "CASCADES_PARTITIONS=3" in worker.log.read_text()
