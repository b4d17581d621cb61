"""The health endpoints of the worker, over HTTP."""

import json
import time
import urllib.error
import urllib.request

import pytest

from pipeline.errors import UnavailableError
from pipeline.health import HealthServer, live
from pipeline.metrics import Metric, Metrics
from pipeline.status import PARTS, Status


@pytest.fixture
def served():
    metrics = Metrics()
    status = Status(metrics)
    server = HealthServer(status, metrics, "127.0.0.1", 0)
    server.start()
    yield status, metrics, f"http://127.0.0.1:{server.port}"
    server.stop()


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_not_ready_until_every_part_is(served):
    status, _, url = served
    code, body = get(f"{url}/readyz")
    assert code == 503
    assert json.loads(body)["parts"].keys() == set(PARTS)
    for part in PARTS:
        status.set(part, ok=True, detail="fine")
    code, body = get(f"{url}/readyz")
    assert (code, json.loads(body)["ready"]) == (200, True)


def test_readiness_tells_which_part_is_not_and_why(served):
    status, _, url = served
    for part in PARTS:
        status.set(part, ok=True, detail="fine")
    status.set("clickhouse", ok=False, detail="connection refused")
    code, body = get(f"{url}/readyz")
    assert code == 503
    assert json.loads(body)["parts"]["clickhouse"] == {"ok": False, "detail": "connection refused"}


def test_metrics_are_served(served):
    _, metrics, url = served
    metrics.add(Metric.RECORDS_IN, 7)
    assert "cascades_records_in_total 7.0" in get(f"{url}/metrics")[1]


def test_another_path_is_not_found(served):
    assert get(f"{served[2]}/")[0] == 404


def test_answers_come_while_the_event_loop_is_busy(served):
    *_, url = served
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        assert get(f"{url}/livez") == (200, "ok\n")


def test_not_live_when_the_event_loop_has_not_turned_for_long():
    status = Status(Metrics())
    assert live(status, stuck_after_s=1000)[0] == 200
    time.sleep(0.01)
    assert live(status, stuck_after_s=0.001)[0] == 503
    status.tick()
    assert live(status, stuck_after_s=1000)[0] == 200


def test_a_port_in_use_says_what_to_do(served):
    port = int(served[2].rpartition(":")[2])
    with pytest.raises(UnavailableError, match="CASCADES_METRICS_PORT"):
        HealthServer(served[0], served[1], "127.0.0.1", port)
