"""The benchmark compares like with like: everybody's sums equal a plain computation. Nothing here is about speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.comparison import Comparison
from benchmarks.contenders import ALL
from benchmarks.runner import differences
from benchmarks.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = 20_000
OURS = ("a", "b", "c0", "c")


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Comparison, dict[str, float]]]:
    with Stage(lambda _line: None, tmp_path_factory.mktemp("bench")) as stage:
        comparison = Comparison(stage, EVENTS)
        comparison.all([who for who in ALL if who.key in OURS])
        yield comparison, stage.filled(EVENTS).figures


def test_each_contender_comes_to_its_end_with_the_right_sums(comparison) -> None:
    run, _ = comparison
    assert (run.missing, run.wrong) == ({}, {})
    assert {who.key for who in run.runs} == set(OURS)


def test_the_worker_has_the_same_figures_with_and_without_clickhouse(comparison) -> None:
    run, wanted = comparison
    found = {who.key: reports[0].figures for who, reports in run.runs.items()}
    alone, everything = found["c0"], found["c"]
    assert {"contents", "events", "nodes", "depth", "depths", "secondary_reach", "virality"} <= alone.keys()
    assert differences(alone, everything) == ""
    assert (everything["records"], found["a"]["records"], found["b"]["records"]) == (EVENTS,) * 3
    assert (found["a"]["bytes"], found["b"]["audience"]) == (wanted["bytes"], wanted["audience"])


def test_time_and_cpu_are_told_for_every_contender(comparison) -> None:
    run, _ = comparison
    for who, (report,) in run.runs.items():
        assert 0 < report.records <= EVENTS, who.key
        assert report.seconds > 0, who.key
        assert 0 < report.cpu <= report.whole_cpu, who.key
        assert report.events == EVENTS, who.key
        assert report.parts_cpu.keys() == ({"broker", "ClickHouse"} if who.clickhouse else {"broker"})


def test_the_worker_of_the_comparison_keeps_its_state_in_the_changelog(comparison) -> None:
    run, wanted = comparison
    for who, (report,) in run.runs.items():
        if who.folder == "worker":
            assert 0.1 < report.marks["changelog"]["bytes"] / wanted["bytes"] < 2, who.key
