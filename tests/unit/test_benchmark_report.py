"""What the benchmark says about its runs, without running one."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from benchmarks import report, topic
from benchmarks.compare import differences
from benchmarks.contenders import ALL
from benchmarks.marks import marks
from benchmarks.runner import Report
from schemas.check import check

if TYPE_CHECKING:
    from pathlib import Path


def ran(rate: float, cpu: float) -> Report:
    return Report(1000, 1000 / rate, cpu / 1000, {"events": 1000}, 1.0, 100.0, 0.5, {"broker": 0.001}, 0.0)


def test_every_event_of_the_topic_keeps_the_contract() -> None:
    for act in topic.acts(500):
        event = check(act.encode(), 1_790_000_000_000)
        assert (event.event_id, event.content_id.encode()) == (act.event_id, act.key)


def test_the_expected_figures_are_right_for_a_tree_drawn_by_hand() -> None:
    # root ─ a ─ b, root ─ c, and a like; u shared twice, with 10 and with 30 people
    lines = [
        ("a", "share", "u", None, 10),
        ("b", "share", "v", "a", 5),
        ("c", "repin", "u", None, 30),
        ("d", "like", "w", "a", 99),
    ]
    truth = topic.Truth()
    for event_id, kind, actor, parent, audience in lines:
        truth.add(topic.Act(event_id, kind, "twitter", 1, actor, parent, audience, topic.START_MS), 200)
    # distances between the six pairs of root, a, b, c: 1 2 1 1 2 3
    wanted = {
        "contents": 1,
        "events": 4,
        "nodes": 3,
        "depth": 2,
        "depths": 4,
        "direct": 40,
        "beyond": 5,
        "secondary_reach": 35,
    }
    assert truth.figures() == {"records": 4, "bytes": 800, "audience": 144, **wanted, "virality": round(10 / 6, 6)}


def test_the_topic_is_the_same_each_time() -> None:
    assert list(islice(topic.acts(300), 50)) == list(islice(topic.acts(300), 50))


def test_a_figure_that_differs_is_named_and_unknown_ones_are_left_out() -> None:
    wanted = {"nodes": 10, "depth": 3, "virality": 2.0}
    assert differences({"nodes": 10, "virality": 2.0 + 1e-12}, wanted) == ""
    assert differences({"nodes": 9, "depth": 3}, wanted) == "nodes 9 instead of 10"


def test_marks_are_ratios_of_what_was_measured_in_the_same_run() -> None:
    found = {row.what: row for row in marks({"c0": [ran(80_000, 10)], "h": [ran(130_000, 20)], "f": [ran(90_000, 17)]})}
    assert found["CPU of c0 against Flink with heap state (h)"].reached is True
    assert found["speed of c0, one process, against Bytewax (f)"].reached is False
    assert not any("Kafka Streams" in name for name in found)


def test_a_contender_that_could_not_run_stands_in_the_table_with_the_reason() -> None:
    first, *_, last = ALL
    rows = report.contender_rows({last: [ran(50_000, 15), ran(70_000, 25)]}, {}, {first: "no java on this machine"})
    assert [row[0] for row in rows] == [first.key, last.key]
    assert rows[0][2] == "not run: no java on this machine"
    assert rows[1][2:4] == ("60,000 (50,000–70,000)", "20.00 (15.00–25.00)")


@pytest.mark.parametrize("present", ["# Measured\n\n## By hand\n\nkept\n", "# Measured\n"])
def test_only_the_generated_section_of_the_results_is_replaced(tmp_path: Path, present: str) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text(present)
    report.write("first", path)
    path.write_text(path.read_text() + "\n## After\n")
    report.write("second", path)
    text = path.read_text()
    assert text.startswith(present.rstrip())
    assert text.endswith(f"{report.BEGIN}\nsecond\n{report.END}\n\n## After\n")
    assert "first" not in text


def test_a_quick_run_says_that_it_is_no_result() -> None:
    assert "no result" in report.section([], [], 20_000, 1, 250)
    assert "no result" not in report.section([], [], 1_000_000, 3, 250)
