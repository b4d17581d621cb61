"""`cascades serve`."""

import typer

from pipeline.cli.root import app


@app.command()
def serve() -> None:
    """The web page.

    Reads ClickHouse, and asks CASCADES_WORKER_STATUS_URL how the worker is. Stops on SIGTERM or Ctrl-C.

    Example: CASCADES_PAGE_PORT=8090 CASCADES_METRICS_PORT=9465 cascades serve
    """
    from pipeline.commands import serve as command

    raise typer.Exit(command.run())
