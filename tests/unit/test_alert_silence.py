"""What is not sent to people: what a mute covers, and an acknowledged alert while it goes on."""

from __future__ import annotations

import pytest
from support.receivers import alert

from pipeline.alerts.silence import silenced
from pipeline.cascade.controls import Controls
from schemas.alert import Control, Scope, moment

KINDS = ("opened", "changed", "closed")


def controls(action: str, **scope: str) -> Controls:
    made = Controls()
    made.apply(Control(action=action, scope=Scope(**scope), at=moment(1)))
    return made


@pytest.mark.parametrize(
    ("asked", "silent"),
    [
        (controls("acknowledge", alert_id=alert(1).alert_id), {"opened", "changed"}),
        (controls("acknowledge", alert_id=alert(2).alert_id), set()),
        (controls("mute", content_id="content-1"), set(KINDS)),
        (controls("mute", rule="depth"), set()),
    ],
    ids=["this alert acknowledged", "another one acknowledged", "its content muted", "another rule muted"],
)
def test_the_end_of_an_acknowledged_alert_is_sent_and_of_a_muted_one_nothing(asked, silent):
    assert {kind for kind in KINDS if silenced(asked, alert(1, kind=kind), 5)} == silent
