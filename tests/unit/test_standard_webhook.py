"""The signed webhook, against the test vector that Standard Webhooks publishes and against HMAC by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as Library
from support.receivers import OTHER_SECRET, SECRET, alert

from pipeline.alerts.webhook import judged, payload, signed, waiting

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


def test_the_published_vector_comes_out():
    body = b'{"test": 2432232314}'
    made = signed(body, "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), [Library(SECRET)])
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (made["webhook-id"], made["webhook-timestamp"]) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")


def test_each_secret_signs_so_that_one_can_replace_another():
    body = payload(alert(1))
    made = signed(body, alert(1).message_id, NOW, [Library(OTHER_SECRET), Library(SECRET)])
    by_hand = [
        hmac.new(
            base64.b64decode(secret.removeprefix("whsec_")),
            f"{made['webhook-id']}.{made['webhook-timestamp']}.".encode() + body,
            hashlib.sha256,
        ).digest()
        for secret in (OTHER_SECRET, SECRET)
    ]
    assert made["webhook-signature"].split(" ") == [f"v1,{base64.b64encode(one).decode()}" for one in by_hand]


def test_the_same_message_has_the_same_body_and_id_each_time():
    one = alert(1, content_id="é <&> \u2028")
    assert payload(one) == payload(one.model_copy())
    told = json.loads(payload(one))
    assert told["type"] == "alert.opened"
    assert told["data"]["alert_id"] == one.alert_id
    assert told["data"]["content_id"] == "é <&> \u2028"


def test_messages_of_one_alert_are_told_apart_and_repeats_are_not():
    assert alert(1).message_id == alert(1).message_id
    assert alert(1).message_id != alert(1, sequence=1, kind="closed").message_id


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_one(status):
    assert judged(status, "") is None


@pytest.mark.parametrize(
    ("status", "reason", "final"),
    [(301, "redirected", False), (307, "redirected", False), (400, "refused", False), (404, "refused", False),
     (410, "gone", True), (429, "refused", False), (500, "refused", False), (503, "refused", False)],
)  # fmt: skip
def test_other_answers_are_failures_and_only_gone_is_final(status, reason, final):
    failure = judged(status, "")
    assert (failure.reason, failure.final) == (reason, final)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("7", 7),
        ("99999999", 600),
        ("-5", 0),
        ("soon", 0),
        ("Sat, 31 Jan 2026 12:00:30 GMT", 30),
        ("Sat, 31 Jan 2026 11:00:00 GMT", 0),
        ("٣", 3),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone_for_a_while(header, seconds):
    assert waiting(header, NOW) == seconds
