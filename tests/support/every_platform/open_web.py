"""Cases of the open web: blogs, news sites, the fediverse, and whoever speaks version 1 itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.every_platform.case import Case, Figures
from support.every_platform.sending import TARGET

if TYPE_CHECKING:
    from support.every_platform.world import World

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def webmention(world: World) -> Case:
    """The page says what it is: a repost, a quotation, a reply, a like. A page that is gone takes its act back."""
    target = f"https://{TARGET}/spring"
    relations = {"ada": "repost-of", "bob": "quotation-of", "cyd": "in-reply-to", "dee": "like-of"}
    mentions = [
        {"source": world.writes(who, relation, target), "target": target} for who, relation in relations.items()
    ]
    before = Figures(1, 1, 0, shares=2, comments=1, likes=1)
    return Case(
        mentions,
        {f"web:{target}": before},
        [lambda: {"source": world.takes_away("ada"), "target": target}],
        {f"web:{target}": before._replace(shares=1, retracted=1)},
    )


def feeds(world: World) -> Case:
    """bo's entry came from ann's (`via`): exact. cy's answers it. The tombstone names an entry only."""
    names = 'xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"'

    def entry(who: str, minutes: float, more: str) -> str:
        return f"""<entry><id>tag:{who}-feed.example,2026:1</id><link href="https://{who}-feed.example/1"/><title>One</title>
<published>{world.iso(minutes)}</published>{more}</entry>"""

    def feed(inner: str) -> str:
        return f'<feed {names} xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>A feed</title>{inner}</feed>'

    via = '<link rel="via" href="https://ann-feed.example/1"/>'
    answer = '<thr:in-reply-to ref="tag:ann-feed.example,2026:1" href="https://ann-feed.example/1"/>'
    before = Figures(1, 1, 0, posts=1, shares=1, comments=1, counted_comments=3)
    return Case(
        [
            feed(entry("ann", 0, "<thr:total>3</thr:total>")),
            feed(entry("bo", 1, via) + entry("cy", 2, answer)),
        ],
        {"web:https://ann-feed.example/1": before},
        [feed(f'<at:deleted-entry ref="tag:bo-feed.example,2026:1" when="{world.iso(9)}"/>')],
        {"web:https://ann-feed.example/1": before._replace(shares=0, retracted=1)},
    )


def news(world: World) -> Case:
    """Tokens of the page's own script: three generations, exact over whatever channel. No undo, and no audience."""

    def beacon(event: str, token: str, minutes: float, parent: str | None = None) -> Any:
        told = {"event": event, "token": token, "parent_token": parent, "ts": world.millis(minutes), "channel": "chat"}
        return {**told, "content_url": "https://news.example/story?utm_source=x"}

    first = [beacon("share", "t1", 0), beacon("view", "t2", 1, "t1"), beacon("copy", "t2", 2, "t1")]
    return Case(
        [first, beacon("click", "t3", 3, "t2"), beacon("share", "t3", 4, "t2")],
        {"web:https://news.example/story": Figures(3, 3, 0, shares=3, views=1, clicks=1)},
    )


def mastodon(world: World) -> Case:
    """bo (55) and cy (60) boost, dee (70) quotes: 185 people. A deletion names nothing but the number that the server gave."""
    host = "https://social.example"

    def status(number: int, who: str, followers: int, **facts: Any) -> dict[str, Any]:
        account = {"acct": who, "url": f"{host}/@{who}", "uri": f"{host}/users/{who}", "followers_count": followers}
        known = {"id": str(number), "created_at": world.iso(number - 900), "visibility": "public", "account": account}
        uri = f"{host}/users/{who}/statuses/{number}"
        return {**known, "in_reply_to_id": None, "uri": uri, "reblog": None, "mentions": [], "content": "Hi", **facts}

    def told(thing: Any) -> Any:
        return {"event": "status.created", "created_at": world.iso(10), "object": thing}

    root = status(900, "ann", 40)
    boosts = [
        status(number, who, followers, reblog=root) for number, who, followers in ((901, "bo", 55), (902, "cy", 60))
    ]
    quote = status(903, "dee", 70, quote={"state": "accepted", "quoted_status": root})
    before = Figures(1, 1, 55 + 60 + 70, posts=1, shares=3)
    return Case(
        [told(thing) for thing in (root, *boosts, quote)],
        {f"mastodon:{root['uri']}": before},
        [{"event": "delete", "data": "901"}],
        {f"mastodon:{root['uri']}": before._replace(secondary_reach=60 + 70, shares=2, retracted=1)},
    )


def activitypub(world: World) -> Case:
    """Servers tell no audience in an activity. An undo carries the whole act, or its id only; a deletion carries the post's."""
    ann, bo, cy, dee = (world.actor(name) for name in ("ann", "bo", "cy", "dee"))
    root, quote = f"{ann}/statuses/1", f"{dee}/statuses/4"

    def activity(kind: str, actor: str, thing: Any, minutes: float) -> dict[str, Any]:
        name = f"{actor}#{kind.lower()}/{minutes:g}"
        return {
            "type": kind,
            "id": name,
            "actor": actor,
            "object": thing,
            "published": world.iso(minutes),
            "to": [PUBLIC],
        }

    def note(uri: str, actor: str, minutes: float, **facts: Any) -> Any:
        told = {"type": "Note", "id": uri, "attributedTo": actor, "published": world.iso(minutes), "to": PUBLIC}
        return activity("Create", actor, {**told, "content": "Hi", **facts}, minutes)

    announce, like = activity("Announce", bo, root, 1), activity("Like", cy, root, 3)
    before = Figures(1, 1, 0, posts=1, shares=3, likes=1, comments=1)
    return Case(
        [
            note(root, ann, 0),
            announce,
            activity("Announce", cy, root, 2),
            like,
            note(quote, dee, 4, quote=root),
            note(f"{bo}/statuses/5", bo, 5, inReplyTo=root),
        ],
        {f"mastodon:{root}": before},
        [
            activity("Undo", bo, announce, 8),
            activity("Undo", cy, like["id"], 8),
            activity("Delete", dee, {"type": "Tombstone", "id": quote}, 8),
        ],
        {f"mastodon:{root}": before._replace(shares=1, likes=0, retracted=3)},
    )


def events(world: World) -> Case:
    """Version 1 itself: a chain of three with 10, 20 and 30 followers. Its middle is undone: the depth stays, the message did travel."""

    def event(kind: str, name: str, minutes: float, **facts: Any) -> Any:
        known = {
            "event_id": name,
            "kind": kind,
            "platform": "web",
            "content_id": "chain-film",
            "actor_id": f"actor of {name}",
        }
        return {**known, "occurred_at": world.iso(minutes), **facts}

    def share(number: int) -> Any:
        parent = {"parent_event_id": f"chain:{number - 1}", "parent_basis": "exact"}
        return event("share", f"chain:{number}", number, audience_size=10 * number, **parent)

    undo = event("retract", "chain:undo", 9, target_event_id="chain:2") | {"actor_id": "actor of chain:2"}
    before = Figures(3, 3, 10 + 20 + 30, posts=1, shares=3)
    return Case(
        [event("post", "chain:0", 0, audience_size=1000), [share(1), share(2)], share(3)],
        {"chain-film": before},
        [undo],
        {"chain-film": before._replace(secondary_reach=10 + 30, shares=2, retracted=1)},
    )
