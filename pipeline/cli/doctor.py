"""`cascades doctor`."""

import typer

from pipeline.cli.root import app


@app.command()
def doctor() -> None:
    """Check every part and say what to do.

    Shows the settings in force as well (secrets masked). Exit code 1 when a part fails.

    Example: cascades doctor
    """
    from pipeline.commands import doctor as command

    raise typer.Exit(command.run())
