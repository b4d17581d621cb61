"""`cascades alerts`: list, mute, unmute, ack, test, letters, resend."""

from typing import Annotated

import typer

from pipeline.cli.options import Output
from pipeline.cli.root import app

alerts = typer.Typer(
    name="alerts", no_args_is_help=True, help="Alerts: list them, mute, acknowledge, try the channels."
)
app.add_typer(alerts)

MutedContent = Annotated[str | None, typer.Option("--content", metavar="ID", help="Alerts of this content.")]
MutedCampaign = Annotated[
    str | None, typer.Option("--campaign", metavar="ID", help="Alerts of this campaign's contents.")
]
MutedRule = Annotated[str | None, typer.Option("--rule", metavar="NAME", help="Alerts of this rule, such as velocity.")]
LetterChannel = Annotated[
    str | None, typer.Option("--channel", metavar="NAME", help="Only what this channel did not take.")
]
LetterReason = Annotated[
    str | None, typer.Option("--reason", metavar="CODE", help="Only this reason, such as refused.")
]
Why = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; others see it.")]


@alerts.command("list")
def list_alerts(
    *,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    campaign: Annotated[str | None, typer.Option(metavar="ID", help="Only those of this campaign.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Show so many, the newest.")] = 50,
    output: Output = "table",
) -> None:
    """What was told, the newest first, who sees to it, and the mutes in force.

    Each alert once, as it was told last: since when, why in one sentence, and the id that ack wants. JSON has `acknowledged`: by, at and note, or null.

    Example: cascades alerts list --open --campaign spring-launch --format json
    """
    from pipeline.commands import alerts as command

    raise typer.Exit(command.list_alerts(only_open=only_open, campaign=campaign, limit=limit, output=output))


@alerts.command("mute")
def mute_alerts(
    content: MutedContent = None,
    campaign: MutedCampaign = None,
    rule: MutedRule = None,
    span: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="90s, 30m, 2h or 7d. Without it: until you unmute.")
    ] = None,
    why: Why = "",
) -> None:
    """Send nothing to people about a content, a campaign or a rule.

    Of several options all must fit. Alerts are still decided and shown; they are not delivered.

    Example: cascades alerts mute --campaign spring-launch --rule velocity --for 2h --note "our own launch"
    """
    from pipeline.commands import alerts as command

    raise typer.Exit(command.mute(content=content, campaign=campaign, rule=rule, span=span, why=why))


@alerts.command("unmute")
def unmute_alerts(
    content: MutedContent = None, campaign: MutedCampaign = None, rule: MutedRule = None, why: Why = ""
) -> None:
    """Lift a mute, given by the same options that made it.

    Exit code 1 when there is no such mute; those in force are named then.

    Example: cascades alerts unmute --campaign spring-launch --rule velocity
    """
    from pipeline.commands import alerts as command

    raise typer.Exit(command.unmute(content=content, campaign=campaign, rule=rule, why=why))


@alerts.command("ack")
def acknowledge_alert(
    alert_id: Annotated[str, typer.Argument(metavar="ALERT", help="Id of the alert, from `cascades alerts list`.")],
    why: Why = "",
) -> None:
    """Say that somebody sees to an alert.

    Nothing more is sent about it but its end. A new alert of the same content is sent again.

    Example: cascades alerts ack 3f2a9c… --note "Ana is on it"
    """
    from pipeline.commands import alerts as command

    raise typer.Exit(command.acknowledge(alert_id=alert_id, why=why))


@alerts.command("test")
def try_channels(
    channel: Annotated[str | None, typer.Option(metavar="NAME", help="Only this channel.")] = None,
) -> None:
    """Send a test alert through each channel, once, and say what happened.

    Reads the file in CASCADES_NOTIFY_CHANNELS_FILE; needs neither Kafka nor ClickHouse. Filters do not count. Exit code 1 when a channel failed.

    Example: CASCADES_NOTIFY_CHANNELS_FILE=channels.yaml cascades alerts test --channel on-call
    """
    from pipeline.commands import alerts as command

    raise typer.Exit(command.test(channel=channel))


@alerts.command("letters")
def list_letters(
    channel: LetterChannel = None,
    reason: LetterReason = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Show so many, the newest.")] = 50,
    output: Output = "table",
) -> None:
    """Alerts that a channel did not take, with the reason.

    From their topic in Kafka; those that were sent again since are left out.

    Example: cascades alerts letters --channel on-call --format json
    """
    from pipeline.commands import alert_letters as command

    raise typer.Exit(command.list_letters(wanted=command.selection((), channel, reason), limit=limit, output=output))


@alerts.command("resend")
def send_again(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ALERT]…", help="Only these alerts, or messages. Without: all.")
    ] = None,
    channel: LetterChannel = None,
    reason: LetterReason = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, send nothing.")] = False,
) -> None:
    """Send alerts again that a channel did not take.

    To that channel only, one attempt each, under the id that they had; what is taken is a dead letter no more. Whoever is killed in between sends the
    last one twice at the next call, so receivers drop repeats by their id. Age and filters do not count; what is muted is left out, and of acknowledged alerts all but their end.
    Reads the file in CASCADES_NOTIFY_CHANNELS_FILE as it is now. Exit code 1 when a channel did not take all of its own.

    Example: cascades alerts resend --channel on-call --dry-run
    """
    from pipeline.commands import alert_letters as command

    raise typer.Exit(command.send_again(wanted=command.selection(ids or (), channel, reason), dry_run=dry_run))
