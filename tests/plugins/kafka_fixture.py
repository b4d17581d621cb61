"""One real broker for the whole test session, started when the first test asks for it. Each test takes names of its own on it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from support.docker import no_docker_engine

from pipeline.config import Settings
from pipeline.embedded import jar_lock, ports
from pipeline.embedded.kafka import BROKER_SETTINGS, STARTED, EmbeddedKafka

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class KafkaForTests:
    """A running broker, and settings that no other test shares."""

    def __init__(self, bootstrap: str, states: Path) -> None:
        self.bootstrap = bootstrap
        self._states = states

    def settings(self, **overrides: object) -> Settings:
        """Settings for this broker with topic and group names of their own. The topics are not created yet."""
        name = uuid4().hex[:12]
        own = {
            "kafka_bootstrap": self.bootstrap,
            "events_topic": f"events-{name}",
            "dead_letter_topic": f"dlq-{name}",
            "alerts_topic": f"alerts-{name}",
            "alert_dead_letter_topic": f"alerts-dlq-{name}",
            "control_topic": f"control-{name}",
            "group": f"group-{name}",
            "letters_group": f"letters-{name}",
            "posts_topic": f"posts-{name}",
            "partitions": 4,
            "state_dir": self._states / name,
        }
        return Settings(**{**own, **overrides})


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaForTests]:
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield KafkaForTests(broker.bootstrap, tmp_path_factory.mktemp("states"))


@pytest.fixture(scope="session")
def kafka_in_container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaForTests]:
    """Apache Kafka's own image, same version and settings; skips where there is no Docker engine."""
    if lacking := no_docker_engine():
        pytest.skip(lacking)
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    port = ports.choose()  # a client is told the address by the broker, so both sides must know it beforehand
    listeners = {
        "listeners": "PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": "1@127.0.0.1:9093",
    }
    container = DockerContainer(f"apache/kafka:{jar_lock.read().kafka}")
    container.ports["9092/tcp"] = ("127.0.0.1", port)  # with_bind_ports would open it to the network
    for name, value in (BROKER_SETTINGS | listeners).items():
        container.with_env(f"KAFKA_{name.upper().replace('.', '_')}", value)
    with container.waiting_for(LogMessageWaitStrategy(STARTED)):
        yield KafkaForTests(f"127.0.0.1:{port}", tmp_path_factory.mktemp("states"))
