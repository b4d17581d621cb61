"""LinkedIn: notifications about an organisation's posts (webhook, or the back-fill of it), and posts of the Posts API.

LinkedIn writes one thing in several ways. A post is an `activity` here and a `share` there: the decoration, when it comes,
names the share, as the Posts API does. A comment's URN has its post's with and without `urn:li:`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import id_of, text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="`ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS`, its back-fill, posts of the Posts API, share statistics",
    kinds=frozenset({"post", "share", "like", "comment", "mention", "retract", "counter"}),
    parent="posts: exact (`reshareContext`); notified shares: the original only; comments: the post or comment answered",
    audience="looked up: organisations' followers; members' never",
    undo="comments; never unlikes or deleted shares",
    authentication="`X-LI-Signature`: HMAC-SHA256 of `hmacsha256=` and the raw body, hex; `challengeCode`",
    time="milliseconds",
    untold="who likes; anything about posts that are not public",
)

_TOTALS: Final = (
    ("share", "shareCount"),
    ("like", "likeCount"),
    ("comment", "commentCount"),
    ("click", "clickCount"),
    ("view", "impressionCount"),
)
_COMMENT: Final = re.compile(r"urn:li:comment:\((?:urn:li:)?(.+)\)")
_LIKE: Final = re.compile(r"urn:li:(?:like|reaction):\((urn:li:[A-Za-z]+:[^,()]+),.*\)")
_NOBODY: Final = "anonymous:"


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    for notification in found.entries("notifications"):
        return [_notified(notification, scene)]
    if (statistics := found.get("totalShareStatistics")) is not None:
        return _totals(found, statistics, scene)
    return [_notified(found, scene) if found.get("notificationId") else _post(found, scene)]


def _totals(found: Json, statistics: Json, scene: Scene) -> Iterator[Made]:
    post = found.first_of("share", "ugcPost")
    if post is None:
        yield Ignored("totals of all posts together")
        return
    act = scene.own(post.text())
    for kind, name in _TOTALS:
        if (total := statistics.get(name)) is not None:
            yield scene.counter(kind, total.count(), content=scene.root(act), at=scene.received_at)


def _notified(found: Json, scene: Scene) -> Made:
    action = found["action"]
    if action.text() == "COMMENT_EDIT":
        return Ignored("an edit")
    if action.text() not in _ACTIONS:
        raise action.unknown()
    return _ACTIONS[action.text()](found, scene)


def _like(found: Json, scene: Scene) -> Made:
    generated = text_of(found.get("generatedActivity"))
    person = _LIKE.fullmatch(generated) if generated else None
    act = scene.own("like", generated or found["notificationId"].id())
    return scene.event(
        "like",
        act,
        content=_content(found, scene),
        actor=person[1] if person else _NOBODY + act,
        at=times.millis(found["lastModifiedAt"]),
        parent_event_id=_source(found, scene),
        parent_basis="exact",
    )


def _comment(found: Json, scene: Scene) -> Made:
    comment = found.get("decoratedGeneratedActivity", "comment")
    act = _comment_id(found, scene)
    answered = text_of(comment.get("parentComment")) if comment else None
    return scene.event(
        "comment",
        act,
        content=_content(found, scene),
        actor=_owner(comment) or _NOBODY + act,
        at=times.millis(found["lastModifiedAt"]),
        parent_event_id=scene.own(_one_form(answered)) if answered else _source(found, scene),
        parent_basis="exact",
    )


def _comment_gone(found: Json, scene: Scene) -> Made:
    act, at = _comment_id(found, scene), times.millis(found["lastModifiedAt"])
    actor = _owner(found.get("decoratedGeneratedActivity", "comment"))
    if found.get("decoratedSourcePost", "entity") is None:
        return scene.undo(act, actor=None, at=at)  # the post may have been known by its other name
    # By its author or by the organisation: LinkedIn itself says that it no longer stands.
    return scene.retract(act, content=_content(found, scene), actor=actor or _NOBODY + act, at=at, verified=True)


def _share(found: Json, scene: Scene) -> Made:
    share = found.get("decoratedGeneratedActivity", "share")
    act = scene.own(((share.get("entity") if share else None) or found["generatedActivity"]).id())
    return scene.event(
        "share",
        act,
        content=_content(found, scene),
        actor=_owner(share) or _NOBODY + act,
        at=times.millis(found["lastModifiedAt"]),
        parent_event_id=_source(found, scene),
        parent_basis="root_only",
    )


def _mention(found: Json, scene: Scene) -> Made:
    act = scene.own("mention", found["notificationId"].id())
    return scene.event(
        "mention",
        act,
        content=_content(found, scene),
        actor=_owner(found.get("decoratedGeneratedActivity", "share")) or _NOBODY + act,
        at=times.millis(found["lastModifiedAt"]),
        parent_actor_id=found["organizationalEntity"].text(),
    )


def _post(found: Json, scene: Scene) -> Made:
    state = text_of(found.get("lifecycleState"))
    if state not in {None, "PUBLISHED"}:
        return Ignored("a post that is not published")
    act, parent = scene.own(found["id"].text()), text_of(found.get("reshareContext", "parent"))
    root = text_of(found.get("reshareContext", "root")) or parent
    return scene.event(
        "share" if parent else "post",
        act,
        content=scene.root(scene.own(root)) if root else act,
        actor=found["author"].text(),
        at=times.millis(found.get("publishedAt") or found["createdAt"]),
        parent_event_id=scene.own(parent) if parent else None,
        parent_basis="exact" if parent else "none",
    )


def _content(found: Json, scene: Scene) -> str:
    return scene.root(_source(found, scene))


def _source(found: Json, scene: Scene) -> str:
    return scene.own((found.get("decoratedSourcePost", "entity") or found["sourcePost"]).text())


def _comment_id(found: Json, scene: Scene) -> str:
    entity = found.get("decoratedGeneratedActivity", "comment", "entity") or found["generatedActivity"]
    return scene.own(_one_form(entity.text()))


def _one_form(comment: str) -> str:
    match = _COMMENT.fullmatch(comment)
    return f"urn:li:comment:(urn:li:{match[1]})" if match else comment


def _owner(activity: Json | None) -> str | None:
    return id_of(activity.first_of("owner", "actor")) if activity else None


def _split(payload: Json) -> Iterable[object]:
    if (kind := payload.get("type")) is not None and payload.get("notifications") is not None:
        if kind.text() != "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS":
            raise kind.unknown()
        return [{**payload.object(), "notifications": [one.value]} for one in payload["notifications"]]
    elements = payload.get("elements")
    return [payload.value] if elements is None else [one.value for one in elements]


_ACTIONS: Final[dict[str, Callable[[Json, Scene], Made]]] = {
    "LIKE": _like,
    "COMMENT": _comment,
    "ADMIN_COMMENT": _comment,
    "COMMENT_DELETE": _comment_gone,
    "SHARE": _share,
    "SHARE_MENTION": _mention,
}

MAPPING: Final = PlatformMapping(
    name="linkedin", platform="linkedin", label="LinkedIn", covers=_COVERS, read=_read, split=_split
)
