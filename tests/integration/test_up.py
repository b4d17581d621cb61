"""`cascades up` with the other commands on it: replay, query, status, doctor; and its data across a restart."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import requests
from support.demo import Cascades, write_lines
from support.doors import ALL, event
from support.ingest_process import BEARER

from pipeline.embedded.ports import choose

if TYPE_CHECKING:
    from pathlib import Path

READY = "Page: "
CONTENTS, SHARES, BROKEN = 5, 400, 7
INFERRED = "SELECT event_id, parent_event_id FROM cascades.v_edges WHERE parent_basis = 'inferred' FORMAT TSV"


def lines() -> list[bytes]:
    now = datetime.now(UTC).isoformat()
    share = {"kind": "share", "platform": "bluesky", "occurred_at": now, "audience_size": 10}
    good = [
        json.dumps(
            share | {"event_id": f"e{number}", "content_id": f"c{number % CONTENTS}", "actor_id": f"a{number}"}
        ).encode()
        for number in range(SHARES)
    ]
    return [*good[: SHARES // 2], *[b"broken"] * BROKEN, *good[SHARES // 2 :]]


def test_what_was_replayed_is_shown_and_still_there_after_a_restart(tmp_path: Path) -> None:
    file, data = write_lines(tmp_path / "events.jsonl", lines()), str(tmp_path / "data")
    doors = {"CASCADES_INGEST_TOKENS": json.dumps([ALL]), "CASCADES_INGEST_PORT": str(choose())}
    with Cascades("up", "--data", data, CASCADES_INFER="bluesky=rt_text", **doors) as up:
        up.until_said(READY)
        come_by_the_door(up, doors["CASCADES_INGEST_PORT"])
        assert up.until(INFERRED) == "e6\te1"
        replayed = up.run("replay", file, "--wait")
        assert replayed.returncode == 0, replayed.stderr
        assert f"{BROKEN} of them did not look like events" in replayed.stderr
        assert figures(up) == [CONTENTS, SHARES, BROKEN]
        look_around(up)
        up.process.send_signal(signal.SIGTERM)
        assert up.wait() == 0, up.said
        assert up.left_behind() == []
    with Cascades("up", "--data", data) as up:
        up.until_said(READY)
        assert up.run("replay", file, "--wait").returncode == 0
        assert figures(up) == [CONTENTS, SHARES, 2 * BROKEN]
        assert "Front doors" not in up.said, "nobody is named who may come in"
        up.process.send_signal(signal.SIGINT)
        assert up.wait() == 0, up.said


def come_by_the_door(up: Cascades, port: str) -> None:
    address = f"http://127.0.0.1:{port}"
    up.until_said(f"{address}/openapi.json")
    share = event(1, content_id="c1", event_id="e1", platform="bluesky", actor_id="a1", audience_size=10)
    through = {"event_id": "e6", "actor_id": "a6", "attributes": {"text": "RT @a1: look"}}
    sent = requests.post(f"{address}/v1/events", json=[share, share | through], headers=BEARER, timeout=60)
    assert sent.status_code == 202, sent.text


def figures(up: Cascades) -> list[int]:
    sql = "SELECT count(), sum(shares), (SELECT count() FROM v_dead_letters) FROM v_content"
    shown = up.run("query", sql, "--format", "TSV")
    assert shown.returncode == 0, shown.stderr
    return [int(value) for value in shown.stdout.split("\t")]


def look_around(up: Cascades) -> None:
    status = up.run("status")
    assert status.returncode == 0, status.stdout + status.stderr
    assert "0 records not yet in ClickHouse, 1 worker(s)" in status.stdout
    doctor = up.run("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert doctor.stdout.count("ok  ") >= 9, doctor.stdout
    wrong = up.run("query", "SELECT nothing FROM nowhere")
    assert wrong.returncode == 1
    assert "ClickHouse error 60" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    table = up.run("query", "SELECT content_id, size, viral_score FROM v_content ORDER BY content_id")
    assert "c4" in table.stdout
    assert "NULL" in table.stdout
    assert "up to date" in up.run("migrate").stderr
