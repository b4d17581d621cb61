"""What the live dashboard asks ClickHouse.

Only views are read, without a database name: the data source sets it. Values of variables reach the SQL in two forms that no
character can break out of: text boxes percent-encoded and decoded here, lists as values that need no escape (platforms by their
contract, campaigns as `CAMPAIGN_KEY`). `$__conditionalAll` leaves a filter out while its variable stands on All.
"""

from __future__ import annotations

from pipeline.config import Settings

CAMPAIGN_KEY = "ifNull(encodeURLComponent(campaign_id), '(none)')"
"""A campaign as a value without quotes, backslashes and parentheses, so never equal to that of "no campaign"."""

_CAMPAIGN = f"{CAMPAIGN_KEY} IN (${{campaign:singlequote}})"
_FOUND = "positionCaseInsensitiveUTF8(content_id, decodeURLComponent('${search:percentencode}')) > 0"

MINUTES = f"""$__conditionalAll(platform IN (${{platform:singlequote}}), $platform)
    AND $__conditionalAll(content_id IN (SELECT content_id FROM v_content WHERE {_CAMPAIGN}), $campaign)
    AND {_FOUND}"""
"""The three filters on rows of `v_content_minute`."""

CONTENTS = f"""$__conditionalAll(hasAny(platforms, [${{platform:singlequote}}]), $platform)
    AND $__conditionalAll({_CAMPAIGN}, $campaign)
    AND {_FOUND}"""
"""The three filters on rows of `v_content`."""


def _default(setting: str) -> float:
    return float(Settings.model_fields[setting].default)


SHAPE = (
    f"multiIf(size <= 1, NULL, structural_virality >= {_default('chain_from')}, 'chain', "
    f"structural_virality < {_default('broadcast_below')}, 'broadcast', 'mixed')"
)
"""The label of a tree, at the thresholds that the page has unless it is told otherwise."""


def recent(minutes: int) -> str:
    """The whole minutes (⌊now⌋ − W, ⌊now⌋], as in `v_content`."""
    return f"minute > toStartOfMinute(now('UTC')) - INTERVAL {minutes} MINUTE AND minute <= now('UTC')"


def over(minutes: int, figure: str) -> str:
    """One figure over the last minutes."""
    return f"SELECT {figure} AS value\nFROM v_content_minute\nWHERE {recent(minutes)}\n    AND {MINUTES}"


CAMPAIGNS = f"""
SELECT {CAMPAIGN_KEY} AS value, ifNull(campaign_id, '(no campaign)') AS label
FROM v_content GROUP BY value, label ORDER BY count() DESC, label LIMIT 500
"""

PLATFORMS = """
SELECT toString(arrayJoin(platforms)) AS value FROM v_content GROUP BY value ORDER BY count() DESC, value LIMIT 100
"""

SHARES_5M = over(5, "sum(shares)")
SHARES_1H = over(60, "sum(shares)")
REACH_5M = over(5, "sum(secondary_reach)")
MOVING = over(5, "uniqExactIf(content_id, shares > 0)")
DEEPEST = over(5, "nullIf(max(depth), 0)")
DEAD_LETTER_RATE = "SELECT count() / 5 AS value FROM v_dead_letters WHERE received_at > now('UTC') - INTERVAL 5 MINUTE"

TOP_MOVERS = f"""
SELECT
    content_id, campaign_id AS campaign, arrayStringConcat(platforms, ', ') AS on_platforms,
    shares_5m, shares_1h, shares_24h, size, depth,
    if(audience_coverage = 0, NULL, secondary_reach) AS reach, if(size > 1, structural_virality, NULL) AS virality, {SHAPE} AS shape
FROM v_content
WHERE {CONTENTS}
ORDER BY v_content.shares_5m DESC, v_content.shares_1h DESC, v_content.shares DESC, content_id
LIMIT 50
"""


def per_minute(column: str) -> str:
    """A column of the minutes as a rate per minute and platform, whatever the width of a bucket."""
    return f"""
SELECT $__timeInterval(minute) AS time, toString(platform) AS platform, sum({column}) * 60 / $__interval_s AS per_minute
FROM v_content_minute
WHERE $__timeFilter(minute)
    AND {MINUTES}
GROUP BY time, platform ORDER BY time, platform
"""


GENERATIONS = f"""
SELECT if(depth = 64, '64+', toString(depth)) AS generation, sum(shares) AS shares
FROM v_generation
WHERE content_id IN (SELECT content_id FROM v_content_minute WHERE $__timeFilter(minute) AND {MINUTES})
GROUP BY depth ORDER BY depth
"""

DEAD_LETTERS_BY_REASON = """
SELECT $__timeInterval(received_at) AS time, toString(reason) AS reason, count() * 60 / $__interval_s AS per_minute
FROM v_dead_letters WHERE $__timeFilter(received_at)
GROUP BY time, reason ORDER BY time, reason
"""

DEAD_LETTERS = """
SELECT received_at, reason, detail, substringUTF8(payload_text, 1, 300) AS payload, topic, partition, offset
FROM v_dead_letters WHERE $__timeFilter(received_at)
ORDER BY v_dead_letters.received_at DESC, topic, partition, offset DESC LIMIT 100
"""
