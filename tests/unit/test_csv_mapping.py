"""A mapping file says which column is which field; what it gets wrong is told before anything is read."""

from __future__ import annotations

import pytest
from support.archives import imported, written

from pipeline.errors import UsageError
from pipeline.ingest.archives.mapping_file import load

FULL = """
csv: {delimiter: ";"}
platform: {column: network, values: {Tw: twitter, FB: facebook}}
kind: {column: what, values: {RT: share, fav: like}, default: share}
event_id: {column: id, prefix: "twitter:"}
content_id: {column: link, as: page}
actor_id: {column: mail, as: pseudonym}
occurred_at: {column: when, format: "%d.%m.%Y %H:%M", zone: Europe/Berlin}
parent_event_id: {column: via, prefix: "twitter:"}
audience_size: {column: followers}
attributes: {language: {column: lang}, source: crm}
"""
HEADER = "network;what;id;link;mail;when;via;followers;lang\n"
ROW = "Tw;RT;7;https://Example.org/a?utm_source=x;Ann@example.org;01.07.2014 12:30;6;420;de\n"
SHORT = "platform: web\nkind: share\ncontent_id: c\nactor_id: {column: who}\noccurred_at: {column: at}\n"


def mapping(tmp_path, text):
    return load(written(tmp_path / "m.yaml", text))


def table(tmp_path, text, rows):
    events, counts = imported(written(tmp_path / "t.csv", rows), mapping=mapping(tmp_path, text))
    return events, counts.refused


def test_every_kind_of_cell_becomes_its_field(tmp_path):
    (event,), refused = table(tmp_path, FULL, HEADER + ROW)
    assert not refused
    assert (event.platform, event.kind, event.event_id) == ("twitter", "share", "twitter:7")
    assert event.content_id == "web:https://example.org/a"
    assert event.occurred_at.isoformat() == "2014-07-01T10:30:00+00:00"
    assert (event.parent_event_id, event.parent_basis, event.audience_size) == ("twitter:6", "exact", 420)
    assert event.attributes == {"language": "de", "source": "crm"}
    assert len(event.actor_id) == 32


def test_an_empty_cell_is_an_absent_field_unless_there_is_a_default(tmp_path):
    (event,), _ = table(tmp_path, FULL, HEADER + "FB;;7;https://example.org/a;a@example.org;01.07.2014 12:30;;;\n")
    assert (event.kind, event.parent_event_id, event.parent_basis, event.audience_size) == ("share", None, "none", None)
    assert event.attributes == {"source": "crm"}


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        (ROW.replace("Tw;RT", "Tw;XX"), "unknown_shape"),
        (ROW.replace("01.07.2014", "2014-07-01"), "unknown_shape"),
        (ROW.replace("https://", "ftp://"), "unknown_shape"),
        (ROW.replace("420", "many"), "unknown_shape"),
        (ROW.replace("Ann@example.org", ""), "missing_field"),
        (ROW.replace("2014", "1999"), "too_old"),
        (ROW.replace(";7;", ";" + "x" * 600 + ";"), None),
    ],
    ids=["value", "time", "address", "number", "nobody", "age", "long id"],
)
def test_a_row_that_makes_no_event_is_refused_for_its_reason_and_its_neighbours_are_not(tmp_path, spoiled, reason):
    events, refused = table(tmp_path, FULL, HEADER + ROW + spoiled)
    assert refused == ({reason: 1} if reason else {})
    assert len(events) == (1 if reason else 2)


def test_bytes_that_are_no_text_spoil_their_row_only(tmp_path):
    rows = b"who,at\nann,2014-01-01T00:00:00Z\n\xff\xfe,2014-01-01T00:00:00Z\n"
    events, refused = table(tmp_path, SHORT, rows)
    assert [event.actor_id for event in events] == ["ann"]
    assert sum(refused.values()) == 1


def test_without_an_id_the_same_row_is_the_same_act_and_another_is_another(tmp_path):
    rows = "who,at\nann,2014-01-01T00:00:00Z\nann,2014-01-01T00:00:00Z\nann,2014-01-01T00:00:01Z\n"
    events, _ = table(tmp_path, SHORT, rows)
    first, second, third = (event.event_id for event in events)
    assert first == second != third


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("iso", "2014-07-01T12:30:00+02:00"),
        ("seconds", "1404210600"),
        ("millis", "1404210600000"),
        ("micros", "1404210600000000"),
        ("seconds", "1404210600.0"),
        ("%Y/%m/%d %H:%M:%S %z", "2014/07/01 12:30:00 +0200"),
    ],
)
def test_times_come_in_every_unit(tmp_path, form, cell):
    text = SHORT.replace("{column: at}", f'{{column: at, format: "{form}"}}')
    (event,), _ = table(tmp_path, text, f"who,at\nann,{cell}\n")
    assert event.occurred_at.isoformat() == "2014-07-01T10:30:00+00:00"


def test_a_time_without_a_zone_is_not_guessed(tmp_path):
    assert table(tmp_path, SHORT, "who,at\nann,2014-01-01T00:00:00\n") == ([], {"unknown_shape": 1})


def test_totals_and_undos_can_be_told_too(tmp_path):
    text = SHORT.replace("kind: share", "kind: counter\ncounter_kind: view\ncount: {column: n}")
    (event,), _ = table(tmp_path, text, "who,at,n\nann,2014-01-01T00:00:00Z,12\n")
    assert (event.kind, event.counter_kind, event.count) == ("counter", "view", 12)
    text = SHORT.replace("kind: share", "kind: retract\ntarget_event_id: {column: gone}")
    (event,), _ = table(tmp_path, text, "who,at,gone\nann,2014-01-01T00:00:00Z,web:1\n")
    assert (event.kind, event.target_event_id) == ("retract", "web:1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "file: Input should be"),
        ("platform: web", "kind: Field required"),
        (SHORT + "colour: red", "colour: Extra inputs are not permitted"),
        (SHORT.replace("{column: at}", "{column: at, zone: Mars/Base}"), "there is no time zone 'Mars/Base'"),
        (SHORT + "csv: {encoding: utf-16}", "csv.encoding"),
        ("a: [", "cannot be read as a mapping file"),
    ],
    ids=["empty", "lacks", "unknown", "zone", "encoding", "no yaml"],
)
def test_a_mapping_file_that_is_wrong_is_told_by_its_place(tmp_path, text, words):
    with pytest.raises(UsageError) as caught:
        mapping(tmp_path, text)
    assert words in str(caught.value)


def test_a_column_that_the_table_lacks_is_named_with_those_it_has(tmp_path):
    with pytest.raises(UsageError, match="has no column 'who'; it has name, at"):
        table(tmp_path, SHORT, "name,at\n")


def test_only_a_mapping_with_pseudonyms_needs_their_key(tmp_path):
    assert mapping(tmp_path, FULL).needs_key
    assert not mapping(tmp_path, SHORT).needs_key
