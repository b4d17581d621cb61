"""The embedded broker keeps what it acknowledged, however it or its parent ends."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import psutil
import pytest
from support.kafka_cases import consume, produce

from pipeline.config import Settings
from pipeline.embedded import ports
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.errors import UnavailableError
from pipeline.kafka import ensure_topics

PARENT = """
import sys, time
from pathlib import Path
from pipeline.embedded.kafka import EmbeddedKafka
with EmbeddedKafka(Path(sys.argv[1])) as kafka:
    print(kafka.bootstrap, kafka.pid, flush=True)
    time.sleep(300)
"""


def settings(bootstrap):
    return Settings(kafka_bootstrap=bootstrap, partitions=2)


async def write(bootstrap, *values):
    await ensure_topics(settings(bootstrap))
    await produce(settings(bootstrap), "share.events", *((b"k", value) for value in values))


async def read(bootstrap, count):
    return [record.value for record in await consume(settings(bootstrap), "share.events", count)]


def broker_process(guard_pid):
    (java,) = psutil.Process(guard_pid).children()
    return java


async def test_records_are_there_after_a_restart_also_on_another_port(tmp_path):
    with EmbeddedKafka(tmp_path) as kafka:
        await write(kafka.bootstrap, b"1", b"2")
    with EmbeddedKafka(tmp_path) as kafka:
        await write(kafka.bootstrap, b"3")
        assert await read(kafka.bootstrap, 3) == [b"1", b"2", b"3"]


async def test_acknowledged_records_are_there_after_the_broker_was_killed(tmp_path):
    with EmbeddedKafka(tmp_path) as kafka:
        await write(kafka.bootstrap, b"1")
        broker_process(kafka.pid).kill()
        ended = (False, f"ended with exit code 137; see {kafka.log}")
        until = time.monotonic() + 30
        while kafka.health() != ended:
            assert time.monotonic() < until, kafka.health()
            await asyncio.sleep(0.05)
        kafka.stop()
        kafka.start()
        assert await read(kafka.bootstrap, 1) == [b"1"]


@pytest.fixture
def parent(tmp_path):
    """A process that has started a broker: itself, the broker's address and the guard's process id."""
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE) as process:
        bootstrap, guard = process.stdout.readline().decode().split()
        yield process, bootstrap, int(guard)
        process.kill()


async def test_after_kill_9_of_the_parent_the_broker_is_gone_and_its_data_stays(tmp_path, parent):
    process, bootstrap, guard = parent
    await write(bootstrap, b"1")
    family = [psutil.Process(guard), broker_process(guard)]
    process.kill()
    assert psutil.wait_procs(family, timeout=15)[1] == []
    with EmbeddedKafka(tmp_path) as kafka:
        assert await read(kafka.bootstrap, 1) == [b"1"]


def test_a_format_that_was_cut_off_half_way_is_done_again(tmp_path):
    (tmp_path / "log.part").mkdir()
    (tmp_path / "log.part" / "meta.properties").write_text("cluster.id=")
    with EmbeddedKafka(tmp_path) as kafka:
        assert kafka.health() == (True, kafka.bootstrap)
    assert not (tmp_path / "log.part").exists()


def test_a_folder_with_spaces_and_letters_of_other_alphabets_will_do(tmp_path):
    with EmbeddedKafka(tmp_path / "données de Zoë #1") as kafka:
        assert kafka.health()[0]


def test_a_taken_port_is_refused_before_anything_is_started(tmp_path):
    with EmbeddedKafka(tmp_path / "one") as first:
        with pytest.raises(
            UnavailableError,
            match=rf"port {first.port}, needed for Kafka, is in use by java .*CASCADES_KAFKA_BOOTSTRAP",
        ):
            EmbeddedKafka(tmp_path / "two", first.port).start()
        assert not (tmp_path / "two").exists()


def test_a_broker_that_cannot_start_is_an_error_with_the_end_of_its_log(tmp_path):
    kafka = EmbeddedKafka(tmp_path)
    with pytest.raises(
        UnavailableError,
        match=r"Kafka ended with exit code 1 while it was starting(?s:.*)kafka\.log:(?s:.*)no-such-option",
    ):
        kafka.start(["-XX:+no-such-option"])
    kafka.stop()


def test_it_listens_on_loopback_only(tmp_path):
    with EmbeddedKafka(tmp_path) as kafka:
        listening = [
            at.laddr for at in broker_process(kafka.pid).net_connections("tcp") if at.status == psutil.CONN_LISTEN
        ]
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {ports.LOOPBACK}
    assert len(listening) == 2  # clients, and the controller


def test_javas_settings_of_the_user_do_not_reach_the_broker(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1m")
    with EmbeddedKafka(tmp_path) as kafka:
        assert kafka.health()[0]


def test_nothing_of_the_broker_is_left_after_a_stop(tmp_path):
    before = set(psutil.Process(os.getpid()).children(recursive=True))
    with EmbeddedKafka(tmp_path) as kafka:
        assert set(psutil.Process(os.getpid()).children(recursive=True)) > before
    assert set(psutil.Process(os.getpid()).children(recursive=True)) <= before
    assert kafka.health() == (False, "not started")
