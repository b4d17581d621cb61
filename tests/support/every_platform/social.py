"""Cases of the networks: Facebook, Instagram, Threads, X, LinkedIn, TikTok, YouTube."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.every_platform.case import Case, Figures

if TYPE_CHECKING:
    from support.every_platform.world import World

PAGE, POST = "990011", "990011_1"
ANN, BO, CY = ({"id": name, "name": "Somebody"} for name in ("5511", "5512", "5513"))


def _page(world: World, minutes: float, field: str = "feed", **value: Any) -> dict[str, Any]:
    at = world.seconds(minutes)
    told = {"post_id": POST, "created_time": at, **value}
    return {"object": "page", "entry": [{"id": PAGE, "time": at, "changes": [{"field": field, "value": told}]}]}


def facebook(world: World) -> Case:
    """Who shares a Page's post is not pushed: whoever polls the Graph API hands on what it tells, and each share hangs on the original."""

    def comment(verb: str, name: str, who: Any, parent: str, minutes: float) -> Any:
        told = {"item": "comment", "verb": verb, "comment_id": name, "parent_id": parent, "from": who}
        return _page(world, minutes, **told)

    def love(verb: str, who: Any, minutes: float) -> Any:
        return _page(world, minutes, item="reaction", verb=verb, reaction_type="love", parent_id=POST, **{"from": who})

    shared = {"id": "5513_9", "from": CY, "created_time": f"{world.at(5):%Y-%m-%dT%H:%M:%S+0000}"}
    post = _page(world, 0, item="status", verb="add", published=1, message="Spring", **{"from": {"id": PAGE}})
    mention = _page(world, 3, "mention", item="post", verb="add", **{"from": CY})
    polled = {"data": [{"id": POST, "shares": {"count": 3}, "sharedposts": {"data": [shared]}}]}
    answers = [comment("add", "1_1", ANN, POST, 1), comment("add", "1_2", BO, "1_1", 2)]
    before = Figures(1, 1, 0, posts=1, shares=1, likes=2, comments=2, mentions=1, counted_shares=3)
    return Case(
        [post, love("add", ANN, 1), love("add", BO, 1), *answers, mention, polled],
        {f"facebook:{POST}": before},
        [love("remove", ANN, 8), comment("remove", "1_2", BO, "1_1", 8)],
        {f"facebook:{POST}": before._replace(likes=1, comments=1, retracted=2)},
    )


def instagram(world: World) -> Case:
    """Nobody is told who shares, and no undo."""

    def told(field: str, minutes: float, **value: Any) -> Any:
        change = {"field": field, "value": value}
        return {"object": "instagram", "entry": [{"id": "178400", "time": world.seconds(minutes), "changes": [change]}]}

    medium = {"media": {"id": "178900", "media_product_type": "STORY"}}
    return Case(
        [
            told("comments", 1, id="701", text="Nice", **{"from": ANN}, **medium),
            told("comments", 2, id="702", text="Thanks", parent_id="701", **{"from": BO}, **medium),
            told("mentions", 3, comment_id="702", media_id="178900"),
            told("story_insights", 9, media_id="178900", impressions=444, reach=44, replies=3, exits=1),
        ],
        {"instagram:178900": Figures(comments=2, mentions=1, counted_views=444, counted_comments=3)},
    )


def threads(world: World) -> Case:
    """A repost names the original only; audiences are not told."""

    def told(field: str, minutes: float, **value: Any) -> Any:
        values = {"field": field, "value": value}
        return {
            "app_id": "1",
            "topic": "moderate",
            "target_id": "789",
            "time": world.seconds(minutes),
            "values": values,
        }

    def media(name: str, who: str, minutes: float, **facts: Any) -> dict[str, Any]:
        at = f"{world.at(minutes):%Y-%m-%dT%H:%M:%S+0000}"
        return {"id": name, "username": who, "media_type": "TEXT_POST", "text": "Hi", "timestamp": at, **facts}

    answered = {"replied_to": {"id": "500"}, "root_post": {"id": "500", "username": "ann"}, "is_reply": True}
    repost = media("503", "cy", 3, reposted_post={"id": "500"}) | {"media_type": "REPOST_FACADE"}
    before = Figures(1, 1, 0, posts=1, shares=2, comments=1)
    return Case(
        [
            told("publish", 0, **media("500", "ann", 0)),
            told("publish", 1, **media("501", "bo", 1, is_quote_post=True, quoted_post={"id": "500"})),
            told("replies", 2, **media("502", "cy", 2, **answered)),
            told("publish", 3, **repost),
        ],
        {"threads:500": before},
        [told("delete", 8, id="501", deleted_at=f"{world.at(8):%Y-%m-%dT%H:%M:%S+0000}")],
        {"threads:500": before._replace(shares=1, retracted=1)},
    )


