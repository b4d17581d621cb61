"""`cascades import`: a module cannot have that name."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.root import app

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="F",
        help="googleplus, myspace, twitter, facebook, instagram, sendgrid, mailgun, postmark, ses, activecampaign, csv …; without: guessed.",
    ),
]
Mapping = Annotated[
    Path | None,
    typer.Option(
        "--mapping", metavar="M.yaml", dir_okay=False, help="For CSV: which column is which field of an event."
    ),
]
Audiences = Annotated[
    Path | None,
    typer.Option(
        metavar="A.csv", dir_okay=False, help="actor_id,audience_size: followers, where the archive does not tell them."
    ),
]


@app.command("import")
def import_archive(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The archive: as it was loaded down, never unpacked.")],
    form: Format = None,
    mapping: Mapping = None,
    campaign: Annotated[str | None, typer.Option(metavar="ID", help="The campaign that all of it belongs to.")] = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Facebook, Instagram: whose download it is, where it does not say so."),
    ] = None,
    audiences: Audiences = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="TIME", help="When the archive was written: the time of totals. Else now.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=1, help="Events per second at most, so that live events do not have to wait.")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing: show the first 5 events and what would come of the rest.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew, whatever an earlier attempt did. Changes no figure.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return only when ClickHouse shows every event.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON, on standard output.")] = False,
) -> None:
    """Send an archive to Kafka: a zip file as it was loaded down, JSON, JSON lines, Atom or CSV, also .gz, .bz2, .zst.

    Read as a stream, whatever its size, and never unpacked to the disk. Ctrl-C, a kill and a loss of power cost nothing: the same command goes on where Kafka acknowledged last. Acts have
    the same ids each time, so repeating it changes no figure. What cannot be read is a dead letter with its place; the exit code is 1 then.

    Old acts go to the minutes in which they happened: live windows stay as they are, and no alert is raised. While a worker is busy with the archive live events wait their
    turn: --rate keeps room for them. docs/archives.md says what is read of each format.

    Example: cascades import takeout-001.zip --dry-run

    Example: cascades import tweets.jsonl.zst --format twitter --campaign spring --wait

    Example: cascades import clicks.csv --mapping clicks.yaml --dry-run
    """
    from pipeline.commands import archive as command

    options = (file, form, mapping, campaign, owner, audiences, as_of, rate)
    wanted = command.Wanted(*options, dry_run=dry_run, restart=restart, wait=wait, as_json=as_json)
    raise typer.Exit(command.run(wanted))
