"""The measurements beside the comparison, by name: each makes rows of the table of marks."""

from __future__ import annotations

from benchmarks import hot, latency, memory, recursive, restore, scale_out

MEASURES = {
    "hot": hot.rows,
    "latency": latency.rows,
    "memory": memory.rows,
    "restore": restore.rows,
    "scale": scale_out.rows,
    "sql": recursive.rows,
}
"""Each takes the stage, the part of the full size (1.0 = as the marks ask), and the reports of the comparison by contender."""
