"""A crash at every record that leaves the process: after the restarts everything is in Kafka, and no position was ever ahead of it."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.collecting import collecting
from support.doors import FakeSender, event

from pipeline.ingest.collect import collector
from pipeline.ingest.collect.events import EVENTS
from pipeline.ingest.collect.options import Kind, SourceOptions
from pipeline.ingest.collect.seam import Piece, Source

PIECES = 12


class CrashError(Exception):
    """The process is gone."""


class Counting(Source):
    """Tells its pieces from one before the position on, as platforms do."""

    async def run(self, out, position):
        for number in range(max(0, (position or {"next": 0})["next"] - 1), PIECES):
            payload = json.dumps(event(number)).encode()
            await out.put(Piece(payload, EVENTS, {"next": number + 1} if number % 2 else None))
            await asyncio.sleep(0)
        await out.mark({"next": PIECES})
        await asyncio.Event().wait()


class Mortal(FakeSender):
    """What Kafka has outlives the process; at the nth record it ends, with what was sent before it."""

    def __init__(self, kafka, left):
        super().__init__()
        self.entries, self.left = kafka, left

    async def send(self, entries):
        for one in entries:
            if not self.left:
                raise CrashError
            self.left -= 1
            self.entries.append(one)
            await asyncio.sleep(0)


def stored(kafka):
    found = [json.loads(entry.value)["position"] for entry in kafka if entry.topic == "share.positions"]
    return found[-1] if found else None


async def life(kafka, left):
    """From a start to its crash, or to the end of what the platform has."""
    kinds = {"counting": Kind(SourceOptions, lambda name, _o, context, _t: Counting(name, context), lambda _o: EVENTS)}
    async with collecting("counting", {}, stored(kafka), Mortal(kafka, left), kinds=kinds) as source:
        await source.until(lambda: source.delivering.done() or stored(kafka) == {"next": PIECES})


@pytest.mark.parametrize("nth", range(1, 20))
async def test_a_crash_at_any_record_loses_nothing_and_stores_no_place_too_early(nth, monkeypatch):
    monkeypatch.setattr(collector, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(collector, "SAVE_EVERY_S", 0.001)
    kafka = []
    for _ in range(2):
        try:
            await life(kafka, nth)
        except CrashError:
            continue
    await life(kafka, 1000)
    seen = set()
    for entry in kafka:
        if entry.topic == "share.positions":
            covered = json.loads(entry.value)["position"]["next"]
            assert {f"web:{number}" for number in range(covered)} <= seen
        else:
            seen.add(json.loads(entry.value)["event_id"])
    assert seen == {f"web:{number}" for number in range(PIECES)}
