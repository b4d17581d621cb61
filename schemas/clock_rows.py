"""The rows of the tables that tell what a moment tells: clock figures, their history, alerts, baselines.

No record of the log makes them, so no offset waits for them; `schemas.rows` has those that are a function of the log.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

Microseconds = Annotated[int, Field(ge=0, lt=1 << 63, description="microseconds since 1970; the greatest stands")]


class ClockRow(BaseModel):
    """Table `content_clock`: the figures of one content that change with time alone, as of `evaluated_at`. -1 = not known."""

    content_id: str
    evaluated_at: datetime = Field(description="the moment that the figures are of, by the clock of the partition")
    velocity_5m: float
    velocity_1h: float
    acceleration: float
    doubling_s: float
    live_r: float
    z: float
    expected_shares: float
    viral_score: float
    predicted_size: float
    predicted_low: float
    predicted_high: float = Field(description="-1 while it accelerates: there is no upper end")
    accelerating: bool
    half_s: float
    ninety_s: float
    label: str
    state: str = Field(description="'' where no rule was asked: alerts are off, or the moment is too long ago")
    severity: int = Field(description="1 to 10 while an alert is open, else 0")
    version: Microseconds


class HistoryRow(BaseModel):
    """Table `content_history`: what was known of one content at the end of one minute of arrival."""

    content_id: str
    known_at: datetime = Field(description="start of the minute")
    evaluated_at: datetime
    size: int
    shares: int
    depth: int
    primary_reach: int
    secondary_reach: int
    structural_virality: float
    r: float
    velocity_5m: float
    velocity_1h: float
    viral_score: float
    predicted_size: float
    accelerating: bool
    state: str
    acceleration: float
    doubling_s: float = Field(description="-1 = it does not grow")
    live_r: float
    max_breadth: int
    mean_depth: float = Field(description="-1 without spreads")
    label: str
    breadth: list[int] = Field(description="nodes by depth, the root first; the last slot is depth 64 and deeper")
    depth_exact: int
    sharers: int = Field(description="distinct actors with a live share, post authors left out")
    sharers_known: int = Field(description="those of them whose audience is known")
    predicted_low: float
    predicted_high: float = Field(description="-1 while it accelerates: there is no upper end")
    version: int = Field(ge=0, lt=1 << 63, description="see `history_version`; the greatest stands")


class AlertRow(BaseModel):
    """Table `alerts`: one alert as it was told last (`schemas.alert.Alert`)."""

    alert_id: str
    sequence: int
    kind: str
    rule: str
    content_id: str
    campaign_id: str
    platforms: list[str]
    state: str
    previous_state: str
    severity: int
    opened_at: datetime
    at: datetime
    closed_at: datetime = Field(description="1970 while it is open")
    summary: str
    evidence: dict[str, str]
    top_spreaders: str = Field(description="JSON list")
    muted: bool
    page: str
    dashboard: str
    version: Microseconds


class BaselineRow(BaseModel):
    """Table `baselines`: the shares expected of a content of one platform (and campaign) at one age, as one partition knows it."""

    kafka_partition: int
    platform: str
    campaign_id: str = Field(description="'' = all contents of the platform")
    age_s: int
    contents: int
    expected: float = Field(description="-1 = too few contents to say")
    version: Microseconds


CLOCK_TABLES: dict[str, type[BaseModel]] = {
    "content_clock": ClockRow,
    "content_history": HistoryRow,
    "alerts": AlertRow,
    "baselines": BaselineRow,
}

CLOCK_KEYS: dict[str, tuple[str, ...]] = {
    "content_clock": ("content_id",),
    "content_history": ("content_id", "known_at"),
    "alerts": ("alert_id",),
    "baselines": ("kafka_partition", "platform", "campaign_id", "age_s"),
}

MINUTE_US = 60_000_000
LATE_US = 10 * MINUTE_US
"""Rows written within ten minutes of their moment count as written in time: a worker that lags a little, or was killed and reads again."""
_LATEST = (1 << 26) - 1
_MINUTE_BITS = 26  # a minute has fewer microseconds than 2^26


def history_version(now_us: int, wall_us: int) -> int:
    """Of several rows of one minute that one stands which was written soonest after it; of those written in time, the latest in the minute.

    `now_us` is the moment of the figures, `wall_us` that of writing. So a rebuild that comes to the minute again finds it written and changes
    nothing; where it never was, the row is new.
    """
    late = min(max(0, wall_us - now_us) // LATE_US, _LATEST)
    return (_LATEST - late) << _MINUTE_BITS | now_us % MINUTE_US
