"""Synthetic pushes and answers of YouTube."""

from pipeline.ingest.platforms.markup import tree

PUSH = b"""<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom">
<link rel="hub" href="https://hub.example"/><title>YouTube video feed</title><updated>2015-04-01T19:05:24.552394234+00:00</updated>
<entry><id>yt:video:VID1</id><yt:videoId>VID1</yt:videoId><yt:channelId>CH1</yt:channelId><title>A</title>
<link rel="alternate" href="http://www.youtube.example/watch?v=VID1"/><author><name>Ann</name><uri>http://www.youtube.example/channel/CH1</uri></author>
<published>2015-03-06T21:40:57+00:00</published><updated>2015-03-09T19:05:24.552394234+00:00</updated></entry></feed>"""
GONE = b"""<feed xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns="http://www.w3.org/2005/Atom">
<at:deleted-entry ref="yt:video:VID1" when="2015-04-02T19:05:24+00:00"><link href="http://www.youtube.example/watch?v=VID1"/>
<at:by><name>Ann</name><uri>http://www.youtube.example/channel/CH1</uri></at:by></at:deleted-entry></feed>"""


def comment(name, **facts):
    snippet = {"authorDisplayName": "bo", "authorChannelId": {"value": "CH2"}, "textOriginal": "Hi", "likeCount": 0,
               "publishedAt": "2019-11-26T15:51:44.000Z", "updatedAt": "2019-11-26T15:51:44.000Z"}  # fmt: skip
    return {"kind": "youtube#comment", "id": name, "snippet": {**snippet, **facts}}


THREAD = {
    "kind": "youtube#commentThread",
    "id": "C1",
    "snippet": {"videoId": "VID1", "topLevelComment": comment("C1", videoId="VID1"), "totalReplyCount": 1},
    "replies": {"comments": [comment("C1.r1", parentId="C1", authorChannelId=None)]},
}
VIDEO = {
    "kind": "youtube#video",
    "id": "VID1",
    "snippet": {"channelId": "CH1", "publishedAt": "2015-03-06T21:40:57Z"},
    "statistics": {"viewCount": "900", "likeCount": "70", "favoriteCount": "0", "commentCount": "5"},
}
FOLLOW = {
    "kind": "youtube#subscription",
    "id": "S1",
    "snippet": {
        "publishedAt": "2011-11-11T14:00:19.000Z",
        "channelId": "CH2",
        "resourceId": {"kind": "youtube#channel", "channelId": "CH1"},
    },
}
REPORT = {
    "kind": "youtubeAnalytics#resultTable",
    "columnHeaders": [
        {"name": "video", "columnType": "DIMENSION"},
        {"name": "sharingService"},
        {"name": "shares", "columnType": "METRIC"},
    ],
    "rows": [["VID1", "WHATS_APP", 4], ["VID1", "FACEBOOK", 3], ["VID2", "FACEBOOK", 1]],
}
SAMPLES = {
    "push": tree(PUSH),
    "deleted": tree(GONE),
    "threads": {"kind": "youtube#commentThreadListResponse", "items": [THREAD]},
    "videos": {"kind": "youtube#videoListResponse", "items": [VIDEO]},
    "subscriptions": {"kind": "youtube#subscriptionListResponse", "items": [FOLLOW]},
    "shares": REPORT,
}
UNKNOWN = {
    "kind": {"kind": "youtube#hologram"},
    "columns": {**REPORT, "columnHeaders": [{"name": "views"}]},
    "other feed": tree(b"<rss/>"),
    "no video": tree(b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>x</id></entry></feed>"),
}
