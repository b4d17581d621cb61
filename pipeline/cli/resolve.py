"""`cascades resolve`."""

import typer

from pipeline.cli.root import app


@app.command()
def resolve() -> None:
    """Retract what was undone, where the platform does not tell in which content; show the dead letters that no worker wrote.

    Bluesky, Mastodon, ActivityPub, X and others tell of a deletion only which act is gone; the front doors put that on the topic CASCADES_UNDO_TOPIC.
    This process finds the act in ClickHouse and makes the retraction, in each content that the act stands in. An act that has not come is waited for,
    CASCADES_UNDO_GIVE_UP_DAYS at most; then the undo is a dead letter: cascades dlq list --reason no_target. It waits for ClickHouse and for the
    workers.

    Dead letters of the front doors, of collectors, imports and undos stand in Kafka; it brings them to ClickHouse, so that v_dead_letters and the page
    show them beside those of the workers. For that its ClickHouse user has to be one that writes. A new CASCADES_LETTERS_GROUP brings all of them once more.

    May be stopped or killed at any time. Several of them share the work. Stops on SIGTERM or Ctrl-C.

    Example: CASCADES_METRICS_PORT=9467 cascades resolve
    """
    from pipeline.commands import resolve as command

    raise typer.Exit(command.run())
