"""`cascades migrate`."""

from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def migrate(
    *, dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statements, run nothing.")] = False
) -> None:
    """Bring ClickHouse's schema up to date.

    Safe to run again; --dry-run prints the statements only.

    Example: cascades migrate --dry-run
    """
    from pipeline.commands import migrate as command

    raise typer.Exit(command.run(dry_run=dry_run))