def twitter(world: World) -> Case:
    """ann (97) and cy (300) repost, cy what bo (7) quotes: 404 people beyond the author's own. A quote is exact, a repost of it is known as such."""
    root, quote = "1990000000000000001", "1990000000000000002"
    me, ann, bo, cy = (f"100000000000000000{number}" for number in range(1, 5))
    followers = {me: 5502, ann: 97, bo: 7, cy: 300}

    def user(who: str) -> Any:
        return {"id": who, "username": f"user{who[-1]}", "public_metrics": {"followers_count": followers[who]}}

    def event(kind: str, payload: Any, *users: str, **includes: Any) -> Any:
        included = {"users": [user(who) for who in users], **includes}
        told = {"event_uuid": "-7", "filter": {"user_id": me, "direction": "inbound"}, "event_type": kind}
        return {"data": {**told, "payload": payload, "includes": included}}

    def post(name: str, author: str, minutes: float, **facts: Any) -> Any:
        known = {"id": name, "author_id": author, "created_at": world.iso(minutes), "conversation_id": name}
        return {**known, "text": "Hello", "lang": "en", **facts}

    def names(kind: str, name: str) -> Any:
        return {"referenced_tweets": [{"type": kind, "id": name}]}

    quoting, gone = post(quote, bo, 2, **names("quoted", root)), "1990000000000000010"
    again = post("1990000000000000011", cy, 3, **names("retweeted", quote))
    like = {"id": "aa12", "created_at": world.iso(4), "liked_tweet_author_id": me, "liked_tweet_id": root}
    follow = {"source": {"data": user(ann)}, "target": {"data": user(me)}}
    before = Figures(2, 1, 97 + 7 + 300, posts=1, shares=3, likes=1)
    return Case(
        [
            event("post.create", post(root, me, 0), me),
            event("post.repost.create", post(gone, ann, 1, **names("retweeted", root)), ann),
            event("post.quote.create", quoting, bo),
            event("post.repost.create", again, cy, tweets=[quoting]),
            event("like.create", like, me, ann),
            event("follow.follow", follow),
        ],
        {f"twitter:{root}": before, f"account:twitter:{me}": Figures(follows=1)},
        [event("post.delete", {"id": gone, "author_id": ann}), event("follow.unfollow", follow)],
        {
            f"twitter:{root}": before._replace(secondary_reach=7 + 300, shares=2, retracted=1),
            f"account:twitter:{me}": Figures(retracted=1),
        },
    )


