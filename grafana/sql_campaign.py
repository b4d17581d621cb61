"""What the dashboard of campaigns and people asks ClickHouse. The filter is that of the live dashboard.

A figure that is not known is NULL, never 0: a reach while no audience is known, a ratio with nothing below the line.
"""

from __future__ import annotations

from grafana.sql_live import CAMPAIGN_KEY

_CHOSEN = f"$__conditionalAll({CAMPAIGN_KEY} IN (${{campaign:singlequote}}), $campaign)"
_FURTHEST = "downstream_reach DESC, downstream_shares DESC, audience_size DESC, platform, actor_id"

CAMPAIGNS = f"""
SELECT
    campaign_id, contents, viral_contents, shares, depth, depth_exact, nullIf(primary_reach, 0) AS first_hand,
    if(audience_coverage = 0, NULL, secondary_reach) AS second_hand, audience_coverage, shares_per_view, shares_per_click, last_seen
FROM v_campaign WHERE {_CHOSEN}
ORDER BY shares DESC, campaign_id LIMIT 50
"""

PER_MINUTE = f"""
SELECT $__timeInterval(minute) AS time, ifNull(campaign_id, '') AS campaign, sum(shares) * 60 / $__interval_s AS per_minute
FROM v_platform_minute
WHERE $__timeFilter(minute) AND campaign_id IS NOT NULL
    AND {_CHOSEN}
GROUP BY time, campaign ORDER BY time, campaign
"""

CONVERSION = f"""
SELECT content_id, campaign_id AS campaign, shares, views, clicks, shares_per_view, shares_per_click
FROM v_conversion WHERE {_CHOSEN}
ORDER BY shares DESC, content_id LIMIT 50
"""

AMPLIFIERS = f"""
SELECT
    campaign_id AS campaign, actor_id, toString(platform) AS platform, contents, first_moves, shares, audience_size, depth, downstream_shares,
    amplification, downstream_reach, sharers, sharers_audience_p50, sharers_audience_p90
FROM v_campaign_amplifiers WHERE {_CHOSEN}
ORDER BY {_FURTHEST}, campaign LIMIT 50
"""

PLATFORM_AMPLIFIERS = """
SELECT
    toString(platform) AS platform, place, actor_id, contents, first_moves, shares, audience_size, downstream_shares, amplification,
    downstream_reach, sharers, sharers_audience_p50, sharers_audience_p90
FROM v_platform_amplifiers WHERE place <= 5
ORDER BY platform, place
"""

ADVOCATES = f"""
SELECT actor_id, toString(platform) AS platform, contents, first_moves, shares, audience_size, downstream_shares, amplification, downstream_reach
FROM v_advocates
ORDER BY contents DESC, {_FURTHEST} LIMIT 50
"""

ACCOUNTS = """
SELECT
    actor_id, toString(platform) AS platform, arrayStringConcat(owned_by, ', ') AS owned_for, posts, shares_of_others, share_ratio, one_way_posts,
    two_way_posts, two_way_ratio, replies, mentions, sharers, reciprocity, sharers_audience_p10, sharers_audience_p50, sharers_audience_p90
FROM v_accounts
ORDER BY notEmpty(owned_by) DESC, posts DESC, sharers DESC, platform, actor_id LIMIT 50
"""
"""The accounts that campaigns own come first."""
