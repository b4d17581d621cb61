"""Prometheus finds our processes, and each alert fires for its fault and for no other (judged by promtool, where it is installed)."""

from __future__ import annotations

import shutil
import subprocess

import pytest
import yaml
from support.compose import DEPLOY

from pipeline.config import Settings


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian package prometheus)")
    return found


def test_prometheus_scrapes_the_metrics_port_of_our_services():
    jobs = {
        job["job_name"]: job
        for job in yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    }
    port = Settings.model_fields["metrics_port"].default
    (worker,) = jobs["worker"]["dns_sd_configs"]
    assert (worker["names"], worker["port"]) == (["worker"], port)
    assert (jobs["ingest"]["dns_sd_configs"][0]["names"], jobs["ingest"]["dns_sd_configs"][0]["port"]) == (
        ["ingest"],
        port,
    )
    assert jobs["page"]["static_configs"] == [{"targets": [f"serve:{port}"]}]


def test_promtool_accepts_the_configuration_and_the_rules(promtool):
    checked = subprocess.run(
        [promtool, "check", "config", DEPLOY / "prometheus" / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _series(name: str, values: str, **labels: str) -> dict[str, str]:
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return {"series": f"{name}{{{inside}}}", "values": values}


ALERTS = {
    "NoWorker": [_series("up", "0x30", job="worker", instance="a")],
    "NotReady": [_series("cascades_ready", "0x30", job="worker", instance="a", part="clickhouse")],
    "PipelineStuck": [
        _series("cascades_lag_records", "50x30", partition="1"),
        _series("cascades_committed_offset", "900x30", partition="1"),
    ],
    "PipelineBehind": [_series("cascades_lag_records", "200000x30", partition="1")],
    "PipelineSilent": [_series("cascades_records_in_total", "7x30", instance="a")],
    "DeadLetters": [
        _series("cascades_records_in_total", "0+600x30", instance="a"),
        _series("cascades_dead_letters_total", "0+60x30", instance="a", reason="not_json"),
    ],
    "ClickHouseRefusesWrites": [_series("cascades_sink_errors_total", "0+3x30", error="transient")],
    "CollectorMissedEvents": [_series("cascades_collect_gaps_total", "0+1x30", source="bluesky")],
    "CollectorBehind": [_series("cascades_collect_behind", "900x30", source="bluesky")],
    "AlertsNotDelivered": [_series("cascades_alerts_buried_total", "0+1x30", channel="on-call", reason="refused")],
}
ALL_IS_WELL = [
    _series("up", "1x30", job="worker", instance="a"),
    _series("cascades_ready", "1x30", job="worker", instance="a", part="clickhouse"),
    _series("cascades_lag_records", "40x30", partition="0"),
    _series("cascades_committed_offset", "0+600x30", partition="0"),
    _series("cascades_records_in_total", "0+600x30", instance="b"),
    _series("cascades_dead_letters_total", "0+3x30", instance="b", reason="not_json"),
    _series("cascades_sink_errors_total", "0x30", error="row"),
    _series("cascades_alerts_buried_total", "3x30", channel="crm", reason="gone"),
    _series("cascades_collect_gaps_total", "2x30", source="fedi"),
    _series("cascades_collect_behind", "4x30", source="fedi"),
]
UNLESS = {"NoWorker": ("up",), "PipelineSilent": ("cascades_records_in_total", "cascades_dead_letters_total")}
"""The series of a healthy pipeline that must be missing for the alert."""


def test_there_is_a_case_for_every_alert():
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())
    assert {rule["alert"] for group in rules["groups"] for rule in group["rules"]} == ALERTS.keys()


@pytest.mark.parametrize("alert", [*ALERTS, "none"])
def test_an_alert_fires_for_its_fault_and_for_no_other(promtool, alert, tmp_path):
    well = [series for series in ALL_IS_WELL if not series["series"].startswith(UNLESS.get(alert, ()))]
    names = "|".join(ALERTS)
    fires = {"expr": f'count(ALERTS{{alertstate="firing", alertname=~"{names}"}}) by (alertname)', "eval_time": "25m"}
    fires["exp_samples"] = [] if alert == "none" else [{"labels": f'{{alertname="{alert}"}}', "value": 1}]
    case = {"interval": "1m", "input_series": [*well, *ALERTS.get(alert, [])], "promql_expr_test": [fires]}
    path = tmp_path / "case.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(DEPLOY / "prometheus" / "rules.yml")], "tests": [case]}))
    tested = subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr
