"""The checked-in dashboards and their provisioning: current, complete, and of the shape that Grafana's own models have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins, runtime
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from support.grafana import View, dashboard, panels, queries

from grafana import generate, sources
from grafana.boards import TAG
from pipeline.metrics import Metric

ROOT = Path(__file__).parents[2]
PATHS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
BOARDS = [pytest.param(dashboard(path), id=path.stem) for path in PATHS]
PANELS = [
    pytest.param(panel, id=f"{path.stem}: {panel['title']}") for path in PATHS for panel in panels(dashboard(path))
]
SOURCES = {one.uid: one.type_val for one in (sources.CLICKHOUSE, sources.PROMETHEUS)}


def provisioned(kind: str) -> dict[str, Any]:
    (path,) = (ROOT / "grafana" / "provisioning" / kind).glob("*.yaml")
    return yaml.safe_load(path.read_text())


def test_the_checked_in_dashboards_are_what_the_code_writes():
    assert generate.stale() == []
    assert set(PATHS) == generate.contents().keys()


def test_check_names_what_is_stale_and_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate, "DASHBOARDS", tmp_path / "dashboards")
    monkeypatch.setattr(generate, "HERE", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "dashboards/live.json is stale" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "dashboards" / "old.json").write_text("{}")
    assert generate.main(["--check"]) == 1


def test_it_runs_as_make_generate_runs_it():
    made = subprocess.run(
        [sys.executable, "-m", "grafana.generate", "--check"], cwd=ROOT, capture_output=True, check=False
    )
    assert (made.returncode, made.stderr) == (0, b"")


@pytest.mark.parametrize("board", BOARDS)
def test_the_sdks_models_read_the_json_and_write_it_again_the_same(board):
    plugins.register_default_plugins()
    runtime.register_dataquery_variant(sources.variant_config())
    again = json.loads(json.dumps(Dashboard.from_json(json.loads(json.dumps(board))), cls=JSONEncoder))
    assert again == board


@pytest.mark.parametrize("change", [{"format": 7}, {"rawSQL": "SELECT 1"}, {"datasource": {"uid": "other"}}])
def test_a_query_that_is_not_ours_is_not_read(change):
    ours = sources.ClickHouseTarget("SELECT 1").build().to_json()
    assert sources.ClickHouseQuery.from_json(ours).to_json() == ours
    with pytest.raises(ValueError, match="not a query of ours"):
        sources.ClickHouseQuery.from_json(ours | change)


def test_the_dashboards_have_the_uids_that_links_name():
    boards = [board.values[0] for board in BOARDS]
    assert {board["uid"]: board["title"] for board in boards} == {
        "cascades-live": "Live cascades",
        "cascades-content": "One content",
        "cascades-campaign": "Campaigns and people",
    }
    assert all(board["tags"] == [TAG] for board in boards)


@pytest.mark.parametrize("board", BOARDS)
def test_ids_are_unique_and_panels_do_not_overlap(board):
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    cells = [
        (x, y)
        for panel in board["panels"]
        for place in (panel["gridPos"],)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(0 <= x < 24 for x, _ in cells)


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_explains_itself(panel):
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["title"]
    assert len(panel["description"]) > 30
    assert defaults["unit"]
    assert defaults["noValue"] == "–"
    (unknown,) = (one["options"] for one in defaults["mappings"])
    assert (unknown["match"], unknown["result"]["text"]) == ("null+nan", "–")
    steps = [step["value"] for step in defaults["thresholds"]["steps"]]
    assert steps[0] is None
    assert steps[1:] == sorted(steps[1:])


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_asks_a_data_source_that_is_provisioned(panel):
    targets = panel["targets"]
    assert targets
    assert len({target["refId"] for target in targets}) == len(targets)
    for asked in (panel, *targets):
        assert SOURCES[asked["datasource"]["uid"]] == asked["datasource"]["type"]


def test_provisioning_creates_the_data_sources_under_the_uids_that_the_panels_name():
    given = {one["uid"]: one["type"] for one in provisioned("datasources")["datasources"]}
    assert given == SOURCES


def test_grafana_may_only_read():
    (source,) = (one for one in provisioned("datasources")["datasources"] if one["type"] == sources.PLUGIN)
    users = (ROOT / "deploy" / "clickhouse" / "users.xml").read_text()
    assert f"<{source['jsonData']['username']}>" in users
    assert source["secureJsonData"] == {"password": "$CLICKHOUSE_READER_PASSWORD"}
    assert not source["editable"]


def test_nobody_changes_a_provisioned_dashboard_by_hand():
    (provider,) = provisioned("dashboards")["providers"]
    assert not provider["allowUiUpdates"]
    assert not any(board.values[0]["editable"] for board in BOARDS)


@pytest.mark.parametrize("board", BOARDS)
def test_queries_name_only_views_of_the_contract_and_variables_of_their_dashboard(board):
    variables = {variable["name"] for variable in board["templating"]["list"]}
    for title, sql in queries(board):
        tables = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", sql))
        assert tables <= {
            "v_content",
            "v_content_minute",
            "v_edges",
            "v_generation",
            "v_alerts",
            "v_amplifiers",
            "v_dead_letters",
            "v_platform_minute",
            "v_campaign",
            "v_campaign_amplifiers",
            "v_platform_amplifiers",
            "v_advocates",
            "v_accounts",
            "v_conversion",
        }, title
        assert set(re.findall(r"\$\{(\w+)", sql)) <= variables, title


@pytest.mark.parametrize("board", BOARDS)
def test_text_that_people_type_reaches_sql_percent_encoded(board):
    """Any other format lets a backslash or a quote change the statement."""
    typed = {one["name"] for one in board["templating"]["list"] if one["type"] == "textbox"} | {"content"}
    formats = {
        (name, form)
        for _, sql in queries(board)
        for name, form in re.findall(r"\$\{(\w+):?(\w*)\}", sql)
        if name in typed
    }
    assert {form for _, form in formats} <= {"percentencode"}


def test_macros_that_we_do_not_know_are_not_passed_on():
    from datetime import timedelta

    with pytest.raises(AssertionError, match="not known"):
        View.last(timedelta(hours=1)).expand("SELECT $__timeGroup(minute, 5m)")


def samples() -> set[str]:
    """Every name under which Prometheus stores our metrics."""
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    return {metric.value.name + end for metric in Metric for end in parts.get(metric.value.type, ("",))}


def expressions() -> list[tuple[str, str]]:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())
    alerts = [(rule["alert"], rule["expr"]) for group in rules["groups"] for rule in group["rules"]]
    asked = [
        (panel.id, target["expr"]) for panel in PANELS for target in panel.values[0]["targets"] if "expr" in target
    ]
    return alerts + asked


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_prometheus_is_asked_for_metrics_that_exist(where, expression):
    named = set(re.findall(r"\bcascades_\w+", expression))
    assert named <= samples()
    assert named or "up{" in expression


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_prometheus_is_asked_by_labels_that_the_metrics_have(where, expression):
    known = {metric.value.name: set(metric.value.labels) for metric in Metric}
    grouped = {label for labels in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", labels)}
    metrics = [
        known.get(re.sub(r"_(bucket|sum|count)$", "", name), set())
        for name in re.findall(r"\bcascades_\w+", expression)
    ]
    assert grouped <= set().union(*metrics) | {"le", "instance", "job"}


def test_promtool_accepts_every_expression(tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian package prometheus)")
    rules = [
        {"record": f"test:{number}", "expr": expression.replace("$__rate_interval", "1m")}
        for number, (_, expression) in enumerate(expressions())
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    made = subprocess.run([promtool, "check", "rules", str(path)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
