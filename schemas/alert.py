"""Alerts and what people answer to them, version 1: the messages on `share.alerts` and `share.control`.

An alert is one opening of one rule for one content. Every message about it has its `alert_id`, which follows from (content, rule, number of the
opening) alone, so a restart or a replay that comes to the same opening makes the same id. `sequence` numbers the messages of one alert; the pair
of both, `message_id`, names a message: who has seen it may drop a repeat.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal, get_args
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.dead_letter import one_line
from schemas.event import Id, Platform
from schemas.rule_types import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

State = Literal["quiet", "rising", "viral", "sustained", "cooling"]
"""What a content is going through; docs/alerts.md tells how it gets from one to the next."""
STATES: tuple[State, ...] = get_args(State)
Kind = Literal["opened", "changed", "closed", "test"]
Action = Literal["mute", "unmute", "acknowledge"]

RuleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Moment = Annotated[AwareDatetime, AfterValidator(lambda value: value.astimezone(UTC))]
Text = Annotated[str, Field(max_length=2000)]

MAX_SPREADERS = 3
_ID_CHARACTERS = 32
_SHOWN_RULE = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Spreader(BaseModel):
    """One of those who carried the content furthest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platform: Platform
    actor_id: Id
    downstream_shares: int = Field(ge=0, description="Shares by others below one of the actor's own.")
    downstream_reach: int = Field(ge=0, description="Their audience: the secondary reach attributed to those shares.")
    audience_size: int | None = Field(None, ge=0, description="The actor's own audience; null when unknown.")
    depth: int = Field(0, ge=0, description="Generation of the actor's first share.")


class Links(BaseModel):
    """Where to look; null when the setting with the address is empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: str | None = Field(None, description="The content on the web page.")
    dashboard: str | None = Field(None, description="The content in Grafana.")


class Alert(BaseModel):
    """One message about one alert. JSON on `share.alerts`, keyed by content_id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alert_id: str = Field(
        pattern=r"^[0-9a-z_-]{1,64}$",
        description="The same for all messages about one opening, on every machine and in every replay.",
    )
    sequence: int = Field(
        0, ge=0, description="Number of this message among those of the alert, from 0; the greatest is the latest."
    )
    schema_version: Literal[1] = 1
    kind: Kind = Field(
        description="`opened` the first message; `changed` state or severity moved; `closed` it is over; `test` sent by hand."
    )
    rule: RuleName = Field(description="The rule that opened it, as the rules file names it.", examples=["velocity"])
    state: State = Field(description="State of the content now.")
    previous_state: State = Field(description="State of the content before this message.")
    severity: int = Field(ge=1, le=10, description="1 to 4: good to know; 5 to 10: goes viral, the more the higher.")
    content_id: Id
    campaign_id: Id | None = None
    platforms: list[Platform] = Field(default_factory=list)
    opened_at: Moment
    at: Moment = Field(description="When this message was decided; the clock of the content's partition.")
    closed_at: Moment | None = Field(
        None, description="Null while open. A notice of a moment (a mark crossed) is closed when it opens."
    )
    summary: Text = Field(description="One sentence with numbers that says why.")
    evidence: dict[str, int | FiniteFloat | str] = Field(
        default_factory=dict, description="The numbers behind it: figures, windows, thresholds, baseline."
    )
    top_spreaders: list[Spreader] = Field(default_factory=list, max_length=MAX_SPREADERS)
    muted: bool = Field(
        False,
        description="Somebody muted it, or acknowledged the alert and it goes on: kept and shown, but not sent to people.",
    )
    links: Links = Links()

    @property
    def message_id(self) -> str:
        """Names this message: equal for repeats of it, and for nothing else."""
        return f"{self.alert_id}.{self.sequence}"

    def encode(self) -> bytes:
        """The JSON for Kafka: every field, in the model's order."""
        return self.model_dump_json().encode()


class Scope(BaseModel):
    """What a control is about: all that is given must match. `alert_id` stands alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    content_id: Id | None = None
    campaign_id: Id | None = None
    rule: RuleName | None = None
    alert_id: Annotated[str, Field(pattern=r"^[0-9a-z_-]{1,64}$")] | None = None

    @field_validator("rule", mode="before")
    @classmethod
    def _rule_is_known(cls, value: object, info: ValidationInfo) -> object:
        """Only where `asked` says which rules there are."""
        known = (info.context or {}).get("rules")
        if known and value is not None and value not in known:
            told = {"rule": one_line(str(value), _SHOWN_RULE), "rules": ", ".join(known)}
            raise PydanticCustomError("rule", "there is no rule {rule}; the rules are: {rules}", told)
        return value


class Control(BaseModel):
    """What a person wants of alerts. JSON on `share.control`, keyed by `key()`: the latest of a key stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    action: Action = Field(
        description="`mute` sends nothing to people (states and alerts go on); `unmute` lifts the mute of the same scope; "
        "`acknowledge` stops the repeats of one alert; its end is told."
    )
    scope: Scope
    until: Moment | None = Field(None, description="When a mute ends by itself; null: it stays until it is lifted.")
    by: Annotated[str, Field(max_length=200)] = Field("", description="Who.")
    note: Text = Field("", description="Why.")
    at: Moment

    @model_validator(mode="after")
    def _scope_fits(self) -> Control:
        named, alert = self.scope.model_dump(exclude_none=True, exclude={"alert_id"}), self.scope.alert_id
        if self.action == "acknowledge" and (alert is None or named):
            raise PydanticCustomError("scope", "an acknowledge needs scope.alert_id and nothing else")
        if self.action != "acknowledge" and (alert is not None or not named):
            raise PydanticCustomError("scope", "a mute needs scope.content_id, scope.campaign_id or scope.rule")
        if self.until is not None and self.action != "mute":
            raise PydanticCustomError("until", "until belongs to the action mute")
        return self

    def key(self) -> bytes:
        """The Kafka key: equal for a mute and the unmute that lifts it."""
        group = "acknowledge" if self.action == "acknowledge" else "mute"
        named = self.scope.model_dump(exclude_none=True)
        return f"{group} {json.dumps(named, ensure_ascii=False, sort_keys=True, separators=(',', ':'))}".encode()

    def encode(self) -> bytes:
        """The JSON for Kafka."""
        return self.model_dump_json().encode()


