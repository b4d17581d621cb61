"""`cascades`: the one entry point. Each command is a thin door; what it does lives in `pipeline.commands`, imported when it is called."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline.errors import CascadesError, UsageError

EPILOG = (
    "Every setting is an environment variable CASCADES_…; the ones that matter most: "
    "CASCADES_KAFKA_BOOTSTRAP (127.0.0.1:9092), CASCADES_CLICKHOUSE_URL (http://127.0.0.1:8123), CASCADES_CLICKHOUSE_USER and "
    "…_PASSWORD, CASCADES_PAGE_PORT (8080), CASCADES_METRICS_PORT (9464). `cascades doctor` shows all of them and checks each part."
)


class Group(TyperGroup):
    """Turns the errors we raise on purpose into one clear message: exit code 2 for wrong usage, 1 for the rest."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        for library in (
            "aiokafka",
            "clickhouse_connect",
        ):  # their lines would stand beside our own sentence about the same thing
            logging.getLogger(library).addHandler(logging.NullHandler())
        try:
            return super().invoke(ctx)
        except CascadesError as error:
            from pipeline.commands.console import fail

            fail(str(error))
            raise typer.Exit(2 if isinstance(error, UsageError) else 1) from None


app = typer.Typer(
    name="cascades",
    cls=Group,
    help="Live cascade depth and secondary reach of shared content: Kafka in, ClickHouse out.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a rich traceback shows local values, passwords among them
    context_settings={"help_option_names": ["-h", "--help"]},
)

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Keep the data in DIR instead of a temporary folder.", file_okay=False),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cascades {version('share-cascades')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Live cascade depth and secondary reach of shared content: Kafka in, ClickHouse out.

    Start with `cascades demo`: it needs neither Docker nor Java.
    """


@app.command()
def demo(
    seconds: Annotated[
        float | None,
        typer.Option(
            "--for", metavar="SECONDS", min=1, help="Stop after this many seconds of moving data, exit code 0."
        ),
    ] = None,
    data: Data = None,
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


@app.command()
def up(
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="Where Kafka and ClickHouse keep their data.", file_okay=False)
    ],
) -> None:
    """The same stack without sample data, kept across restarts.

    Ctrl-C stops it; the data stays in DIR.

    Example: cascades up --data ~/cascades     then, elsewhere: cascades replay events.jsonl.gz --wait
    """
    from pipeline.commands import up as command

    raise typer.Exit(command.run(data=data))


@app.command()
def worker() -> None:
    """The Faust worker: events in, ClickHouse rows out.

    Stops on SIGTERM or Ctrl-C. Run one per core; they share the partitions. It waits for ClickHouse and Kafka rather than lose anything.

    Example: CASCADES_KAFKA_BOOTSTRAP=broker:9092 CASCADES_CLICKHOUSE_URL=https://ch:8443 cascades worker
    """
    from pipeline.commands import worker as command

    raise typer.Exit(command.run())


@app.command()
def serve() -> None:
    """The web page.

    Reads ClickHouse, and asks CASCADES_WORKER_STATUS_URL how the worker is. Stops on SIGTERM or Ctrl-C.

    Example: CASCADES_PAGE_PORT=8090 CASCADES_METRICS_PORT=9465 cascades serve
    """
    from pipeline.commands import serve as command

    raise typer.Exit(command.run())


@app.command()
def ingest(
    token: Annotated[
        str | None,
        typer.Option(
            "--new-token", metavar="NAME", help="Draw a token, print its entry for CASCADES_INGEST_TOKENS, and leave."
        ),
    ] = None,
) -> None:
    """The front doors over HTTP: /v1/events, /webhooks/PLATFORM, tracked links.

    What is answered with 2xx is in Kafka, on all in-sync replicas; anything else may be sent again without harm. Overload is answered with 429 or
    503 and Retry-After. The doors describe themselves at /openapi.json. Stops on SIGTERM or Ctrl-C.

    `cascades ingest --new-token shop > tokens.json` draws a token (shown once, on the terminal) and prints its entry: edit its scope. Then
    curl http://127.0.0.1:8081/v1/events -H "Authorization: Bearer TOKEN" --json @event.json

    Webhooks: CASCADES_WEBHOOKS='{"facebook": {"secrets": ["APP SECRET"], "verify_token": "ANY TEXT"}}'; docs/front-doors.md has every platform.

    Example: CASCADES_INGEST_TOKENS=@tokens.json cascades ingest
    """
    from pipeline.commands import ingest as command

    raise typer.Exit(command.new_token(token) if token else command.run())


@app.command()
def migrate(
    *, dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statements, run nothing.")] = False
) -> None:
    """Bring ClickHouse's schema up to date.

    Safe to run again; --dry-run prints the statements only.

    Example: cascades migrate --dry-run
    """
    from pipeline.commands import migrate as command

    raise typer.Exit(command.run(dry_run=dry_run))


@app.command()
def status() -> None:
    """Schema, topics and lag, rows per table, the worker.

    Exit code 1 when a part does not answer.

    Example: cascades status
    """
    from pipeline.commands import status as command

    raise typer.Exit(command.run())


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


@app.command()
def rebuild() -> None:
    """Make the workers read every event again.

    Stop all workers first. Throws their state away (changelog topic, local files on this machine) and sets the group's offsets to the start;
    the rows in ClickHouse stay and are replaced by their equals. For a lost or doubtful state, or a ClickHouse that lost rows.

    Example: cascades rebuild && cascades worker
    """
    from pipeline.commands import rebuild as command

    raise typer.Exit(command.run())


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

    1. Stop what sends events. 2. Let the workers finish (`cascades status`: no lag), stop them. 3. Run this; killed, it goes on when run again.
    4. Give every process the three settings that it prints (CASCADES_EVENTS_TOPIC, CASCADES_PARTITIONS, CASCADES_EPOCH). 5. Start everything.

    The workers then read all events once more, under the higher epoch: their rows replace the old ones, so figures grow anew until they are through.
    The old topic is left as it is.

    Example: cascades repartition --partitions 32 --dry-run
    """
    from pipeline.commands import repartition as command

    raise typer.Exit(command.run(partitions=partitions, to=to, dry_run=dry_run))


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One statement; - reads it from standard input.")],
    output: Annotated[
        str | None,
        typer.Option("--format", metavar="F", help="Any ClickHouse format, raw: CSVWithNames, JSONEachRow, Parquet …"),
    ] = None,
) -> None:
    """Run SQL on ClickHouse.

    Shows a table for people; --format gives ClickHouse's own output, raw.

    Example: cascades query "SELECT content_id, size, depth, secondary_reach FROM v_content ORDER BY shares_5m DESC LIMIT 10"
    """
    from pipeline.commands import query as command

    raise typer.Exit(command.run(sql=sql, output=output))


