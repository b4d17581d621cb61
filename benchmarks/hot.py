"""One hot content: a million spreads in one cascade, depths 1 to 60 alike. Does the worker slow down with its size?

Decode, fold, freeze and the changelog's records, as the worker makes them: batches of 4,000, a freeze after every 20,000 (what a flush brings
at least under full load). CPU time, so other work on the machine counts little; making the events is not counted.
"""

from __future__ import annotations

import gc
import json
import random
import sys
from itertools import islice
from statistics import harmonic_mean
from time import process_time
from typing import TYPE_CHECKING

from benchmarks.inside import Taken, in_fresh_process, state
from benchmarks.report import Row, at_least
from benchmarks.topic import ACTORS, START_MS, Act
from pipeline.stream.decode import decode
from pipeline.stream.worker import GC_THRESHOLDS
from schemas.rows import TABLES, Blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 60
BATCH, FREEZE = 4000, 20_000
SLICES = 10
DEPTH = list(TABLES["contents"].model_fields).index("depth")


def rows(_stage: object, part: float, _runs: object) -> list[Row]:
    total = max(10 * FREEZE, int(1_000_000 * part))
    found = in_fresh_process("benchmarks.hot", total)
    if (found["nodes"], found["depth"]) != (total, DEEPEST):
        raise AssertionError(f"{found['nodes']:,} nodes and depth {found['depth']} instead of {total:,} and {DEEPEST}")
    rates = found["rates"]
    ratio = rates[-1] / rates[0]
    slices = " ".join(f"{rate / 1000:.0f}" for rate in rates)
    measured = f"{ratio:.0%} ({rates[0]:,.0f} → {rates[-1]:,.0f} events per CPU s; by slices of {total // SLICES:,}, thousands: {slices})"
    how = f"{total:,} spreads in one content, depth {DEEPEST}; decode, fold, rows, changelog records in one process, CPU time, rows thrown away"
    title = "one hot content: speed of the last slice against the first"
    return [Row(title, "≥ 80 %", measured, at_least(ratio, 0.8), how)]


def spreads(total: int) -> Iterator[bytes]:
    """Each spread picks its depth, then a parent at random one level above."""
    rng = random.Random(11)
    levels: list[list[str]] = [[] for _ in range(DEEPEST + 1)]
    for number in range(total):
        level = rng.randint(1, DEEPEST)
        while level > 1 and not levels[level - 1]:
            level -= 1
        event_id = f"e{number:09d}"
        levels[level].append(event_id)
        parent = rng.choice(levels[level - 1]) if level > 1 else None
        audience = int(rng.paretovariate(1.2) * 50)
        yield Act(
            event_id, "share", "twitter", 0, f"u{rng.randrange(5 * ACTORS)}", parent, audience, START_MS + number
        ).encode()


def main(total: int) -> None:
    gc.set_threshold(*GC_THRESHOLDS)
    one, source, spent, depth = state(), spreads(total), [], 0
    for start in range(0, total, FREEZE):
        records = [Taken(start + n, b"content-0", value) for n, value in enumerate(islice(source, FREEZE))]
        out = Blocks()
        began = process_time()
        for low in range(0, len(records), BATCH):
            batch = records[low : low + BATCH]
            one.apply(batch, decode(batch))
        one.freeze(out)
        one.changes()
        spent.append(len(records) / (process_time() - began))
        depth = out["contents"].rows[-1][DEPTH]
    each = len(spent) // SLICES
    rates = [harmonic_mean(spent[low : low + each]) for low in range(0, each * SLICES, each)]
    print(json.dumps({"rates": rates, "nodes": one.nodes, "depth": depth}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
