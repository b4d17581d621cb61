"""The example that the contracts publish is a message as the code writes it, to the last key."""

from __future__ import annotations

import json
from pathlib import Path

from support.alerts import figures, standing
from support.events import act, child

from pipeline.alerts.texts import worded
from pipeline.cascade import Content, Window, fold, micros
from pipeline.cascade.alert_state import AlertState
from pipeline.cascade.alerting import step
from pipeline.cascade.controls import Controls
from schemas.alert import EXAMPLE, Alert, alert_id, with_links
from schemas.presets import PRESETS
from schemas.rules import Rules

DOCUMENT = Path(__file__).parents[2] / "docs" / "alerts.md"
MINUTE_US = 60_000_000
FIRST_US = 1_769_860_800_000_000  # 2026-01-31 12:00:00 UTC
NOW_US = FIRST_US + 40 * MINUTE_US
BURST = figures(
    velocity_5m=16.4,
    acceleration=14.8,
    z=14.1,
    previous_z=11.6,
    expected_per_minute=1.2,
    poisson_p=2.5e-58,
    expected=30.0,
    viral_score=6.4,
    predicted_size=2140.0,
    predicted_low=1420.0,
    predicted_high=3310.0,
    live_r=0.84,
    label="chain",
)._replace(windows={"5m": Window(82, 51_000, 6), "1h": Window(192, 1_260_000, 6), "24h": Window(192, 1_260_000, 6)})
FACTS = standing(
    192,
    depth=6,
    depth_exact=6,
    r=0.71,
    structural_virality=4.62,
    primary_reach=5400,
    secondary_reach=1_260_000,
    campaign_id="spring-launch",
    first_us=FIRST_US,
)


def spread() -> Content:
    """Ada shares it, and 61 people share it from her, 48,000 followers between them."""
    content = Content("spring-film", {})
    known = {"did:plc:bob": 32_000, "did:plc:eve": 16_000} | {f"did:plc:{number}": 0 for number in range(59)}
    below = [child(f"from {who}", "s", by=who, on="bluesky", audience_size=known[who]) for who in known]
    for event in (act("s", by="did:plc:ada", on="bluesky", audience_size=1_200_000), *below):
        fold(content, event, micros(event.occurred_at))
    return content


def written() -> Alert:
    rules, state, content = Rules(PRESETS["sensitive"]), AlertState(), spread()
    begun = BURST._replace(poisson_p=1e-4, viral_score=2.1, predicted_size=600.0)
    for now_us, now in ((NOW_US - MINUTE_US, begun), (NOW_US, BURST)):
        told = step(rules, state, FACTS, now._replace(at_us=now_us), content, Controls(), now_us)
    (alert,) = (one for one in told if one.rule == "velocity")
    return with_links(alert, "http://127.0.0.1:8080", "")


def test_the_published_alert_is_what_the_code_writes():
    made = json.loads(written().encode())
    assert made["alert_id"] == alert_id("spring-film", "velocity", 1)
    assert made == EXAMPLE


def test_the_message_that_the_documents_show_is_what_a_channel_shows():
    shown = " ".join(DOCUMENT.read_text("utf-8").split())
    assert " ".join(worded(Alert.model_validate(EXAMPLE), "plain").body.split()) in shown
