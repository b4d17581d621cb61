"""Every question that the page asks ClickHouse. Values are parameters; only these constants are text.

Times leave ClickHouse as whole numbers (milliseconds, or minutes since 1970 UTC), so no driver's time zone comes between.
A minute as a number is called `slot`: an alias `minute` would take the place of the column in WHERE.
"""

from __future__ import annotations

TOTALS = """
SELECT count() AS contents, max(toUnixTimestamp64Milli(last_seen)) AS last_seen, toUnixTimestamp64Milli(now64(3, 'UTC')) AS now
FROM v_content
"""

ACCEPTED = "SELECT sum(acts) AS accepted FROM v_content_minute"

REJECTED = "SELECT count() AS rejected FROM v_dead_letters"

RECENT_BY_PLATFORM = """
SELECT platform, intDiv(toUnixTimestamp(minute), 60) AS slot, sum(shares) AS shares, sum(secondary_reach) AS reach, sum(acts) AS acts
FROM v_content_minute
WHERE minute > toStartOfMinute(now('UTC')) - INTERVAL 60 MINUTE AND minute <= now('UTC')
GROUP BY platform, slot
"""

CAMPAIGNS = """
SELECT ifNull(campaign_id, '') AS name, count() AS contents
FROM v_content GROUP BY name HAVING name != '' ORDER BY contents DESC, name LIMIT 200
"""

PLATFORMS = """
SELECT toString(arrayJoin(platforms)) AS name, count() AS contents
FROM v_content GROUP BY name ORDER BY contents DESC, name LIMIT 50
"""

_FACTS = """
content_id, campaign_id, platforms, toUnixTimestamp64Milli(first_seen) AS first_seen, toUnixTimestamp64Milli(last_seen) AS last_seen,
size, shares, depth, depth_exact, structural_virality, r, live_r, primary_reach, secondary_reach, potential_reach, estimated_reach,
audience_coverage, shares_5m, shares_1h, shares_24h, secondary_reach_5m, secondary_reach_1h, secondary_reach_24h,
viral_score, state, severity
"""

CONTENT = f"""
SELECT {_FACTS}, breadth, max_breadth, mean_depth, depth_5m, depth_1h, depth_24h, posts, likes, comments, mentions, clicks, views, follows,
    counted_shares, counted_likes, counted_comments, counted_clicks, counted_views, duplicates, retracted, retractions_refused,
    retractions_waiting, sharers, sharers_known, parents_unresolved, parents_self, parents_not_a_spread, parents_cycle,
    velocity_5m, velocity_1h, acceleration, doubling_s, expected_shares, predicted_size, predicted_low, predicted_high, accelerating,
    half_s, ninety_s, kafka_partition, kafka_offset
FROM v_content WHERE content_id = {{id:String}}
"""

MERGED_INTO = "SELECT merged_into FROM v_merged_contents WHERE content_id = {id:String}"

_FILTERS = {
    "campaign": "campaign_id = {campaign:String}",
    "platform": "has(platforms, {platform:String})",
    "search": (
        "(positionCaseInsensitiveUTF8(content_id, {search:String}) > 0"
        " OR positionCaseInsensitiveUTF8(ifNull(campaign_id, ''), {search:String}) > 0)"
    ),
}


def ranked(filters: set[str]) -> str:
    """Contents by what is moving now: shares in 5 minutes, then in 1 hour, then in all."""
    where = " AND ".join(clause for name, clause in _FILTERS.items() if name in filters) or "true"
    return f"""
SELECT {_FACTS}, count() OVER () AS matching
FROM v_content WHERE {where}
ORDER BY shares_5m DESC, shares_1h DESC, shares DESC, content_id LIMIT {{limit:UInt32}}
"""


SPARKLINES = """
SELECT content_id, intDiv(toUnixTimestamp(minute), 60) AS slot, sum(shares) AS shares, intDiv(toUnixTimestamp(now()), 60) AS this_minute
FROM v_content_minute
WHERE content_id IN {ids:Array(String)} AND minute > toStartOfMinute(now('UTC')) - INTERVAL 60 MINUTE AND minute <= now('UTC')
GROUP BY content_id, slot
"""

GENERATIONS = """
SELECT depth, nodes, shares, reach FROM v_generation WHERE content_id = {id:String} ORDER BY depth
"""

