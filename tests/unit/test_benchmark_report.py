"""What the benchmark says about its runs, without running one."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from benchmarks import report, topic
from benchmarks.contenders import ALL
from benchmarks.environments import MissingError, java_peer
from benchmarks.marks import marks
from benchmarks.runner import Contender, Report, RunError, differences, run
from benchmarks.stage import ROOT
from schemas.check import check

if TYPE_CHECKING:
    from pathlib import Path


def ran(rate: float, cpu: float) -> Report:
    return Report(1000, 1000 / rate, cpu / 1000, {"events": 1000}, 1.0, 100.0, 90.0, 0.5, {"broker": 0.001}, 0.0)


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
    assert found["CPU of c0 against Flink with heap state (h)"].verdict == "met"
    assert found["speed of c0, one process, against Bytewax (f)"].verdict == "missed by 11%"
    assert not any("Kafka Streams" in name for name in found)


def test_a_contender_that_could_not_run_stands_in_the_table_with_the_reason() -> None:
    first, *_, last = ALL
    rows = report.contender_rows({last: [ran(50_000, 15), ran(70_000, 25)]}, {}, {first: "no java on this machine"})
    assert [row[0] for row in rows] == [first.key, last.key]
    assert rows[0][2] == "not run: no java on this machine"
    assert rows[1][2:5] == ("0 × 2", "60,000 (50,000–70,000)", "20.00 (15.00–25.00)")


def test_every_row_tells_how_much_dearer_it_is_than_the_floor() -> None:
    by_key = {who.key: who for who in ALL}
    rows = report.contender_rows({by_key["b"]: [ran(200_000, 4)], by_key["c"]: [ran(60_000, 14)]}, {}, {})
    assert [row[report.COLUMNS.index("CPU × b")] for row in rows] == ["1.0", "3.5"]


@pytest.mark.parametrize(
    ("judge", "value", "verdict"),
    [
        (report.at_most, 2.5, "met"),
        (report.at_most, 3.0, "missed by 20%"),
        (report.at_least, 2.5, "met"),
        (report.at_least, 2.0, "missed by 20%"),
    ],
)
def test_a_mark_is_met_at_its_limit_and_else_missed_by_so_much(judge, value: float, verdict: str) -> None:
    assert judge(value, 2.5) == verdict


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
    row = report.Row("speed", "> 1 ×", "0.5 ×", "missed by 50%", "somehow")
    quick = report.section([], [row], report.opening(20_000, 1, 250), judged=False)
    full = report.section([], [row], report.opening(1_000_000, 3, 250), judged=True)
    assert "no result" in quick
    assert "not judged" in quick
    assert "no result" not in full
    assert "missed by 50%" in full


def test_a_campaign_that_is_not_at_its_end_says_how_many_steps_are_to_come() -> None:
    assert "**4 steps are still to come" in report.opening(1_000_000, 3, 250, (0.0, 60.0), missing=4)
    assert "still to come" not in report.opening(1_000_000, 3, 250, (0.0, 60.0))


def test_a_java_peer_is_left_out_where_java_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.environments.shutil.which", lambda _name: None)
    with pytest.raises(MissingError, match="no java on this machine"):
        java_peer("flink", lambda _line: None)


PROGRAM = "import sys\nfrom benchmarks.meter import Meter\nmeter = Meter()\n"


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("sys.exit('no such broker')", "ended before first.*no such broker"),
        ("meter.tick(); sys.exit('state lost')", "ended before first or last.*state lost"),
    ],
)
def test_a_contender_that_dies_is_told_with_the_end_of_its_log(tmp_path: Path, program: str, found: str) -> None:
    with pytest.raises(RunError, match=f"(?s){found}"):
        run([sys.executable, "-c", PROGRAM + program], told(tmp_path), tmp_path / "log", {}, timeout_s=30)


def test_a_contender_that_hangs_is_given_up_and_killed(tmp_path: Path) -> None:
    program = PROGRAM + "import time\nmeter.tick(); time.sleep(60)"
    with pytest.raises(RunError, match="no first or last within 0 s"):
        run([sys.executable, "-c", program], told(tmp_path), tmp_path / "log", {}, timeout_s=0.2)


def test_time_and_sums_come_from_the_contender_and_whole_cpu_from_the_system(tmp_path: Path) -> None:
    program = (
        PROGRAM
        + "meter.first(already=1)\nprint('noise')\nimport time; time.sleep(1)\nmeter.last()\nmeter.sums(nodes=2)"
    )
    report = run([sys.executable, "-c", program], told(tmp_path), tmp_path / "log", {}, timeout_s=30)
    assert (report.records, report.figures) == (2, {"nodes": 2})
    assert 0 <= report.cpu < report.whole_cpu
    assert 1 < report.peak_mb < 60, "its own memory, not that of the process that started it"
    assert (tmp_path / "log").read_text() == "noise\n"


def test_marks_may_be_asked_for_in_any_order(tmp_path: Path) -> None:
    program = PROGRAM + "meter.first(); meter.sums(nodes=2); meter.last()"
    with Contender([sys.executable, "-c", program], told(tmp_path), tmp_path / "log") as contender:
        order = [contender.mark(name, timeout_s=30)["mark"] for name in ("last", "first", "sums")]
    assert order == ["last", "first", "sums"]


def told(folder: Path) -> dict[str, str]:
    return {"BENCH_EVENTS": "3", "BENCH_SCRATCH": str(folder), "PYTHONPATH": str(ROOT)}
