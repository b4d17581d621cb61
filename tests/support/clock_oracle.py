"""Clock figures by brute force, from the list of the events: no buckets, no sums that are kept, nothing shared with `pipeline.cascade.clock`."""

from __future__ import annotations

import math

from support.oracle import MINUTE_US, minute_of
from support.oracle_tree import actor_of, largest_audience, microseconds, moment_key

HOUR_US = 60 * MINUTE_US


def seen(audience):
    """People who see an act, as forecasts count them."""
    return 100 if audience is None else min(audience, 10**10)


def acts_by_age(facts):
    """(time, spreads, audience) of every spread and post that stands: one that was undone is seen by nobody any more."""
    live = {act.event_id for act in facts.live(facts.acts)}
    return [
        (microseconds(act.occurred_at), int(act.kind != "post"), seen(act.audience_size) * (act.event_id in live))
        for act in (*facts.posts, *facts.spreads)
    ]


def first_us(facts, now_us):
    times = [microseconds(event.occurred_at) for event in facts.acts or facts.standing.values()]
    return min(times, default=now_us)


def shares_in(facts, first, last):
    """Live shares of the minutes from `first` to `last`."""
    return sum(first <= minute_of(spread) <= last for spread in facts.live(facts.spreads))


def acceleration(facts, now_us):
    minute = now_us // MINUTE_US
    return (shares_in(facts, minute - 5, minute - 1) - shares_in(facts, minute - 10, minute - 6)) / 5


def doubling(facts, now_us):
    minute, first = now_us // MINUTE_US, first_us(facts, now_us)
    start = max(first, (minute - 59) * MINUTE_US)
    before = 1 + len(facts.live(facts.spreads)) - shares_in(facts, minute - 59, minute)
    size = 1 + len(facts.live(facts.spreads))
    if size == before or now_us <= start:
        return None
    growth = (math.log(size) - math.log(before)) / ((now_us - start) / 1e6)
    return math.log(2) / growth


def average(facts, now_us, last):
    """(mean, variance, weight) of the minutes up to `last`, from the first act's on and not before an hour and two minutes ago."""
    minute = now_us // MINUTE_US
    start = max(first_us(facts, now_us) // MINUTE_US, minute - 62)
    weighed = [(0.9 ** (last - other), shares_in(facts, other, other)) for other in range(start, last + 1)]
    weight = math.fsum(part for part, _ in weighed)
    if not weighed:
        return 0.0, 0.0, 0.0
    mean = math.fsum(part * count for part, count in weighed) / weight
    return mean, math.fsum(part * (count - mean) ** 2 for part, count in weighed) / weight, weight


def z(facts, now_us, minute):
    """Of one minute, against the minutes before the one before it."""
    mean, variance, weight = average(facts, now_us, minute - 2)
    if not weight:
        return 0.0
    return (shares_in(facts, minute, minute) - mean) / max(math.sqrt(variance), math.sqrt(mean), 1)


def poisson_p(facts, now_us):
    minute = now_us // MINUTE_US
    mean, _, weight = average(facts, now_us, minute - 6)
    if not weight:
        return 1.0
    expected = 5 * (mean + 1 / weight)
    fewer = range(shares_in(facts, minute - 5, minute - 1))
    return 1 - math.fsum(math.exp(-expected) * expected**count / math.factorial(count) for count in fewer)


def idle(facts, now_us):
    live = facts.live(facts.spreads)
    if not live:
        return max(0.0, (now_us - first_us(facts, now_us)) / 1e6)
    last = max(microseconds(spread.occurred_at) for spread in facts.spreads)
    end_of_minute = (max(map(minute_of, live)) + 1) * MINUTE_US
    far_enough = (last // HOUR_US - 23) * HOUR_US
    return max(0.0, (now_us - min(last, max(end_of_minute, far_enough))) / 1e6)


def amplifiers(facts, amplifier_rows):
    """(platform, actor, downstream shares, downstream reach, audience, depth), furthest first, of rows as the table has them."""
    ranked = []
    for (platform, actor_id), row in amplifier_rows.items():
        theirs = [spread for spread in facts.spreads if actor_of(spread) == (platform, actor_id)]
        known = largest_audience(facts.live(theirs))
        first = min(facts.live(theirs) or theirs, key=moment_key)
        key = (
            -row["downstream_reach"],
            -row["downstream_shares"],
            -1 * (-1 if known is None else known),
            microseconds(first.occurred_at),
            platform,
            actor_id,
        )
        shown = (platform, actor_id, row["downstream_shares"], row["downstream_reach"], known, facts.depth(first))
        ranked.append((key, shown))
    return [shown for _, shown in sorted(ranked)]
