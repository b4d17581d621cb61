"""Tables of a run: on the screen, and as a section of RESULTS.md between two markers. Other sections of the file stay as they are."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil
from rich.table import Table

from benchmarks.contenders import ALL, Who

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.runner import Report

RESULTS = Path(__file__).with_name("RESULTS.md")
BEGIN, END = "<!-- begin: make bench -->", "<!-- end: make bench -->"
FULL = 1_000_000
"""Events of a full run."""
TITLE = "## Beside other stream processors\n\n"
COLUMNS = (
    "",
    "contender",
    "events × runs",
    "events/s",
    "CPU s per 1 M events",
    "CPU × b",
    "broker CPU s/M",
    "ClickHouse CPU s/M",
    "whole process CPU s",
    "RSS MB, median",
    "RSS MB, peak",
    "start s",
    "CPU of others s",
    "sums",
)
SHOWN = (0, 1, 2, 3, 4, 5, 6, 7, 10, 13)
"""Columns that a terminal has room for."""
HOW = """Each contender is a process of its own and reads its whole topic from the broker. Events/s, CPU (getrusage of that process, user and
system, all threads) and resident memory (looked at five times a second, of the process and all under it) count from its first record to its last;
for c0, n and c, from the first batch to the acknowledgement of the last one: its changelog is committed, its local store written, and for c every
row is in ClickHouse. They are `run_worker`, the process that `cascades worker` starts, with another sink in c0 and n. Whole process CPU adds start,
end and the last checkpoint. Broker and ClickHouse CPU are of the same stretch of time, and so is the CPU of others: whatever else the machine
did. Medians over the runs, in brackets the least and the greatest; the runs of all contenders take turns. Sums are compared with a plain
computation made while the topic was filled. Peers write to no sink. Flink uses both cores, Kafka Streams two threads, all others one process. The
slowest read a smaller topic of the same shape, or run twice: see events × runs."""


@dataclass(frozen=True)
class Row:
    """One mark. `verdict`: "met", "missed by …", or why there is none."""

    what: str
    mark: str
    measured: str
    verdict: str
    how: str


NO_MARK = "–"


def at_most(value: float, limit: float) -> str:
    """The verdict on a figure that must not be above its limit."""
    return "met" if value <= limit else f"missed by {value / limit - 1:.0%}"


def at_least(value: float, limit: float) -> str:
    """The verdict on a figure that must not be below its limit."""
    return "met" if value >= limit else f"missed by {1 - value / limit:.0%}"


MARK_COLUMNS = ("figure", "mark", "measured", "", "how")


def cells(row: Row, *, judged: bool = True) -> tuple[str, ...]:
    """`judged`: a quick run reaches no mark and misses none."""
    counts = judged or row.verdict in {"", NO_MARK}
    return row.what, row.mark, row.measured, row.verdict if counts else "not judged", row.how


def contender_rows(
    runs: Mapping[Who, Sequence[Report]], wrong: Mapping[Who, str], missing: Mapping[Who, str]
) -> list[tuple[str, ...]]:
    """One row for each contender that ran or could not."""
    floor = [median(map(_cpu, reports)) for who, reports in runs.items() if who.key == "b" and reports]
    rows = [_measured(who, reports, wrong.get(who, "equal"), floor) for who, reports in runs.items() if reports]
    lacking = [(who.key, who.title, f"not run: {why}", *[""] * (len(COLUMNS) - 3)) for who, why in missing.items()]
    order = [who.key for who in ALL]
    return sorted(rows + lacking, key=lambda row: order.index(row[0]))


def _cpu(report: Report) -> float:
    return report.cpu_per_million


def _measured(who: Who, reports: Sequence[Report], sums: str, floor: Sequence[float]) -> tuple[str, ...]:
    def of(figure: Callable[[Report], float], digits: int = 0) -> str:
        return spread([figure(report) for report in reports], digits)

    def middle(figure: Callable[[Report], float], digits: int = 0) -> str:
        return f"{median(map(figure, reports)):,.{digits}f}"

    def part(name: str) -> str:
        if name not in reports[0].parts_cpu:
            return ""
        return middle(lambda report: report.parts_cpu[name] / report.records * 1e6, 1)

    return (
        who.key,
        who.title,
        f"{reports[0].events:,} × {len(reports)}",
        of(lambda report: report.rate),
        of(_cpu, 2),
        f"{median(map(_cpu, reports)) / floor[0]:.1f}" if floor else "",
        part("broker"),
        part("ClickHouse"),
        middle(lambda report: report.whole_cpu, 1),
        middle(lambda report: report.typical_mb),
        middle(lambda report: report.peak_mb),
        middle(lambda report: report.start_s, 1),
        middle(lambda report: report.others_cpu, 1),
        sums,
    )


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Median (least–greatest)."""
    if len(values) == 1:
        return f"{values[0]:,.{digits}f}"
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def screen(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], shown: Sequence[int]) -> Table:
    """The table with the columns at `shown` only."""
    table = Table(title=title, title_justify="left")
    for position in shown:
        table.add_column(columns[position], overflow="fold")
    for row in rows:
        table.add_row(*(row[position] for position in shown))
    return table


def markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)


def opening(
    events: int, runs: int, bytes_each: float, times: tuple[float, float] | None = None, missing: int = 0
) -> str:
    """What was measured, where and when. `times`: of the first and the last figure; `missing`: steps that are still to come."""
    text = f"{conditions()} {events:,} events of {bytes_each:.0f} bytes on average (lz4 on the broker), {runs} run(s) each, `make bench`."
    if times:
        began, ended = (datetime.fromtimestamp(at, UTC) for at in times)
        text += f" Measured from {began:%Y-%m-%d %H:%M} to {ended:%H:%M} UTC."
    if missing:
        text = f"**{missing} steps are still to come: run `make bench` again, it goes on where it was.** {text}"
    if events < FULL or runs < 3:
        text = f"**A quick run: a smoke test of the harness, no result.** {text}"
    return text


def section(contenders: Sequence[tuple[str, ...]], marks: Sequence[Row], opened: str, *, judged: bool) -> str:
    """The generated part of RESULTS.md."""
    tables = markdown(COLUMNS, contenders), markdown(MARK_COLUMNS, (cells(row, judged=judged) for row in marks))
    return "\n\n".join((TITLE.strip(), opened, HOW, tables[0], "### Marks", tables[1]))


def conditions() -> str:
    """The machine, in one sentence."""
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f"{today}: {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {platform.python_version()}, load "
        f"{load:.1f} when the tables were made; broker and ClickHouse share the cores."
    )


def write(text: str, path: Path = RESULTS) -> None:
    """Replace what stands between the markers, or append it with its markers."""
    present = path.read_text() if path.exists() else "# Measured\n"
    block = f"{BEGIN}\n{text.strip()}\n{END}"
    before, found, rest = present.partition(BEGIN)
    after = rest.partition(END)[2] if found else "\n"
    opening = before if found else f"{present.rstrip()}\n\n"
    path.write_text(opening + block + after)
