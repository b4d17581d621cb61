"""The measurements beside the comparison, by name: each makes rows of the table of marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from benchmarks import ceiling, clock_share, hot, latency, memory, recursive, restore, scale_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.report import Row
    from benchmarks.runner import Report
    from benchmarks.stage import Stage


class Measure(NamedTuple):
    """`rows` takes the stage, the part of the full size (1.0 = as the marks ask), and the reports of the comparison by contender."""

    rows: Callable[[Stage, float, Mapping[str, Sequence[Report]]], list[Row]]
    seconds: float
    """About how long it takes at full size, for the estimate of the campaign's length."""


MEASURES = {
    "hot": Measure(hot.rows, 50),
    "latency": Measure(latency.rows, 50),
    "clock": Measure(clock_share.rows, 210),
    "memory": Measure(memory.rows, 70),
    "ceiling": Measure(ceiling.rows, 90),
    "restore": Measure(restore.rows, 200),
    "scale": Measure(scale_out.rows, 90),
    "sql": Measure(recursive.rows, 180),
}
