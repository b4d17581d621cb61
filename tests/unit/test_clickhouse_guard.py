"""The guard knows what is allowed; what a new engine version brings is refused."""

from __future__ import annotations

import pytest

from pipeline.embedded.clickhouse.errors import ServerError
from pipeline.embedded.clickhouse.guard import Guard
from pipeline.embedded.clickhouse.lexer import tokens

GUARD = Guard(["file", "url", "numbers", "python", "NewThing", "format", "eval", "s3", "input", "values", "view"])


def check(sql, **parameters):
    GUARD.check(list(tokens(sql.encode())), parameters)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM url('http://x')",
        "SELECT * FROM newthing()",
        "SELECT * FROM `NEWTHING` /* */ ()",
        "SELECT file('/etc/passwd')",
        "SELECT arrayMap(file, ['/etc/passwd'])",
        "SELECT * APPLY file FROM t",
        'SELECT * FROM "s3"(1)',
        "SELECT 1 INTO /* */ OUTFILE 'x'",
        "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        "CREATE DATABASE d ENGINE = MySQL('a', 'b', 'c', 'd')",
        "CREATE DATABASE d ENGINE Filesystem",
        "ATTACH DATABASE d ENGINE = Filesystem",
        "CREATE TABLE t (a Int8) ENGINE = EmbeddedRocksDB(0, '/tmp') PRIMARY KEY a",
        "CREATE TABLE t (a Int8) /* x */ engine\n`URL`('x', CSV)",
        "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = s3)",
        "ATTACH TABLE t FROM '/x' (a Int8) ENGINE = MergeTree ORDER BY a",
        "ATTACH TABLE t UUID '00000000-0000-0000-0000-000000000001'",
        "BACKUP TABLE t TO File('/x')",
        "RESTORE TABLE t FROM File('/x')",
        "DROP TABLE t PARALLEL WITH DROP TABLE u",
        "SET param_f = 'file'",
        r"SET param_f = 'f\\x69le'",
    ],
)
def test_what_reaches_out_is_refused(sql):
    with pytest.raises(ServerError) as refused:
        check(sql)
    assert refused.value.code == 497


@pytest.mark.parametrize("value", ["file", r"fi\x6ce", "`file`", "FILE"])
def test_a_parameter_cannot_become_the_name_of_a_function(value):
    with pytest.raises(ServerError):
        check("SELECT arrayMap({f:Identifier}, ['x'])", f=value)
    check("SELECT {f:String}", f=value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM numbers(10) WHERE url = 'file(1)' -- file(2)",
        "SELECT url, s3.x FROM t",
        "SELECT $$file('x')$$",
        "CREATE TABLE t (engine String, disk String) ENGINE = ReplacingMergeTree(v) ORDER BY a",
        "CREATE VIEW v AS SELECT engine FROM t WHERE engine = 'x'",
        "CREATE DATABASE d ENGINE = Atomic",
        "CREATE DATABASE d",
        "ATTACH TABLE db.t",
        "SELECT format('{}', 1), input FROM t",
        "INSERT INTO t (a, b) FORMAT CSV",
        "ALTER TABLE t ATTACH PARTITION 1",
    ],
)
def test_ordinary_statements_pass(sql):
    check(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 SETTINGS input_format_values_interpret_expressions = 1",
        "SET `input_format_values_interpret_expressions` = 1",
    ],
)
def test_the_setting_that_the_guard_relies_on_is_its_own(sql):
    with pytest.raises(ServerError) as refused:
        check(sql)
    assert refused.value.code == 452


@pytest.mark.parametrize(
    "data",
    [b"(1, 'a'), (2, 'b')", b"(1, upper('a'))", b"(1, 'file(x)')", b"(1, now()), (2, [1, 2])", b"('-- no comment')"],
)
def test_harmless_expressions_in_values_are_run(data):
    assert GUARD.may_evaluate(data)


@pytest.mark.parametrize(
    "data",
    [
        b"(1, file('x'))",
        b"(1, file -- ,\n('x'))",
        b"(1, f/**/ile('x')), (file/**/('x'))",
        b"(1, `fi\\x6ce`('x'))",
        b"(1, arrayMap(file, ['x']))",
        b"(1, (SELECT * FROM python(x)))",
        b"(1, upper('x')), ('never closed",
    ],
)
def test_other_expressions_in_values_are_not_run(data):
    assert not GUARD.may_evaluate(data)
