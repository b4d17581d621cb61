"""Bluesky: events of Jetstream, both wires. The one large network that tells through whose repost a repost came (`via`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene
    from schemas.wire import Kind, WireEvent

_COVERS: Final = Coverage(
    payloads="Jetstream v1 and v2 (posts, reposts, likes, follows)",
    kinds=frozenset({"post", "share", "quote", "like", "comment", "mention", "follow"}),
    parent="exact where the repost or like has `via`, else the original only; quotes and replies: exact",
    audience="looked up (`followersCount`)",
    undo="posts, reposts, likes and follows (content not told)",
    authentication="none: a public stream",
    time="the earlier of the declared (ISO) and the witnessed (microseconds, ISO) time",
    untold="whether a repost without `via` came straight from the author; mentions of a deleted post",
)

_POST: Final = "app.bsky.feed.post"
_MENTION: Final = "app.bsky.richtext.facet#mention"
_OTHER_KINDS: Final = frozenset({"identity", "account", "sync", "info"})
_QUOTES: Final = {
    "app.bsky.embed.record": ("record", "uri"),
    "app.bsky.embed.recordWithMedia": ("record", "record", "uri"),
}


class _Commit(NamedTuple):
    """A record that an account has made; `act` is its `at://` address as an event id."""

    did: str
    act: str
    record: Json
    at: datetime
    scene: Scene

    def facts(self, *languages: Json) -> dict[str, Any]:
        """What all events of a record share; of several languages the first counts."""
        language = languages[0].text() if languages else None
        return {"actor": self.did, "at": self.at, "attributes": {"language": language}}


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    """The two wires differ in where the kind, the commit and the time stand."""
    named = found.get("$type")
    kind = named or found["kind"]
    name = kind.text().rpartition("#")[2] if named else kind.text()
    if name in _OTHER_KINDS:
        return [Ignored("a notice about an account or the stream")]
    if name != "commit":
        raise kind.unknown()
    if named:
        return _commit(found["did"].text(), found, times.iso(found["time"]), scene)
    return _commit(found["did"].text(), found["commit"], times.micros(found["time_us"]), scene)


def _commit(did: str, commit: Json, witnessed: datetime, scene: Scene) -> Iterable[Made]:
    collection, operation = commit["collection"].text(), commit["operation"]
    if collection not in _RECORDS:
        return [Ignored("a record of another kind")]
    act = scene.own(f"at://{did}/{collection}/{commit['rkey'].text()}")
    if operation.text() == "delete":
        return [scene.undo(act, actor=did, at=witnessed)]
    if operation.text() == "update":
        return [Ignored("an edit")]
    if operation.text() != "create":
        raise operation.unknown()
    record = commit["record"]
    at = times.written(record.get("createdAt"), witnessed)
    return _RECORDS[collection](_Commit(did, act, record, at, scene))


def _repost(commit: _Commit) -> Iterable[Made]:
    return [_on_post(commit, "share")]


def _like(commit: _Commit) -> Iterable[Made]:
    return [_on_post(commit, "like")]


def _on_post(commit: _Commit, kind: Kind) -> Made:
    subject = commit.record["subject"]["uri"].text()
    if not _is_post(subject):
        return Ignored("an act on a feed or list")
    via = text_of(commit.record.get("via", "uri"))
    named = commit.scene.own(subject)
    return commit.scene.event(
        kind,
        commit.act,
        content=commit.scene.root(named),
        parent_event_id=commit.scene.own(via) if via else named,
        parent_actor_id=_did(via) if via else None,
        parent_basis="exact" if via else "root_only",
        **commit.facts(),
    )


def _posted(commit: _Commit) -> Iterator[Made]:
    made = [one for one in (_quote(commit), _reply(commit)) if one is not None]
    if len({one.content_id for one in made}) < len(made):
        made.pop()  # it quotes within the thread that it answers: one act
    facts = commit.facts(*commit.record.entries("langs")[:1])
    made = made or [commit.scene.event("post", commit.act, content=commit.act, **facts)]
    yield from made
    for person in dict.fromkeys(_mentioned(commit.record)):
        act = f"{commit.act}#mention:{person}"
        yield commit.scene.event("mention", act, content=made[-1].content_id, parent_actor_id=person, **facts)


def _quote(commit: _Commit) -> WireEvent | None:
    embed = commit.record.get("embed")
    path = _QUOTES.get(embed["$type"].text()) if embed else None
    quoted = text_of(embed.get(*path)) if embed and path else None
    if quoted is None or not _is_post(quoted):
        return None
    named = commit.scene.own(quoted)
    return _related(commit, "quote", named, named)


def _reply(commit: _Commit) -> WireEvent | None:
    reply = commit.record.get("reply")
    if reply is None:
        return None
    parent = reply["parent"]["uri"].text()
    return _related(commit, "comment", commit.scene.own(reply["root"]["uri"].text()), commit.scene.own(parent))


def _related(commit: _Commit, kind: Kind, root: str, parent: str) -> WireEvent:
    return commit.scene.event(
        kind,
        commit.act,
        content=commit.scene.root(root),
        parent_event_id=parent,
        parent_actor_id=_did(parent.partition(":")[2]),
        parent_basis="exact",
        **commit.facts(*commit.record.entries("langs")[:1]),
    )


def _followed(commit: _Commit) -> Iterable[Made]:
    content = f"account:{commit.scene.platform}:{commit.record['subject'].text()}"
    return [commit.scene.event("follow", commit.act, content=content, **commit.facts())]


def _mentioned(record: Json) -> Iterator[str]:
    for facet in record.entries("facets"):
        for feature in facet.entries("features"):
            if text_of(feature.get("$type")) == _MENTION:
                yield feature["did"].text()


def _is_post(uri: str) -> bool:
    return uri.startswith("at://") and f"/{_POST}/" in uri


def _did(uri: str) -> str | None:
    """The repository that a record stands in is the actor who wrote it: no look-up is needed."""
    return uri.removeprefix("at://").partition("/")[0] or None


_RECORDS: Final[dict[str, Callable[[_Commit], Iterable[Made]]]] = {
    _POST: _posted,
    "app.bsky.feed.repost": _repost,
    "app.bsky.feed.like": _like,
    "app.bsky.graph.follow": _followed,
}

MAPPING: Final = PlatformMapping(name="bluesky", platform="bluesky", label="Bluesky", covers=_COVERS, read=_read)
