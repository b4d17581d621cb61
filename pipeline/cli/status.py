"""`cascades status`."""

import typer

from pipeline.cli.root import app


@app.command()
def status() -> None:
    """Schema, topics and lag, rows per table, the worker.

    Exit code 1 when a part does not answer.

    Example: cascades status
    """
    from pipeline.commands import status as command

    raise typer.Exit(command.run())
