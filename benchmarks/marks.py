"""The marks as ratios within one run: figures of another machine, or of another day, are never compared."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.report import NO_MARK, Row, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.runner import Report

HOW = "medians of the table above"


def marks(runs: Mapping[str, Sequence[Report]]) -> list[Row]:
    """Every mark whose two sides were measured. `runs` by the contender's key."""
    cpu = {key: median(report.cpu_per_million for report in reports) for key, reports in runs.items() if reports}
    rate = {key: median(report.rate for report in reports) for key, reports in runs.items() if reports}
    rows = [_cheaper(cpu, *line) for line in CHEAPER if {line[0], line[1]} <= cpu.keys()]
    if "c" in cpu:
        rows.append(Row("CPU of c", f"≤ {MOST_OF_C} s/M", f"{cpu['c']:.1f} s/M", at_most(cpu["c"], MOST_OF_C), HOW))
    rows += [_faster(rate, *line) for line in FASTER if {line[0], line[1]} <= rate.keys()]
    return rows + _changelog(runs.get("c0", ()))


CHEAPER = (
    ("c0", "h", 0.7, "Flink with heap state"),
    ("c0", "p", 0.7, "Pathway with persistence"),
    ("c0", "g", 0.25, "Kafka Streams"),
    ("c0", "e", 0.12, "Quix Streams"),
    ("c0", "d", 1 / 60, "plain Faust"),
    ("c", "b", 3.6, "consume + decode"),
)
MOST_OF_C = 16.0
"""CPU seconds per million events with everything on, on the scale of the machine that the marks were set on."""
FASTER = (
    ("c0", "f", 1.0, "Bytewax"),
    ("c0", "g", 1.0, "Kafka Streams"),
    ("c", "b", 60 / 228, "consume + decode"),
)


def _cheaper(cpu: Mapping[str, float], ours: str, theirs: str, most: float, name: str) -> Row:
    ratio = cpu[ours] / cpu[theirs]
    measured = f"{ratio:.3f} × ({cpu[ours]:.1f} / {cpu[theirs]:.1f} s/M)"
    if ours == "c0" and "n" in cpu:
        measured += f"; without making rows {cpu['n'] / cpu[theirs]:.3f} ×"
    return Row(f"CPU of {ours} against {name} ({theirs})", f"≤ {most:.3g} ×", measured, at_most(ratio, most), HOW)


def _faster(rate: Mapping[str, float], ours: str, theirs: str, least: float, name: str) -> Row:
    ratio = rate[ours] / rate[theirs]
    measured = f"{ratio:.2f} × ({rate[ours]:,.0f} / {rate[theirs]:,.0f} events/s)"
    if ours == "c0" and "n" in rate:
        measured += f"; without making rows {rate['n'] / rate[theirs]:.2f} ×"
    mark = "> 1 ×" if least == 1.0 else f"≥ {least:.3g} ×"
    return Row(f"speed of {ours}, one process, against {name} ({theirs})", mark, measured, at_least(ratio, least), HOW)


def _changelog(reports: Sequence[Report]) -> list[Row]:
    how = "keys and values written to the changelog by c0 before compression, over the bytes of the events' values"
    name, mark = "changelog bytes per input byte", "≤ 0.5"
    shares = [report.marks["changelog"]["bytes"] / report.input_bytes for report in reports if report.input_bytes]
    if not shares:
        return [Row(name, mark, "not measured: c0 did not run", NO_MARK, how)] if reports else []
    return [Row(name, mark, f"{median(shares):.2f}", at_most(median(shares), 0.5), how)]
