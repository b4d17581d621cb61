"""What strangers pack is looked through before it is read, bounded while it is read, and never unpacked to the disk."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard
from support.archives import LIMITS, bomb, imported, json_lines, takeout, tweet, written, zipped

from pipeline.errors import UsageError
from pipeline.ingest.archives.limits import Limits
from pipeline.ingest.archives.opening import open_archive

POST = "Takeout/Google+ Stream/Posts/p.json"


def refusal(path, limits=LIMITS, name="twitter"):
    with pytest.raises(UsageError) as caught:
        imported(path, name, limits=limits)
    return str(caught.value)


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("../../etc/cron.d/posts.json", "leads out of the archive"),
        ("a/../../posts.json", "leads out of the archive"),
        ("..\\..\\posts.json", "leads out of the archive"),
        ("/etc/posts.json", "absolute path"),
        ("C:\\posts.json", "absolute path"),
        ("\\\\server\\posts.json", "absolute path"),
        ("posts\x1b[2J.json", "control character"),
        ("photos/inner.zip", "is an archive itself"),
        ("inner.tar.GZ", "is an archive itself"),
        ("inner.7z", "is an archive itself"),
    ],
)
def test_a_member_with_such_a_name_gets_the_whole_archive_refused(tmp_path, member, words):
    path = zipped(tmp_path / "a.zip", {"good.jsonl": json_lines(tweet(1, "9", 1)), member: "{}"})
    assert words in refusal(path)


def test_a_name_that_goes_on_after_a_nul_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"good.json\x2fx": "{}"})
    path.write_bytes(path.read_bytes().replace(b"good.json/x", b"good.json\x00x"))
    assert "control character" in refusal(path)


@pytest.mark.parametrize(
    ("mode", "words"),
    [(stat.S_IFLNK, "is a symbolic link"), (stat.S_IFIFO, "is no regular file")],
    ids=["link", "pipe"],
)
def test_links_and_pipes_are_refused(tmp_path, mode, words):
    member = zipfile.ZipInfo("posts.json")
    member.create_system, member.external_attr = 3, (mode | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(member, "/etc/passwd")
    assert words in refusal(tmp_path / "a.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("posts.json", "{}")
        made.writestr("posts.json", "[]")
    assert "is there twice" in refusal(tmp_path / "a.zip")


def test_an_encrypted_member_is_refused_with_what_to_do(tmp_path):
    path = zipped(tmp_path / "a.zip", {"posts.json": "{}"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "is encrypted: unpack it with its password" in refusal(path)


def test_an_archive_that_calls_itself_otherwise_is_still_one(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as made:
        made.writestr("posts.json", "{}")
    path = zipped(tmp_path / "a.zip", {POST: inner.getvalue()})
    assert "is an archive itself (zip)" in refusal(path, name="googleplus")
    assert "is an archive itself (gzip)" in refusal(written(tmp_path / "b.gz", gzip.compress(gzip.compress(b"{}"))))


def test_a_bomb_is_stopped_by_its_ratio_before_it_is_read(tmp_path):
    assert "as a zip bomb does" in refusal(written(tmp_path / "a.zip", bomb(40 << 20)))


def test_a_bomb_that_lies_about_its_size_is_stopped_too(tmp_path):
    data = bytearray(bomb(40 << 20))
    for signature, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", data, data.index(signature) + place, 1000)
    _, counts = imported(written(tmp_path / "a.zip", bytes(data)), "twitter")
    assert (counts.cut, sum(counts.events.values())) == (1, 0)


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", lambda data: zstandard.ZstdCompressor().compress(data))],
    ids=["gzip", "zstd"],
)
def test_a_packed_stream_is_stopped_by_its_ratio_while_it_is_read(tmp_path, name, pack):
    path = written(tmp_path / name, pack((b'{"a":"' + b"a" * 100_000 + b'"}\n') * 200))
    assert "as a zip bomb does" in refusal(path)


def test_many_members_are_stopped_by_their_sum(tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{number}.json": os.urandom(1000) for number in range(50)})
    assert "more than 20,000 bytes when unpacked" in refusal(path, Limits(unpacked=20_000, ratio=200, members=100))


def test_too_many_members_are_refused_and_a_huge_directory_is_not_even_read(tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{number}.json": "{}" for number in range(50)})
    assert "more than 10 members" in refusal(path, Limits(unpacked=1 << 30, ratio=200, members=10))
    long = zipped(tmp_path / "b.zip", {"x" * 60_000 + ".json": "{}"})
    assert "more than 10 members" in refusal(long, Limits(unpacked=1 << 30, ratio=200, members=10))


def test_an_entry_that_never_ends_is_stopped_in_bounded_memory(tmp_path):
    for name, begin in (("a.json", b'[{"text": "'), ("b.json", b'{\n"text": "')):
        with (tmp_path / name).open("wb") as file:
            file.write(begin)
            for _ in range(6):
                file.write(os.urandom(1 << 20).hex().encode())
        assert "an entry of more than 3,500,000 bytes" in refusal(tmp_path / name)


def test_nothing_is_written_besides_the_archive(tmp_path):
    path = zipped(tmp_path / "a.zip", takeout())
    before = set(Path.cwd().iterdir())
    imported(path)
    assert list(tmp_path.iterdir()) == [path]
    assert set(Path.cwd().iterdir()) == before


@pytest.mark.parametrize("cut", [10, 100, 400])
def test_a_zip_file_that_was_loaded_down_in_part_is_said_to_be(tmp_path, cut):
    whole = zipped(tmp_path / "a.zip", takeout()).read_bytes()
    assert "is not a whole zip file" in refusal(written(tmp_path / "b.zip", whole[:-cut]))


def test_what_is_no_file_is_refused_with_what_to_do(tmp_path):
    assert "is a folder: name a file" in refusal(tmp_path)
    assert "cannot read" in refusal(tmp_path / "none.zip")
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refusal(tmp_path / "pipe")
    assert "packed as 7z" in refusal(written(tmp_path / "a.7z", b"7z\xbc\xaf\x27\x1c....."))
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as made:
        made.addfile(tarfile.TarInfo("posts.json"))
    assert "is a tar file" in refusal(written(tmp_path / "a.tar", tar.getvalue()))
    assert "is a tar file" in refusal(written(tmp_path / "a.tgz", gzip.compress(tar.getvalue())))
    assert "UTF-16" in refusal(written(tmp_path / "a.jsonl", "{}".encode("utf-16")))


def test_the_position_ends_at_the_size_that_was_promised(tmp_path):
    for path in (
        zipped(tmp_path / "a.zip", takeout()),
        written(tmp_path / "b.jsonl.gz", gzip.compress(json_lines(tweet(1, "9", 1)).encode())),
    ):
        with open_archive(str(path), LIMITS) as archive:
            for part in archive.parts:
                with archive.open(part) as stream:
                    while stream.read(100):
                        pass
                archive.leave(part)
            assert archive.position == sum(part.size for part in archive.parts)
