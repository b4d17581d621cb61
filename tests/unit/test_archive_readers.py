"""Entries of JSON, Atom and CSV files, one after the other, each accounted for."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tracemalloc

import pytest
import zstandard
from support.archives import (
    LIMITS,
    garbled,
    imported,
    json_lines,
    myspace,
    myspace_entry,
    open_archive,
    tweet,
    working,
    written,
    zipped,
)

from pipeline.errors import UsageError
from pipeline.ingest.archives import documents
from pipeline.ingest.archives.items import Cut, Found, Spoiled
from pipeline.ingest.archives.mojibake import repaired
from pipeline.ingest.archives.rows import Dialect, rows
from pipeline.ingest.archives.stream import Bounded

TWEETS = [tweet(number, "9", 1) for number in range(1, 6)]


def stream(data):
    return Bounded(io.BytesIO(data), "file", LIMITS, lambda: 1 << 30)


def entries(text):
    return list(documents.entries(stream(text if isinstance(text, bytes) else text.encode())))


def payloads(items):
    return [item.payload for item in items if isinstance(item, Found)]


@pytest.mark.parametrize(
    "text",
    [
        json_lines(*TWEETS),
        json_lines(*TWEETS).replace("\n", "\r\n\n"),
        json_lines(*TWEETS).rstrip("\n"),
        json.dumps(TWEETS),
        " \n" + json.dumps(TWEETS, indent=2),
        "\ufeff" + json_lines(*TWEETS),
        "".join(map(json.dumps, TWEETS)),
        "\n".join(json.dumps(one, indent=1) for one in TWEETS),
    ],
    ids=["lines", "blank lines", "no last line end", "array", "indented array", "mark", "no line ends", "indented"],
)
def test_the_same_entries_however_json_is_laid_out(text):
    assert payloads(entries(text)) == TWEETS


def test_a_line_that_is_no_json_is_told_and_its_neighbours_are_read():
    one, bad, two = entries('{"a": 1}\n{"a": \n{"a": 2}\n')
    assert (one, two) == (Found(1, {"a": 1}), Found(3, {"a": 2}))
    assert isinstance(bad, Spoiled)
    assert (bad.number, bad.raw, bad.error.reason) == (2, b'{"a": ', "not_json")


def test_a_line_longer_than_any_entry_is_told():
    (one, long) = entries(b'{"a": 1}\n{"a": "' + b"x" * 1_100_000 + b'"}')
    assert isinstance(one, Found)
    assert isinstance(long, Spoiled)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('[{"a": 1}, {"a": 2}, {"a"', 2),
        ('[{"a": 1} {"a": 2}]', 1),
        ("[[1", 0),
        ('{"a": 1}{"a": 2}{"a"', 2),
        ("<html>", 0),
    ],
    ids=["cut off", "no comma", "nothing whole", "documents", "no json"],
)
def test_what_stands_before_a_break_is_read_and_the_break_is_told(text, whole):
    *found, last = entries(text)
    assert len(payloads(found)) == whole
    assert isinstance(last, Cut)
    assert last.number == whole


def test_an_entry_of_an_array_that_is_none_is_told_and_its_neighbours_are_read():
    one, bad, two = entries('[{"a": 1}, {"a": nope}, {"a": 102817283354809142195}]')
    assert (one, two) == (Found(1, {"a": 1}), Found(3, {"a": 102817283354809142195}))
    assert isinstance(bad, Spoiled)
    assert bad.raw == b'{"a": nope}'


def test_what_follows_an_array_is_told():
    assert isinstance(entries("[1] [2]")[-1], Cut)


def test_numbers_and_nesting_without_an_end_are_told_as_any_other_odd_entry():
    deep, long, fine = entries("[" + "[" * 50_000 + "]" * 50_000 + "," + "9" * 50_000 + ", 1]")
    assert isinstance(deep, Spoiled)
    assert isinstance(long, Spoiled | Found)
    assert fine == Found(3, 1)


def test_an_empty_file_has_no_entries():
    assert entries("") == entries("[]") == entries("\n \n") == []


def test_a_packed_file_that_breaks_off_gives_what_stands_before(tmp_path):
    data = gzip.compress(json_lines(*(tweet(number, "9", 1) for number in range(6_000))).encode())
    events, counts = imported(written(tmp_path / "a.jsonl.gz", data[: len(data) // 2]), "twitter")
    assert 0 < len(events) < 6_000
    assert (counts.cut, counts.refused) == (1, {"not_json": 1})


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("t.jsonl", bytes),
        ("t.jsonl.gz", gzip.compress),
        ("t.jsonl.bz2", bz2.compress),
        ("t.jsonl.zst", lambda data: zstandard.ZstdCompressor().compress(data)),
        ("two.zst", lambda data: 2 * zstandard.ZstdCompressor().compress(data)),
    ],
    ids=["plain", "gzip", "bzip2", "zstd", "zstd in two frames"],
)
def test_a_file_is_read_however_it_is_packed(tmp_path, name, pack):
    events, counts = imported(written(tmp_path / name, pack(json_lines(*TWEETS).encode())))
    assert {event.event_id for event in events} == {f"twitter:{number}" for number in range(1, 6)}
    assert not counts.refused


def test_a_large_array_is_read_in_little_memory(tmp_path):
    with (path := tmp_path / "large.json").open("w") as file:
        file.write("[")
        file.writelines(json.dumps(tweet(number, "9", 1, text="x" * 12000)) + "," for number in range(1000))
        file.write(json.dumps(tweet(1000, "9", 1)) + "]")
    assert path.stat().st_size > 10_000_000
    seen = 0

    def count(_event):
        nonlocal seen
        seen += 1

    with open_archive(str(path), LIMITS) as archive:
        work = working(archive, "twitter")
        tracemalloc.start()
        try:
            work.look(count)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert seen == 1001
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[1, {}, [2]]", [1, {}, [2]]),
        ('{"a": 1, "b": [{"c": [3]}], "d": {"e": [4]}, "f": [5]}', [{"c": [3]}, 5]),
        ('{"b": []}', []),
    ],
    ids=["a list", "lists in an object", "empty"],
)
def test_the_entries_of_lists_are_found_in_either_layout(text, found):
    assert payloads(documents.listed(stream(text.encode()))) == found


def test_a_feed_names_its_person_wherever_it_likes(tmp_path):
    posts = [myspace_entry(number, "post", number) for number in range(3)]
    for late in (False, True):
        events, counts = imported(written(tmp_path / f"{late}.atom", myspace("11", *posts, late=late)))
        assert {event.actor_id for event in events} == {"tag:myspace.example,2009:/Person/11"}
        assert (counts.entries, counts.refused) == (3, {})


def test_a_feed_that_breaks_off_gives_the_entries_before(tmp_path):
    text = myspace("11", *(myspace_entry(number, "post", number) for number in range(3)))
    _, counts = imported(written(tmp_path / "a.atom", text[:-40]), "myspace")
    assert (sum(counts.events.values()), counts.cut) == (2, 1)


def test_a_feed_with_a_document_type_is_not_read(tmp_path):
    text = '<!DOCTYPE f [<!ENTITY a "aaaa">]>' + myspace("11", myspace_entry(1, "post", 1)).partition("?>")[2]
    _, counts = imported(written(tmp_path / "a.atom", text), "myspace")
    assert (counts.events, counts.cut) == ({}, 1)


def test_rows_come_with_the_names_of_their_columns():
    text = 'id;text\n1;"two\nlines; and ""quotes"""\n\n2;b\n'
    found = list(rows(stream(text.encode()), Dialect(delimiter=";")))
    assert payloads(found) == [{"id": "1", "text": 'two\nlines; and "quotes"'}, {"id": "2", "text": "b"}]


