"""Kafka and ClickHouse together on one folder, as `cascades up` and `cascades demo` start them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import psutil
import pytest

from pipeline.config import Settings
from pipeline.embedded import ports
from pipeline.embedded.clickhouse import EmbeddedClickHouse
from pipeline.embedded.data_dir import STAMP
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.embedded.stack import Stack
from pipeline.errors import UnavailableError, UsageError
from pipeline.kafka import ensure_topics

ANYWHERE = {"kafka_bootstrap": "127.0.0.1:0", "clickhouse_url": "http://127.0.0.1:0"}

PARENT = """
import sys, time
from pathlib import Path
from pipeline.config import Settings
from pipeline.embedded.stack import Stack
with Stack(Path(sys.argv[1]), Settings(kafka_bootstrap="127.0.0.1:0", clickhouse_url="http://127.0.0.1:0")):
    print("up", flush=True)
    time.sleep(300)
"""


def query(stack, sql: str) -> str:
    with urllib.request.urlopen(stack.settings.clickhouse_url, data=sql.encode(), timeout=20) as answer:
        return answer.read().decode()


def children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


async def test_what_is_in_clickhouse_and_kafka_is_there_after_a_restart(tmp_path):
    settings = Settings(**ANYWHERE, partitions=3)
    with Stack(tmp_path / "data", settings) as stack:
        query(stack, "CREATE TABLE kept (n UInt8) ENGINE = MergeTree ORDER BY n")
        query(stack, "INSERT INTO kept VALUES (7)")
    with Stack(tmp_path / "data", settings) as stack:
        assert query(stack, "SELECT n FROM kept") == "7\n"
        await ensure_topics(stack.settings)


def test_both_serve_and_the_folder_is_stamped_when_the_stack_is_entered(tmp_path):
    told = []
    with Stack(tmp_path / "data", Settings(**ANYWHERE), lambda text, _done: told.append(text)) as stack:
        assert stack.health() == {
            "kafka": (True, stack.kafka.bootstrap),
            "clickhouse": (True, f"answers on {stack.clickhouse.url}"),
        }
        assert (stack.settings.kafka_bootstrap, stack.settings.clickhouse_url) == (
            stack.kafka.bootstrap,
            stack.clickhouse.url,
        )
        assert json.loads((tmp_path / "data" / STAMP).read_text())["kafka_cluster"]
    assert any("Kafka: starting …" in text for text in told)
    assert any("ClickHouse: starting …" in text for text in told)


def test_nothing_runs_and_the_ports_are_free_after_the_stack_was_left(tmp_path):
    before = children()
    with Stack(tmp_path / "data", Settings(**ANYWHERE)) as stack:
        both = stack.kafka.port, stack.clickhouse.port
    assert children() <= before
    assert all(ports.is_free(port) for port in both)


def test_health_tells_which_part_has_ended(tmp_path):
    with Stack(tmp_path / "data", Settings(**ANYWHERE)) as stack:
        (java,) = psutil.Process(stack.kafka.pid).children()
        java.kill()
        psutil.wait_procs([java], timeout=10)
        until = time.monotonic() + 10
        while not (health := stack.health())["kafka"][1].startswith("ended"):
            assert time.monotonic() < until
    assert health["kafka"][1].startswith("ended with exit code 137; see ")
    assert health["clickhouse"][0]


def test_a_second_stack_on_the_same_folder_is_refused(tmp_path):
    with (
        Stack(tmp_path / "data", Settings(**ANYWHERE)),
        pytest.raises(UnavailableError, match="is in use by process"),
        Stack(tmp_path / "data", Settings(**ANYWHERE)),
    ):
        pass


def test_right_after_kill_9_the_same_command_comes_up_again_on_the_same_ports(tmp_path):
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path / "data")], stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"up\n"
        connections = [
            at for child in psutil.Process(parent.pid).children(recursive=True) for at in child.net_connections("tcp")
        ]
        served = {at.laddr.port for at in connections if at.status == psutil.CONN_LISTEN}
        parent.kill()
    with Stack(tmp_path / "data", Settings(**ANYWHERE)) as stack:
        assert all(well for well, _ in stack.health().values())
        assert all(ports.is_free(port) for port in served)


@pytest.mark.parametrize("broken", [EmbeddedKafka, EmbeddedClickHouse])
def test_when_one_part_does_not_come_up_the_other_is_stopped_too(tmp_path, monkeypatch, broken):
    def refuse(_self):
        raise UnavailableError("not today")

    before = children()
    monkeypatch.setattr(broken, "start", refuse)
    with pytest.raises(UnavailableError, match="not today"), Stack(tmp_path / "data", Settings(**ANYWHERE)):
        pass
    assert children() <= before


def test_ctrl_c_in_the_middle_of_the_start_leaves_nothing(tmp_path, monkeypatch):
    began = threading.Event()

    def interrupted(_self):
        began.wait(20)
        signal.raise_signal(signal.SIGINT)  # Python gives it to the main thread, which waits for the parts

    before = children()
    monkeypatch.setattr(EmbeddedClickHouse, "start", interrupted)
    with (
        pytest.raises(KeyboardInterrupt),
        Stack(tmp_path / "data", Settings(**ANYWHERE), lambda _text, _done: began.set()),
    ):
        pass
    assert children() <= before


@pytest.mark.parametrize(
    "wrong",
    [
        {"kafka_bootstrap": "broker.example:9092"},
        {"kafka_bootstrap": "127.0.0.1:1,127.0.0.1:2"},
        {"clickhouse_url": "https://127.0.0.1:8443"},
        {"clickhouse_url": "http://clickhouse.example:8123"},
    ],
)
def test_settings_that_name_another_machine_are_refused(tmp_path, wrong):
    with (
        pytest.raises(UsageError, match=rf"CASCADES_\w+ is {next(iter(wrong.values()))}, but the embedded"),
        Stack(tmp_path / "data", Settings(**ANYWHERE | wrong)),
    ):
        pass


@pytest.mark.parametrize(
    ("setting", "form"), [("kafka_bootstrap", "127.0.0.1:{}"), ("clickhouse_url", "http://127.0.0.1:{}")]
)
def test_a_taken_port_is_an_error_that_names_the_setting(tmp_path, kafka, setting, form):
    taken = kafka.bootstrap.rpartition(":")[2]
    with (
        pytest.raises(
            UnavailableError, match=rf"port {taken}, needed for .*, is in use by .*CASCADES_{setting.upper()}"
        ),
        Stack(tmp_path / "data", Settings(**ANYWHERE | {setting: form.format(taken)})),
    ):
        pass
