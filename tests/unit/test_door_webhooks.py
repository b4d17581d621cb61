"""/webhooks/<platform>: proved, mapped, in Kafka, answered; nothing that came is lost."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
from aiohttp import web
from support.doors import NOW_S, SECRETS, hmac_by_hand, opened

from pipeline.errors import UsageError

FACEBOOK = {"facebook": {"secrets": SECRETS, "verify_token": "ours", "campaign_id": "spring"}}


def change(item="share", verb="add", **fields):
    value = {"item": item, "verb": verb, "post_id": "10_20", "from": {"id": "10"}, "created_time": NOW_S - 60, **fields}
    return {"field": "feed", "value": value}


def payload(*changes) -> bytes:
    return json.dumps(
        {"object": "page", "entry": [{"id": "10", "time": NOW_S - 50, "changes": list(changes)}]}
    ).encode()


async def push(doors, body: bytes, secret: str = SECRETS[0]):
    signature = "sha256=" + hmac_by_hand(secret.encode(), body).hex()
    return await doors.post(
        "/webhooks/facebook", body, {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
    )


async def test_a_page_s_act_becomes_an_event_of_the_doors_campaign():
    async with opened(webhooks=FACEBOOK) as doors:
        status, answer = await push(doors, payload(change("reaction", reaction_type="love")), SECRETS[1])
    assert (status, answer["accepted"]) == (200, 1)
    (event,) = doors.sender.events
    assert (event["kind"], event["content_id"], event["campaign_id"]) == ("like", "facebook:10_20", "spring")
    assert doors.sender.entries[0].key == b"facebook:10_20"


async def test_the_same_payload_twice_gives_the_same_events():
    async with opened(webhooks=FACEBOOK) as doors:
        body = payload(change(), change("comment", comment_id="10_21"))
        await push(doors, body)
        await push(doors, body)
    half = len(doors.sender.events) // 2
    assert doors.sender.events[:half] == doors.sender.events[half:]


async def test_a_part_of_unknown_shape_is_a_dead_letter_and_its_neighbours_are_taken():
    async with opened(webhooks=FACEBOOK) as doors:
        strange = change("hologram")
        status, answer = await push(doors, payload(change("reaction"), strange))
    assert (status, answer["accepted"], answer["refused"]) == (200, 1, 1)
    ((reason, letter),) = doors.sender.letters
    assert reason == "unknown_shape"
    assert json.loads(letter)["entry"][0]["changes"] == [strange]
    headers = dict(doors.sender.on("share.events.dlq")[0].headers)
    assert (headers["door"], headers["topic"]) == (b"/webhooks/facebook", b"door.webhooks.facebook")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b'{"object": "page"}'])
async def test_a_signed_body_that_is_no_payload_is_kept_as_it_came(body):
    async with opened(webhooks=FACEBOOK) as doors:
        status, answer = await push(doors, body)
    assert (status, answer["accepted"], answer["refused"]) == (200, 0, 1)
    ((reason, letter),) = doors.sender.letters
    assert reason == "unknown_shape"
    assert letter == body or json.loads(letter) == json.loads(body)


async def test_what_is_not_signed_leaves_no_trace():
    async with opened(webhooks=FACEBOOK) as doors:
        assert (await push(doors, payload(change()), "another secret"))[0] == 401
        assert (await doors.post("/webhooks/facebook", payload(change())))[0] == 401
        assert (await doors.post("/webhooks/linkedin", b"{}"))[0] == 404
        assert (await doors.post("/webhooks/nothing", b"{}"))[0] == 404
    assert doors.sender.entries == []


async def test_without_kafka_the_platform_is_asked_to_send_again():
    async with opened(webhooks=FACEBOOK) as doors:
        doors.sender.problem = "Kafka does not answer"
        assert (await push(doors, payload(change())))[0] == 503
        assert (await push(doors, b"{"))[0] == 503


async def test_a_packed_body_is_refused_because_its_signature_would_be_over_other_bytes():
    async with opened(webhooks=FACEBOOK) as doors:
        status, problem = await doors.post("/webhooks/facebook", b"x", {"Content-Encoding": "gzip"})
    assert (status, problem["type"]) == (415, "/problems#wrong-type")


async def test_handshakes_and_wrong_methods():
    async with opened(webhooks=FACEBOOK) as doors:
        query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": "ours"}
        assert await doors.get("/webhooks/facebook", **query) == (200, "42")
        assert (await doors.get("/webhooks/facebook", **query | {"hub.verify_token": "theirs"}))[0] == 403
        assert (await doors.get("/v1/events"))[0] == 405
        assert (await doors.get("/elsewhere"))[0] == 404
        status, kinds = await doors.get("/problems")
        assert (status, kinds["too-many"]["status"]) == (200, 429)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"webhooks": {"friendster": {"secrets": ["x"]}}}, "there is no door 'friendster'"),
        ({"webhooks": {"facebook": {"secrets": ["x"]}}}, "facebook needs verify_token"),
        ({"webhooks": {"facebook": {"secrets": ["x", "y", "z"]}}}, "CASCADES_WEBHOOKS does not work"),
        ({"tokens": [{"name": "a", "tokens": ["short"]}]}, "at least 20 characters"),
        ({"tokens": [{"name": "a"}]}, "nobody could use this entry"),
        ({"tokens": [{"name": "a", "tokens": ["x" * 20]}, {"name": "b", "tokens": ["x" * 20]}]}, "the same token"),
        ({"tokens": [{"name": "a", "signing_secrets": ["whsec_!"]}]}, "whsec_"),
    ],
)
async def test_settings_that_do_not_work_are_said_at_the_start(settings, words):
    with pytest.raises(UsageError, match=words) as error:
        async with opened(**settings):
            pass
    assert "x" * 20 not in str(error.value)


PAGE = """<!doctype html><base href="/blog/"><article class="h-entry"><a class="p-author h-card" href="/ada">Ada</a>
<time class="dt-published" datetime="2026-05-01T12:00:00Z">May</time><br><img src=x><p>
<a class="{relation}" href="https://ours.example/post">this</a></article>"""


async def mentioned(doors, page, source="/a", target="https://ours.example/post"):
    body = urlencode({"source": page + source, "target": target}).encode()
    return await doors.post("/webhooks/webmention", body, {"Content-Type": "application/x-www-form-urlencoded"})


@asynccontextmanager
async def blog(pages):
    """A blog on a port of its own; a page that is None is gone."""

    async def show(request):
        page = pages.get(request.path)
        return web.Response(status=410) if page is None else web.Response(text=page, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", show)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


WEBMENTION = {"webmention": {"targets": ["ours.example"]}}


@pytest.mark.parametrize(
    ("relation", "kind"),
    [("u-repost-of", "share"), ("u-like-of", "like"), ("u-in-reply-to", "comment"), ("", "mention")],
)
async def test_a_webmention_is_fetched_and_its_page_says_what_it_is(relation, kind):
    async with (
        blog({"/a": PAGE.format(relation=relation)}) as host,
        opened(webhooks=WEBMENTION, fetch_private_hosts=[host]) as doors,
    ):
        assert (await mentioned(doors, f"http://{host}"))[0] == 200
    (event,) = doors.sender.events
    assert (event["kind"], event["content_id"]) == (kind, "web:https://ours.example/post")
    assert event["actor_id"] == f"http://{host}/ada"
    assert event["occurred_at"] == "2026-05-01T12:00:00Z"


async def test_a_page_that_is_gone_or_links_no_more_takes_its_act_back():
    pages = {"/a": PAGE.format(relation="u-repost-of"), "/b": "<p>nothing here"}
    async with blog(pages) as host, opened(webhooks=WEBMENTION, fetch_private_hosts=[host]) as doors:
        for source in ("/a", "/b", "/gone"):
            assert (await mentioned(doors, f"http://{host}", source))[0] == 200
    assert [event["kind"] for event in doors.sender.events] == ["share", "retract", "retract"]


@pytest.mark.parametrize(
    ("source", "target"),
    [("/a", "https://theirs.example/"), ("/a", "no address"), (":99999/", "https://ours.example/")],
)
async def test_a_webmention_for_others_or_from_nowhere_is_a_bad_request(source, target):
    async with blog({}) as host, opened(webhooks=WEBMENTION, fetch_private_hosts=[host]) as doors:
        assert (await mentioned(doors, f"http://{host}", source, target))[0] == 400
        assert (await mentioned(doors, "http://127.0.0.1:9"))[0] == 400
        assert (await mentioned(doors, "http://169.254.169.254", "/latest/meta-data/"))[0] == 400
    assert doors.sender.entries == []
