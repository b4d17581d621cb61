"""One topic, three workers that each lose something else half-way: their tables are identical, row by row, dead letters included."""

from __future__ import annotations

import shutil

from support.durable import drop_changelog, settled
from support.messy import CONTENTS, messy
from support.worker import produce, serial, worker

from pipeline.kafka import changelog_spec
from pipeline.sinks.memory import MemorySink
from pipeline.stream.state_dir import group_dir
from schemas.rows import LOG_TABLES

WAYS = ("local files and the changelog's tail", "the changelog alone", "the events alone")


def group_of(settings, number):
    """A group of its own on the same topic, with changelog, files and dead letters of its own."""
    return settings.model_copy(
        update={
            "group": f"{settings.group}-{number}",
            "dead_letter_topic": f"{settings.dead_letter_topic}-{number}",
            "state_dir": settings.state_dir / str(number),
        }
    )


async def lose(way, settings):
    if way != WAYS[0]:
        shutil.rmtree(group_dir(settings))
    if way == WAYS[2]:
        await drop_changelog(settings)


async def run(settings, sink):
    """A worker that reads to the end."""
    async with worker(settings, sink) as running:
        await settled(running)


def rows(sink):
    """Every standing row. Versions tell how many records a flush took in, which is a matter of time."""
    return {
        name: [{column: value for column, value in row.items() if column != "version"} for row in sink.rows(name)]
        for name in LOG_TABLES
    }


async def test_three_ways_to_restore_on_one_topic_give_identical_tables(kafka):
    topic = kafka.settings(flush_interval_s=0.1, fetch_max_records=150)
    groups = {way: group_of(topic, number) for number, way in enumerate(WAYS)}
    sinks = {way: MemorySink() for way in WAYS}
    await produce(topic, messy(500))
    for way, settings in groups.items():
        await run(settings, sinks[way])
        assert len(sinks[way].rows("contents")) == CONTENTS
    before = {way: rows(sink) for way, sink in sinks.items()}
    await produce(topic, messy(150, start=500))
    for way, settings in groups.items():
        await lose(way, settings)
        await run(settings, sinks[way])
    for way, settings in groups.items():
        await run(settings, sinks[way])  # the strays that the others have produced again meanwhile
    whole = rows(await serial(topic))
    for way in WAYS:
        assert rows(sinks[way]) == whole, way
        assert before[way] == before[WAYS[0]] != whole, way
    assert [name for name, found in whole.items() if not found] == ["merged_contents"], (
        "every table but that of links has rows"
    )
    assert sum(row["duplicates"] for row in whole["contents"]) > 10
    assert sum(row["retracted"] for row in whole["contents"]) > 10
    assert len({changelog_spec(settings).name for settings in groups.values()}) == len(WAYS)
