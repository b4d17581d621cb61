"""`cascades repartition`."""

from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def repartition(
    partitions: Annotated[
        int,
        typer.Option(
            "--partitions", metavar="N", min=2, help="How many partitions the events shall have: more than now."
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="TOPIC", help="Name of the new topic; else the old one's with .N behind it."),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, say what would be done, change nothing.")
    ] = False,
) -> None:
    """Move the events to a topic with more partitions (growth).

    Partitions bound how many workers can share the work, and the count cannot change in place: it decides where a content lives. So every record
    is copied to a new topic, in order per content, with its key, value, headers and time; all figures are the same afterwards.

    First stop what sends events, let the workers finish (`cascades status`: no lag), and stop them. Then run this; killed, it goes on when run again.
    Then give every process the three settings that it prints (CASCADES_EVENTS_TOPIC, CASCADES_PARTITIONS, CASCADES_EPOCH), and start everything.

    The workers then read all events once more, under the higher epoch: their rows replace the old ones, so figures grow anew until they are through.
    The old topic is left as it is.

    Example: cascades repartition --partitions 32 --dry-run
    """
    from pipeline.commands import repartition as command

    raise typer.Exit(command.run(partitions=partitions, to=to, dry_run=dry_run))
