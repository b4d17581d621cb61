"""`cascades rebuild`."""

import typer

from pipeline.cli.root import app


@app.command()
def rebuild() -> None:
    """Make the workers read every event again.

    Stop all workers first. Throws their state away (changelog topic, local files on this machine) and sets the group's offsets to the start;
    the rows in ClickHouse stay and are replaced by their equals. For a lost or doubtful state, or a ClickHouse that lost rows.
    Lost rows of dead letters that no worker wrote come back with another CASCADES_LETTERS_GROUP for cascades resolve.

    Example: cascades rebuild && cascades worker
    """
    from pipeline.commands import rebuild as command

    raise typer.Exit(command.run())
