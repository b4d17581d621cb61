"""What a campaign's page asks ClickHouse; values are parameters, as in `pipeline.serve.sql`."""

from __future__ import annotations

CAMPAIGN = """
SELECT campaign_id, contents, platforms, toUnixTimestamp64Milli(first_seen) AS first_seen, toUnixTimestamp64Milli(last_seen) AS last_seen,
    posts, shares, likes, comments, mentions, clicks, views, depth, depth_exact, primary_reach, secondary_reach, potential_reach,
    sharers, sharers_known, audience_coverage, viral_contents, shares_per_view, shares_per_click
FROM v_campaign WHERE campaign_id = {id:String}
"""

AMPLIFIERS = """
SELECT actor_id, platform, contents, shares, audience_size, downstream_shares, amplification, downstream_reach, first_moves,
    count() OVER () AS amplifiers
FROM v_campaign_amplifiers WHERE campaign_id = {id:String}
ORDER BY downstream_reach DESC, downstream_shares DESC, audience_size DESC, platform, actor_id LIMIT 20
"""

OWNED = "SELECT count() AS accounts FROM v_owned_accounts WHERE campaign_id = {id:String}"

ACCOUNTS = """
SELECT platform, actor_id, posts, shares_of_others, share_ratio, replies, mentions, one_way_posts, two_way_posts, two_way_ratio,
    sharers, reciprocated, reciprocity, sharers_known, sharers_audience_p10, sharers_audience_p50, sharers_audience_p90
FROM v_accounts WHERE has(owned_by, {id:String})
ORDER BY posts DESC, platform, actor_id LIMIT 50
"""
