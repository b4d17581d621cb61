"""`cascades collect`."""

from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def collect(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE…", help="Which sources; none: all of CASCADES_COLLECT.")
    ] = None,
) -> None:
    """Firehoses and pollers: get what platforms do not push.

    Each source goes on where it stopped: its position is kept in Kafka (share.positions), so neither a crash nor a deployment loses anything that
    the platform still has, or counts it twice. Run each source in one process only. Stops on SIGTERM or Ctrl-C.

    Sources are set up by name in CASCADES_COLLECT (JSON, or @file): {"bluesky": {"dids": ["did:plc:…"]}, "fedi": {"kind": "mastodon", "url":
    "https://mastodon.example", "token": "…"}}. bluesky works without any: it reads the public Jetstream. docs/collectors.md has every kind.

    Example: cascades collect bluesky
    """
    from pipeline.commands import collect as command

    raise typer.Exit(command.run(sources or []))
