"""Which alerts are still dead letters, told from the records of their topic alone."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from support.receivers import alert

from pipeline.alerts.dead_letters import headers
from pipeline.alerts.letters import Selection, left_over, resent_headers
from pipeline.alerts.outcome import Failure

REFUSED = Failure("refused", "answered 500")


def source(number, value=None):
    one = alert(number)
    return SimpleNamespace(
        topic="share.alerts", partition=0, offset=number, key=one.content_id.encode(), value=value or one.encode()
    )


def letter(number, channel="crm", failure=REFUSED, attempts=3, value=None):
    told = source(number, value)
    return SimpleNamespace(value=told.value, key=told.key, headers=headers(told, channel, failure, attempts))


def taken_back(one):
    return SimpleNamespace(value=b"", key=one.key, headers=resent_headers(one, datetime.now(UTC)))


def test_a_letter_says_what_failed_where_and_why():
    (one,) = left_over([letter(1)])
    assert (one.channel, one.reason, one.detail, one.attempts) == ("crm", "refused", "answered 500", 3)
    assert one.alert.message_id == alert(1).message_id
    assert abs((one.failed_at - datetime.now(UTC)).total_seconds()) < 60


def test_a_letter_that_was_written_twice_is_one_letter_and_the_latest_counts():
    found = left_over([letter(1, attempts=1), letter(2), letter(1, attempts=5)])
    assert sorted((one.identity.offset, one.attempts) for one in found) == [(1, 5), (2, 3)]


def test_one_alert_in_two_channels_is_two_letters():
    records = [letter(1, "crm"), letter(1, "press")]
    (crm, press) = left_over(records)
    assert {one.channel for one in (crm, press)} == {"crm", "press"}
    assert [one.channel for one in left_over([*records, taken_back(crm)])] == ["press"]


def test_what_fails_again_after_it_was_sent_again_is_a_letter_again():
    (one,) = left_over([letter(1)])
    assert left_over([letter(1), taken_back(one)]) == []
    assert len(left_over([letter(1), taken_back(one), letter(1)])) == 1


def test_records_that_are_no_letters_are_passed_over():
    stranger = SimpleNamespace(value=b"x", key=None, headers=[("topic", b"share.alerts"), ("partition", b"zero")])
    bare = SimpleNamespace(value=None, key=None, headers=[])
    (none,) = left_over([stranger, bare, letter(1, "", Failure("not_an_alert", "no"), 0, value=b"\xff")])
    assert none.alert is None


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (Selection(), [1, 2, 3]),
        (Selection(channel="press"), [2]),
        (Selection(reason="gone"), [3]),
        (Selection(frozenset([alert(1).alert_id, alert(3).message_id])), [1, 3]),
        (Selection(frozenset([alert(1).alert_id]), channel="press"), []),
    ],
)
def test_letters_are_chosen_by_alert_message_channel_and_reason(selection, numbers):
    records = [letter(1), letter(2, "press"), letter(3, failure=Failure("gone", "answered 410"))]
    assert [one.identity.offset for one in left_over(records) if one in selection] == numbers
