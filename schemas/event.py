"""The share event, version 1: the authority on what an event is.

The pydantic model carries the documentation of each field, makes the JSON Schema and words the errors. It reads what
`schemas.wire` reads, much slower; `schemas.check` is the fast way in. docs/decisions/0010 tells its edges.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.wire import (
    MAX_ATTRIBUTE_NAME,
    MAX_ATTRIBUTE_VALUE,
    MAX_ATTRIBUTES,
    MAX_ID,
    MAX_NUMBER,
    MAX_PLATFORM,
    Basis,
    CounterKind,
    Kind,
)

if TYPE_CHECKING:
    from schemas.wire import WireEvent

EARLIEST = datetime(2003, 1, 1, tzinfo=UTC)
"""No share button is older. Wild dates would also scatter an insert over too many ClickHouse partitions."""

NO_NUL = r"^[^\u0000]*$"
PLATFORM_PATTERN = r"^[a-z0-9_]{1,32}$"
TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-]00:?00)$"

KIND_OF_FIELD = MappingProxyType(
    {"target_event_id": "retract", "target_content_id": "link", "counter_kind": "counter", "count": "counter"}
)
"""Fields that belong to one kind: needed there, and refused (other than null) on every other kind."""

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|[+-]00:?00)"
)
_FLOOD = 64


def _utc(value: object) -> datetime:
    if isinstance(value, datetime) and value.utcoffset() == timedelta(0):
        return value.astimezone(UTC)
    if not isinstance(value, str | datetime):
        raise PydanticCustomError("wrong_type", "should be a text such as 2026-01-31T12:00:00Z")
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("bad_time", "should be an RFC 3339 time in UTC, such as 2026-01-31T12:00:00.25Z")
    return _moment(*match.groups(default=""))


def _moment(*parts: str) -> datetime:
    *whole, fraction = parts
    try:
        second = datetime(*map(int, whole), tzinfo=UTC)  # type: ignore[arg-type,misc]  # six numbers, by the pattern
        rounded_up = fraction[6:7] >= "5"
        return second + timedelta(microseconds=int(fraction[:6].ljust(6, "0")) + rounded_up)
    except (ValueError, OverflowError):
        raise PydanticCustomError("bad_time", "is a day or a time of day that does not exist") from None


def _not_too_old(value: datetime) -> datetime:
    if value < EARLIEST:
        raise PydanticCustomError("too_old", "should not be before 2003-01-01")
    return value


def _whole_number(value: object) -> object:
    # 1 == True == 1.0 in Python, and a Literal compares by equality.
    if type(value) is not int:
        raise PydanticCustomError("wrong_type", "should be the number 1")
    return value


def _few(value: object) -> object:
    # Before the entries are looked at: a flood of broken entries would make as many errors.
    if isinstance(value, dict) and len(value) > MAX_ATTRIBUTES:
        raise PydanticCustomError("out_of_range", f"should have at most {MAX_ATTRIBUTES} entries")
    return value


Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID, pattern=NO_NUL)]
Platform = Annotated[str, StringConstraints(max_length=MAX_PLATFORM, pattern=PLATFORM_PATTERN)]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ATTRIBUTE_NAME, pattern=NO_NUL)]
AttributeValue = Annotated[str, StringConstraints(max_length=MAX_ATTRIBUTE_VALUE, pattern=NO_NUL)]
Attributes = Annotated[
    dict[AttributeName, AttributeValue],
    Field(max_length=MAX_ATTRIBUTES),
    BeforeValidator(_few),
]
Time = Annotated[
    datetime,
    BeforeValidator(_utc),
    AfterValidator(_not_too_old),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": TIME_PATTERN}),
]
Version = Annotated[Literal[1], BeforeValidator(_whole_number)]


def _schema_extra(schema: dict[str, Any]) -> None:
    schema["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"required": [name], "properties": {name: {"not": {"type": "null"}}}},
            "else": {"properties": {name: {"type": "null"}}},
        }
        for name, kind in KIND_OF_FIELD.items()
    ]


class ShareEvent(BaseModel):
    """One act of one actor on one content item, on the topic `share.events`: JSON, key = content_id (UTF-8).

    Fields that are not listed are refused. Lengths count Unicode characters, and no text may contain the NUL character.
    When a name is repeated in the JSON, its last value stands.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, json_schema_extra=_schema_extra)

    event_id: Id = Field(
        description=(
            "Id of this act; for a share, the share object's own id. Unique within the content across platforms "
            "(front doors prefix `<platform>:`). Copies with the same id count once; parents and targets name it."
        ),
        examples=["bluesky:3kabc"],
    )
    kind: Kind = Field(
        description=(
            "What was done. `post` stands for the root of the cascade; `share`, `repin` and `quote` spread it (they "
            "make nodes); `like`, `comment`, `mention`, `click`, `view` and `follow` are counted; `retract` undoes "
            "an act; `counter` tells a platform's own total; `link` merges two contents."
        )
    )
    platform: Platform = Field(
        description="Where it was done. An open set: `schemas/platforms.py` lists the known names.",
        examples=["bluesky"],
    )
    content_id: Id = Field(
        description=(
            "The content item: the root of the cascade. A `follow` without a content has `account:<platform>:<id>`."
        ),
        examples=["spring-film"],
    )
    actor_id: Id = Field(
        description="Who acted. An actor is the pair of platform and actor_id.", examples=["did:plc:ada"]
    )
    occurred_at: Time = Field(
        description=(
            "Event time: RFC 3339, UTC (`Z` or `+00:00`), between 2003-01-01 and 5 minutes after Kafka took the "
            "record. Kept to the microsecond, further digits are rounded half up. A leap second (`:60`) is refused."
        ),
        examples=["2026-01-31T12:00:00.25Z"],
    )
    parent_event_id: Id | None = Field(
        None,
        description=(
            "The share or post that this act came through; of a like, comment or click: the share it was made on."
        ),
    )
    parent_actor_id: Id | None = Field(
        None,
        description=(
            "The actor it came through, when only the person is known; of a comment or mention: the person addressed."
        ),
    )
    parent_basis: Basis = Field(
        "none",
        description=(
            "How the parent is known: `exact` the platform names it; `inferred` from text or by likelihood; "
            "`root_only` the platform names the original only; `none` not at all."
        ),
    )
    audience_size: Number | None = Field(
        None, description="People who follow the actor at that time; null when unknown, which is kept apart from 0."
    )
    campaign_id: Id | None = Field(
        None, description="The campaign that the content belongs to.", examples=["spring-launch"]
    )
    target_event_id: Id | None = Field(
        None, description="The act that is undone. Needed for `retract`, refused for other kinds."
    )
    target_content_id: Id | None = Field(
        None,
        description=(
            "The content that content_id is merged into; another one than content_id. Needed for `link`, refused for "
            "other kinds."
        ),
    )
    counter_kind: CounterKind | None = Field(
        None, description="What the platform counted. Needed for `counter`, refused for other kinds."
    )
    count: Number | None = Field(
        None,
        description=(
            "A total that the platform gives instead of acts; the latest per platform stands. Needed for `counter`, "
            "refused for other kinds."
        ),
    )
    attributes: Attributes = Field(
        default_factory=dict,
        description=(
            "Anything else worth keeping: url, language, country, … On a `retract`, `right` = `moderate` undoes "
            "another actor's act."
        ),
        examples=[{"language": "en"}],
    )
    schema_version: Version = Field(1, description="Version of this contract.")

    @model_validator(mode="before")
    @classmethod
    def _no_flood(cls, data: object) -> object:
        # Each unknown field is an error of its own; a megabyte of them is one.
        if isinstance(data, dict) and len(data) > _FLOOD:
            raise PydanticCustomError("unknown_field", "the event has more fields than version 1 knows")
        return data

    @model_validator(mode="after")
    def _fields_agree(self) -> ShareEvent:
        if sentences := disagreements(self):
            raise PydanticCustomError("fields_disagree", "{why}", {"why": "; ".join(sentences)})
        return self


def disagreements(event: ShareEvent | WireEvent) -> list[str]:
    """What does not fit together in an event whose single fields are right: a sentence each, none when all is well."""
    found = []
    for name, kind in KIND_OF_FIELD.items():
        given = getattr(event, name) is not None
        if given and event.kind != kind:
            found.append(f"{name} belongs to the kind {kind}, not {event.kind}")
        if not given and event.kind == kind:
            found.append(f"a {kind} needs {name}")
    if event.kind == "link" and event.target_content_id == event.content_id:
        found.append("a link needs another content as target_content_id")
    return found