@app.command()
def backtest(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="JSONL files of version-1 events, also .gz; - is standard input."),
    ],
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="RULES.yaml", help="The rules to try; without: a preset.", dir_okay=False),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="sensitive, balanced or strict; with --rules: instead of the preset that the file names.",
        ),
    ] = None,
    top: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=50,
            metavar="PERCENT",
            help="Right is an alert about a content that ends among the largest so many.",
        ),
    ] = 10.0,
    every: Annotated[
        float,
        typer.Option(
            min=1,
            max=600,
            metavar="SECONDS",
            help="Judge a busy content so often. Smaller is slower and hardly ever different.",
        ),
    ] = 10.0,
    output: Annotated[str, typer.Option("--format", metavar="F", help="table, or json.")] = "table",
) -> None:
    """Try alert rules on history.

    Replays the files by the events' own times, as fast as it goes, through the same fold, figures and rules as the worker, and says of each rule
    how many alerts it had sent, how many of them were right, how much it missed, and how early it was. Needs neither Kafka nor ClickHouse.

    Example: cascades backtest events.jsonl.gz --rules rules.yaml --preset strict
    """
    from pipeline.commands import backtest as command

    raise typer.Exit(
        command.run(files=files, rules_file=rules, preset=preset, top_percent=top, every_s=every, output=output)
    )


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
    output: Annotated[str, typer.Option("--format", metavar="F", help="table, or json (one line each).")] = "table",
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


