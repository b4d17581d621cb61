"""Known posts and late quotations by each of the three ways into Kafka: doors, collectors, imports."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.archives import NOW, imported, json_lines, tweet, written
from support.collecting import collecting
from support.doors import SECRETS, event, hmac_by_hand, opened
from support.platform_samples.activitypub import ANN, BO, PUBLIC, ROOT
from support.platform_samples.threads import media, webhook
from support.platforms import KEY

from pipeline.ingest.collect.events import EVENTS
from pipeline.ingest.collect.kinds import KINDS
from pipeline.ingest.collect.options import Kind, SourceOptions
from pipeline.ingest.collect.seam import Piece, Source
from pipeline.ingest.platforms import REGISTRY, Context
from pipeline.ingest.posts import Posts
from schemas.posts import PostLink

FILM = Posts([PostLink(post="spring-film", content_id="film", linked_us=1_700_000_000_000_000)])
REPOST = media("3", media_type="REPOST_FACADE", reposted_post={"id": "2"})
QUOTE = media("2", is_quote_post=True, quoted_post={"id": "1"})


def linked(events):
    return [(one["content_id"], one["target_content_id"]) for one in events if one["kind"] == "link"]


async def push(doors, payload):
    body = json.dumps(payload).encode()
    signature = "sha256=" + hmac_by_hand(SECRETS[0].encode(), body).hex()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
    return (await doors.post("/webhooks/threads", body, headers))[0]


async def test_a_webhook_that_tells_of_a_quotation_late_is_followed_by_the_link_though_kafka_was_away():
    async with opened(webhooks={"threads": {"secrets": SECRETS, "verify_token": "ours"}}) as doors:
        assert await push(doors, webhook("publish", REPOST)) == 200
        doors.sender.problem = "Kafka is away"
        assert await push(doors, webhook("publish", QUOTE)) == 503
        doors.sender.problem = ""
        for _ in range(2):
            assert await push(doors, webhook("publish", QUOTE)) == 200
    assert [one["kind"] for one in doors.sender.events] == ["share", "quote", "link", "quote"]
    assert linked(doors.sender.events) == [("threads:2", "threads:1")]


async def test_version_1_events_name_their_content_themselves():
    repost = event("r", content_id="web:q")
    quote = event("q", kind="quote", content_id="web:root", platform="twitter")
    async with opened() as doors:
        assert (await doors.send(repost, quote))[0] == 202
    assert linked(doors.sender.events) == []
    async with told(*(Piece(json.dumps(one).encode(), EVENTS) for one in (repost, quote))) as running:
        await running.until(lambda: len(running.events) == 2)
    assert linked(running.events) == []


class Told(Source):
    """Puts its pieces out, and waits."""

    pieces: tuple[Piece, ...] = ()

    async def run(self, out, position):
        for number, one in enumerate(self.pieces[position["at"] :] if position else self.pieces, 1):
            await out.put(one._replace(position={"at": number}))
        await asyncio.Event().wait()


def told(*pieces, **more):
    def make(name, _options, context, _tools):
        source = Told(name, context)
        source.pieces = pieces
        return source

    kinds = {**KINDS, "made-up": Kind(SourceOptions, make, lambda _options: EVENTS)}
    return collecting("made-up", {}, kinds=kinds, **more)


async def test_a_collector_links_late_quotations_and_sends_known_posts_to_their_content():
    pieces = [Piece(json.dumps({"data": [one]}).encode(), REGISTRY["threads"]) for one in (QUOTE, REPOST)]
    async with told(*pieces, Piece(json.dumps(event()).encode(), EVENTS), posts=FILM) as running:
        await running.until(lambda: len(running.events) == 4)
    assert [one["content_id"] for one in running.events] == ["threads:1", "threads:2", "threads:2", "film"]
    assert linked(running.events) == [("threads:2", "threads:1")]


def test_an_import_does_so_too(tmp_path):
    quote = tweet(2, "8", 300, quoted_status_id_str="1", is_quote_status=True)
    repost = tweet(3, "7", 20, retweeted_status=tweet(2, "8", 300))
    known = Posts([PostLink(post="twitter:1", content_id="film", linked_us=1_700_000_000_000_000)])
    events, counts = imported(written(tmp_path / "x.jsonl", json_lines(repost, quote)), "twitter", posts=known)
    assert [(one.kind, one.content_id) for one in events] == [
        ("share", "twitter:2"),
        ("quote", "film"),
        ("link", "twitter:2"),
    ]
    assert counts.events == {"share": 1, "quote": 1, "link": 1}


@pytest.mark.parametrize("author", ["actor", "attributedTo"])
def test_no_server_of_the_fediverse_speaks_for_a_post_of_another_one(author):
    note = {"type": "Note", "id": ROOT, "to": PUBLIC, "quote": f"{BO}/junk", "published": "2026-08-30T23:25:00Z"}
    notes = {"type": "Create", "actor": BO, "object": note} if author == "actor" else {**note, "actor": BO, author: ANN}
    mapped = REGISTRY["activitypub"].events(notes, NOW, Context(actor_key=KEY))
    assert (mapped.events, mapped.ignored) == ((), ("a post in the name of another server",))
