"""A producer that keys by something else, or not at all: each event is folded once, restarts with durable state included."""

from __future__ import annotations

import shutil

import pytest
from support.durable import drop_changelog, settled
from support.stream import event_json
from support.worker import produce, serial, worker

from pipeline.metrics import Metric
from pipeline.sinks.memory import MemorySink
from pipeline.stream.state_dir import group_dir

EVENTS = 400
FIGURES = ("contents", "edges", "content_minutes", "amplifiers", "events")
PLACE = {"kafka_partition", "kafka_offset", "version", "received_at"}


def events(start, stop):
    """(right key, event) of chains over a few contents, with likes and retractions."""
    for n in range(start, stop):
        content = f"content {n % 7}"
        parent = {"parent_event_id": f"e{n - 7}", "parent_basis": "exact", "audience_size": n % 90}
        yield content, f"e{n}", event_json(f"e{n}", content, **parent)
        if n % 9 == 4:
            yield content, f"l{n}", event_json(f"l{n}", content, "like", parent_event_id=f"e{n}")
        if n % 11 == 5:
            undo = event_json(f"r{n}", content, "retract", target_event_id=f"e{n}", actor_id=f"actor of e{n}")
            yield content, f"r{n}", undo


KEYS = {
    "by the event": lambda content, event: event.encode(),
    "by the content and something more": lambda content, event: f"{content}/{event}".encode(),
    "not at all": lambda content, event: None,
    "with an empty key": lambda content, event: b"",
}


async def keep_all(settings):
    """Files and changelog are there."""


async def lose_files(settings):
    shutil.rmtree(group_dir(settings))


async def lose_everything(settings):
    shutil.rmtree(group_dir(settings))
    await drop_changelog(settings)


def figures(sink):
    """All rows, without what tells where and when Kafka took the records."""
    return {
        name: [{column: value for column, value in row.items() if column not in PLACE} for row in sink.rows(name)]
        for name in FIGURES
    }


async def rightly_keyed(kafka):
    settings = kafka.settings()
    await produce(settings, [(content.encode(), value) for content, _, value in events(0, EVENTS)])
    return figures(await serial(settings))


@pytest.mark.parametrize(
    ("keys", "loss"), list(zip(KEYS, [lose_files, keep_all, lose_everything, lose_files], strict=True))
)
async def test_whatever_the_keys_each_event_is_folded_once_over_restarts(kafka, keys, loss):
    settings = kafka.settings(flush_interval_s=0.1, fetch_max_records=60)
    key = KEYS[keys]
    sink, strays = MemorySink(), 0
    for start in range(0, EVENTS, EVENTS // 2):
        batch = list(events(start, start + EVENTS // 2))
        await produce(settings, [(key(content, event), value) for content, event, value in batch])
        async with worker(settings, sink) as running:
            await settled(running)
            strays += running.value(Metric.MISPLACED)
        await loss(settings)
    async with worker(settings, sink) as running:
        await settled(running)
        assert running.value(Metric.MISPLACED) == 0, "nothing is produced again that was"
    assert strays == len(list(events(0, EVENTS)))
    assert figures(sink) == await rightly_keyed(kafka)