alerts = typer.Typer(
    name="alerts", no_args_is_help=True, help="Alerts: list them, mute, acknowledge, try the channels."
)
app.add_typer(alerts)

MutedContent = Annotated[str | None, typer.Option("--content", metavar="ID", help="Alerts of this content.")]
MutedCampaign = Annotated[
    str | None, typer.Option("--campaign", metavar="ID", help="Alerts of this campaign's contents.")
]
MutedRule = Annotated[str | None, typer.Option("--rule", metavar="NAME", help="Alerts of this rule.")]
Why = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; others see it.")]


@alerts.command("list")
def list_alerts(
    *,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    campaign: Annotated[str | None, typer.Option(metavar="ID", help="Only those of this campaign.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Show so many, the newest.")] = 50,
    output: Annotated[str, typer.Option("--format", metavar="F", help="table, or json (one line each).")] = "table",
) -> None:
    """What was told, the newest first, and the mutes in force.

    Each alert once, as it was told last: since when, why in one sentence, and the id that mute and ack want.

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

    Nothing more is sent about it. A new alert of the same content is sent again.

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


content = typer.Typer(name="content", no_args_is_help=True, help="Contents: which posts are counted for which content.")
app.add_typer(content)

PostArgument = Annotated[
    list[str],
    typer.Argument(metavar="POST…", help="Content ids of the posts, as `v_content` shows them, or their addresses."),
]


@content.command("link")
def link_posts(
    target: Annotated[str, typer.Argument(metavar="CONTENT", help="Id or address of the content; it may be new.")],
    post: PostArgument,
) -> None:
    """Count several posts as one content, on whatever platforms they are.

    What comes from now on goes straight to CONTENT. What came already is moved there within seconds: ids stay, nothing counts twice, and the posts
    are shown no longer. It does not matter what was first, the link or the shares. A second time changes nothing.

    It cannot be taken apart again: `cascades content unlink` only ends it for what comes later.

    Example: cascades content link spring-film facebook:123_456 https://x.com/brand/status/789 https://example.org/film
    """
    from pipeline.commands import content as command

    raise typer.Exit(command.link(content=target, post=post))


@content.command("unlink")
def unlink_posts(post: PostArgument) -> None:
    """Count posts for themselves again, from now on.

    What was moved cannot be undone: its acts were merged with those of other posts, and stay where they are. To take a post out for good, rebuild
    from a topic without the link.

    Example: cascades content unlink facebook:123_456
    """
    from pipeline.commands import content as command

    raise typer.Exit(command.unlink(post=post))


@content.command("list")
def list_posts(
    target: Annotated[str | None, typer.Option("--content", metavar="CONTENT", help="Only its posts.")] = None,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help="table or json (a line each).")] = "table",
) -> None:
    """Show which posts are counted for which content.

    What platforms and other programs linked by `link` events of their own is in the view v_merged_contents.

    Example: cascades content list --content spring-film --format json
    """
    from pipeline.commands import content as command

    raise typer.Exit(command.list_links(content=target, output=output))


@app.command()
def doctor() -> None:
    """Check every part and say what to do.

    Shows the settings in force as well (secrets masked). Exit code 1 when a part fails.

    Example: cascades doctor
    """
    from pipeline.commands import doctor as command

    raise typer.Exit(command.run())


def main() -> None:
    """What the `cascades` script calls."""
    app()


if __name__ == "__main__":
    main()
