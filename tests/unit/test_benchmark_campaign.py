"""A campaign that is cut off goes on where it was, and measures again what has changed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import campaign as stored
from benchmarks import comparison
from benchmarks.campaign import Campaign, stamp_of
from benchmarks.comparison import Comparison, Step, Watch
from benchmarks.contenders import Who
from benchmarks.environments import MissingError
from benchmarks.measures import Measure
from benchmarks.report import Row
from benchmarks.runner import Report, RunError
from benchmarks.stage import Filled

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = {"nodes": 10, "bytes": 1000}


class FakeStage:
    """Every run takes no time and comes to its end, unless it is named in `breaks`."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.said: list[str] = []
        self.breaks: set[str] = set()
        self.found = {"nodes": 10}

    def say(self, line: str) -> None:
        self.said.append(line)

    def filled(self, events: int) -> Filled:
        return Filled("topic", events, FIGURES)

    def run_on(self, there: Filled, command: list[str], name: str, **_: object) -> Report:
        self.ran.append(f"{name} {there.events}")
        if name in self.breaks:
            raise RunError("died")
        return Report(100, 1.0, 1.0, dict(self.found), 1.0, 1.0, 1.0, 1.0, {}, 0.0)


def who(key: str, **own: object) -> Who:
    return Who(key, key, key, lambda _say: [key], (100.0, 1.0), **own)


A, B = who("a"), who("b", most=50, runs=2)


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage()


def campaign_of(stage: FakeStage, path: Path, *wanted: Who, runs: int = 3) -> Comparison:
    done = Comparison(stage, 100, runs, Campaign(path))
    done.all(wanted)
    return done


def test_runs_take_turns_and_slow_contenders_read_less_and_run_less(stage: FakeStage, tmp_path: Path) -> None:
    campaign_of(stage, tmp_path / "kept", A, B)
    assert stage.ran == ["a 100", "b 50", "a 100", "b 50", "a 100"]


def test_what_was_measured_is_not_measured_again(stage: FakeStage, tmp_path: Path) -> None:
    first = campaign_of(stage, tmp_path / "kept", A, runs=2)
    stage.ran.clear()
    second = campaign_of(stage, tmp_path / "kept", A, B, runs=3)
    assert stage.ran == ["b 50", "b 50", "a 100"]
    assert second.runs[A][:2] == first.runs[A]
    assert len(second.runs[A]) == 3


def test_what_has_changed_is_measured_again(stage: FakeStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_of(stage, tmp_path / "kept", A, runs=1)
    monkeypatch.setattr(comparison, "stamp_of", lambda who, events: "another")
    done = campaign_of(stage, tmp_path / "kept", A, runs=1)
    assert stage.ran == ["a 100"] * 2
    assert len(done.runs[A]) == 1


def test_a_run_depends_on_its_program_and_ours_on_the_product_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peers, product = tmp_path / "peers", tmp_path / "pipeline"
    for folder in (peers / "quix", peers / "worker", product):
        folder.mkdir(parents=True)
    monkeypatch.setattr(stored, "HERE", tmp_path)
    monkeypatch.setattr(stored, "ROOT", tmp_path)

    def stamps() -> tuple[str, str]:
        return tuple(stamp_of(Who("x", "", folder, lambda _: [], (1.0, 1.0)), 100) for folder in ("quix", "worker"))

    before = stamps()
    assert stamps() == before
    (product / "fold.py").write_text("quicker")
    after_product = stamps()
    assert (after_product[0] == before[0], after_product[1] == before[1]) == (True, False)
    (peers / "quix" / "app.py").write_text("other")
    assert stamps()[0] != before[0]


@pytest.mark.parametrize("broken", ["dies", "wrong sums"])
def test_what_went_wrong_is_told_and_measured_again_next_time(stage: FakeStage, tmp_path: Path, broken: str) -> None:
    if broken == "dies":
        stage.breaks = {"a"}
    else:
        stage.found = {"nodes": 9}
    assert not campaign_of(stage, tmp_path / "kept", A, runs=1).good
    stage.breaks, stage.found = set(), {"nodes": 10}
    assert campaign_of(stage, tmp_path / "kept", A, runs=1).good
    assert stage.ran == ["a 100"] * 2


def test_a_contender_that_this_machine_lacks_leaves_the_campaign_good(stage: FakeStage, tmp_path: Path) -> None:
    def lacks(_say: object) -> list[str]:
        raise MissingError("no java")

    lacking = Who("g", "g", "g", lacks, (1.0, 1.0))
    done = campaign_of(stage, tmp_path / "kept", lacking, A, runs=1)
    assert done.good
    assert done.missing == {lacking: "no java"}
    assert stage.ran == ["a 100"]


def test_measurements_are_kept_too_and_one_that_fails_stands_in_the_table(
    stage: FakeStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def fine(*_: object) -> list[Row]:
        calls.append("fine")
        return [Row("memory", "≤ 1", "2", "missed by 100%", "")]

    def broken(*_: object) -> list[Row]:
        calls.append("broken")
        raise OSError("disk full")

    monkeypatch.setattr(comparison, "MEASURES", {"memory": Measure(fine, 1), "hot": Measure(broken, 1)})
    for _ in range(2):
        done = Comparison(stage, 100, 1, Campaign(tmp_path / "kept"))
        done.all([], ["memory", "hot"])
        assert not done.good
        assert {row.what for row in done.measured} == {"memory", "hot"}
    assert calls == ["fine", "broken", "broken"]


def test_after_its_end_a_campaign_starts_anew(stage: FakeStage, tmp_path: Path) -> None:
    campaign_of(stage, tmp_path / "kept", A, runs=1).campaign.end()
    campaign_of(stage, tmp_path / "kept", A, runs=1)
    assert stage.ran == ["a 100"] * 2


def test_the_time_that_is_left_is_told_before_every_step(stage: FakeStage, tmp_path: Path) -> None:
    campaign_of(stage, tmp_path / "kept", A, runs=2)
    assert stage.said[0].startswith("2 steps to do")
    assert [line.split(",")[0] for line in stage.said if line.startswith("[")] == ["[1/2", "[2/2"]


def test_the_estimate_follows_what_the_steps_took(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(comparison, "monotonic", lambda: now[0])
    watch = Watch([Step("", "a", 60, print), Step("", "b", 600, print)], beside=60)
    assert watch.left(0) == "0 min so far, about 12 min left"
    now[0] = 240.0
    assert watch.left(1) == "4 min so far, about 20 min left"
