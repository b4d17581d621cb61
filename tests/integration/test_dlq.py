"""`cascades dlq list` and `replay` on a real broker with a worker: listed once, fixed once, counted once."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest
from support.stream import event_json
from support.worker import produce, read_all, serial, tables, until, worker

from pipeline.metrics import Metric

FIX = """
def fix(value):
    return None if b"hopeless" in value else value.replace(b',"colour":"blue"', b"")
"""


@pytest.fixture
def settings(kafka):
    return kafka.settings(partitions=2, flush_interval_s=0.1)


def broken(count):
    """Records of which a field makes dead letters."""
    return [(b"c%d" % (n % 3), event_json(f"b{n}", f"c{n % 3}", colour="blue")) for n in range(count)]


async def dlq(settings, *arguments):
    """Exit code, standard output, standard error of `cascades dlq …`."""
    names = settings.model_fields_set
    environment = os.environ | {f"CASCADES_{name.upper()}": str(getattr(settings, name)) for name in names}
    command = [sys.executable, "-m", "pipeline.cli", "dlq", *arguments]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


async def test_letters_are_listed_fixed_and_counted_once_however_often_they_are_replayed(settings, tmp_path):
    mapper = tmp_path / "fix.py"
    mapper.write_text(FIX)
    good = [(b"c0", event_json(f"g{n}", "c0")) for n in range(5)]
    await produce(settings, [*good, *broken(12), (b"c0", b"hopeless"), (b"c0", b"{")])
    async with worker(settings) as running:
        await running.has_read(19)

        code, listed, _ = await dlq(settings, "list", "--format", "json")
        shown = [json.loads(line) for line in listed.splitlines()]
        assert (code, len(shown)) == (0, 14)
        assert {one["payload"] for one in shown} >= {"hopeless", "{", broken(1)[0][1].decode()}
        code, listed, told = await dlq(settings, "list", "--reason", "not_json", "--limit", "1", "--since", "1h")
        assert (code, listed.count("not_json")) == (0, 1)
        assert "2 dead letter(s), the newest 1 shown" in told

        everything = ("replay", "--map", str(mapper))
        code, _, told = await dlq(settings, *everything, "--dry-run")
        assert (code, "12 would be sent" in told, "1 left out" in told, "1 still broken" in told) == (
            1,
            True,
            True,
            True,
        )
        assert running.value(Metric.RECORDS_IN) == 19

        code, _, told = await dlq(settings, *everything)
        assert (code, "12 sent" in told) == (1, True)
        await running.has_read(31)
        before = tables(running.sink)
        assert sum(row["shares"] for row in before["contents"]) == 17

        code, *_ = await dlq(settings, *everything, "--reason", "unknown_field")
        assert code == 0
        await running.has_read(43)
        await until(lambda: running.value(Metric.REPLAY_REPEATS) == 12)
        assert tables(running.sink) == before
        assert running.value(Metric.DUPLICATES) == 0
        assert len(running.sink.rows("dead_letters")) == 14, "what is still broken is not sent, so it is no letter anew"
    assert tables(running.sink) == tables(await serial(settings))


async def test_one_letter_is_chosen_by_its_place_and_a_rebuilt_worker_still_knows_it(settings, tmp_path):
    mapper = tmp_path / "fix.py"
    mapper.write_text(FIX)
    await produce(settings, broken(4), partition=1)
    async with worker(settings) as running:
        await running.has_read(4)
        chosen = ("replay", "--map", str(mapper), "--partition", "1", "--offset", "2")
        assert (await dlq(settings, *chosen))[0] == 0
        await running.has_read(5)
    async with worker(settings) as again:
        await again.is_assigned(2)
        assert (await dlq(settings, *chosen))[0] == 0
        await until(lambda: again.value(Metric.REPLAY_REPEATS) == 1)
        assert again.value(Metric.EVENTS_FOLDED) == 0
    assert len((await serial(settings)).rows("events")) == 1
    assert len(await read_all(settings, settings.dead_letter_topic)) == 4


async def test_without_letters_and_without_a_topic_it_says_so(settings):
    code, _, told = await dlq(settings, "list")
    assert (code, "there is no topic" in told) == (2, True)
    await produce(settings, [])
    assert (await dlq(settings, "list"))[:2] == (0, "")
    code, _, told = await dlq(settings, "replay")
    assert (code, "no dead letter is selected" in told) == (0, True)
