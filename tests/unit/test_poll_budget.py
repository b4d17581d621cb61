"""What a poller decides without asking: how fast, how often, and what an answer means."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.collect.pollers import budget, verdict
from pipeline.ingest.collect.pollers.asking import Answer
from pipeline.ingest.collect.pollers.budget import Budget, Window
from pipeline.ingest.collect.pollers.rhythm import Rhythm
from pipeline.ingest.collect.pollers.verdict import Verdict

NOW_US = 1_780_000_000_000_000


@given(st.floats(1, 50_000), st.lists(st.floats(0, 2_000), max_size=60))
def test_however_eager_the_asker_no_hour_holds_more_than_was_granted_and_a_minutes_burst(per_hour, pauses):
    made, now, asked = Budget(per_hour, 0.0), 0.0, []
    for pause in pauses:
        now += pause + made.wait_s(now + pause) * (1 + 1e-9) + 1e-9
        made.took(now)
        asked.append(now)
    for start in asked:
        within = sum(start <= at < start + 3600 for at in asked)
        assert within <= per_hour + max(1.0, per_hour / 60) + 1


def test_a_plentiful_allowance_costs_no_time_and_the_last_fifth_is_spread_over_the_rest():
    made = Budget(1e6, 0.0)
    made.tell([Window(200, 100, 1000)], 0.0)
    assert made.wait_s(0.0) == 0
    made.tell([Window(100, 50, 1000)], 0.0)
    assert made.wait_s(0.0) == 0.5
    made.tell([Window(0, 50, 1000)], 10.0)
    assert made.wait_s(10.0) == 50
    assert made.wait_s(40.0) == 20


def test_of_several_limits_the_strictest_holds_and_a_newer_word_takes_the_place_of_the_older():
    made = Budget(1e6, 0.0)
    made.tell([Window(10, 3600, 1000), Window(0, 5, 100)], 0.0)
    assert made.wait_s(0.0) == 360
    made.tell([Window(900, 3600, 1000)], 1.0)
    assert made.wait_s(1.0) == 0


def test_a_pause_holds_whatever_headers_say_meanwhile():
    made = Budget(1e6, 0.0)
    made.pause(300, 0.0)
    made.tell([Window(900, 60, 1000)], 0.0)
    assert (made.wait_s(0.0), made.wait_s(299.0), made.wait_s(300.0)) == (300, 1, 0)


@pytest.mark.parametrize(
    ("read", "headers", "windows"),
    [
        ("reddit", {"X-Ratelimit-Used": "6", "X-Ratelimit-Remaining": "994.0", "X-Ratelimit-Reset": "21"}, [(994, 21, 1000)]),
        ("tumblr", {"X-Ratelimit-Perhour-Limit": "1000", "X-Ratelimit-Perhour-Remaining": "3", "X-Ratelimit-Perhour-Reset": "60",
                    "X-Ratelimit-Perday-Limit": "5000", "X-Ratelimit-Perday-Remaining": "0", "X-Ratelimit-Perday-Reset": "7000"},
         [(3, 60, 1000), (0, 7000, 5000)]),
        ("plain", {"X-Ratelimit-Limit": '100, 100;w=1;name="app"', "X-Ratelimit-Remaining": "98, 998;w=60", "X-Ratelimit-Reset": "1"},
         [(98, 1, 100)]),
        ("meta", {"X-App-Usage": '{"call_count": 28, "total_time": 40, "total_cputime": 3}'}, [(60, 600, 100)]),
        ("meta", {"X-App-Usage": '{"call_count": 95}'}, [(0, 600, 100)]),
        ("meta", {"X-Business-Use-Case-Usage": '{"17": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 9}]}'},
         [(0, 540, 100)]),
        ("silent", {"X-Ratelimit-Remaining": "1"}, []),
    ],
    ids=["reddit", "tumblr", "pinterest", "meta app", "meta nearly all", "meta account", "linkedin"],
)  # fmt: skip
def test_each_dialect_of_limits_is_understood(read, headers, windows):
    assert [tuple(one) for one in getattr(budget, read)(headers)] == windows


NAMES = (
    "X-Ratelimit-Remaining",
    "X-Ratelimit-Reset",
    "X-Ratelimit-Limit",
    "X-Ratelimit-Used",
    "X-App-Usage",
    "Retry-After",
)
USAGE = "X-Business-Use-Case-Usage"
TEXTS = st.text('0123456789.-,;{}[]":eE ²x', max_size=20)
ODD = ("[]", "{}", '{"a": 1}', '{"a": [1]}', '{"call_count": "x"}', '{"call_count": 1e999}', "-1", "1e999")


@given(st.dictionaries(st.sampled_from((*NAMES, USAGE)), TEXTS | st.sampled_from(ODD)))
def test_headers_of_any_text_stop_nothing(headers):
    for read in (budget.plain, budget.tumblr, budget.reddit, budget.meta, budget.silent):
        made = Budget(100, 0.0)
        made.tell(read(headers), 0.0)
        assert 0 <= made.wait_s(0.0) < float("inf")
    wait_s = verdict.retry_after_s(headers, NOW_US)
    assert wait_s is None or 0 <= wait_s <= verdict.LONGEST_S


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Thu, 28 May 2026 20:27:40 GMT", 60),
        ("Thu, 28 May 2026 20:00:00 GMT", 0),
        ("99999999999", verdict.LONGEST_S),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    assert verdict.retry_after_s({"Retry-After": text}, NOW_US) == seconds


def meta(status, code):
    return verdict.meta(
        Answer(status, {}, json.dumps({"error": {"code": code, "message": "of the token EAAB"}}).encode())
    )


def test_meta_is_judged_by_the_number_in_its_body():
    codes = {
        4: Verdict.THROTTLED,
        17: Verdict.THROTTLED,
        80002: Verdict.THROTTLED,
        190: Verdict.DENIED,
        2: Verdict.FAILED,
    }
    assert {code: meta(400, code) for code in codes} == codes
    assert meta(400, 100) == meta(404, 803) == Verdict.REFUSED  # "no such object" may also mean "not for you"
    assert meta(500, 190) == Verdict.DENIED
    assert verdict.meta(Answer(502, {}, b"<html>")) == Verdict.FAILED
    assert verdict.meta(Answer(400, {}, b'{"error": "invalid"}')) == Verdict.REFUSED


def test_the_number_of_an_error_is_told_and_its_sentence_is_not():
    answer = Answer(400, {}, b'{"error": {"code": 190, "message": "Malformed access token EAAB"}}')
    assert verdict.detail(answer) == " (code 190)"
    assert verdict.detail(Answer(400, {}, b"[]")) == ""


@pytest.mark.parametrize(
    ("status", "found"),
    [(200, "told"), (304, "unchanged"), (401, "denied"), (403, "refused"), (404, "missing"), (410, "missing"), (429, "throttled"),
     (302, "refused"), (400, "refused"), (500, "failed"), (503, "failed"), (408, "failed")],
)  # fmt: skip
def test_each_status_has_its_verdict(status, found):
    assert verdict.by_status(Answer(status, {}, b"")).value == found


def test_news_halve_the_interval_and_silence_makes_it_longer_within_bounds():
    rhythm = Rhythm(60, 3600)
    asleep = 60.0
    for _ in range(20):
        asleep = rhythm.next(asleep, news=False)
    assert asleep == 3600
    awake = asleep
    looks = 0
    while awake > 60:
        awake, looks = rhythm.next(awake, news=True), looks + 1
    assert looks == 6
    rng = Random(1)
    assert all(54 <= rhythm.spread(60, rng) <= 66 for _ in range(100))
