"""`cascades dlq`: list, replay."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import Output
from pipeline.cli.root import app

dlq = typer.Typer(name="dlq", no_args_is_help=True, help="Dead letters: list them, fix them, send them again.")
app.add_typer(dlq)

Reason = Annotated[str | None, typer.Option(metavar="CODE", help="Only this reason, such as unknown_field.")]
Topic = Annotated[str | None, typer.Option(help="Only records that came on this topic.")]
Partition = Annotated[int | None, typer.Option(min=0, help="Only this partition.")]
Offset = Annotated[int | None, typer.Option(min=0, help="Only this offset of --partition.")]
Since = Annotated[
    str | None, typer.Option(metavar="WHEN", help="Only records that came since then: 90s, 30m, 2h, 7d, or a time.")
]


@dlq.command("list")
def list_dead_letters(
    reason: Reason = None,
    topic: Topic = None,
    partition: Partition = None,
    offset: Offset = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Show so many, the newest.")] = 50,
    output: Output = "table",
) -> None:
    """Refused records, from their topic in Kafka.

    Each once, with the reason, where it stood, and what came.

    Example: cascades dlq list --reason unknown_field --since 2h --format json
    """
    from pipeline.commands import dlq as command

    wanted = command.selection(reason, topic, partition, offset, since)
    raise typer.Exit(command.list_letters(wanted=wanted, limit=limit, output=output))


@dlq.command("replay")
def replay_dead_letters(
    reason: Reason = None,
    topic: Topic = None,
    partition: Partition = None,
    offset: Offset = None,
    since: Since = None,
    mapper: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="FILE.py", help="Python file with fix(value: bytes) -> bytes | None (None: leave it out)."
        ),
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, send nothing.")] = False,
) -> None:
    """Fix refused records and send them again.

    Exactly once in effect: a letter that was replayed before is skipped by the worker. What is still broken is not sent: exit code 1 then.

    Example: cascades dlq replay --reason unknown_field --map drop_colour.py --dry-run
    """
    from pipeline.commands import dlq as command

    wanted = command.selection(reason, topic, partition, offset, since)
    raise typer.Exit(command.replay(wanted=wanted, mapper=mapper, dry_run=dry_run))
