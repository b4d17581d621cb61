"""Archives made up for tests, in the shape of real ones; and everything that comes of one, without Kafka."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from support.platforms import KEY

from pipeline.config import Settings
from pipeline.ingest.archives import formats
from pipeline.ingest.archives.guess import guess
from pipeline.ingest.archives.journal import Progress
from pipeline.ingest.archives.limits import Limits
from pipeline.ingest.archives.opening import open_archive
from pipeline.ingest.archives.running import Import
from pipeline.ingest.platforms import Context
from schemas.wire import WireEvent

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIMITS = Limits(unpacked=1 << 30, ratio=200, members=1000)
PAGE = "https://example.org/lamp"


def zipped(path, members):
    """A zip file of texts, bytes, or things to be written as JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content if isinstance(content, str | bytes) else json.dumps(content))
    return path


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def json_lines(*payloads):
    return "".join(json.dumps(one) + "\n" for one in payloads)


def garbled(text):
    """As Facebook writes it."""
    return text.encode().decode("latin-1")


def working(archive, name, progress=None, *, settings=None, **options):
    """The import of an open archive, and its context."""
    as_of = datetime.fromtimestamp(progress.as_of_us / 1e6, UTC) if progress else NOW
    context = Context(actor_key=KEY, campaign_id=options.pop("campaign", None), audiences=options.pop("audiences", {}))
    reading = formats.reading(
        archive, name, context, as_of, owner=options.pop("owner", None), mapping=options.pop("mapping", None)
    )
    progress = progress or Progress(file=str(archive.path), format=name, as_of_us=int(NOW.timestamp() * 1e6))
    return Import(archive, reading, settings or Settings(), progress, posts=options.pop("posts", None))


def imported(path: Path, name=None, *, limits=LIMITS, **options):
    """(events, counts) of a whole archive. The format is guessed when it is not told."""
    events = []
    with open_archive(str(path), limits) as archive:
        work = working(archive, "csv" if options.get("mapping") else name or guess(archive), **options)
        work.look(events.append)
    return [one for one in events if isinstance(one, WireEvent)], work.progress.counts


def tweet(number, author, followers, **fields):
    return {
        "created_at": f"Wed Jul 09 00:{number % 60:02}:39 +0000 2014",
        "id_str": str(number),
        "user": {"id_str": author, "followers_count": followers},
        "text": "",
        **fields,
    }


def plus_person(name):
    return {"displayName": name, "resourceName": f"users/{name}", "profilePageUrl": f"https://plus.google.com/{name}"}


def plus_post(name, author, when="2014-05-01 12:00:00+0200", **fields):
    resource = f"users/{author}/posts/{name}"
    url = f"https://plus.google.com/{author}/posts/{name}"
    return {
        "resourceName": resource,
        "url": url,
        "creationTime": when,
        "author": plus_person(author),
        "content": "",
        **fields,
    }


def takeout():
    """Two posts, one of which passes the other on."""
    first = plus_post("p1", "ann", comments=[])
    again = plus_post(
        "p2",
        "bo",
        resharedPost={
            "resourceName": "users/ann/posts/p1",
            "url": "https://plus.google.com/ann/posts/p1",
            "author": plus_person("ann"),
        },
    )
    return {
        "Takeout/Google+ Stream/Posts/20140501 - lamp.json": first,
        "Takeout/Google+ Stream/Posts/20140502 - lamp.json": again,
        "Takeout/Google+ Stream/Photos/picture.json": {"name": "x"},
        "Takeout/archive_browser.html": "<html></html>",
    }


def facebook(owner="ann.example", friends=120, entries=()):
    posts = [
        {
            "timestamp": 1_400_000_000,
            "attachments": [{"data": [{"external_context": {"url": PAGE}}]}],
            "data": [{"post": garbled("schön")}],
            "title": "shared a link.",
        },
        *entries,
    ]
    comments = [{"timestamp": 1_400_000_100, "data": [{"comment": {"comment": "so nice"}}], "title": "commented"}]
    return {
        "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json": posts,
        "your_facebook_activity/comments_and_reactions/comments.json": {"comments_v2": comments},
        "personal_information/profile_information/profile_information.json": {
            "profile_v2": {"name": {"full_name": "Ann"}, "profile_uri": f"https://www.facebook.com/{owner}"}
        },
        "connections/friends/your_friends.json": {
            "friends_v2": [{"name": f"P{number}", "timestamp": 1} for number in range(friends)]
        },
        "your_facebook_activity/posts/media/lamp.jpg": b"\xff\xd8",
    }


def instagram(owner="bo", followers=("cy", "di", "ed"), page="https://www.instagram.com/p/Abc-1/"):
    def listed(**facts):
        return {"title": "", "media_list_data": [], "string_list_data": [facts]}

    return {
        "personal_information/personal_information/personal_information.json": {
            "profile_user": [{"title": "User", "string_map_data": {"Username": {"value": owner}}}]
        },
        "connections/followers_and_following/followers_1.json": [
            listed(href=f"https://www.instagram.com/{name}", value=name, timestamp=1_500_000_000) for name in followers
        ],
        "connections/followers_and_following/following.json": {
            "relationships_following": [
                {**listed(href="https://www.instagram.com/_u/fay", timestamp=1_500_000_001), "title": "fay"}
            ]
        },
        "your_instagram_activity/likes/liked_posts.json": {
            "likes_media_likes": [{**listed(href=page, value=garbled("👍"), timestamp=1_600_000_000), "title": "ann"}]
        },
        "your_instagram_activity/media/posts_1.json": [
            {"media": [{"uri": "media/posts/1.jpg", "creation_timestamp": 1_600_000_100, "title": ""}]}
        ],
        "your_instagram_activity/media/reposts.json": [
            {
                "timestamp": 1_600_000_200,
                "media": [],
                "label_values": [{"label": "URL", "value": page, "href": page}, {"label": "Naam", "value": "ann"}],
            }
        ],
        "your_instagram_activity/comments/post_comments_1.json": [
            {"string_map_data": {"Comment": {"value": "ah"}, "Media Owner": {"value": "ann"}, "Time": {"timestamp": 1}}}
        ],
    }


MYSPACE_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:activity="http://activitystrea.ms/schema/1.0/"
 xmlns:thr="http://purl.org/syndication/thread/1.0"><title>Recent activities</title>"""


def myspace_entry(number, verb, thing, when="2009-06-25T02:12:11Z"):
    return f"""<entry><id>tag:myspace.example,2009:/Activity/{number}</id><published>{when}</published>
 <activity:verb>http://activitystrea.ms/schema/1.0/{verb}</activity:verb>
 <activity:object><id>tag:myspace.example,2009:/Note/{thing}</id></activity:object></entry>"""


def myspace(person, *entries, late=False):
    """A feed; with `late` it says after its entries whose it is."""
    subject = f"<activity:subject><id>tag:myspace.example,2009:/Person/{person}</id></activity:subject>"
    body = "\n".join(entries)
    return MYSPACE_HEAD + (body + subject if late else subject + body) + "</feed>"


def bomb(size):
    """A zip file in memory with one member of so many equal bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("posts.jsonl", b" " * size)
    return made.getvalue()
