"""Memory per node: how much the resident set grows while a million spreads are folded in a fresh process, over the number of nodes.

The events come from a file, so nothing else grows; the state is what the worker holds: ids, index, tree, actors, minutes, and the open ends of its
changelog. What the changelog has taken is not in memory.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks import hot, topic
from benchmarks.inside import Taken, in_fresh_process, state
from benchmarks.report import Row, at_most
from pipeline.stream.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.stage import Stage

BATCH = 4000
MARK = 200


def rows(stage: Stage, part: float, _runs: object) -> list[Row]:
    total = max(50_000, int(1_000_000 * part))
    shapes = {
        "2,000 contents (Zipf)": ((act.key, act.encode()) for act in topic.acts(total, spreads_only=True)),
        "one content": ((b"content-0", value) for value in hot.spreads(total)),
    }
    return [_row(stage, name, records, total) for name, records in shapes.items()]


def _row(stage: Stage, shape: str, records: Iterable[tuple[bytes, bytes]], total: int) -> Row:
    path = stage.folder / "memory.jsonl"
    with path.open("wb") as out:
        out.writelines(key + b" " + value + b"\n" for key, value in records)
    found = in_fresh_process("benchmarks.memory", path)
    path.unlink()
    if found["nodes"] != total:
        raise AssertionError(f"{found['nodes']:,} nodes instead of {total:,}")
    each = found["grown"] / total
    how = f"growth of the resident set over {total:,} spreads, garbage collected and free memory returned; index included, no rows waiting"
    return Row(f"memory per node, {shape}", f"≤ {MARK} bytes", f"{each:.0f} bytes", at_most(each, MARK), how)


def resident() -> int:
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc only
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss


def main(path: Path) -> None:
    one, offset = state(), 0
    with path.open("rb") as lines:
        before = resident()
        while values := [line.rstrip(b"\n").split(b" ", 1) for line in islice(lines, BATCH)]:
            batch = [Taken(offset + n, key, value) for n, (key, value) in enumerate(values)]
            offset += len(batch)
            one.apply(batch, decode(batch))
            one.changes()
            one.discard()
    del values, batch
    print(json.dumps({"grown": resident() - before, "nodes": one.nodes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
