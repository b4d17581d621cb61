"""The backtest: history replayed by its own clock gives the alerts that a worker would have sent, and scores that are right."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.cascade.backtest import Backtest, Fired, Judge, score, top
from schemas.rule_types import Depth, Forecast, RuleSet, Velocity
from schemas.rules import Rules
from schemas.wire import WireEvent, encode, micros

START = datetime(2026, 3, 1, tzinfo=UTC)
RULES = Rules(
    RuleSet(
        velocity=Velocity(minimum_shares=20), forecast=Forecast(at_least=150), depth=Depth(marks=[2], minimum_shares=1)
    )
)


def share(content: str, number: int, seconds: float, parent: str | None = None) -> WireEvent:
    return WireEvent(
        event_id=f"{content}:{number}",
        kind="share",
        platform="bluesky",
        content_id=content,
        actor_id=f"{content} {number}",
        occurred_at=START + timedelta(seconds=seconds),
        parent_event_id=parent,
        parent_basis="exact" if parent else "none",
    )


def trickle(content: str, count: int = 30, every: float = 60.0) -> list[WireEvent]:
    return [share(content, number, number * every) for number in range(count)]


def burst(content: str) -> list[WireEvent]:
    """A trickle that takes off after half an hour."""
    return [*trickle(content), *(share(content, 100 + number, 1800 + number) for number in range(300))]


def history() -> list[WireEvent]:
    events = [event for number in range(19) for event in trickle(f"small {number}")]
    return sorted(events + burst("large"), key=lambda event: event.occurred_at)


def replayed(rules: Rules, events: list[WireEvent]) -> tuple[Backtest, list[Fired]]:
    judge = Judge("all", rules)
    backtest = Backtest([judge], {})
    for event in events:
        backtest.take(event, micros(event.occurred_at))
    backtest.finish()
    return backtest, judge.fired


def test_only_what_takes_off_is_told_and_soon():
    backtest, fired = replayed(RULES.only("velocity"), history())
    assert [(alert.rule, alert.content_id) for alert in fired] == [("velocity", "large")]
    assert 0 < fired[0].at_us - micros(START + timedelta(seconds=1800)) <= 180_000_000
    assert fired[0].shares < backtest.sizes()["large"] == 330


def test_time_goes_on_after_the_last_event_until_alerts_are_closed():
    judge = Judge("all", RULES.only("velocity"))
    backtest = Backtest([judge], {})
    for event in history():
        backtest.take(event, micros(event.occurred_at))
    backtest.finish()
    assert {state.state for state in judge._states.values()} == {"quiet"}


def test_a_replay_gives_the_same_alerts():
    assert replayed(RULES, history())[1] == replayed(RULES, history())[1]


def test_judges_do_not_see_each_other():
    alone = {name: replayed(RULES.only(name), history())[1] for name in RULES.used()}
    judges = [Judge(name, RULES.only(name)) for name in RULES.used()]
    backtest = Backtest(judges, {})
    for event in history():
        backtest.take(event, micros(event.occurred_at))
    backtest.finish()
    assert {judge.name: judge.fired for judge in judges} == alone


def fired(*contents: tuple[str, int]) -> list[Fired]:
    return [Fired("r", content, number, shares, 5, "") for number, (content, shares) in enumerate(contents)]


def test_scores_are_those_of_the_definition():
    sizes = {"a": 1000, "b": 500, "c": 10, "d": 5}
    found = score("r", fired(("a", 100), ("c", 5), ("a", 900), ("d", 5)), sizes, {"a", "b"}, 2.0)
    assert (found.alerts, found.contents, found.per_day) == (4, 3, 2.0)
    assert found.precision == pytest.approx(1 / 3)
    assert (found.recall, found.lead) == (0.5, 0.9)


def test_without_alerts_or_without_a_top_nothing_is_claimed():
    silent = score("r", [], {"a": 1}, {"a"}, 1.0)
    assert (silent.alerts, silent.precision, silent.recall, silent.lead) == (0, None, 0.0, None)
    assert score("r", [], {}, set(), 1.0).recall is None


def test_the_top_is_a_tenth_and_all_that_equal_its_smallest():
    sizes = {f"c{number}": number for number in range(30)}
    assert top(sizes) == {"c29", "c28", "c27"}
    assert top(sizes | {"more": 27}) == {"c29", "c28", "c27", "more"}
    assert top({"only": 0}) == {"only"}
    assert top({}) == set()


def run(*arguments: str):
    return CliRunner().invoke(
        cli.app, ["backtest", *arguments], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "events.jsonl"
    events = history()
    Random(5).shuffle(events)
    path.write_bytes(b"\n".join(map(encode, events)) + b"\n\nno event\n")
    return path


def test_the_command_tells_each_rule_and_the_triggers_together(file, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  velocity: {minimum_shares: 20}\n  forecast: {at_least: 150}\n  over_performance: off\n")
    shown = run(str(file), "--rules", str(rules), "--format", "json")
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.stdout)
    assert (told["events"], told["contents"], told["top_contents"]) == (19 * 30 + 330, 20, 20)  # 19 are equal
    rows = {row["rule"]: row for row in told["rules"]}
    assert list(rows) == [
        "viral, any trigger",
        "velocity",
        "forecast",
        "secondary_reach",
        "large_amplifier",
        "sudden_drop",
    ]
    assert (rows["velocity"]["alerts"], rows["velocity"]["contents"]) == (1, 1)
    assert "line 902: not_json" in shown.stderr


def test_the_table_has_a_line_for_each_rule(file):
    shown = run(str(file), "--preset", "sensitive", "--top", "5")
    assert shown.exit_code == 0
    assert "over_performance" in shown.stdout
    assert "900 events of 20 contents" in shown.stderr
    assert "the 1 contents" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.jsonl"], "none.jsonl"),
        (["{file}", "--preset", "wild"], "sensitive, balanced, strict"),
        (["{file}", "--format", "xml"], "table or json"),
        (["{file}", "--rules", "none.yaml"], "cannot read none.yaml"),
        (["{file}", "--rules", "{file}"], "is not YAML"),
    ],
)
def test_wrong_usage_is_told(file, arguments, words):
    shown = run(*(argument.format(file=file) for argument in arguments))
    assert shown.exit_code == 2
    assert words in " ".join(shown.stderr.split())


def test_a_mistake_in_the_rules_is_told_with_its_line(file, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  velocty: off\n")
    shown = run(str(file), "--rules", str(rules))
    assert shown.exit_code == 2
    assert "line 2, rules.velocty: is not known: did you mean velocity?" in " ".join(shown.stderr.split())


def test_a_file_without_events_is_told(tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_text("\n")
    assert "no event to replay" in run(str(path)).stderr
