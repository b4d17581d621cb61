"""Whatever bytes a file holds: its entries, dead letters, or one clear sentence, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.archives import (
    LIMITS,
    facebook,
    imported,
    instagram,
    json_lines,
    myspace,
    myspace_entry,
    takeout,
    tweet,
    working,
    zipped,
)
from support.doors import FakeSender

from pipeline.errors import UsageError
from pipeline.ingest.archives.formats import FORMATS
from pipeline.ingest.archives.guess import guess
from pipeline.ingest.archives.journal import Journal
from pipeline.ingest.archives.mapping_file import MappingFile
from pipeline.ingest.archives.opening import open_archive
from pipeline.ingest.archives.scanner import BrokenError, Scanner
from schemas.dead_letter import DeadLetterHeaders

QUICK = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
MAPPING = MappingFile.model_validate(
    {"platform": "web", "kind": "share", "content_id": "c", "actor_id": {"column": "a"}, "occurred_at": {"column": "b"}}
)
TEXTS = [
    json_lines(*(tweet(number, "9", 1) for number in range(3))).encode(),
    json.dumps([tweet(number, "9", 1) for number in range(3)], indent=1).encode(),
    myspace("11", myspace_entry(1, "post", 1), myspace_entry(2, "share", 7)).encode(),
    b'a,b\n1,2014-01-01T00:00:00Z\n"2",x\n',
    b'{"kind": "plus#activityFeed", "items": [{"kind": "plus#activity"}]}',
]


def packed(members):
    made = io.BytesIO()
    zipped(made, members)
    return made.getvalue()


WHOLE = [*TEXTS, *map(gzip.compress, TEXTS), packed(takeout()), packed(facebook(friends=2)), packed(instagram())]


@st.composite
def spoiled(draw):
    """A real file with some of it cut out, put in, or turned over."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 20))] = draw(st.binary(max_size=20))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


def answered(path, data, name):
    """Raises for anything but what is promised: looked at and sent, the file comes to the same."""
    path.write_bytes(data)
    options = {"mapping": MAPPING} if name == "csv" else {"owner": "ann"}
    sender = FakeSender()
    try:
        events, counts = imported(path, name, **options)
        asyncio.run(sent(path, name, sender, **options))
    except UsageError:
        return
    assert sum(counts.events.values()) == len(events) == len(sender.events)
    letters = sender.on("share.events.dlq")
    assert sum(counts.refused.values()) == len(letters)
    for letter in letters:
        DeadLetterHeaders(**{field: text.decode() for field, text in letter.headers})


async def sent(path, name, sender, **options):
    with open_archive(str(path), LIMITS) as archive, TemporaryDirectory() as folder:
        await working(archive, name, **options).run(sender, Journal(Path(folder), "x"), lambda: None)


@QUICK
@given(data=spoiled() | st.binary(max_size=200), name=st.sampled_from(FORMATS))
def test_any_bytes_are_answered_in_any_format(tmp_path, data, name):
    answered(tmp_path / "file", data, name)


@QUICK
@given(data=spoiled() | st.binary(max_size=200))
def test_any_bytes_are_guessed_or_asked_about(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    try:
        with open_archive(str(tmp_path / "file"), LIMITS) as archive:
            assert guess(archive) in FORMATS
    except UsageError:
        pass


@QUICK
@given(
    lines=st.lists(st.sampled_from(["good", "odd", "bad", "blank"]), max_size=30), end=st.booleans(), pack=st.booleans()
)
def test_every_line_is_an_event_a_dead_letter_or_blank(tmp_path, lines, end, pack):
    written = {"odd": "{}", "bad": "{", "blank": ""}
    text = "\n".join(
        written.get(kind) or ("" if kind == "blank" else json.dumps(tweet(number, "9", 1)))
        for number, kind in enumerate(lines)
    )
    data = (json_lines(tweet(99, "9", 1)) + text + "\n" * end).encode()
    (tmp_path / "x").write_bytes(gzip.compress(data) if pack else data)
    events, counts = imported(tmp_path / "x", "twitter")
    many = Counter(lines)
    assert len(events) == many["good"] + 1
    assert counts.refused == {
        name: many[kind] for name, kind in (("unknown_shape", "odd"), ("not_json", "bad")) if many[kind]
    }
    assert counts.entries == 1 + many["good"] + many["odd"] + many["bad"]


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS | st.sampled_from(['"', "\\", '\\"', "[", "}", '{"', "é", "\U0001f44d"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a"\\]{', max_size=3), inner, max_size=3),
    max_leaves=8,
)
PIECES = st.integers(1, 9) | st.just(1 << 18)
INDENTS = st.sampled_from([None, 0, 1])


@QUICK
@given(values=st.lists(VALUES, max_size=5), piece=PIECES, ascii_only=st.booleans(), indent=INDENTS)
def test_values_are_cut_out_of_a_stream_as_a_whole_reader_finds_them(values, piece, ascii_only, indent):
    def scanned(text):
        return Scanner(io.BytesIO(text.encode()), piece)

    def dumped(value):
        return json.dumps(value, ensure_ascii=ascii_only, indent=indent)

    whole = scanned(f" {dumped(values)}\n")
    assert list(map(json.loads, whole.array())) == values
    whole.end()
    others = {"first": 1, 'li"st': values, "more": {"not": [1]}, "empty": []}
    assert list(map(json.loads, scanned(dumped(others)).lists())) == values
    after_each_other = [one for one in values if isinstance(one, list | dict | str)]
    assert list(map(json.loads, scanned("".join(map(dumped, after_each_other))).documents())) == after_each_other


@QUICK
@given(data=st.lists(st.sampled_from([*'[]{},:"\\1e- \n', "a", "é"])).map("".join), piece=PIECES)
def test_any_text_is_cut_into_values_or_said_to_be_broken(data, piece):
    for read in ("array", "documents", "lists"):
        scanner, found = Scanner(io.BytesIO(data.encode()), piece), []
        try:
            found.extend(getattr(scanner, read)())
            scanner.end()
        except BrokenError:
            continue
        assert all(found)
        assert sum(map(len, found)) <= len(data.encode())


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_file_is_answered(tmp_path, name):
    answered(tmp_path / "file", b"", name)


def test_a_zip_file_of_nothing_is_answered(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w"):
        pass
    with pytest.raises(UsageError, match="holds nothing that is read"):
        imported(tmp_path / "a.zip", "facebook")
    with open_archive(str(tmp_path / "a.zip"), LIMITS) as archive, pytest.raises(UsageError):
        working(archive, "twitter")
