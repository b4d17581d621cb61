"""From bytes to payloads, and the units of time."""

from __future__ import annotations

import pytest
from support.platforms import NOW

from pipeline.ingest.platforms import UnknownShapeError, times
from pipeline.ingest.platforms.bodies import decode
from pipeline.ingest.platforms.markup import MAX_DEPTH, child, text, tree
from pipeline.ingest.platforms.reading import Json


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "application/activity+json; charset=utf-8", {"a": 1}),
        (b'{"a": 1}', "text/plain; charset=UTF-8", {"a": 1}),
        (b"a=1&b=%C3%A9&c=", "application/x-www-form-urlencoded", {"a": "1", "b": "é", "c": ""}),
        (b"  <a/>", "", {"name": "a", "attributes": {}, "text": "", "children": []}),
    ],
)
def test_a_body_is_read_by_its_type_or_its_first_character(body, media_type, expected):
    assert decode(body, media_type) == expected


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", ""),
        (b"{", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'"\xff"', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"&".join(b"a=1" for _ in range(501)), "application/x-www-form-urlencoded"),
        (b"a=%FF", "application/x-www-form-urlencoded"),
        (b"<a>", "application/xml"),
        (b"<a/><b/>", "text/xml"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "text/xml"),
        (b"<a>" * 100_000, "text/xml"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(body, media_type):
    with pytest.raises(UnknownShapeError):
        decode(body, media_type)


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://evil.example/x.dtd"><a/>',
        b"<a>&b;</a>",
    ],
)
def test_entities_are_never_expanded_and_nothing_outside_is_read(body):
    with pytest.raises(UnknownShapeError):
        tree(body)


def test_xml_may_not_be_nested_deeper_than_any_feed():
    def nested(depth):
        return b"<a>" * depth + b"</a>" * depth

    assert tree(nested(MAX_DEPTH))
    with pytest.raises(UnknownShapeError, match="nested"):
        tree(nested(MAX_DEPTH + 1))


def test_an_element_keeps_its_namespace_and_its_own_text():
    found = Json(tree("<a xmlns='urn:x'> <b y='1'>é<![CDATA[<]]></b> </a>".encode()))
    inner = child(found, "urn:x b")
    assert inner is not None
    assert text(inner).text() == "é<"
    assert text(found) is None


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (times.seconds, 1700000000, "2023-11-14T22:13:20+00:00"),
        (times.seconds, "1700000000", "2023-11-14T22:13:20+00:00"),
        (times.seconds, 1534109600.089676, "2018-08-12T21:33:20.089676+00:00"),
        (times.millis, "1786558300123", "2026-08-12T18:11:40.123000+00:00"),
        (times.micros, 1783175888114190, "2026-07-04T14:38:08.114190+00:00"),
        (times.iso, "2014-08-01T13:28:10.2735393-04:00", "2014-08-01T17:28:10.273539+00:00"),
        (times.iso, "2018-04-24T08:14:12+0000", "2018-04-24T08:14:12+00:00"),
        (times.iso, "2026-08-12T18:10:00.000Z", "2026-08-12T18:10:00+00:00"),
        (times.iso_utc, "2024-03-01T10:00:00", "2024-03-01T10:00:00+00:00"),
        (times.twitter, "Wed Jul 09 00:08:39 +0000 2014", "2014-07-09T00:08:39+00:00"),
        (times.rfc_822, "Fri, 01 Mar 2024 09:00:00 +0100", "2024-03-01T08:00:00+00:00"),
        (times.rfc_822, "Fri, 01 Mar 2024 09:00:00 -0000", "2024-03-01T09:00:00+00:00"),
    ],
)
def test_every_unit_of_time_is_read(parse, value, expected):
    assert parse(Json(value)).isoformat() == expected


@pytest.mark.parametrize("parse", [times.seconds, times.millis, times.micros])
@pytest.mark.parametrize("value", [None, True, "soon", "1.5", float("nan"), float("inf"), 10**25, [], "9" * 5000])
def test_what_is_no_number_since_1970_is_refused(parse, value):
    with pytest.raises(UnknownShapeError):
        parse(Json(value))


@pytest.mark.parametrize("parse", [times.iso, times.iso_utc, times.twitter, times.rfc_822])
@pytest.mark.parametrize(
    "value", ["", "soon", "2026-13-01T00:00:00Z", "Wed Jul 99 00:08:39 +0000 2014", 5, "0001-01-01T00:00:00+23:00"]
)
def test_what_is_no_time_is_refused(parse, value):
    with pytest.raises(UnknownShapeError):
        parse(Json(value))


def test_a_time_without_an_offset_is_refused_where_the_platform_does_not_say_utc():
    with pytest.raises(UnknownShapeError):
        times.iso(Json("2026-01-01T00:00:00"))


def test_a_declared_time_is_never_after_it_was_received_nor_before_the_first_share_button():
    assert times.declared(Json("2027-01-01T00:00:00Z"), times.iso, NOW) == NOW
    assert times.declared(Json("1999-01-01T00:00:00Z"), times.iso, NOW) == NOW
    assert times.declared(None, times.iso, NOW) == NOW
    assert times.declared(Json("2020-01-01T00:00:00Z"), times.iso, NOW).year == 2020
    assert times.written(Json("last week"), NOW) == NOW
