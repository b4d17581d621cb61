"""Every line of a replayed file is sent or accounted for."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from pipeline.commands.replay import told
from pipeline.errors import UsageError
from pipeline.ingest.lines import MAX_LINE, open_lines
from pipeline.ingest.pace import Pace
from pipeline.ingest.replay import Summary, key_of, replay


class Memory:
    """Takes records; each partition batch holds three, so that `make_room` is needed."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes | None, bytes]] = []
        self.room = 3
        self.flushed_at: list[int] = []

    def put_now(self, key: bytes | None, value: bytes) -> int | None:
        if not self.room:
            return 0
        self.room -= 1
        self.records.append((key, value))
        return None

    async def make_room(self, partition: int) -> None:
        self.room = 3

    async def flush(self) -> None:
        self.flushed_at.append(len(self.records))


def quiet(lines, summary) -> None:
    return None


def write(path: Path, content: bytes) -> str:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return str(path)


def size_of(path: str) -> int:
    return Path(path).stat().st_size


def event(content_id: str) -> bytes:
    return b'{"event_id":"e","content_id":"%s"}' % content_id.encode()


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
async def test_every_line_is_sent_in_order_under_its_content(tmp_path: Path, name: str) -> None:
    lines = [event(f"c{number % 7}") for number in range(5000)]
    target = Memory()
    summary = await replay([write(tmp_path / name, b"\n".join(lines))], target, quiet)
    assert [value for _, value in target.records] == lines
    assert [key for key, _ in target.records] == [f"c{number % 7}".encode() for number in range(5000)]
    assert (summary.lines, summary.produced) == (5000, 5000)
    assert target.flushed_at[-1] == 5000


async def test_lines_that_are_no_events_are_sent_as_they_are_and_counted(tmp_path: Path) -> None:
    broken = [b"{", b"\xff\xfe", b"[]", b'{"content_id": 5}', b'{"content_id": ""}', b'{"event_id": "e"}', b"   "]
    target = Memory()
    summary = await replay([write(tmp_path / "x.jsonl", b"\n".join([event("c"), *broken, event("d")]))], target, quiet)
    assert [value for _, value in target.records] == [event("c"), *broken, event("d")]
    assert summary.looked_invalid == len(broken)
    assert [key for key, _ in target.records[1:-1]] == [None] * len(broken)


async def test_blank_lines_and_windows_line_ends_are_no_events(tmp_path: Path) -> None:
    target = Memory()
    summary = await replay(
        [write(tmp_path / "x.jsonl", event("c") + b"\r\n\r\n\n" + event("d") + b"\n")], target, quiet
    )
    assert [value for _, value in target.records] == [event("c"), event("d")]
    assert (summary.lines, summary.produced, summary.blank) == (4, 2, 2)


@pytest.mark.parametrize("size", [MAX_LINE + 1, MAX_LINE + 2, 3 * MAX_LINE])
@pytest.mark.parametrize("end", [b"\n" + event("d"), b""], ids=["in the middle", "at the end"])
async def test_a_line_that_no_kafka_record_holds_is_named_and_its_neighbours_are_sent(
    tmp_path: Path, size: int, end: bytes
) -> None:
    path = write(tmp_path / "x.jsonl", event("c") + b"\n" + b"x" * size + end)
    target = Memory()
    summary = await replay([path], target, quiet)
    assert summary.too_long == [f"{path}:2"]
    assert [value for _, value in target.records] == [event("c"), event("d")][: 1 + bool(end)]
    assert summary.lines == summary.produced + summary.blank + len(summary.too_long)


async def test_the_longest_line_that_fits_is_sent_whole(tmp_path: Path) -> None:
    target = Memory()
    await replay([write(tmp_path / "x.jsonl", b"x" * MAX_LINE + b"\n")], target, quiet)
    assert len(target.records[0][1]) == MAX_LINE


async def test_progress_counts_bytes_as_they_lie_on_disk(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl.gz", b"\n".join(event(os.urandom(20).hex()) for _ in range(60_000)))
    seen: list[tuple[int, int]] = []
    await replay([path], Memory(), lambda lines, summary: seen.append((lines.position, lines.total)))
    positions = [position for position, _ in seen]
    assert positions == sorted(positions)
    assert len(set(positions)) > 2
    assert seen[-1] == (size_of(path), size_of(path))


async def test_a_gzip_file_that_is_cut_off_is_an_error_and_what_stands_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    whole = gzip.compress(b"\n".join(event(os.urandom(20).hex()) for _ in range(50_000)))
    path.write_bytes(whole[: len(whole) // 2])
    target = Memory()
    with pytest.raises(UsageError, match=r"x\.jsonl\.gz: broken after line \d+"):
        await replay([str(path)], target, quiet)
    assert 10_000 < len(target.records) < 40_000


async def test_standard_input_is_read_for_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(event("c") + b"\n" + event("d") + b"\n")))
    target = Memory()
    summary = await replay(["-"], target, quiet)
    assert summary.produced == 2


async def test_what_a_slow_pipe_has_said_is_sent_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write_end = os.pipe()
    os.write(write_end, event("c") + b"\n")
    target = Memory()

    async def flush() -> None:
        target.flushed_at.append(len(target.records))
        if len(target.flushed_at) == 1:
            os.write(write_end, event("d") + b"\n")
            os.close(write_end)

    monkeypatch.setattr(target, "flush", flush)
    with os.fdopen(read, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
        summary = await replay(["-"], target, quiet)
    assert summary.produced == 2
    assert target.flushed_at[0] == 1


def test_a_file_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot read /nowhere/x: No such file"), open_lines("/nowhere/x"):
        pass


def test_a_key_is_the_content_id_in_utf8() -> None:
    assert key_of('{"a":{"content_id":"no"},"content_id":"größe"}'.encode()) == "größe".encode()
    assert key_of(b'{"content_id":"\\ud800"}') is None


async def test_a_pace_is_even_and_does_not_drift(tmp_path: Path) -> None:
    clock = Clock()
    target = Memory()
    path = write(tmp_path / "x.jsonl", b"\n".join(event("c") for _ in range(1000)))
    await replay([path], target, quiet, Pace(100, clock.now, clock.sleep))
    assert clock.at == pytest.approx(9.98, abs=0.03)
    assert max(clock.slept) < 0.021
    assert len(target.flushed_at) > 400


class Clock:
    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def test_the_summary_accounts_for_every_line() -> None:
    summary = Summary(lines=20, produced=10, blank=3, looked_invalid=2, too_long=[f"f:{n}" for n in range(7)])
    assert told(summary, 2.0, 3.0) == [
        "20 lines: 10 sent in 2.0 s (5/s)",
        "  2 of them did not look like events: see v_dead_letters for what the worker says",
        "  3 blank, not sent",
        "  7 too long, NOT sent: f:0, f:1, f:2, f:3, f:4 and 2 more",
        "  all visible in ClickHouse after 3.0 s",
    ]


@pytest.mark.parametrize("opening", [b'{"x":', b'{"content_id":"c","x":[', b"["])
def test_a_line_that_is_nested_without_end_has_no_key_and_stops_nothing(opening: bytes) -> None:
    assert key_of(opening + b"[" * 200_000) is None
    assert key_of(opening * 100_000) is None
