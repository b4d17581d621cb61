"""Which answer an error of ClickHouse calls for."""

from __future__ import annotations

import struct

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, DataError, OperationalError

from pipeline.errors import SinkError, SinkRowError, SinkSchemaError, SinkTransientError
from pipeline.sinks.errors import REFUSED, ROW, SCHEMA, TRANSIENT, classified, classify


def coded(code):
    return DatabaseError("Code", code=code)


def test_a_code_belongs_to_one_class_only():
    classes = [TRANSIENT, ROW, SCHEMA, REFUSED]
    assert len(set().union(*classes)) == sum(map(len, classes))


@pytest.mark.parametrize("code", [3, 107, 159, 164, 202, 203, 209, 210, 241, 242, 252, 285, 319, 425, 439, 745, 999])
def test_overload_and_network_codes_are_transient(code):
    assert type(classify(coded(code))) is SinkTransientError


@pytest.mark.parametrize("code", [75, 243])
def test_a_full_disk_is_transient(code):
    assert type(classify(coded(code))) is SinkTransientError


@pytest.mark.parametrize("code", [6, 26, 27, 41, 53, 72, 117, 469])
def test_codes_about_a_value_are_row_errors(code):
    assert type(classify(coded(code))) is SinkRowError


@pytest.mark.parametrize("code", [16, 47, 60, 81, 218])
def test_codes_about_tables_and_columns_are_schema_errors_that_say_what_to_run(code):
    error = classify(coded(code))
    assert type(error) is SinkSchemaError
    assert "cascades migrate" in str(error)


@pytest.mark.parametrize("code", [192, 193, 497, 516])
def test_a_refused_login_or_right_stops_with_what_to_set(code):
    error = classify(coded(code))
    assert type(error) is SinkError
    assert "CASCADES_CLICKHOUSE_USER" in str(error)


@pytest.mark.parametrize("error", [coded(62), coded(1001), DatabaseError("HTTP driver received HTTP status 404")])
def test_what_is_not_known_is_neither_retried_nor_blamed_on_a_row(error):
    assert type(classify(error)) is SinkError


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("reset"),
        TimeoutError("timed out"),
        OperationalError("Error connection refused executing HTTP request attempt 1"),
        DatabaseError("HTTP driver received HTTP status 502, server response: bad gateway"),
    ],
)
def test_sockets_timeouts_and_gateways_without_an_answer_are_transient(error):
    assert type(classify(error)) is SinkTransientError


@pytest.mark.parametrize(
    "error",
    [DataError("x"), struct.error("x"), OverflowError("x"), TypeError("x"), UnicodeEncodeError("utf8", "a", 0, 1, "x")],
)
def test_a_value_that_cannot_be_put_on_the_wire_is_a_row_error(error):
    assert type(classify(error)) is SinkRowError


def test_the_error_keeps_code_and_cause_and_names_the_table():
    cause = coded(60)
    with pytest.raises(SinkSchemaError, match=r"^edges: ClickHouse: Code\. The tables") as caught, classified("edges"):
        raise cause
    assert caught.value.code == 60
    assert caught.value.__cause__ is cause


def test_an_unknown_exception_goes_through_as_it_is():
    with pytest.raises(KeyError), classified("edges"):
        raise KeyError
