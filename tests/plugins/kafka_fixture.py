"""One real broker for the whole test session, started when the first test asks for it. Each test takes names of its own on it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from pipeline.config import Settings
from pipeline.embedded.kafka import EmbeddedKafka

if TYPE_CHECKING:
    from collections.abc import Iterator


class KafkaForTests:
    """A running broker, and settings that no other test shares."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def settings(self, **overrides: object) -> Settings:
        """Settings for this broker with topic and group names of their own. The topics are not created yet."""
        name = uuid4().hex[:12]
        own = {
            "kafka_bootstrap": self.bootstrap,
            "events_topic": f"events-{name}",
            "dead_letter_topic": f"dlq-{name}",
            "group": f"group-{name}",
            "partitions": 4,
        }
        return Settings(**{**own, **overrides})


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaForTests]:
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield KafkaForTests(broker.bootstrap)
