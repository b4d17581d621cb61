"""Numbered, forward-only migrations of the ClickHouse schema: the files `schemas/clickhouse/NNNN_name.sql`.

What was applied stands in the table `schema_migrations`, with a checksum of the file as it was written (before its placeholders are
filled: another database name or retention is no change). A migration that fails half-way is run again from its start, so every
statement must be repeatable (IF NOT EXISTS, OR REPLACE). When a table or view was dropped by hand, its migration and all later ones
are run again. A table made anew is empty: workers know it by its identity, and ask for `cascades rebuild`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from pipeline.errors import SinkSchemaError, UsageError
from pipeline.sinks.errors import classified
from pipeline.sinks.owned import owned_changes
from pipeline.sinks.render import on_cluster, render, split
from pipeline.sinks.retention import retention_changes
from schemas.rows import LOG_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

    from clickhouse_connect.driver.client import Client

    from pipeline.config import Settings

_FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")
_OBJECT = re.compile(
    r"^\s*(CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?(?:MATERIALIZED\s+)?(?:TABLE|VIEW)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?\{database\}\.(\w+)",
    re.MULTILINE,
)
_LEDGER = """CREATE TABLE IF NOT EXISTS {database}.schema_migrations {on_cluster}
(
    number     UInt32 COMMENT 'number of the migration',
    name       String COMMENT 'name of its file',
    checksum   String COMMENT 'SHA-256 of the file, placeholders unfilled',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when its last statement had succeeded'
)
ENGINE = {engine:ReplacingMergeTree(applied_at)}
ORDER BY number
COMMENT 'Migrations applied to this database; written by `cascades migrate`'"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    number: int
    name: str
    template: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, line ends as on Unix."""
        return sha256(self.template.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Applied:
    """What `migrate` has run, or would run: `number` 0 stands for what a setting changes (`name`: retention, owned accounts)."""

    number: int
    name: str
    statements: tuple[str, ...]
    gone: tuple[str, ...] = ()
    """Tables and views that it had made before, and that were gone."""


@dataclass(frozen=True, slots=True)
class Status:
    """One migration and how it stands: `applied`, `pending`, `changed` (its file is another now), `missing` (its file is gone), or `damaged`
    (what it made is `gone`).
    """

    number: int
    name: str
    state: str
    gone: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f" ({', '.join(self.gone)} is gone)" if self.gone else ""
        return f"{self.name} is {self.state}{what}"


def load(folder: Traversable | None = None) -> list[Migration]:
    """Read the migrations in order. Raises UsageError when a number repeats or is 0, or a file's name is not NNNN_name.sql.

    Numbers may leave gaps: parts of the schema that are written side by side each have numbers of their own.
    """
    folder = folder or files("schemas") / "clickhouse"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".sql")), key=lambda path: path.name)
    migrations = [_read(path) for path in paths]
    last = 0
    for migration in migrations:
        if migration.number <= last:
            raise UsageError(f"each migration has a number of its own, from 0001 on: {migration.name} has none")
        last = migration.number
    return migrations


def _read(path: Traversable) -> Migration:
    match = _FILE_NAME.fullmatch(path.name)
    if not match:
        raise UsageError(f"{path.name} is not named NNNN_name.sql")
    return Migration(int(match[1]), path.name.removesuffix(".sql"), path.read_text("utf-8"))


def migrate(
    client: Client, settings: Settings, *, dry_run: bool = False, migrations: Sequence[Migration] | None = None
) -> list[Applied]:
    """Bring the schema up to date and return what was run, in order; with `dry_run` run nothing and return what would be.

    `client` needs no default database: `pipeline.clickhouse.client(settings, database="")`. Safe to repeat, and to run twice at once.
    Raises SinkSchemaError when an applied file has changed or is missing, SinkError when ClickHouse refuses a statement.
    """
    due = _due(client, settings, load() if migrations is None else migrations)
    if not dry_run:
        _prepare(client, settings)
    done = [_apply(client, settings, migration, gone, dry_run=dry_run) for migration, gone in due]
    for name, changes in (("retention", retention_changes), ("owned accounts", owned_changes)):
        if statements := tuple(changes(client, settings)):
            _run(client, () if dry_run else statements)
            done.append(Applied(0, name, statements))
    return done


def status(client: Client, settings: Settings, migrations: Sequence[Migration] | None = None) -> list[Status]:
    """How each migration stands, known files and applied ones alike, in order."""
    known = {migration.number: migration for migration in (load() if migrations is None else migrations)}
    applied, there = _applied(client, settings), set(_tables(client, settings))
    made = _made([known[number] for number in sorted(known.keys() & applied.keys())])
    return [
        _standing(number, known.get(number), applied.get(number), tuple(sorted(made.get(number, set()) - there)))
        for number in sorted(known | applied)
    ]


def check(client: Client, settings: Settings) -> None:
    """Raise SinkSchemaError unless every migration known here is applied as it is here. A newer schema is let pass: it only adds."""
    wrong = [one for one in status(client, settings) if one.state in {"pending", "changed", "damaged"}]
    if wrong:
        names = ", ".join(map(str, wrong))
        raise SinkSchemaError(
            f"the schema of database {settings.clickhouse_database!r} is behind ({names}): run `cascades migrate`"
        )


def table_identities(client: Client, settings: Settings) -> dict[str, str]:
    """By `table NAME`: what ClickHouse drew when the table was made; one that was dropped and made anew has another.

    Tables of the log only: a rebuild does not bring the others back, and does not need to, as they fill again.
    {} on a cluster, where a server may be made anew and get its rows from the others.
    """
    if settings.clickhouse_cluster:
        return {}
    made = _tables(client, settings)
    return {f"table {name}": made[name] for name in LOG_TABLES if name in made and int(made[name].replace("-", ""), 16)}


def _due(
    client: Client, settings: Settings, migrations: Sequence[Migration]
) -> list[tuple[Migration, tuple[str, ...]]]:
    """What is pending, and all from the first damaged one on: a later one may change what it makes."""
    standing = status(client, settings, migrations)
    for one in standing:
        if one.state == "changed":
            raise SinkSchemaError(
                f"{one.name} was changed after it had been applied: restore the file and put the change into a new one"
            )
        if one.state == "missing":
            raise SinkSchemaError(
                f"{one.name} was applied but its file is missing: the database is newer than this program, update it"
            )
    gone = {one.number: one.gone for one in standing}
    first = min((number for number, names in gone.items() if names), default=None)
    due = {one.number for one in standing if one.state == "pending" or (first is not None and one.number >= first)}
    return [(migration, gone[migration.number]) for migration in migrations if migration.number in due]


def _made(migrations: Sequence[Migration]) -> dict[int, set[str]]:
    """By migration: the tables and views that it leaves and no later one drops."""
    made: dict[int, set[str]] = {}
    for migration in migrations:
        for verb, name in _OBJECT.findall(migration.template):
            for names in made.values():
                names.discard(name)
            if verb == "CREATE":
                made.setdefault(migration.number, set()).add(name)
    return made


def _standing(number: int, known: Migration | None, applied: tuple[str, str] | None, gone: tuple[str, ...]) -> Status:
    if known is None:
        return Status(number, applied[0] if applied else "", "missing")
    if applied is None:
        return Status(number, known.name, "pending")
    if applied != (known.name, known.checksum):
        return Status(number, known.name, "changed")
    return Status(number, known.name, "damaged", gone) if gone else Status(number, known.name, "applied")


def _applied(client: Client, settings: Settings) -> dict[int, tuple[str, str]]:
    """Name and checksum by number; empty when the database or the ledger is not there yet."""
    if "schema_migrations" not in _tables(client, settings):
        return {}
    with classified():
        rows = client.query(
            f"SELECT number, name, checksum FROM {settings.clickhouse_database}.schema_migrations FINAL"
        ).result_rows
    return {number: (name, checksum) for number, name, checksum in rows}


def _tables(client: Client, settings: Settings) -> dict[str, str]:
    """Identity by name of every table and view of the database."""
    with classified():
        rows = client.query(
            "SELECT name, toString(uuid) FROM system.tables WHERE database = {database:String}",
            {"database": settings.clickhouse_database},
        ).result_rows
    return {name: identity for name, identity in rows}  # noqa: C416 (the row's shape is told here)


def _prepare(client: Client, settings: Settings) -> None:
    database = f"CREATE DATABASE IF NOT EXISTS {settings.clickhouse_database} {on_cluster(settings)}".strip()
    _run(client, (database, render(_LEDGER, settings)))


def _apply(
    client: Client, settings: Settings, migration: Migration, gone: tuple[str, ...], *, dry_run: bool
) -> Applied:
    statements = tuple(split(render(migration.template, settings)))
    if not dry_run:
        _run(client, statements)
        row = [migration.number, migration.name, migration.checksum]
        with classified():
            client.insert(
                f"{settings.clickhouse_database}.schema_migrations",
                [row],
                column_names=["number", "name", "checksum"],
                column_type_names=["UInt32", "String", "String"],
                settings={"async_insert": 0},
            )
    return Applied(migration.number, migration.name, statements, gone)


def _run(client: Client, statements: Sequence[str]) -> None:
    for statement in statements:
        with classified():
            client.command(statement)
