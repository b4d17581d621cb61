"""`cascades demo`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def demo(
    seconds: Annotated[
        float | None,
        typer.Option(
            "--for", metavar="SECONDS", min=1, help="Stop after this many seconds of moving data, exit code 0."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="Keep the data in DIR instead of a temporary folder.", file_okay=False
        ),
    ] = None,
    rate: Annotated[float, typer.Option(min=1, max=20_000, help="Sample events per second, about.")] = 100.0,
    seed: Annotated[int | None, typer.Option(help="Draw the same sample data again (each run draws its own).")] = None,
) -> None:
    """Everything on this machine, with sample cascades that move.

    Kafka, ClickHouse's engine, the worker and the page run as child processes and end with this one; Ctrl-C stops it all.
    One item goes viral about a minute in. Ports: CASCADES_PAGE_PORT, CASCADES_KAFKA_BOOTSTRAP, CASCADES_CLICKHOUSE_URL, CASCADES_METRICS_PORT.

    Example: cascades demo --for 60
    """
    from pipeline.commands import demo as command

    raise typer.Exit(command.run(seconds=seconds, data=data, rate=rate, seed=seed))
