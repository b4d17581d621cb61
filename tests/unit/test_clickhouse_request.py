"""Who asks, from where, and for what."""

from __future__ import annotations

import base64
import gzip
import zlib

import lz4.frame
import pytest
import zstandard

from pipeline.embedded.clickhouse import access, native
from pipeline.embedded.clickhouse.compression import Decompressor, choose, compressor
from pipeline.embedded.clickhouse.errors import ServerError, from_engine
from pipeline.embedded.clickhouse.lexer import tokens
from pipeline.embedded.clickhouse.request import read


def basic(user):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:any".encode()).decode()}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8123", "localhost:8123", "[::1]:8123", "a.localhost:1", "127.1.2.3"]
)
def test_programs_of_this_machine_may_ask(host):
    assert access.refusal({"Host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8123",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1",
        "[::2]",
        "[",
    ],
)
def test_another_host_name_is_refused(host):
    assert access.refusal({"Host": host}) is not None


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_pages_from_elsewhere_are_refused(headers):
    assert access.refusal({"Host": "localhost", **headers}) is not None


def test_pages_of_this_machine_may_ask():
    assert (
        access.refusal({"Host": "localhost:8123", "Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-site"})
        is None
    )


@pytest.mark.parametrize(
    ("params", "headers", "user"),
    [
        ({}, {}, "default"),
        ({"user": "reader", "password": "x"}, {}, "reader"),
        ({}, {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": "x"}, "reader"),
        ({}, basic("reader"), "reader"),
        ({}, basic("default"), "default"),
    ],
)
def test_the_user_is_taken_from_where_clients_put_it(params, headers, user):
    assert read("POST", params, headers).user == user


@pytest.mark.parametrize("headers", [basic("root"), {"X-ClickHouse-User": "admin"}, {"Authorization": "Basic %%%"}])
def test_an_unknown_user_is_refused_with_the_code_of_clickhouse(headers):
    with pytest.raises(ServerError) as refused:
        read("POST", {}, headers)
    assert (refused.value.code, refused.value.status) == (516, 403)


def test_parameters_settings_and_the_rest_are_told_apart():
    asked = read(
        "GET", {"query": "SELECT 1", "param_x": "1", "max_threads": "2", "query_id": "q", "wait_end_of_query": "1"}, {}
    )
    assert (asked.parameters, asked.settings, asked.query_id, asked.at_end, asked.changes) == (
        {"x": "1"},
        {"max_threads": "2"},
        "q",
        True,
        False,
    )


@pytest.mark.parametrize(("text", "code"), [("x", 374), ("-1", 374), ("3601", 374)])
def test_a_session_timeout_that_cannot_be_is_refused(text, code):
    with pytest.raises(ServerError) as refused:
        read("POST", {"session_id": "s", "session_timeout": text}, {})
    assert refused.value.code == code


def test_native_compression_is_refused_in_plain_words():
    with pytest.raises(ServerError, match="Accept-Encoding") as refused:
        read("POST", {"compress": "1"}, {})
    assert refused.value.status == 501


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("lz4,br,zstd,gzip,deflate", "lz4"),
        ("deflate", "deflate"),
        ("", None),
        ("br", None),
        ("gzip;q=0, zstd;q=0.5", "zstd"),
    ],
)
def test_the_cheapest_accepted_encoding_is_chosen(accepted, encoding):
    assert choose(accepted) == encoding


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "lz4"])
def test_what_is_packed_is_unpacked_in_any_pieces(encoding):
    packer, data = compressor(encoding), b"0123456789" * 50_000
    packed = b"".join([packer.compress(data[:100]), packer.compress(data[100:]), packer.flush()])
    unpacker = Decompressor(encoding)
    pieces = [unpacker.decompress(packed[i : i + 1000]) for i in range(0, len(packed), 1000)]
    unpacker.finish()
    assert b"".join(pieces) == data


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("zstd", zstandard.compress), ("lz4", lz4.frame.compress), ("deflate", zlib.compress)],
)
def test_frames_may_follow_one_another_but_not_end_early(encoding, pack):
    unpacker = Decompressor(encoding)
    assert unpacker.decompress(pack(b"a") + pack(b"b")) == b"ab"
    unpacker.finish()
    unpacker.decompress(pack(b"c" * 1000)[:-6])
    with pytest.raises(ServerError, match="too early"):
        unpacker.finish()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "lz4"])
def test_a_body_of_another_encoding_is_a_clear_error(encoding):
    with pytest.raises(ServerError, match=f"not {encoding}"):
        Decompressor(encoding).decompress(b"plain text that is not compressed")


def test_an_encoding_that_is_not_offered_is_415():
    with pytest.raises(ServerError) as refused:
        Decompressor("br")
    assert refused.value.status == 415


@pytest.mark.parametrize(
    "text",
    [
        "Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)",
        "Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE) (version 26.9.2.1)",
        "Code: 60. DB::Exception: Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE) (version 26.9.2.1). (UNKNOWN_TABLE)",
        "Streaming query failed: Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)",
    ],
)
def test_the_engines_errors_are_worded_as_the_servers(text):
    error = from_engine(RuntimeError(text))
    assert error.status == 404
    assert error.body("1.2").startswith(
        "Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE) (version 1.2)"
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (62, 400),
        (60, 404),
        (81, 404),
        (497, 403),
        (516, 403),
        (194, 401),
        (164, 500),
        (202, 500),
        (48, 501),
        (159, 408),
        (241, 500),
    ],
)
def test_statuses_are_those_of_the_server(code, status):
    assert ServerError(code, "x").status == status


def test_the_answer_to_clickhouse_gos_first_question_names_a_revision_that_we_can_serve():
    question = list(tokens(b"SELECT displayName(), version(), revision(), timezone()"))
    assert native.is_hello(question, 54460)
    assert not native.is_hello(question, 54405)
    answer = native.hello("embedded", "26.9", "UTC")
    assert answer.startswith(native.BLOCK_INFO + b"\x04\x01\rdisplayName()\x06String\x00\x08embedded")
    assert (54453).to_bytes(4, "little") in answer