decode_alert = Alert.model_validate_json
"""`decode_alert(value: bytes) -> Alert`. Raises `pydantic.ValidationError`."""
decode_control = Control.model_validate_json
"""`decode_control(value: bytes) -> Control`. Raises `pydantic.ValidationError`."""


def asked(told: Mapping[str, object]) -> Control:
    """What a person asks for, as a control. Raises `pydantic.ValidationError`.

    Unlike on the topic, where rules of other versions may stand, a mute must name a rule that exists: mistyped, it would silence nothing. Any mute can
    be lifted.
    """
    return Control.model_validate(told, context={"rules": RULES} if told.get("action") == "mute" else None)


def alert_id(content_id: str, rule: str, ordinal: int) -> str:
    """Id of the alert that `rule` opens for the content for the `ordinal`-th time (from 1). 128 bits of a SHA-256: no two meet."""
    named = json.dumps([content_id, rule, ordinal], ensure_ascii=True, separators=(",", ":"))
    return sha256(named.encode()).hexdigest()[:_ID_CHARACTERS]


def moment(time_us: int) -> datetime:
    """A time in µs since 1970 as messages have it."""
    return _EPOCH + timedelta(microseconds=time_us)


def links(content_id: str, page_url: str, grafana_url: str) -> Links:
    """Addresses of one content, under those of the page and of Grafana (settings; '' = there is none)."""
    name = quote(content_id, safe="")
    return Links(
        page=f"{page_url.rstrip('/')}/#/content/{name}" if page_url else None,
        dashboard=f"{grafana_url.rstrip('/')}/d/cascades-content?var-content_id={name}" if grafana_url else None,
    )


def with_links(alert: Alert, page_url: str, grafana_url: str) -> Alert:
    """The alert with its links."""
    return alert.model_copy(update={"links": links(alert.content_id, page_url, grafana_url)})


EXAMPLE = {
    "alert_id": alert_id("spring-film", "velocity", 1),
    "sequence": 0,
    "schema_version": 1,
    "kind": "opened",
    "rule": "velocity",
    "state": "viral",
    "previous_state": "rising",
    "severity": 8,
    "content_id": "spring-film",
    "campaign_id": "spring-launch",
    "platforms": ["bluesky"],
    "opened_at": "2026-01-31T12:40:00Z",
    "at": "2026-01-31T12:40:00Z",
    "closed_at": None,
    "summary": "82 shares in 5 min, 14× its own pace (1.2/min), 6.4× what Bluesky contents have at 40 min; "
    "forecast 2,100 (1,400 to 3,300), above 700; carried by did:plc:ada (1.2M followers); a chain: depth 6, R 0.8.",
    "evidence": {
        "age_s": 2400.0,
        "shares": 192,
        "shares_5m": 82,
        "shares_1h": 192,
        "velocity_5m": 16.4,
        "acceleration": 14.8,
        "expected_per_minute": 1.2,
        "z": 14.1,
        "previous_z": 11.6,
        "poisson_p": 2.5e-58,
        "expected": 30.0,
        "viral_score": 6.4,
        "predicted_size": 2140.0,
        "predicted_low": 1420.0,
        "predicted_high": 3310.0,
        "depth": 6,
        "depth_exact": 6,
        "r": 0.71,
        "live_r": 0.84,
        "structural_virality": 4.62,
        "label": "chain",
        "primary_reach": 5400,
        "secondary_reach": 1_260_000,
        "secondary_reach_1h": 1_260_000,
        "triggers": "velocity, over_performance, forecast",
        "rule_cool_down": 43_200.0,
        "rule_at_most": 2,
        "rule_leave_after": 1800.0,
        "rule_minimum_shares": 20,
        "rule_enter_z": 5.0,
        "rule_leave_z": 2.0,
        "rule_small_below": 25.0,
        "rule_enter_p": 1e-6,
        "rule_leave_p": 0.05,
        "rule_times_expected": 2.0,
    },
    "top_spreaders": [
        {
            "platform": "bluesky",
            "actor_id": "did:plc:ada",
            "downstream_shares": 61,
            "downstream_reach": 48_000,
            "audience_size": 1_200_000,
            "depth": 1,
        },
        {
            "platform": "bluesky",
            "actor_id": "did:plc:bob",
            "downstream_shares": 0,
            "downstream_reach": 0,
            "audience_size": 32_000,
            "depth": 2,
        },
        {
            "platform": "bluesky",
            "actor_id": "did:plc:eve",
            "downstream_shares": 0,
            "downstream_reach": 0,
            "audience_size": 16_000,
            "depth": 2,
        },
    ],
    "muted": False,
    "links": {"page": "http://127.0.0.1:8080/#/content/spring-film", "dashboard": None},
}
"""An alert as the code writes it: a test makes the same one, and checks it against the contract."""

CONTROL_EXAMPLE = {
    "schema_version": 1,
    "action": "mute",
    "scope": {"campaign_id": "spring-launch", "rule": "velocity"},
    "until": "2026-02-01T08:00:00Z",
    "by": "ada",
    "note": "we know, it is our own launch",
    "at": "2026-01-31T22:00:00Z",
}
"""A control that a test checks against the contract."""
