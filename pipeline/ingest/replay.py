"""JSONL files of version-1 events into Kafka, line by line, nothing left out in silence."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

from pipeline.ingest.lines import has_more, open_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline.ingest.lines import LineFile
    from pipeline.ingest.pace import Pace

    Report = Callable[[LineFile, "Summary"], None]

IDLE_S = 0.2
"""A pipe that is silent for so long has what was read of it sent."""
MAX_KEY = 512


class Target(Protocol):
    """What is used of `pipeline.ingest.producer.EventProducer`."""

    def put_now(self, key: bytes | None, value: bytes) -> int | None:
        """Take a record; when its partition has no room, take nothing and return the partition."""

    async def make_room(self, partition: int) -> None:
        """Return when a partition has room."""

    async def flush(self) -> None:
        """Return when Kafka has acknowledged every record taken."""


@dataclass(slots=True)
class Summary:
    """What became of the lines."""

    lines: int = 0
    produced: int = 0
    blank: int = 0
    looked_invalid: int = 0
    """Produced all the same: the worker judges, and makes dead letters of them."""
    too_long: list[str] = field(default_factory=list)
    """`file:line` of each line that no Kafka record can hold. These are not produced."""


class _Peek(msgspec.Struct):
    content_id: str


_peek = msgspec.json.Decoder(_Peek).decode


def key_of(value: bytes) -> bytes | None:
    """The record's key: its content_id. None when the line has none that can be read (it is then a dead letter in any case)."""
    try:
        return _peek(value).content_id[:MAX_KEY].encode() or None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


async def replay(paths: Iterable[str], target: Target, report: Report, pace: Pace | None = None) -> Summary:
    """Put every line of every file ('-' is standard input). `report` is called now and then with the file being read.

    At least once: when it raises, replay the same files again; figures do not change by that.
    """
    summary = Summary()
    for path in paths:
        with open_lines(path) as lines:
            await _file(lines, target, report, pace, summary)
            report(lines, summary)
    await target.flush()
    return summary


async def _file(lines: LineFile, target: Target, report: Report, pace: Pace | None, summary: Summary) -> None:
    for block in lines.blocks():
        before = summary.lines
        for line in block:
            summary.lines += 1
            if not line:
                _unsent(line, f"{lines.name}:{lines.number - len(block) + summary.lines - before}", summary)
                continue
            await _put(line, target, pace, summary)
        report(lines, summary)
        await asyncio.sleep(0)  # the sender's task has to run as well
        while lines.waitable is not None and not await has_more(lines.waitable, IDLE_S):
            await target.flush()


async def _put(line: bytes, target: Target, pace: Pace | None, summary: Summary) -> None:
    if pace and summary.produced % pace.stride == 0 and pace.ahead_s(summary.produced) > 0:
        await target.flush()
        await pace.wait(summary.produced)
    key = key_of(line)
    summary.looked_invalid += key is None
    while (full := target.put_now(key, line)) is not None:
        await target.make_room(full)
    summary.produced += 1


def _unsent(line: bytes | None, place: str, summary: Summary) -> None:
    if line is None:
        summary.too_long.append(place)
    else:
        summary.blank += 1
