"""What a person loads down of the own Instagram account: entries of its lists, each with what the whole download tells of its owner.

A post of the owner has no address there. What was liked or reposted has one: the content is that page. Comments name a person, not the medium.
Labels are in the owner's language and are not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.owners import Owner, shared_pages
from pipeline.ingest.platforms.reading import Json, text_of
from pipeline.ingest.platforms.seam import Ignored, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.ingest.platforms.seam import Made, Scene

_MEDIUM: Final = re.compile(r"https?://(www\.)?instagram\.com/([\w.]+/)?(p|reel|reels|tv)/[\w-]+")


def read(payload: Json, scene: Scene) -> Iterable[Made]:
    """`{"download": "posts" | "likes" | "reposts" | "followers" | "following" | "comments", "owner": {…}, "entry": {…}}`."""
    what = payload["download"]
    if what.text() not in _LISTS:
        raise what.unknown()
    return _LISTS[what.text()](payload["entry"], Owner.of(payload["owner"]), scene)


def _post(entry: Json, owner: Owner, scene: Scene) -> Iterator[Made]:
    media = entry.entries("media")
    told = entry.get("creation_timestamp") or (media[0] if media else entry)["creation_timestamp"]
    at = times.seconds(told)
    files = [name for one in media if (name := text_of(one.get("uri")))]
    act = scene.own("download", digest(owner.id, str(at), *files))
    yield scene.event("post", act, content=act, actor=owner.id, at=at, audience_size=owner.audience)


def _like(entry: Json, owner: Owner, scene: Scene) -> Iterator[Made]:
    for page, moment in _media(entry):
        content = scene.page(page)
        yield scene.event(
            "like",
            scene.own("like", digest(content, owner.id)),
            content=scene.root(content),
            actor=owner.id,
            at=times.seconds(moment),
            parent_event_id=content,
            parent_basis="exact",
            audience_size=owner.audience,
        )


def _repost(entry: Json, owner: Owner, scene: Scene) -> Iterator[Made]:
    for page, moment in _media(entry):
        yield from shared_pages([page], times.seconds(moment), owner, scene)


def _follower(entry: Json, owner: Owner, scene: Scene) -> Iterator[Made]:
    for who, moment in _people(entry):
        yield _followed(who, owner.id, None, moment, scene)


def _following(entry: Json, owner: Owner, scene: Scene) -> Iterator[Made]:
    for who, moment in _people(entry):
        yield _followed(owner.id, who, owner.audience, moment, scene)


def _comment(_entry: Json, _owner: Owner, _scene: Scene) -> Iterator[Made]:
    yield Ignored("a comment whose medium the download does not name")


def _followed(source: str, target: str, audience: int | None, moment: Json, scene: Scene) -> Made:
    return scene.event(
        "follow",
        scene.own("follow", source, target),
        content=f"account:{scene.platform}:{target}",
        actor=source,
        at=times.seconds(moment),
        audience_size=audience,
    )


def _media(entry: Json) -> list[tuple[Json, Json]]:
    """The media named, each with its time, as downloads of different years write them."""
    found = [(one["href"], one["timestamp"]) for one in entry.entries("string_list_data")]
    if labels := entry.entries("label_values"):
        values = [one.first_of("href", "value") for one in labels]
        pages = {str(one.value): one for one in values if one is not None and _MEDIUM.match(str(one.value))}
        found += [(page, entry["timestamp"]) for page in pages.values()]
    if not found:
        raise entry.refusal("should name a medium by its address")
    return found


def _people(entry: Json) -> list[tuple[str, Json]]:
    # In the newer lists the name is the entry's title.
    told = [(text_of(one.get("value")) or entry["title"].text(), one) for one in entry["string_list_data"]]
    return [(name, one["timestamp"]) for name, one in told]


_LISTS: Final[dict[str, Callable[[Json, Owner, Scene], Iterable[Made]]]] = {
    "posts": _post,
    "likes": _like,
    "reposts": _repost,
    "followers": _follower,
    "following": _following,
    "comments": _comment,
}
