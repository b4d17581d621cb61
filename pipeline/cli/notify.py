"""`cascades notify`."""

import typer

from pipeline.cli.root import app


@app.command()
def notify() -> None:
    """Deliver alerts to people and systems.

    Reads the topic of alerts and sends each to the channels of the file in CASCADES_NOTIFY_CHANNELS_FILE: apprise addresses (Slack, Teams, Discord,
    mail and a hundred more) and signed webhooks. At least once, always under the same id. What a channel does not take is tried again for
    CASCADES_NOTIFY_GIVE_UP_S seconds and then kept as a dead letter. Muted and acknowledged alerts are not sent. Stops on SIGTERM or Ctrl-C.

    Try the channels first: cascades alerts test

    Example: CASCADES_NOTIFY_CHANNELS_FILE=channels.yaml CASCADES_METRICS_PORT=9466 cascades notify
    """
    from pipeline.commands import notify as command

    raise typer.Exit(command.run())
