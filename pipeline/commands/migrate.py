"""`cascades migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.clickhouse import client
from pipeline.commands.console import note, out
from pipeline.commands.settings import load
from pipeline.sinks import migrations
from schemas.rows import TABLES

if TYPE_CHECKING:
    from pipeline.config import Settings


def run(*, dry_run: bool) -> int:
    """Apply what is pending, or print it."""
    applied = migrate(load(), dry_run=dry_run)
    for step in applied if dry_run else ():
        out.print(f"-- {step.number:04} {step.name}\n" + ";\n\n".join(step.statements) + ";\n", markup=False)
    done = "would apply" if dry_run else "applied"
    note(
        f"{done} {len(applied)} migration(s): {', '.join(step.name for step in applied)}"
        if applied
        else "the schema is up to date"
    )
    if lost := [name for step in applied for name in step.gone if name in TABLES]:
        verb = "would be" if dry_run else "was"
        note(f"{', '.join(lost)} {verb} made anew, without rows: stop the workers, run `cascades rebuild`, start them")
    return 0


def migrate(settings: Settings, *, dry_run: bool = False) -> list[migrations.Applied]:
    """Bring the configured ClickHouse's schema up to date."""
    connection = client(settings, database="")
    try:
        return migrations.migrate(connection, settings, dry_run=dry_run)
    finally:
        connection.close()
