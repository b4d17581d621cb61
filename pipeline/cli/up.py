"""`cascades up`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def up(
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="Where Kafka and ClickHouse keep their data.", file_okay=False)
    ],
) -> None:
    """The same stack without sample data, kept across restarts.

    Ctrl-C stops it; the data stays in DIR. Where CASCADES_INGEST_TOKENS, CASCADES_WEBHOOKS or CASCADES_LINKS say who may come in, the front doors
    (cascades ingest) are opened too, on CASCADES_INGEST_PORT. Where CASCADES_INFER names platforms, parents are guessed (cascades infer).

    Example: cascades up --data ~/cascades     then, elsewhere: cascades replay events.jsonl.gz --wait
    """
    from pipeline.commands import up as command

    raise typer.Exit(command.run(data=data))