def linkedin(world: World) -> Case:
    """Of a notified share the original is known only, of a post of the Posts API its parent: two generations. Audiences of members are not told."""
    page, ann, bo = "urn:li:organization:79", "urn:li:person:Ann9", "urn:li:person:Bo9"
    post, activity, share = "urn:li:share:9000001", "urn:li:activity:9000002", "urn:li:share:9000100"

    def notified(action: str, minutes: float, **facts: Any) -> Any:
        source = {"sourcePost": activity, "decoratedSourcePost": {"entity": post, "owner": page, "text": "News"}}
        told = {"notificationId": int(minutes), "organizationalEntity": page, "action": action, **source}
        one = {**told, "lastModifiedAt": world.millis(minutes), "subscriber": "urn:li:person:Admin", **facts}
        return {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [one]}

    def published(name: str, who: str, minutes: float, **facts: Any) -> Any:
        state = {"lifecycleState": "PUBLISHED", "visibility": "PUBLIC"}
        return {"id": name, "author": who, "createdAt": world.millis(minutes), **state, **facts}

    again = published("urn:li:share:9000200", bo, 3, reshareContext={"parent": share, "root": post})
    comment = {"entity": f"urn:li:comment:({activity},9000009)", "owner": ann, "object": activity, "text": "Well"}
    said = {
        "generatedActivity": "urn:li:comment:(activity:9000002,9000009)",
        "decoratedGeneratedActivity": {"comment": comment},
    }
    shared = {"generatedActivity": share, "decoratedGeneratedActivity": {"share": {"entity": share, "owner": ann}}}
    before = Figures(2, 2, 0, posts=1, shares=2, likes=1, comments=1)
    return Case(
        [
            notified("SHARE", 1, **shared),
            notified("LIKE", 2, generatedActivity=f"urn:li:like:({ann},{activity})"),
            notified("COMMENT", 4, **said),
            {"elements": [published(post, page, 0), again]},
        ],
        {f"linkedin:{post}": before},
        [notified("COMMENT_DELETE", 8, **said)],
        {f"linkedin:{post}": before._replace(comments=0, retracted=1)},
    )


def tiktok(world: World) -> Case:
    """Webhooks tell of nothing that spreads; whoever may ask the Research API hands on its answers. No undo."""
    video = {"id": 7990000000000000001, "create_time": world.seconds(0), "username": "ann"}
    totals = {"like_count": 90, "comment_count": 8, "share_count": 7, "view_count": 1000}
    about = {"video_id": video["id"], "create_time": world.seconds(3), "text": "Hi"}
    comments = [{"id": 71, "parent_comment_id": video["id"], **about}, {"id": 72, "parent_comment_id": 71, **about}]
    webhook = {"client_key": "k", "event": "video.publish.completed", "create_time": world.seconds(0), "content": "{}"}
    before = Figures(1, 1, 0, posts=1, shares=2, comments=2)
    counted = before._replace(counted_shares=7, counted_likes=90, counted_comments=8, counted_views=1000)
    return Case(
        [
            webhook,
            {"data": {"videos": [{**video, **totals}], "has_more": False}, "error": {"code": "ok"}},
            *({"username": who, "data": {"reposted_videos": [video]}} for who in ("bo", "cy")),
            {"data": {"comments": comments}},
        ],
        {f"tiktok:{video['id']}": counted},
    )


_ATOM = 'xmlns="http://www.w3.org/2005/Atom"'


def youtube(world: World) -> Case:
    """The hub pushes uploads and deletions; comments are polled. Nobody is told who shares."""
    pushed = f"""<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" {_ATOM}><title>YouTube video feed</title>
<entry><id>yt:video:VID9</id><yt:videoId>VID9</yt:videoId><yt:channelId>CH9</yt:channelId><title>A</title>
<published>{world.iso(0)}</published><updated>{world.iso(1)}</updated></entry></feed>"""
    gone = f"""<feed xmlns:at="http://purl.org/atompub/tombstones/1.0" {_ATOM}><at:deleted-entry ref="yt:video:VID9" when="{world.iso(9)}">
<link href="http://www.youtube.example/watch?v=VID9"/></at:deleted-entry></feed>"""

    def comment(name: str, minutes: float, **facts: Any) -> Any:
        snippet = {"authorChannelId": {"value": f"CH{name}"}, "publishedAt": world.iso(minutes), **facts}
        return {"kind": "youtube#comment", "id": name, "snippet": snippet}

    thread = {"kind": "youtube#commentThread", "id": "C9", "replies": {"comments": [comment("C9.r", 3, parentId="C9")]}}
    thread["snippet"] = {"videoId": "VID9", "topLevelComment": comment("C9", 2, videoId="VID9")}
    before = Figures(posts=1, comments=2)
    return Case(
        [pushed, {"kind": "youtube#commentThreadListResponse", "items": [thread]}],
        {"youtube:VID9": before},
        [gone],
        {"youtube:VID9": before._replace(posts=0, retracted=1)},
    )
