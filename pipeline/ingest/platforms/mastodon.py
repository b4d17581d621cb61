"""Mastodon's own API: its streams (SSE, WebSocket), statuses polled, and administrators' webhooks.

A deletion names only the number that this server gave the status, and so does a reply its parent: events carry the number
as their alias, and `Context.contents` may know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import bodies, times
from pipeline.ingest.platforms.fediverse import Note, acts, boost, follow, like
from pipeline.ingest.platforms.reading import Json, id_of, text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="streams (`update`, `delete`, `notification`), statuses, webhooks (`status.created`)",
    kinds=frozenset({"post", "share", "quote", "like", "comment", "mention", "follow"}),
    parent="boosts: the original only; quotes: exact; replies: exact where the reader has seen the parent",
    audience="`followers_count` of the account, in the payload",
    undo="deleted statuses and boosts (neither content nor actor told); never likes or follows",
    authentication="a token (streams); `X-Hub-Signature` (webhooks)",
    time="ISO",
    untold="through whom a boost came; replies to posts that were not seen; private posts are left out",
)

_OTHER_EVENTS: Final = frozenset(
    {"filters_changed", "conversation", "announcement", "announcement.reaction", "announcement.delete"}
    | {"encrypted_message", "notifications_merged", "account.approved", "account.created", "account.updated"}
    | {"report.created", "report.updated"}
)
_EDITS: Final = frozenset({"status.update", "status.updated"})
_OTHER_NOTIFICATIONS: Final = frozenset(
    {"follow_request", "poll", "update", "admin.sign_up", "admin.report", "severed_relationships"}
    | {"moderation_warning", "annual_report", "quoted_update", "added_to_collection", "collection_update"}
)
_PUBLIC: Final = frozenset({"public", "unlisted"})
_PRIVATE: Final = Ignored("a post that is not public")


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    event = found.get("event")
    if event is None:
        return _status(found, scene)
    if event.text() in _OTHER_EVENTS:
        return [Ignored("not about a post")]
    if event.text() in _EDITS:
        return [Ignored("an edit")]
    if event.text() not in _EVENTS:
        raise event.unknown()
    return _EVENTS[event.text()](_data(found), scene)


def _data(found: Json) -> Json:
    """What the event is about: JSON within JSON on the wire, already decoded by some clients."""
    data = found.first_of("data", "payload", "object") or found["data"]
    if isinstance(data.value, str) and data.value.startswith("{"):
        return Json(bodies.decode(data.text().encode(), "application/json"), data.path)
    return data


def _deleted(number: Json, scene: Scene) -> Iterable[Made]:
    return [scene.undo(_alias(number, scene), actor=None, at=scene.received_at)]


def _status(status: Json, scene: Scene) -> Iterable[Made]:
    if status["visibility"].text() not in _PUBLIC:
        return [_PRIVATE]
    account, at = status["account"], times.iso(status["created_at"])
    if (original := status.get("reblog")) is not None:
        return [_boosted(original, account, at, scene, alias=_alias(status["id"], scene))]
    answered, unseen = _seen(status.get("in_reply_to_id"), scene)
    if unseen:
        return [Ignored("a reply to a post that was not seen")]
    note = Note(
        uri=status["uri"].text(),
        actor=_account(account),
        at=at,
        audience=_audience(account),
        answered=answered,
        quoted=_quoted(status, scene),
        mentions=tuple(_account(person) for person in status.entries("mentions")),
        language=text_of(status.get("language")),
        alias=_alias(status["id"], scene),
    )
    return acts(note, scene)


def _boosted(original: Json, account: Json, at: datetime, scene: Scene, *, alias: str | None = None) -> Made:
    uri = original["uri"].text()
    return boost(uri, _account(account), at, scene, audience=_audience(account), alias=alias)


def _notified(found: Json, scene: Scene) -> Iterable[Made]:
    kind, account = found["type"], found["account"]
    at, audience = times.iso(found["created_at"]), _audience(account)
    if kind.text() in _OTHER_NOTIFICATIONS:
        return [Ignored("not about a post")]
    if kind.text() in {"mention", "status", "quote"}:
        return _status(found["status"], scene)
    if kind.text() == "reblog":
        return [_boosted(found["status"], account, at, scene)]
    if kind.text() == "favourite":
        return [like(found["status"]["uri"].text(), _account(account), at, scene, audience=audience)]
    if kind.text() == "follow":
        return [_followed(account, at, scene)]
    raise kind.unknown()


def _followed(account: Json, at: datetime, scene: Scene) -> Made:
    # Whose stream it is, the notification does not say: the reader's instance stands for the account.
    if not scene.context.instance:
        return Ignored("a follow without the account that is followed")
    return follow(_account(account), scene.context.instance, at, scene, audience=_audience(account))


def _quoted(status: Json, scene: Scene) -> str | None:
    quote = status.get("quote")
    if quote is None:
        return None
    if (uri := text_of(quote.get("quoted_status", "uri"))) is not None:
        return scene.own(uri)
    return _seen(quote.get("quoted_status_id"), scene)[0]


def _seen(number: Json | None, scene: Scene) -> tuple[str | None, bool]:
    """The content of a status of which only the number is told, and whether it is unknown."""
    if id_of(number) is None or number is None:
        return None, False
    content = scene.context.contents.get(_alias(number, scene))
    return content, content is None


def _alias(number: Json, scene: Scene) -> str:
    return scene.own(scene.context.instance or "-", number.id())


def _account(account: Json) -> str:
    return (account.get("uri") or account["url"]).text()


def _audience(account: Json) -> int | None:
    count = account.get("followers_count")
    return None if count is None or count.value == -1 else count.count()  # -1: the account hides it


def _split(payload: Json) -> Iterable[object]:
    return [status.value for status in payload] if isinstance(payload.value, list) else [payload.value]


_EVENTS: Final[dict[str, Callable[[Json, Scene], Iterable[Made]]]] = {
    "update": _status,
    "status.created": _status,
    "delete": _deleted,
    "notification": _notified,
}

MAPPING: Final = PlatformMapping(
    name="mastodon", platform="mastodon", label="Mastodon", covers=_COVERS, read=_read, split=_split
)
