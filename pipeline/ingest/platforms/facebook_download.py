"""What a person loads down of the own Facebook account: entries of its lists, each with what the whole download tells of its owner.

Posts have no ids there, and likes and comments mostly no address of the post: what cannot be named is left out, never guessed. Texts are not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.owners import Owner, shared_pages
from pipeline.ingest.platforms.reading import Json, id_of
from pipeline.ingest.platforms.seam import Ignored, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.ingest.platforms.seam import Made, Scene

_NAMELESS: Final = Ignored("a like or comment whose post the download does not name")
_NO_POST: Final = Ignored("an entry without text, picture or address")


def read(payload: Json, scene: Scene) -> Iterable[Made]:
    """`{"download": "posts" | "reactions" | "comments", "owner": {…}, "entry": {…}}`."""
    what = payload["download"]
    if what.text() not in _LISTS:
        raise what.unknown()
    return _LISTS[what.text()](payload["entry"], Owner.of(payload["owner"]), scene)


def _post(entry: Json, owner: Owner, scene: Scene) -> Iterator[Made]:
    at = times.seconds(entry["timestamp"])
    pages = _addresses(entry)
    yield from shared_pages(pages, at, owner, scene)
    if pages:
        return
    if not _tells_something(entry):
        yield _NO_POST
        return
    name = id_of(entry.get("fbid")) or digest(owner.id, str(at), *_texts(entry))
    act = scene.own("download", name)
    yield scene.event("post", act, content=act, actor=owner.id, at=at, audience_size=owner.audience)


def _reaction(entry: Json, owner: Owner, scene: Scene) -> Iterator[Made]:
    pages = _labelled(entry)
    if not pages:
        yield _NAMELESS
    for page in pages:
        content = scene.page(page)
        yield scene.event(
            "like",
            scene.own("like", digest(content, owner.id)),
            content=scene.root(content),
            actor=owner.id,
            at=times.seconds(entry["timestamp"]),
            parent_event_id=content,
            parent_basis="exact",
            audience_size=owner.audience,
        )


def _comment(_entry: Json, _owner: Owner, _scene: Scene) -> Iterator[Made]:
    # The attachments of a comment are what it shows, not what it is about.
    yield _NAMELESS


def _attached(entry: Json) -> Iterator[Json]:
    return (one for attachment in entry.entries("attachments") for one in attachment.entries("data"))


def _addresses(entry: Json) -> list[Json]:
    told = [one.get("external_context", "url") for one in _attached(entry)]
    found = [one for one in told if one is not None and _is_address(one)]
    return list({one.text(): one for one in [*found, *_labelled(entry)]}.values())


def _labelled(entry: Json) -> list[Json]:
    # The labels are in the owner's language; an address looks the same in all.
    values = [one.first_of("href", "value") for one in entry.entries("label_values")]
    found = [one for one in values if one is not None and _is_address(one)]
    return list({one.text(): one for one in found}.values())


def _is_address(found: Json) -> bool:
    return isinstance(found.value, str) and found.value.startswith(("http://", "https://"))


def _tells_something(entry: Json) -> bool:
    return bool(_texts(entry)) or any(one.get("media") is not None for one in _attached(entry))


def _texts(entry: Json) -> list[str]:
    told = [one.get("post") for one in entry.entries("data")]
    return [one.text() for one in told if one is not None and one.value != ""]


_LISTS: Final[dict[str, Callable[[Json, Owner, Scene], Iterable[Made]]]] = {
    "posts": _post,
    "reactions": _reaction,
    "comments": _comment,
}