AMPLIFIERS = """
SELECT actor_id, platform, depth, shares, audience_size, downstream_shares, downstream_reach, first_mover
FROM v_amplifiers WHERE content_id = {id:String}
ORDER BY downstream_reach DESC, downstream_shares DESC, audience_size DESC, platform, actor_id LIMIT 20
"""

AMPLIFIER_COUNT = "SELECT count() AS amplifiers FROM v_amplifiers WHERE content_id = {id:String}"

CONTENT_PLATFORMS = """
SELECT platform, sum(shares) AS shares, sum(secondary_reach) AS reach
FROM v_content_minute WHERE content_id = {id:String} GROUP BY platform ORDER BY shares DESC, platform
"""

CONTENT_LAST_HOUR = """
SELECT intDiv(toUnixTimestamp(minute), 60) AS slot, sum(shares) AS shares, sum(secondary_reach) AS reach
FROM v_content_minute
WHERE content_id = {id:String} AND minute > toStartOfMinute(now('UTC')) - INTERVAL 60 MINUTE AND minute <= now('UTC')
GROUP BY slot
"""

CONTENT_LIFE = """
SELECT intDiv(intDiv(toUnixTimestamp(minute), 60), {step:UInt32}) AS slot, sum(shares) AS shares, sum(secondary_reach) AS reach
FROM v_content_minute WHERE content_id = {id:String} GROUP BY slot
"""

PARENT_BASIS = """
SELECT parent_basis AS basis, count() AS spreads FROM v_edges WHERE content_id = {id:String} GROUP BY basis ORDER BY spreads DESC
"""

_EDGE = """
event_id, parent_event_id, depth, audience_size, toUnixTimestamp64Milli(occurred_at) AS at, platform, actor_id, parent_basis, retracted
"""

EDGES = f"SELECT {_EDGE}, 0 AS children FROM v_edges WHERE content_id = {{id:String}} LIMIT {{limit:UInt32}}"

PARENTS = f"""
SELECT {_EDGE}, below.children AS children
FROM v_edges AS edge
INNER JOIN
(
    SELECT parent_event_id AS parent, count() AS children
    FROM v_edges WHERE content_id = {{id:String}} AND parent_event_id IS NOT NULL
    GROUP BY parent ORDER BY children DESC, parent LIMIT {{limit:UInt32}}
) AS below ON below.parent = edge.event_id
WHERE edge.content_id = {{id:String}}
"""

# A door numbers its letters beyond what a number of JavaScript holds: the offset goes as text.
LETTERS = """
SELECT topic, partition, toString(v_dead_letters.offset) AS offset, reason, detail, toUnixTimestamp64Milli(received_at) AS at,
    length(payload) AS bytes, hex(substring(payload, 1, {preview:UInt32})) AS head
FROM v_dead_letters ORDER BY received_at DESC, topic, partition, v_dead_letters.offset DESC LIMIT {limit:UInt32}
"""

LETTERS_BY_REASON = (
    "SELECT reason, count() AS records FROM v_dead_letters GROUP BY reason ORDER BY records DESC, reason LIMIT 20"
)

LETTERS_BY_MINUTE = """
SELECT intDiv(toUnixTimestamp(received_at), 60) AS slot, count() AS records, intDiv(toUnixTimestamp(now()), 60) AS this_minute
FROM v_dead_letters WHERE received_at > toStartOfMinute(now('UTC')) - INTERVAL 59 MINUTE GROUP BY slot
"""

_ABOUT = {"content": "content_id = {content:String}", "campaign": "ifNull(campaign_id, '') = {campaign:String}"}


def alerts(about: set[str]) -> str:
    """Alerts that are open or were within a day: of all contents, or of one content or campaign."""
    where = "".join(f" AND {clause}" for name, clause in _ABOUT.items() if name in about)
    return f"""
SELECT alert_id, content_id, campaign_id, toString(rule) AS rule, toString(state) AS state, severity, summary, muted, top_spreaders,
    arrayMap(name -> (toString(name), evidence[name]), arraySort(mapKeys(evidence))) AS evidence, dashboard,
    toUnixTimestamp64Milli(opened_at) AS opened, if(closed_at IS NULL, NULL, toUnixTimestamp64Milli(assumeNotNull(closed_at))) AS closed
FROM v_alerts WHERE kind != 'test' AND (closed_at IS NULL OR closed_at > now('UTC') - INTERVAL 24 HOUR){where}
ORDER BY closed IS NOT NULL, if(closed IS NULL, severity, 0) DESC, opened_at DESC, alert_id LIMIT {{limit:UInt32}}
"""
