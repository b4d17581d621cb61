"""Dashboard "Campaigns and people": what campaigns reach, who carries them, and how their accounts talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from grafana import sql_campaign as sql
from grafana import sql_live
from grafana.boards import board, choice, page_address
from grafana.columns import COUNT, MOMENT, PEOPLE, RATIO, TO_CAMPAIGN, TO_CONTENT, Column
from grafana.panels import Panel, assemble, rows, stacked

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders.dashboard import Dashboard

UID = "cascades-campaign"
REFRESH = "1m"
"""The views of people read every edge."""

_PER = (
    Column("shares_per_view", "Shares per view", RATIO, decimals=3),
    Column("shares_per_click", "Shares per click", RATIO, decimals=3),
)
_WHO = (Column("actor_id", "Actor", width=220), Column("platform", "Platform", width=110))
_CARRIED = (
    Column("contents", "Contents", COUNT),
    Column("first_moves", "First", COUNT),
    Column("shares", "Shares", COUNT),
    Column("audience_size", "Audience", PEOPLE),
)
_CREDIT = (
    Column("downstream_shares", "Downstream shares", COUNT),
    Column("amplification", "Amplification", RATIO, decimals=1),
    Column("downstream_reach", "Downstream reach", PEOPLE),
)
_SHARERS = (
    Column("sharers", "Sharers", COUNT),
    Column("sharers_audience_p50", "Their audience, median", PEOPLE),
    Column("sharers_audience_p90", "Their audience, p90", PEOPLE),
)
_CREDIT_TEXT = (
    "Downstream: live shares by others below any share of theirs, and the reach of those; exact within a content, summed over contents. "
    "Amplification: downstream shares for each own share. First: contents that the actor was the first to share. "
)
_SHARERS_TEXT = "Sharers: others whose shares hang on theirs; their audience is the audience of the audience."

_CAMPAIGNS: tuple[Panel, ...] = (
    rows(
        "Campaigns",
        "Each campaign with its contents taken together. Primary: the largest audience of each author. Secondary: that of each sharer who posted none "
        "of its contents. Each person counts once over the whole campaign; – where no audience is known. Exact: depth over links that the platform tells "
        "for certain. Viral: contents whose state is viral or sustained, – until states are computed. Views and clicks: acts, or the platform's total "
        "where that is more.",
        sql.CAMPAIGNS,
        (
            Column("campaign_id", "Campaign", links=TO_CAMPAIGN, width=220),
            Column("contents", "Contents", COUNT),
            Column("viral_contents", "Viral", COUNT),
            Column("shares", "Shares", COUNT),
            Column("depth", "Depth", COUNT),
            Column("depth_exact", "Depth, exact", COUNT),
            Column("first_hand", "Primary reach", PEOPLE),
            Column("second_hand", "Secondary reach", PEOPLE),
            Column("audience_coverage", "Coverage", units.PercentUnit, decimals=0),
            *_PER,
            Column("last_seen", "Latest act", MOMENT, width=190),
        ),
    ),
    stacked(
        "Shares per minute by campaign",
        "Live shares by the minute in which they happened, of contents that have a campaign. A late event changes its minute.",
        sql.PER_MINUTE,
        "campaign",
        unit=units.CountsPerMinute,
    ),
    rows(
        "Shares per view and click",
        "Of those who saw a content or clicked on it, how many shared it: the 50 contents with most shares. – without a known view or click.",
        sql.CONVERSION,
        (
            Column("content_id", "Content", links=TO_CONTENT, width=240),
            Column("campaign", "Campaign", width=140),
            Column("shares", "Shares", COUNT),
            Column("views", "Views", COUNT),
            Column("clicks", "Clicks", COUNT),
            *_PER,
        ),
        width=12,
        height=8,
    ),
)

_PEOPLE: tuple[Panel, ...] = (
    rows(
        "Who carries the campaigns",
        f"The 50 sharers that brought a campaign most. {_CREDIT_TEXT}Depth: generation of the earliest live share. {_SHARERS_TEXT}",
        sql.AMPLIFIERS,
        (
            Column("campaign", "Campaign", links=TO_CAMPAIGN, width=160),
            *_WHO,
            *_CARRIED,
            Column("depth", "Depth", COUNT),
            *_CREDIT,
            *_SHARERS,
        ),
    ),
    rows(
        "First five of each platform",
        f"Over all contents, campaign or not. {_CREDIT_TEXT}{_SHARERS_TEXT}",
        sql.PLATFORM_AMPLIFIERS,
        (
            Column("platform", "Platform", width=110),
            Column("place", "Place", COUNT, width=70),
            Column("actor_id", "Actor", width=220),
            *_CARRIED,
            *_CREDIT,
            *_SHARERS,
        ),
    ),
    rows(
        "Advocates",
        f"Who shares again and again: by the number of contents shared, over all contents. {_CREDIT_TEXT}",
        sql.ADVOCATES,
        (*_WHO, *_CARRIED, *_CREDIT),
    ),
)

_TALK: tuple[Panel, ...] = (
    rows(
        "Conversation",
        "Do accounts create or share, do they talk with people or only to them? Accounts that campaigns own (a setting) come first, then those that post "
        "most. Created : shared is posts over shares of what others posted. One-way : two-way is posts without a reply or mention of somebody else by the "
        "account over posts with one. Reciprocity: of those who shared it, whom it shared, answered or mentioned within 24 hours. – with nothing below the line.",
        sql.ACCOUNTS,
        (
            *_WHO,
            Column("owned_for", "Owned by campaign", width=160),
            Column("posts", "Posts", COUNT),
            Column("shares_of_others", "Shares of others", COUNT),
            Column("share_ratio", "Created : shared", RATIO, decimals=2),
            Column("one_way_posts", "One-way", COUNT),
            Column("two_way_posts", "Two-way", COUNT),
            Column("two_way_ratio", "One-way : two-way", RATIO, decimals=2),
            Column("replies", "Replies", COUNT),
            Column("mentions", "Mentions", COUNT),
            Column("sharers", "Sharers", COUNT),
            Column("reciprocity", "Reciprocity", units.PercentUnit, decimals=0),
            Column("sharers_audience_p10", "Their audience, p10", PEOPLE),
            Column("sharers_audience_p50", "Median", PEOPLE),
            Column("sharers_audience_p90", "p90", PEOPLE),
        ),
    ),
)


def campaign() -> Dashboard:
    """The dashboard."""
    about = "What campaigns reach with each person once, who carries them, and how their accounts talk."
    made = board(UID, "Campaigns and people", about, "now-24h").refresh(REFRESH)
    made = made.with_variable(choice("campaign", "Campaign", "These campaigns only.", sql_live.CAMPAIGNS))
    made = made.with_variable(page_address())
    headings = ("Campaigns", "Who carries it", "Conversation")
    return assemble(made, zip(headings, (_CAMPAIGNS, _PEOPLE, _TALK), strict=True))
