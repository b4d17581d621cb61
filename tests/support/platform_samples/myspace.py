"""Synthetic activities of Myspace: Atom Activity Streams 1.0."""

from pipeline.ingest.platforms.markup import tree

SCHEMA = "http://activitystrea.ms/schema/1.0"


def feed(*entries):
    return f"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:activity="{SCHEMA}/" xmlns:thr="http://purl.org/syndication/thread/1.0">
 <title type="text">Recent activities of Ann</title><id>tag:myspace.example,2009:user/11/activities</id>
 <updated>2009-06-25T02:12:11Z</updated><author><name>Ann</name><uri>http://profile.myspace.example/11</uri></author>
 <activity:subject><activity:object-type>{SCHEMA}/person</activity:object-type><id>tag:myspace.example,2009:/Person/11</id></activity:subject>
 {"".join(entries)}
</feed>""".encode()


def entry(number, verb, thing, inside=""):
    return f"""<entry><id>tag:myspace.example,2009:/Activity/{number}</id><title>Ann did</title>
 <published>2009-06-24T02:12:11Z</published><activity:verb>{SCHEMA}/{verb}</activity:verb>
 <activity:object><activity:object-type>{SCHEMA}/note</activity:object-type><id>tag:myspace.example,2009:/{thing}</id>
 <title>A thing</title></activity:object>{inside}</entry>"""


ANSWER = '<thr:in-reply-to ref="tag:myspace.example,2009:/Note/1"/>'
ACTOR = "<activity:actor><id>tag:myspace.example,2009:/Person/12</id></activity:actor>"
SAMPLES = {
    "all": tree(
        feed(
            entry(1, "post", "Note/1"),
            entry(2, "post", "Note/2", ANSWER),
            entry(3, "share", "Note/1", ACTOR),
            entry(4, "favorite", "Note/1"),
            entry(5, "make-friend", "Person/12"),
            entry(6, "play", "Song/1"),
        )
    ),
}
UNKNOWN = {
    "verb": tree(feed(entry(7, "teleport", "Note/1"))),
    "feed": tree(b"<rss/>"),
    "no object": tree(
        feed(
            f"<entry><id>x</id><published>2009-06-24T02:12:11Z</published><activity:verb>{SCHEMA}/post</activity:verb></entry>"
        )
    ),
}
