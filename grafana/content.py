"""Dashboard "One content": everything known of one cascade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from grafana import alert_marks
from grafana import sql_content as sql
from grafana.boards import board, derived, page_address, typed
from grafana.columns import COUNT, MOMENT, PEOPLE, RATIO, TO_PAGE, Column
from grafana.panels import Panel, assemble, bars, figures, lines, rows, stacked

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.dashboard import Dashboard

UID = "cascades-content"

_KNOWN: tuple[Panel, ...] = (
    rows(
        "Content",
        "Which content this is. Campaign: that of its earliest post, else of the earliest event that names one. Shape: broadcast (ν under 2.3), "
        "chain (from 4) or mixed, – before the first share. State: – until alert states are computed. The id leads to the tree on the page.",
        sql.IDENTITY,
        (
            Column("content_id", "Content", links=TO_PAGE),
            Column("campaign", "Campaign"),
            Column("on_platforms", "Platforms"),
            Column("shape", "Shape"),
            Column("state", "State"),
            Column("first_seen", "First act", MOMENT),
            Column("last_seen", "Latest act", MOMENT),
        ),
        height=4,
    ),
    figures(
        "Structure",
        "Size: the post and all spreads, taken-back ones too. Depth: most steps from the post through sharers; exact: when only edges that the "
        "platform tells for certain count. Broadest: most nodes at one depth. ν: mean distance between two nodes of the tree (Goel et al. 2016); "
        "compare only cascades of like size. R: children per spread, young spreads weighed by the part of their time that has passed; from 1 on a cascade "
        "feeds itself. So far: every spread counted in full, too low while a cascade is young. ν and R – before the first share.",
        sql.STRUCTURE,
        (
            Column("size", "Size", COUNT),
            Column("depth", "Depth", COUNT),
            Column("depth_exact", "Depth, exact", COUNT),
            Column("max_breadth", "Broadest", COUNT),
            Column("virality", "Virality ν", RATIO, decimals=2),
            Column("children_per_spread", "R", RATIO, decimals=2, steps=((None, "text"), (1, "orange"))),
            Column("children_so_far", "R so far", RATIO, decimals=2),
        ),
    ),
    figures(
        "Reach",
        "Primary: the largest audience of each author, summed. Secondary: that of each sharer who is no author, each once. Potential: both together, an "
        "upper bound. Estimated: distinct people, from the addressable population of each platform; an estimate. Coverage: sharers whose audience is "
        "known. – where no audience is known.",
        sql.REACH,
        (
            Column("first_hand", "Primary", PEOPLE),
            Column("second_hand", "Secondary", PEOPLE),
            Column("potential", "Potential", PEOPLE),
            Column("estimated", "Estimated", PEOPLE),
            Column(
                "audience_coverage",
                "Coverage",
                units.PercentUnit,
                decimals=0,
                steps=((None, "red"), (0.3, "orange"), (0.7, "green")),
            ),
        ),
    ),
    figures(
        "Lately",
        "Live shares, secondary reach and greatest depth of the last 5 minutes, hour and day: whole minutes of event time, the running one included.",
        sql.MOVING,
        (
            Column("shares_5m", "Shares 5 min", COUNT),
            Column("shares_1h", "Shares 1 h", COUNT),
            Column("shares_24h", "Shares 24 h", COUNT),
            Column("reach_5m", "Reach 5 min", PEOPLE),
            Column("reach_1h", "Reach 1 h", PEOPLE),
            Column("reach_24h", "Reach 24 h", PEOPLE),
            Column("deepest_5m", "Depth 5 min", COUNT),
            Column("deepest_1h", "Depth 1 h", COUNT),
            Column("deepest_24h", "Depth 24 h", COUNT),
        ),
        width=16,
    ),
    figures(
        "Outlook",
        "Velocity: live shares per minute. Viral score: shares over those expected at this age. Each – until it is computed.",
        sql.OUTLOOK,
        (
            Column("velocity_5m", "Velocity 5 min", units.CountsPerMinute),
            Column("velocity_1h", "Velocity 1 h", units.CountsPerMinute),
            Column("viral_score", "Viral score", RATIO, decimals=1),
        ),
        width=8,
    ),
    rows(
        "Forecast",
        "Size a week after the first act, with the range in which 8 of 10 contents end. While each share brings on more than one, only the least is "
        "told. Half and nine tenths: the age at which it has so much of that size. Where they lie ahead they are an order of magnitude, often off by "
        "a factor of two. – until it is computed.",
        sql.FORECAST,
        (
            Column("course", "Course"),
            Column("final_size", "Final size", COUNT, decimals=0),
            Column("at_least", "At least", COUNT, decimals=0),
            Column("at_most", "At most", COUNT, decimals=0),
            Column("half_age", "Half at, roughly", units.Seconds, decimals=1),
            Column("ninety_age", "Nine tenths at, roughly", units.Seconds, decimals=1),
        ),
        height=4,
    ),
    figures(
        "Acts",
        "Live acts by kind: those taken back no longer count. Shares are share, repin and quote together.",
        sql.COUNTS,
        tuple(
            Column(kind, kind.capitalize(), COUNT)
            for kind in ("shares", "likes", "comments", "mentions", "clicks", "views", "posts", "follows")
        ),
    ),
    figures(
        "Data quality",
        "Copies of events beyond the one that stands. Acts taken back; retractions whose act has not come, and those without effect. Spreads that hang on "
        "the post because their parent is not (yet) known here, is no spread (a like), is themselves, or would close a circle.",
        sql.QUALITY,
        (
            Column("duplicates", "Copies", COUNT),
            Column("retracted", "Taken back", COUNT),
            Column("retractions_waiting", "Waiting", COUNT),
            Column("retractions_refused", "No effect", COUNT),
            Column("parents_unresolved", "Parent unknown", COUNT, steps=((None, "text"), (1, "orange"))),
            Column("parents_not_a_spread", "No spread", COUNT),
            Column("parents_self", "Itself", COUNT),
            Column("parents_cycle", "Circle", COUNT),
        ),
    ),
)

_TIME: tuple[Panel, ...] = (
    lines(
        "Shares and reach per minute",
        "Live shares (left) and the secondary reach attributed to them (right), by the minute in which they happened. A late event changes its minute.",
        sql.PER_MINUTE,
        (Column("shares", "Shares", units.CountsPerMinute), Column("reach", "Secondary reach", PEOPLE)),
    ),
    stacked(
        "Shares per minute by platform",
        "Live shares by minute and platform: where it is carried on.",
        sql.BY_PLATFORM,
        "platform",
        unit=units.CountsPerMinute,
    ),
)

_DEPTH: tuple[Panel, ...] = (
    bars(
        "Shares by generation",
        "Live shares by depth. Generation 1 shared the post itself, generation 2 a share of it, and so on; 64+ holds all deeper ones.",
        sql.generations("shares"),
        "generation",
    ),
    bars(
        "Secondary reach by generation",
        "The audience that each generation of sharers brought, each sharer once, at the earliest share.",
        sql.generations("reach"),
        "generation",
        unit=PEOPLE,
    ),
    bars(
        "How parents are known",
        "Spreads by the basis of their parent. exact: told by the platform. inferred: read from text or probable. root_only: the platform names the "
        "original only. none: nothing is told. The less is exact, the more depth is a guess.",
        sql.PARENT_BASIS,
        "basis",
    ),
)

_PEOPLE: tuple[Panel, ...] = (
    rows(
        "Top amplifiers",
        "The 50 sharers that brought most: downstream are live shares by others below any share of theirs, and the reach of those, each once. "
        "Amplification is downstream shares for each own share. Audience – is unknown, not 0.",
        sql.AMPLIFIERS,
        (
            Column("actor_id", "Actor", width=240),
            Column("platform", "Platform", width=110),
            Column("depth", "Depth", COUNT, width=80),
            Column("shares", "Shares", COUNT, width=80),
            Column("audience_size", "Audience", PEOPLE),
            Column("downstream_shares", "Downstream shares", COUNT),
            Column("downstream_reach", "Downstream reach", PEOPLE),
            Column("amplification", "Amplification", RATIO, decimals=1),
            Column("first_shared_at", "First shared", MOMENT, width=190),
        ),
    ),
    rows(
        "Spreads",
        "The latest 500 spreads and where each hangs now. Parent – is the post itself. Status says how the place was found; a late parent moves it.",
        sql.EDGES,
        (
            Column("occurred_at", "Time", MOMENT, width=190),
            Column("platform", "Platform", width=110),
            Column("kind", "Kind", width=80),
            Column("actor_id", "Actor"),
            Column("depth", "Depth", COUNT, width=80),
            Column("depth_exact", "Exact", COUNT, width=80),
            Column("audience_size", "Audience", PEOPLE, width=100),
            Column("event_id", "Spread"),
            Column("parent_event_id", "Parent"),
            Column("basis", "Basis", width=100),
            Column("status", "Status", width=110),
            Column("retracted", "Taken back", width=100),
        ),
        height=12,
    ),
)


def content() -> Dashboard:
    """The dashboard."""
    made = board(
        UID, "One content", "One cascade: its structure, its reach, its minutes and who carries it.", "now-24h"
    )
    made = made.with_variable(typed("content_id", "Content id", "A content's id. Empty: the one that moves most."))
    made = made.with_variable(derived("content", "The content that is shown.", sql.CONTENT))
    made = made.with_variable(page_address()).annotation(alert_marks.alerts(sql.THIS))
    headings = ("What is known", "Over time", "Depth", "Who carries it")
    return assemble(made, zip(headings, (_KNOWN, _TIME, _DEPTH, _PEOPLE), strict=True))
