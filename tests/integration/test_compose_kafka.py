"""The broker of `deploy/compose.yaml` comes up with exactly these settings, on the same version of Kafka as its image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer
from support.compose import compose

from pipeline.config import Settings
from pipeline.embedded import ports
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.kafka import client_options, ensure_topics

if TYPE_CHECKING:
    from pathlib import Path

NOT_PROPERTIES = {"KAFKA_HEAP_OPTS"}


class ComposeKafka(EmbeddedKafka):
    """The image makes a property `a.b` of each variable KAFKA_A_B; here ports and host name are this machine's."""

    def _write_properties(self, logs: Path) -> None:
        environment = compose()["services"]["kafka"]["environment"]
        here = {
            "19092": str(ports.choose()),
            "29093": str(ports.choose()),
            "9092": str(self.port),
            "//kafka": "//127.0.0.1",
            "//:": "//127.0.0.1:",
            "/var/lib/kafka/data": str(logs),
        }
        there = re.compile("|".join(map(re.escape, here)))
        properties = {
            name.removeprefix("KAFKA_").lower().replace("_", "."): there.sub(lambda found: here[found[0]], value)
            for name, value in environment.items()
            if name.startswith("KAFKA_") and name not in NOT_PROPERTIES
        }
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))


async def test_the_broker_takes_our_topics_and_records(tmp_path):
    with ComposeKafka(tmp_path) as broker:
        settings = Settings(kafka_bootstrap=broker.bootstrap, partitions=3)
        await ensure_topics(settings)
        async with AIOKafkaProducer(**client_options(settings)) as producer:
            sent = await producer.send_and_wait(settings.events_topic, b"{}", key=b"c")
    assert sent.offset == 0
