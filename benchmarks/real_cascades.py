"""Replay 2,308 real cascades through the whole embedded stack and compare every one with a plain computation.

    python -m benchmarks.real_cascades FOLDER [--contents N] [--spoiled]

FOLDER holds `twitter1516_events.csv.gz` and `seismic_tweets_half.csv.gz`. `--spoiled` adds repeat sharers, authors who share themselves,
retractions, copies and broken records, and shuffles all. Prints wall time, events/s and peak memory; exits 1 when a figure differs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from rich.console import Console

from benchmarks.real_data import Share, broken_records, encode, read, spoil
from benchmarks.real_expected import Expected, expected

if TYPE_CHECKING:
    from collections.abc import Iterator

CASCADES = [str(Path(sys.executable).with_name("cascades"))]
BROKEN = 1000
FIGURES = ("size", "shares", "depth", "primary_reach", "secondary_reach", "duplicates")
console = Console()


def main() -> int:
    """Run once; 0 when every figure of every content is as computed."""
    options = _options()
    shares = read(
        options.folder / "twitter1516_events.csv.gz",
        options.folder / "seismic_tweets_half.csv.gz",
        time.time_ns() // 1000,
        options.contents,
    )
    shares = spoil(shares) if options.spoiled else shares
    wanted = expected(shares)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        path = Path(folder) / "events.jsonl"
        broken = _write(path, shares, BROKEN if options.spoiled else 0)
        environment = _environment(Path(folder))
        with _stack(environment, Path(folder)) as stack:
            started = time.monotonic()
            subprocess.run([*CASCADES, "replay", str(path), "--wait"], env=environment, check=True)
            seconds = time.monotonic() - started
            memory = _peak_memory(stack.pid)
            wrong = _compare(environment, wanted, broken)
    count = len(shares) + broken
    console.print(
        f"{count:,} records in {seconds:.1f} s from first produced to all shown: {count / seconds:,.0f} events/s"
    )
    for name, megabytes in memory.items():
        console.print(f"peak memory of {name}: {megabytes:,} MB")
    console.print(f"{len(wanted):,} contents compared, {wrong} figures differ")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contents", type=int, default=None, help="only the first N cascades")
    parser.add_argument("--spoiled", action="store_true", help="add disorder and dirt")
    parser.add_argument("--scratch", type=Path, default=None, help="where the temporary folder is made (about 3 GB)")
    return parser.parse_args()


def _write(path: Path, shares: list[Share], broken: int) -> int:
    """All records as lines, the broken ones in between; returns how many are broken. An empty line is no record, so those stay out."""
    rng = random.Random(17)
    lines = [encode(share) for share in shares]
    bad = [value for value in broken_records(2 * broken) if value][:broken]
    for value in bad:
        lines.insert(rng.randrange(len(lines)), value)
    with path.open("wb") as out:
        out.writelines(line + b"\n" for line in lines)
    return len(bad)


def _environment(folder: Path) -> dict[str, str]:
    names = ("PAGE_PORT", "METRICS_PORT", "CLICKHOUSE_PORT", "KAFKA_PORT")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    return os.environ | {
        "CASCADES_PAGE_PORT": str(ports["PAGE_PORT"]),
        "CASCADES_METRICS_PORT": str(ports["METRICS_PORT"]),
        "CASCADES_WORKER_STATUS_URL": f"http://127.0.0.1:{ports['METRICS_PORT']}",
        "CASCADES_CLICKHOUSE_URL": f"http://127.0.0.1:{ports['CLICKHOUSE_PORT']}",
        "CASCADES_KAFKA_BOOTSTRAP": f"127.0.0.1:{ports['KAFKA_PORT']}",
        "CASCADES_DATA": str(folder / "data"),
    }


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]


@contextlib.contextmanager
def _stack(environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`cascades up` until it is ready."""
    process = subprocess.Popen([*CASCADES, "up", "--data", str(folder / "data")], env=environment)
    try:
        _wait_until_ready(f"http://127.0.0.1:{environment['CASCADES_PAGE_PORT']}/readyz", process)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 -- loopback
            if answer.status == 200:
                return
        time.sleep(0.5)
    message = "the stack did not become ready"
    raise SystemExit(message)


def _peak_memory(parent: int) -> dict[str, int]:
    """Peak resident memory (MB) of each process of the stack, by the command it runs."""
    memory = {}
    for process in psutil.Process(parent).children(recursive=True):
        with contextlib.suppress(psutil.Error, OSError, StopIteration):
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            memory[" ".join(process.cmdline()[-3:])[-60:]] = int(peak.split()[1]) // 1024
    return memory


def _query(environment: dict[str, str], sql: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [*CASCADES, "query", sql, "--format", "JSONEachRow"], env=environment, check=True, capture_output=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _compare(environment: dict[str, str], wanted: dict[str, Expected], broken: int) -> int:
    rows = {str(row["content_id"]): row for row in _query(environment, "SELECT * FROM v_content")}
    wrong = len(rows.keys() ^ wanted.keys())
    for content, want in wanted.items():
        row = rows.get(content)
        for name, got, expect in _pairs(row, want) if row else ():
            if got != expect:
                wrong += 1
                console.print(f"{content}: {name} is {got}, computed {expect}")
    [letters] = _query(environment, "SELECT count() AS n FROM v_dead_letters")
    if int(str(letters["n"])) != broken:
        wrong += 1
        console.print(f"{letters['n']} dead letters, {broken} records are broken")
    return wrong


def _pairs(row: dict[str, object], want: Expected) -> Iterator[tuple[str, object, object]]:
    for name in FIGURES:
        yield name, int(str(row[name])), getattr(want, name)
    breadth = row["breadth"]
    assert isinstance(breadth, list)
    yield "breadth", tuple(int(nodes) for nodes in breadth), want.breadth
    virality = float(str(row["structural_virality"]))
    yield "structural_virality", round(virality, 9), round(want.structural_virality, 9)


if __name__ == "__main__":
    sys.exit(main())
