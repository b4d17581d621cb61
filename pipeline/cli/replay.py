"""`cascades replay`."""

from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def replay(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="JSONL files, also .gz; - is standard input.")],
    rate: Annotated[
        float | None,
        typer.Option(min=0.01, help="Events per second, evenly paced. Without it: as fast as Kafka takes them."),
    ] = None,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Return only when ClickHouse shows every event.")] = False,
    stall: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="With --wait: give up when nothing moves for so long.")
    ] = 60.0,
) -> None:
    """Send files of version-1 events to Kafka.

    Safe to repeat: events are deduplicated by their id. Lines that break the contract are sent as well: the worker makes dead letters of them, with the reason. The summary counts every line.

    Example: cascades replay events.jsonl.gz more.jsonl --rate 5000 --wait
    """
    from pipeline.commands import replay as command

    raise typer.Exit(command.run(files=files, rate=rate, wait=wait, stall_s=stall))
