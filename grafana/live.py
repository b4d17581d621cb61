"""Dashboard "Live cascades": what moves now, over all contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from grafana import alert_marks
from grafana import sql_live as sql
from grafana.boards import board, choice, page_address, typed
from grafana.columns import COUNT, MOMENT, PEOPLE, RATIO, TO_CONTENT, Column
from grafana.panels import ALARM, Panel, assemble, bars, figure, rows, stacked
from grafana.worker import WORKER

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.dashboard import Dashboard

UID = "cascades-live"

_SHAPE = (
    "broadcast: most sharers have it from the post itself (ν under 2.3). chain: it is handed on from sharer to sharer (ν from 4). "
    "mixed: between the two."
)

_NOW: tuple[Panel, ...] = (
    figure(
        "Shares in 5 minutes",
        "Live shares (share, repin, quote) dated in the last five whole minutes, the running one included. Taken-back ones do not count.",
        sql.SHARES_5M,
    ),
    figure("Shares in 1 hour", "The same over the last 60 minutes.", sql.SHARES_1H),
    figure(
        "Secondary reach in 5 minutes",
        "The audience of the audience: the largest known audience of each sharer who is no author of the content, once per content, counted at the "
        "earliest share. A sum, so people who follow two sharers count twice; an unknown audience adds nothing.",
        sql.REACH_5M,
        unit=PEOPLE,
    ),
    figure("Contents moving", "Contents with a live share in the last five minutes.", sql.MOVING),
    figure(
        "Deepest now",
        "The greatest present depth among spreads of the last five minutes: steps from the post through the sharers. Platforms that name only the "
        "original keep it at 1.",
        sql.DEEPEST,
    ),
    figure(
        "Dead letters per minute",
        "Records refused per minute, over the last five minutes. Not filtered by the variables above: most of them have no readable content. "
        "Anything steady means that a producer breaks the contract.",
        sql.DEAD_LETTER_RATE,
        unit=units.CountsPerMinute,
        steps=ALARM,
    ),
)

_MOVERS = (
    Column("content_id", "Content", links=TO_CONTENT, width=280),
    Column("campaign", "Campaign", width=160),
    Column("on_platforms", "Platforms", width=200),
    Column("shares_5m", "Shares 5 min", COUNT),
    Column("shares_1h", "Shares 1 h", COUNT),
    Column("shares_24h", "Shares 24 h", COUNT),
    Column("size", "Size", COUNT),
    Column("depth", "Depth", COUNT),
    Column("reach", "Secondary reach", PEOPLE),
    Column("virality", "Virality ν", RATIO, decimals=2),
    Column("shape", "Shape"),
)

_MOVING: tuple[Panel, ...] = (
    rows(
        "Top movers",
        "The 50 contents that move most: by shares in 5 minutes, then in 1 hour, then in all. Size counts the post and all spreads, taken-back ones "
        f"too. ν is the mean distance between two nodes of the tree. {_SHAPE} A content's id leads to its own dashboard and to its tree on the page.",
        sql.TOP_MOVERS,
        _MOVERS,
    ),
    stacked(
        "Shares per minute by platform",
        "Live shares by the minute in which they happened. Late events join the minute they belong to, so the last minutes still rise.",
        sql.per_minute("shares"),
        "platform",
        unit=units.CountsPerMinute,
    ),
    stacked(
        "Secondary reach per minute by platform",
        "Audience reached through sharers, by the minute and platform of the share that each sharer's audience is counted at.",
        sql.per_minute("secondary_reach"),
        "platform",
        unit=PEOPLE,
    ),
    bars(
        "Shares by generation",
        "How deep sharing goes: live shares by depth, of the contents with an act in the chosen time, over their whole life. Generation 1 shared the "
        "post itself; 64+ holds all deeper ones.",
        sql.GENERATIONS,
        "generation",
        width=24,
    ),
)

_REFUSED: tuple[Panel, ...] = (
    stacked(
        "Dead letters by reason",
        "Refused records per minute by reason. Each is kept with its original bytes on the dead-letter topic.",
        sql.DEAD_LETTERS_BY_REASON,
        "reason",
        unit=units.CountsPerMinute,
        width=8,
    ),
    rows(
        "Latest dead letters",
        "The last 100 refused records: why, in a sentence, and the first 300 characters of what came.",
        sql.DEAD_LETTERS,
        (
            Column("received_at", "Received", MOMENT, width=180),
            Column("reason", "Reason", width=120),
            Column("detail", "Detail", width=320),
            Column("payload", "Payload"),
            Column("topic", "Topic", width=130),
            Column("partition", "Partition", RATIO, width=80),
            Column("offset", "Offset", RATIO, width=100),
        ),
        height=8,
        width=16,
    ),
)


def live() -> Dashboard:
    """The dashboard."""
    about = "What is being shared right now: how much, how deep, how far, on which platforms."
    made = board(UID, "Live cascades", about, "now-1h")
    made = made.with_variable(choice("campaign", "Campaign", "Contents of these campaigns only.", sql.CAMPAIGNS))
    made = made.with_variable(choice("platform", "Platform", "Acts on these platforms only.", sql.PLATFORMS))
    made = made.with_variable(typed("search", "Search", "Contents whose id holds this text; case does not matter."))
    made = made.with_variable(page_address()).annotation(alert_marks.alerts(sql.CONTENTS))
    headings = ("Now", "What moves", "Refused records", "Worker")
    return assemble(made, zip(headings, (_NOW, _MOVING, _REFUSED, WORKER), strict=True))
