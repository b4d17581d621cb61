"""The event contract, rule by rule: what is taken, what is refused and with which reason and words."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import msgspec
import pytest
from pydantic import ValidationError

from schemas.asyncapi import EXAMPLE
from schemas.check import MAX_VALUE_BYTES, _fast, check
from schemas.dead_letter import REASONS, RefusedError
from schemas.event import ShareEvent
from schemas.wire import COUNTED, SPREADS, Kind, WireEvent, decode, encode, fingerprint, micros

APPENDED_MS = 1_769_860_800_000  # 2026-01-31T12:00:00Z
FINGERPRINT = 3_610_784_793_215_695_397
OWN_FIELDS = {
    "retract": {"target_event_id": "e0"},
    "link": {"target_content_id": "c0"},
    "counter": {"counter_kind": "share", "count": 7},
}


def value(**changes) -> bytes:
    """A good event as JSON, with changes; a field set to `...` is left out."""
    fields = EXAMPLE | {"occurred_at": "2026-01-31T11:59:00Z"} | changes
    return json.dumps({name: field for name, field in fields.items() if field is not ...}).encode()


def refused(broken: bytes | None, appended_ms: int = APPENDED_MS) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        check(broken, appended_ms)
    return caught.value


def test_the_documented_example_is_accepted_at_once():
    event = check(json.dumps(EXAMPLE).encode(), APPENDED_MS)
    assert (event.kind, event.parent_basis, event.audience_size) == ("share", "exact", 182)
    assert event.occurred_at == datetime(2026, 1, 31, 12, 0, 0, 250_000, UTC)
    assert _fast(json.dumps(EXAMPLE).encode(), APPENDED_MS) == event


def test_only_six_fields_are_needed():
    needed = {"event_id": "e", "kind": "like", "platform": "x", "content_id": "c", "actor_id": "a"}
    event = check(json.dumps(needed | {"occurred_at": "2026-01-31T11:59:00Z"}).encode(), APPENDED_MS)
    assert (event.parent_basis, event.attributes, event.schema_version, event.audience_size) == ("none", {}, 1, None)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_is_accepted_on_the_fast_path(kind):
    good = value(kind=kind, **OWN_FIELDS.get(kind, {}))
    assert _fast(good, APPENDED_MS) == check(good, APPENDED_MS)
    assert check(good, APPENDED_MS).kind == kind


def test_kinds_are_spreads_or_counted_or_special():
    assert set(get_args(Kind)) == SPREADS | set(COUNTED) | {"post"} | set(OWN_FIELDS)


@pytest.mark.parametrize(
    ("broken", "reason", "words"),
    [
        (None, "no_value", "no value"),
        (b"", "not_json", "EOF"),
        (b"not json", "not_json", "column"),
        (value()[:-1], "not_json", "EOF"),
        (value() + b"x", "not_json", "trailing"),
        (b"\xef\xbb\xbf" + value(), "not_json", "byte order mark"),
        (value().replace(b"share", b"sh\xffare"), "not_utf8", "not UTF-8"),
        (value(actor_id="\ud800"), "not_json", "escape"),
        (b"[" * 100_000, "not_json", "recursion"),
        (b"[]", "not_an_object", "object"),
        (b"null", "not_an_object", "object"),
        (value(actor_id=...), "missing_field", "actor_id: is missing"),
        (value(shared_by="ada"), "unknown_field", "shared_by: is not a field of version 1"),
        (value(schema_version=2, new_field=1), "unknown_version", "schema_version: should be 1, got 2"),
        (value(schema_version=True), "wrong_type", "should be the number 1"),
        (value(schema_version="1"), "wrong_type", "should be the number 1"),
        (value(event_id=5), "wrong_type", "event_id: should be a valid string, got 5"),
        (value(event_id=None), "wrong_type", "got null"),
        (value(audience_size="5"), "wrong_type", "valid integer"),
        (value(audience_size=1.0), "wrong_type", "valid integer"),
        (value(audience_size=True), "wrong_type", "valid integer"),
        (value(attributes=None), "wrong_type", "attributes: should be an object, got null"),
        (value(attributes={"a": 1}), "wrong_type", "attributes.a: should be a valid string, got 1"),
        (value(kind=3), "wrong_type", "kind"),
        (value(kind="Share"), "unknown_value", "'share'"),
        (value(parent_basis="guess"), "unknown_value", "'inferred'"),
        (value(event_id=""), "bad_text", "at least 1"),
        (value(campaign_id=""), "bad_text", "campaign_id: should have at least 1 character"),
        (value(content_id="x" * 513), "bad_text", "at most 512"),
        (value(platform="Blue Sky"), "bad_text", "1 to 32 of a-z, 0-9 and _"),
        (value(platform="bluesky\n"), "bad_text", "a-z"),
        (value(platform=""), "bad_text", "a-z"),
        (value(platform="x" * 33), "bad_text", "at most 32"),
        (value(actor_id="a\x00b"), "bad_text", "NUL"),
        (value(attributes={"a\x00": "b"}), "bad_text", "NUL"),
        (value(attributes={"": "b"}), "bad_text", "at least 1"),
        (value(attributes={"a": "b" * 2049}), "bad_text", "at most 2048"),
        (value(audience_size=-1), "out_of_range", "greater than or equal to 0"),
        (value(audience_size=10**12 + 1), "out_of_range", "less than or equal"),
        (value(audience_size=10**30), "out_of_range", "less than or equal"),
        (value(attributes={str(n): "" for n in range(33)}), "out_of_range", "at most 32 entries"),
        (value(occurred_at=1769860800), "wrong_type", "2026-01-31T12:00:00Z"),
        (value(occurred_at="2026-01-31T11:59:00"), "bad_time", "UTC"),
        (value(occurred_at="2026-01-31T12:59:00+01:00"), "bad_time", "UTC"),
        (value(occurred_at="2025-12-31T23:59:60Z"), "bad_time", "does not exist"),
        (value(occurred_at="2025-02-29T00:00:00Z"), "bad_time", "does not exist"),
        (value(occurred_at="2002-12-31T23:59:59.999999Z"), "too_old", "2003-01-01"),
        (value(occurred_at="2026-01-31T12:05:00.000001Z"), "in_future", "300 s"),
        (value(kind="retract"), "fields_disagree", "a retract needs target_event_id"),
        (value(kind="link"), "fields_disagree", "a link needs target_content_id"),
        (value(kind="link", target_content_id="spring-film"), "fields_disagree", "another content"),
        (value(kind="counter", count=1), "fields_disagree", "a counter needs counter_kind"),
        (value(count=1), "fields_disagree", "count belongs to the kind counter, not share"),
        (value(target_event_id="x"), "fields_disagree", "target_event_id belongs to the kind retract"),
        (b" " * (MAX_VALUE_BYTES + 1), "too_large", "1000001 bytes"),
    ],
)
def test_a_broken_record_is_refused_with_its_reason_in_words(broken, reason, words):
    error = refused(broken)
    assert error.reason == reason
    assert words in error.detail
    assert "\n" not in error.detail
    error.detail.encode()


def test_every_reason_of_a_record_is_tried_above():
    """The others are those of front doors, of undos and of the sink."""
    marks = test_a_broken_record_is_refused_with_its_reason_in_words.pytestmark
    assert {reason for _, reason, _ in marks[0].args[1]} == set(REASONS) - {
        "unknown_shape",
        "not_an_undo",
        "no_target",
        "not_theirs",
        "not_storable",
    }


@pytest.mark.parametrize("text", ["2003-01-01T00:00:00Z", "2026-01-31T12:05:00Z", "2026-01-31T12:05:00.0000001+00:00"])
def test_the_bounds_of_time_are_inside(text):
    assert check(value(occurred_at=text), APPENDED_MS).occurred_at.tzinfo is UTC


def test_time_is_judged_by_the_append_time_alone():
    future = value(occurred_at="2990-01-01T00:00:00Z")
    assert refused(future).reason == "in_future"
    assert check(future, micros(datetime(2990, 1, 1, tzinfo=UTC)) // 1000).occurred_at.year == 2990


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [("00.1234564", 123456), ("00.1234565", 123457), ("00.9999995", 1_000_000), ("00.1" + "0" * 1000, 100_000)],
)
def test_times_are_kept_to_the_microsecond_and_rounded_half_up(text, microsecond):
    event = check(value(occurred_at=f"2026-01-31T11:59:{text}Z"), APPENDED_MS)
    assert event.occurred_at == datetime(2026, 1, 31, 11, 59, tzinfo=UTC) + timedelta(microseconds=microsecond)


def test_limits_count_characters_not_bytes():
    content_id = "😀" * 512
    assert check(value(content_id=content_id), APPENDED_MS).content_id == content_id
    assert refused(value(content_id=content_id + "😀")).reason == "bad_text"


def test_the_largest_event_fits_whatever_its_escapes():
    emoji = "😀"
    ids = ("event_id", "content_id", "actor_id", "parent_event_id", "parent_actor_id", "campaign_id", "target_event_id")
    attributes = {emoji * 126 + f"{n:02}": emoji * 2048 for n in range(32)}
    largest = value(kind="retract", attributes=attributes, **dict.fromkeys(ids, emoji * 512))
    assert 800_000 < len(largest) <= MAX_VALUE_BYTES
    assert check(largest, APPENDED_MS).attributes == attributes


def test_a_text_that_only_looks_like_a_nul_escape_is_accepted():
    assert check(value(actor_id="\\u0000"), APPENDED_MS).actor_id == "\\u0000"


def test_of_a_repeated_name_the_last_value_stands():
    good = value().decode()
    assert check(good.replace('"kind"', '"kind": 5, "kind"').encode(), APPENDED_MS).kind == "share"
    assert check(good.replace('"kind"', '"kind": "like", "kind"').encode(), APPENDED_MS).kind == "share"
    assert refused((good[:-1] + ', "kind": 5}').encode()).reason == "wrong_type"


@pytest.mark.parametrize(
    "flood",
    [
        b"{" + b",".join(b'"field%d":1' % n for n in range(60_000)) + b"}",
        b'{"attributes":{' + b",".join(b'"name%d":1' % n for n in range(60_000)) + b"}}",
        b'{"attributes":' + b'{"a":' * 150 + b"1" + b"}" * 151,
        b'{"event_id":"' + b"x" * 900_000 + b'"}',
        b'{"occurred_at":"2026-01-31T11:59:00.' + b"1" * 900_000 + b'"}',
        b'{"count":' + b"1" * 900_000 + b"}",
    ],
    ids=["fields", "attributes", "depth", "text", "fraction", "digits"],
)
def test_a_megabyte_of_nonsense_is_refused_quickly_and_in_few_words(flood):
    start = time.perf_counter()
    assert len(refused(flood).detail) <= 600
    assert time.perf_counter() - start < 2  # 10 to 60 ms; errors by the ten thousand would take seconds


def test_several_errors_are_told_together_and_many_are_cut():
    assert refused(value(actor_id=..., campain="x")).detail == (
        "actor_id: is missing; campain: is not a field of version 1"
    )
    assert refused(value(**{f"field{n}": 0 for n in range(20)})).detail.endswith("; and 12 more")


def test_long_values_and_names_are_cut_in_the_words():
    assert len(refused(value(**{"n" * 10_000: 0})).detail) < 100
    assert len(refused(value(event_id="x" * 10_000)).detail) < 150


def test_the_model_takes_times_of_python_in_utc_only():
    fields = EXAMPLE | {"occurred_at": datetime(2026, 1, 31, tzinfo=UTC)}
    assert ShareEvent(**fields).occurred_at.tzinfo is UTC
    for wrong in (datetime(2026, 1, 31), datetime(2026, 1, 31, tzinfo=timezone(timedelta(hours=1)))):  # noqa: DTZ001  # naive on purpose
        with pytest.raises(ValidationError, match="RFC 3339 time in UTC"):
            ShareEvent(**EXAMPLE | {"occurred_at": wrong})


def test_canonical_json_reads_back_as_the_same_event():
    event = check(value(attributes={"b": "é", "a": ""}), APPENDED_MS)
    assert decode(encode(event)) == event
    assert list(json.loads(encode(event))) == list(WireEvent.__struct_fields__)
    assert list(json.loads(encode(event))["attributes"]) == ["a", "b"]


def test_micros_are_exact_in_every_time_zone_and_century():
    assert micros(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert micros(datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)) == 253_402_300_799_999_999
    assert micros(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23)))) == -62_135_596_800_000_000 - 82_800_000_000
    assert micros(datetime(2262, 1, 1, 1, 0, 0, 1, timezone(timedelta(hours=1)))) == 9_214_646_400_000_001


def test_a_fingerprint_is_the_same_on_every_machine_and_run():
    event = check(value(), APPENDED_MS)
    program = "import sys; from schemas.wire import *; print(fingerprint(decode(sys.stdin.buffer.read())))"
    elsewhere = subprocess.run([sys.executable, "-c", program], input=value(), capture_output=True, check=True)
    assert int(elsewhere.stdout) == fingerprint(event) == FINGERPRINT
    assert 0 <= fingerprint(event) < 1 << 63


def test_a_fingerprint_depends_on_every_field_but_the_attributes_and_the_content():
    event = check(value(attributes={"a": "1", "b": "2"}), APPENDED_MS)
    assert fingerprint(event) == fingerprint(msgspec.structs.replace(event, attributes={"other": ""}))
    assert fingerprint(event) == fingerprint(msgspec.structs.replace(event, content_id="merged into another one"))
    for name in set(WireEvent.__struct_fields__) - {"attributes", "content_id"}:
        assert fingerprint(msgspec.structs.replace(event, **{name: _other(getattr(event, name))})) != fingerprint(event)


def _other(field: object) -> object:
    if isinstance(field, datetime):
        return field + timedelta(microseconds=1)
    return {"other": ""} if isinstance(field, dict) else f"{field}?"
