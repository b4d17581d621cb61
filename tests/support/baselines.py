"""Contents to compare with, and the expectation by the rule as it is written."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from pipeline.cascade import Content, fold
from schemas.wire import WireEvent, micros

GRID = (5, 10, 20, 40, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10080, 20160, 43200)
EPOCH = datetime(2024, 3, 1, tzinfo=UTC)
EPOCH_US = 1_709_251_200_000_000
MINUTE_US = 60_000_000


def event(content_id, event_id, minute, platform="x", campaign=None, kind="share"):
    at = EPOCH + timedelta(minutes=minute)
    return WireEvent(
        event_id=event_id,
        kind=kind,
        platform=platform,
        content_id=content_id,
        actor_id=f"by {event_id}",
        occurred_at=at,
        campaign_id=campaign,
    )


def content(content_id, born=0.0, shares=(), platform="x", campaign=None):
    """A post `born` minutes after `EPOCH`, and shares so many minutes after it."""
    made = Content(content_id, {})
    post = event(content_id, "post", born, platform, campaign, "post")
    for one in [post, *[event(content_id, f"s{n}", born + at, platform) for n, at in enumerate(shares)]]:
        fold(made, one, micros(one.occurred_at))
    return made


def at_age(born, shares, age):
    """Shares in the first `age` minutes, counted from the start of the minute of birth."""
    return sum(math.floor(born + at) < math.floor(born) + age for at in shares)


def middle_half(counts):
    counts = sorted(counts)
    for _ in range(len(counts) // 4):
        counts = counts[1:-1]
    return sum(counts) / len(counts)


def expected(known, platform, campaign, age_s, now, without=""):
    """`known`: (content_id, born, shares, platform, campaign), of all contents noted; `now` in minutes after `EPOCH`."""
    theirs = [one for one in known if one[3] == platform and one[0] != without]
    for group, enough in (([one for one in theirs if campaign and one[4] == campaign], 20), (theirs, 10)):
        found = of_group(group, age_s / 60, now, enough)
        if found is not None:
            return found
    return None


def of_group(group, age, now, enough):
    low = max((minutes for minutes in GRID if minutes <= age), default=None)
    if low is None:
        return None
    high = next((minutes for minutes in GRID if minutes > age), low)
    old = sorted((one for one in group if now - one[1] >= high), key=lambda one: (one[1], one[0]))[-100:]
    if len(old) < enough:
        return None
    early, late = (middle_half([at_age(one[1], one[2], edge) for one in old]) for edge in (low, high))
    return early if low == high else early + (late - early) * math.log(age / low) / math.log(high / low)
