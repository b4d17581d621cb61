"""The seam between readers (HTTP, pollers, firehoses, archives) and the mappings of single platforms.

A reader decodes a body (`PlatformMapping.decode`) and asks `PlatformMapping.events` what the payload means. The answer,
`Mapped`, has a place for everything that can come of it; nothing is raised, nothing is lost, nothing is guessed:

- `events`: version-1 events, each of them accepted by `schemas.check` at the time it was received;
- `undos`: for `share.undo`, where the platform does not tell what content the undone act belongs to;
- `ignored`: parts that are known and not ours, such as a delivery report, with the reason;
- `refused`: parts of an unknown shape, each as a payload that the same mapping reads again: dead letters.

Mappings are pure: the same payload, time and context give the same answer.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipeline.ingest.platforms import bodies
from pipeline.ingest.platforms.links import web_content
from pipeline.ingest.platforms.reading import Json, UnknownShapeError
from schemas.check import check
from schemas.dead_letter import RefusedError
from schemas.undo import Undo, retraction_id
from schemas.undo import decode as decode_undo
from schemas.undo import encode as encode_undo
from schemas.wire import MAX_ATTRIBUTE_VALUE, MAX_ID, Kind, WireEvent, encode, micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

MIN_KEY: Final = 16
"""Bytes of the key that pseudonyms are made with."""
_NOBODY: Final[dict[str, int]] = {}
_NOTHING: Final[dict[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a reader knows and the payload does not."""

    actor_key: bytes
    """Key of pseudonyms: e-mail addresses never leave a mapping. The same key on every reader of one installation."""
    campaign_id: str | None = None
    """The campaign that the source belongs to."""
    audiences: Mapping[str, int] = field(default_factory=lambda: _NOBODY)
    """Followers by actor id, from look-ups, for platforms whose payloads do not tell them."""
    contents: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """The content of acts that the reader has seen, by event id. A payload that names only the last link of a chain then
    reaches its root; without it, the link that is named stands for the root."""
    instance: str = ""
    """Host of the server that was read, for platforms of many servers."""
    content_of: Callable[[str], str] = web_content
    """The content id of an address. Raises ValueError when it is none."""

    def __post_init__(self) -> None:
        if len(self.actor_key) < MIN_KEY:
            raise ValueError(f"actor_key needs at least {MIN_KEY} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a platform tells, for the table in docs/platforms.md. Every text is one phrase."""

    payloads: str
    kinds: frozenset[Kind]
    """Every kind of event that the mapping makes, and no other."""
    parent: str
    audience: str
    undo: str
    authentication: str
    time: str
    untold: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A part that is known and makes no event. `why` is one of few phrases: readers count them."""

    why: str


NOTHING: Final = Ignored("an empty list")
"""A reader must never have to wonder whether something was lost."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part that is not known. `payload` is JSON that the same mapping accepts once it knows the shape."""

    error: RefusedError
    payload: object


@dataclass(frozen=True, slots=True)
class Mapped:
    """What came of one payload, in the payload's order."""

    events: tuple[WireEvent, ...] = ()
    undos: tuple[Undo, ...] = ()
    ignored: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()


Made = WireEvent | Undo | Ignored
"""What a mapping makes of a part, one after the other."""


class Scene:
    """The reading of one payload of one platform: makes events from a platform's own ids."""

    __slots__ = ("context", "platform", "received_at")

    def __init__(self, platform: str, received_at: datetime, context: Context) -> None:
        self.platform, self.received_at, self.context = platform, received_at, context

    def own(self, *names: str) -> str:
        """The platform's id as one that is unique across platforms."""
        return bounded(":".join((self.platform, *names)))

    def root(self, act: str) -> str:
        """The content that an act belongs to: as far as it is known, or a content of its own."""
        return self.context.contents.get(act, act)

    def page(self, url: Json) -> str:
        """The content id of an address."""
        try:
            return bounded(self.context.content_of(url.text()))
        except ValueError as error:
            if isinstance(error, UnknownShapeError):
                raise
            raise url.refusal("should be an http address") from None

    def pseudonym(self, person: str) -> str:
        """A name for a person that cannot be turned back into the address, the same on every reader with the same key."""
        return hmac.new(self.context.actor_key, person.strip().lower().encode(), hashlib.sha256).hexdigest()[:32]

    def event(self, kind: Kind, event_id: str, *, content: str, actor: str, at: datetime, **facts: Any) -> WireEvent:
        """An event. `facts` are its other fields; absent attributes are left out, and an audience that the payload does
        not tell is looked up.
        """
        told = facts.pop("audience_size", None)
        attributes = {name: value[:MAX_ATTRIBUTE_VALUE] for name, value in facts.pop("attributes", {}).items() if value}
        return WireEvent(
            event_id=event_id,
            kind=kind,
            platform=self.platform,
            content_id=content,
            actor_id=actor,
            occurred_at=at,
            audience_size=self.context.audiences.get(actor) if told is None else told,
            campaign_id=self.context.campaign_id,
            attributes=attributes,
            **facts,
        )

    def retract(self, target: str, *, content: str, actor: str, at: datetime, verified: bool = False) -> WireEvent:
        """The retraction of an act by the one who did it. `verified`: the front door saw that the act is gone, so it
        counts whoever is named as the act's actor.
        """
        right = {"attributes": {"right": "moderate"}} if verified else {}
        act = self.event(
            "retract", retraction_id(target), content=content, actor=actor, at=at, target_event_id=target, **right
        )
        return msgspec.structs.replace(act, audience_size=None)

    def undo(self, target: str, *, actor: str | None, at: datetime) -> Undo:
        """An undo whose content is not known."""
        return Undo(platform=self.platform, target_event_id=target, actor_id=actor, occurred_at=at)

    def counter(self, kind: str, total: int, *, content: str, at: datetime) -> WireEvent:
        """A total that the platform counted. The platform itself is the actor."""
        return self.event(
            "counter",
            bounded(f"{content}#{self.platform}.{kind}.{micros(at)}"),
            content=content,
            actor=self.platform,
            at=at,
            counter_kind=kind,
            count=total,
        )


def _whole(payload: Json) -> Iterable[object]:
    return (payload.value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformMapping:
    """One platform's mapping. `name` is what readers call it (`/webhooks/<name>`), `platform` what its events say."""

    name: str
    platform: str
    label: str
    covers: Coverage
    read: Callable[[Json, Scene], Iterable[Made]]
    split: Callable[[Json], Iterable[object]] = _whole
    """The smallest payloads of the same shape: one unknown part does not take its neighbours along."""
    decode: Callable[[bytes, str], object] = bodies.decode
    """From a body and its Content-Type to a payload. Raises `UnknownShapeError`."""

    def events(self, payload: object, received_at: datetime, context: Context) -> Mapped:
        """What the payload means. `received_at` is UTC. Raises nothing, whatever the payload is."""
        scene = Scene(self.platform, received_at, context)
        refused: list[Refusal] = []
        parts = self._parts(payload, refused)
        made: list[Made] = [] if parts or refused else [NOTHING]
        for part in parts:
            try:
                found = [_finished(one, received_at) for one in self.read(Json(part), scene)]
                made.extend(found or [NOTHING])
            except RefusedError as error:
                refused.append(Refusal(error, part))
        return Mapped(
            tuple(one for one in made if isinstance(one, WireEvent)),
            tuple(one for one in made if isinstance(one, Undo)),
            tuple(one.why for one in made if isinstance(one, Ignored)),
            tuple(refused),
        )

    def _parts(self, payload: object, refused: list[Refusal]) -> list[object]:
        try:
            return list(self.split(Json(payload)))
        except UnknownShapeError as error:
            refused.append(Refusal(error, payload))
            return []


def bounded(name: str) -> str:
    """The name itself, or when it is too long for an id its beginning and a digest of it all."""
    return name if len(name) <= MAX_ID else f"{name[:400]}~{digest(name)}"


def digest(*names: str) -> str:
    """An id for an act that its platform gives none: the same for the same facts."""
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()[:32]


def _finished(made: Made, received_at: datetime) -> Made:
    # What one platform's mapping overlooks (a NUL in an id, a time in the future) is caught here for all of them.
    try:
        if isinstance(made, WireEvent):
            return check(encode(made), micros(received_at) // 1000)
        return decode_undo(encode_undo(made)) if isinstance(made, Undo) else made
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnknownShapeError(f"what the payload makes is no event: {error}") from None