def test_a_row_that_is_none_is_told_and_its_neighbours_are_read():
    items = list(rows(stream(b'id,n\n1,a\n2\n3,"b"c\n4,d\n'), Dialect()))
    assert payloads(items) == [{"id": "1", "n": "a"}, {"id": "4", "n": "d"}]
    assert [(item.number, item.raw) for item in items if isinstance(item, Spoiled)] == [(2, b'["2"]'), (3, b'3,"b"c\n')]


def test_a_column_that_is_wanted_has_to_be_there():
    with pytest.raises(UsageError, match="has no column 'when'; it has id, n"):
        list(rows(stream(b"id,n\n1,a\n"), Dialect(), ["id", "when"]))


def test_a_text_file_in_another_encoding_is_read_as_it_is_told():
    assert payloads(rows(stream("id\ncafé\n".encode("cp1252")), Dialect(encoding="cp1252"))) == [{"id": "café"}]


def test_what_facebook_garbles_is_put_right_once_and_for_all():
    meant = {"Größe": ["schön 👍", 1, None, "plain", {"é": "ö"}]}
    broken = {garbled("Größe"): [garbled("schön 👍"), 1, None, "plain", {garbled("é"): garbled("ö")}]}
    assert repaired(broken) == meant
    assert repaired(meant) == meant


def test_a_broken_member_does_not_take_its_neighbours_along(tmp_path):
    path = zipped(
        tmp_path / "a.zip", {"1.jsonl": json_lines(TWEETS[0]), "2.json": "[", "3.jsonl": json_lines(TWEETS[1])}
    )
    events, counts = imported(path, "twitter")
    assert [event.event_id for event in events] == ["twitter:1", "twitter:2"]
    assert counts.cut == 1
