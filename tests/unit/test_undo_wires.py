"""How far ClickHouse shows the events, as the workers' offsets say, and where records of the resolver go."""

from __future__ import annotations

import pytest

from pipeline.config import Settings
from pipeline.ingest.undo.wires import CommittedEvents, KafkaOutbox
from pipeline.ingest.undo.work import Out
from pipeline.kafka import partition_for, undo_topic_specs


class Marks:
    def __init__(self, committed, begins):
        self._committed, self._begins = committed, begins

    async def committed(self):
        return self._committed

    async def begins(self):
        return self._begins

    async def holds_records(self, *_offsets):
        return True


@pytest.mark.parametrize(
    ("mark", "committed", "begins", "missing"),
    [
        ({0: 5, 1: 3}, {0: 5, 1: 9}, {0: 0, 1: 0}, 0),
        ({0: 5, 1: 3}, {0: 4}, {0: 0, 1: 0}, 1 + 3),
        ({0: 5, 1: 3}, {0: 5}, {0: 0, 1: 3}, 0),
        ({0: 0, 1: 0}, {}, {}, 0),
    ],
    ids=["all committed", "behind", "dropped by Kafka before a worker came", "nothing was told"],
)
async def test_what_is_not_committed_is_missing_but_for_what_kafka_dropped(mark, committed, begins, missing):
    assert await CommittedEvents(Marks(committed, begins)).missing(mark) == missing


def test_events_go_where_their_content_belongs_and_waiting_undos_to_their_rung():
    settings = Settings(partitions=7)
    outbox = KafkaOutbox(settings)
    assert outbox._partition(Out(settings.events_topic, b"film", b"", [])) == partition_for(b"film", 7)
    assert outbox._partition(Out(undo_topic_specs(settings)[-1].name, b"film", b"", [], 3)) == 3
    assert outbox._partition(Out(settings.dead_letter_topic, None, b"", [])) is None
