"""One hot content: a million spreads in one cascade, depths 1 to 60 alike. Does the worker slow down with its size?

Decode, fold and freeze, as the worker does them: batches of 4,000, a freeze after every 20,000 (what a second brings at most). CPU time, so other
work on the machine counts little; making the events is not counted.
"""

from __future__ import annotations

import gc
import json
import random
import sys
from time import process_time
from typing import TYPE_CHECKING

from benchmarks.inside import Taken, in_fresh_process, state
from benchmarks.report import Row
from benchmarks.topic import ACTORS, START_MS, Act
from pipeline.stream.decode import decode
from pipeline.stream.worker import GC_THRESHOLDS
from schemas.rows import Blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 60
BATCH, FREEZE = 4000, 20_000


def rows(_stage: object, part: float, _runs: object) -> list[Row]:
    total = max(20 * FREEZE, int(1_000_000 * part)) if part >= 0.1 else 10 * FREEZE
    found = in_fresh_process("benchmarks.hot", total)
    ratio = found["last"] / found["first"]
    measured = f"{ratio:.0%} ({found['first']:,.0f} → {found['last']:,.0f} events per CPU s)"
    how = f"{total:,} spreads in one content, last tenth against first; decode, fold, freeze in one process, CPU time, rows thrown away"
    return [Row("one hot content: speed at the end against the beginning", "≥ 80 %", measured, ratio >= 0.8, how)]


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
    one, source, spent = state(), spreads(total), []
    for start in range(0, total, FREEZE):
        records = [Taken(start + n, b"content-0", next(source)) for n in range(FREEZE)]
        began = process_time()
        for low in range(0, FREEZE, BATCH):
            batch = records[low : low + BATCH]
            one.apply(batch, decode(batch))
        one.freeze(Blocks())
        spent.append(process_time() - began)
    tenth = max(1, len(spent) // 10)
    first, last = sum(spent[:tenth]), sum(spent[-tenth:])
    print(json.dumps({"first": tenth * FREEZE / first, "last": tenth * FREEZE / last}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
