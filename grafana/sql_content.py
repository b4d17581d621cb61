"""What the content dashboard asks ClickHouse. The content is `$content`, percent-encoded and decoded here, so any id is safe in the SQL.

A figure that is not known is NULL, never 0: reach while no audience is known, virality and R before the first spread.
"""

from __future__ import annotations

from grafana.sql_live import SHAPE

THIS = "content_id = decodeURLComponent('${content:percentencode}')"
_NO_PRIMARY = "primary_reach = 0"
_NO_SECONDARY = "audience_coverage = 0"
_NO_REACH = "primary_reach = 0 AND secondary_reach = 0"

CONTENT = """
SELECT content_id FROM v_content
WHERE decodeURLComponent('${content_id:percentencode}') IN ('', content_id)
ORDER BY shares_5m DESC, shares_1h DESC, shares DESC, content_id LIMIT 1
"""
"""The content that the text box names; while it is empty, the one that moves most."""

IDENTITY = f"""
SELECT content_id, campaign_id AS campaign, arrayStringConcat(platforms, ', ') AS on_platforms, {SHAPE} AS shape, state, first_seen, last_seen
FROM v_content WHERE {THIS}
"""

STRUCTURE = f"""
SELECT
    size, depth, depth_exact, max_breadth, if(size > 1, structural_virality, NULL) AS virality,
    if(size > 1, ifNull(live_r, r), NULL) AS children_per_spread, if(size > 1, r, NULL) AS children_so_far
FROM v_content WHERE {THIS}
"""

REACH = f"""
SELECT
    if({_NO_PRIMARY}, NULL, primary_reach) AS first_hand, if({_NO_SECONDARY}, NULL, secondary_reach) AS second_hand,
    if({_NO_REACH}, NULL, potential_reach) AS potential, if({_NO_REACH}, NULL, estimated_reach) AS estimated, audience_coverage
FROM v_content WHERE {THIS}
"""

MOVING = f"""
SELECT
    shares_5m, shares_1h, shares_24h,
    if({_NO_SECONDARY}, NULL, secondary_reach_5m) AS reach_5m, if({_NO_SECONDARY}, NULL, secondary_reach_1h) AS reach_1h,
    if({_NO_SECONDARY}, NULL, secondary_reach_24h) AS reach_24h,
    nullIf(depth_5m, 0) AS deepest_5m, nullIf(depth_1h, 0) AS deepest_1h, nullIf(depth_24h, 0) AS deepest_24h
FROM v_content WHERE {THIS}
"""

OUTLOOK = f"SELECT velocity_5m, velocity_1h, viral_score FROM v_content WHERE {THIS}"

FORECAST = f"""
SELECT
    multiIf(predicted_size IS NULL, NULL, accelerating, 'still accelerating: only the least can be told', 'within the range 8 times of 10') AS course,
    if(accelerating, NULL, predicted_size) AS final_size, predicted_low AS at_least, if(accelerating, NULL, predicted_high) AS at_most,
    if(accelerating, NULL, half_s) AS half_age, if(accelerating, NULL, ninety_s) AS ninety_age
FROM v_content WHERE {THIS}
"""
"""While it accelerates the view's final size and times are finite, and nobody should rely on them: the page leaves them out as well."""

COUNTS = f"SELECT shares, likes, comments, mentions, clicks, views, posts, follows FROM v_content WHERE {THIS}"

QUALITY = f"""
SELECT duplicates, retracted, retractions_waiting, retractions_refused, parents_unresolved, parents_not_a_spread, parents_self, parents_cycle
FROM v_content WHERE {THIS}
"""

PER_MINUTE = f"""
SELECT $__timeInterval(minute) AS time, sum(shares) * 60 / $__interval_s AS shares, sum(secondary_reach) * 60 / $__interval_s AS reach
FROM v_content_minute
WHERE $__timeFilter(minute) AND {THIS}
GROUP BY time ORDER BY time
"""

BY_PLATFORM = f"""
SELECT $__timeInterval(minute) AS time, toString(platform) AS platform, sum(shares) * 60 / $__interval_s AS per_minute
FROM v_content_minute
WHERE $__timeFilter(minute) AND {THIS}
GROUP BY time, platform ORDER BY time, platform
"""


def generations(column: str) -> str:
    """A column of `v_generation` by depth, a missing generation included as 0."""
    return f"""
SELECT if(depth = 64, '64+', toString(depth)) AS generation, {column}
FROM v_generation WHERE {THIS} ORDER BY depth
"""


PARENT_BASIS = f"""
SELECT toString(parent_basis) AS basis, count() AS spreads FROM v_edges WHERE {THIS} GROUP BY basis ORDER BY spreads DESC, basis
"""

AMPLIFIERS = f"""
SELECT actor_id, toString(platform) AS platform, depth, shares, audience_size, downstream_shares, downstream_reach, amplification, first_shared_at
FROM v_amplifiers WHERE {THIS}
ORDER BY downstream_reach DESC, downstream_shares DESC, audience_size DESC, platform, actor_id LIMIT 50
"""

EDGES = f"""
SELECT
    occurred_at, toString(platform) AS platform, toString(kind) AS kind, actor_id, depth, depth_exact, audience_size, event_id, parent_event_id,
    toString(parent_basis) AS basis, toString(parent_status) AS status, retracted
FROM v_edges WHERE {THIS}
ORDER BY occurred_at DESC, event_id DESC LIMIT 500
"""
