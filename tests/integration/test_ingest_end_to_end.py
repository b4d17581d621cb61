"""From a door to the analyst's view: HTTP, Kafka, the worker, ClickHouse."""

from __future__ import annotations

import asyncio
import itertools
import json

import aiohttp
import pytest
from support.campaign import finish
from support.doors import NOW_S, SECRETS, event, hmac_by_hand
from support.ingest_process import BEARER, ingesting
from support.links import LINKS, PERSON, token_of
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client
from pipeline.ingest.shown.process import PART, ShownLetters
from pipeline.metrics import Metrics
from pipeline.status import Status

LETTERS = "SELECT topic, toString(reason), payload_text FROM v_dead_letters"
FACEBOOK = {"facebook": {"secrets": SECRETS, "verify_token": "ours"}}


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        flush_interval_s=0.2,
        actor_key="a key that stays the same",
        webhooks=json.dumps(FACEBOOK),
        **LINKS,
    )
    migrated(made)
    return made


def shown(settings, sql):
    with client(settings) as asked:
        return asked.query(sql).result_rows


async def follow(session, url, person):
    headers = PERSON | {"User-Agent": f"{PERSON['User-Agent']} of {person}"}
    async with session.get(url, headers=headers, allow_redirects=False) as response:
        assert response.status == 302
        return token_of(response.headers["Location"])


def page(item, verb, at):
    value = {
        "item": item,
        "verb": verb,
        "post_id": "10_20",
        "from": {"id": "77"},
        "created_time": at,
        "reaction_type": "love",
    }
    return json.dumps(
        {"object": "page", "entry": [{"id": "10", "time": at, "changes": [{"field": "feed", "value": value}]}]}
    ).encode()


async def push(session, url, body):
    headers = {
        "X-Hub-Signature-256": "sha256=" + hmac_by_hand(SECRETS[0].encode(), body).hex(),
        "Content-Type": "application/json",
    }
    async with session.post(f"{url}/webhooks/facebook", data=body, headers=headers) as response:
        assert response.status == 200, await response.text()


@pytest.fixture
def worker(settings, tmp_path):
    made = WorkerProcess(settings, tmp_path / "worker.log")
    yield made
    if made.process.poll() is None:
        made.kill()


async def letters_shown(settings):
    """The rows of dead letters, once the task of `cascades resolve` has made some."""
    metrics, stop = Metrics(), asyncio.Event()
    working = asyncio.create_task(ShownLetters(settings, Status(metrics, [PART]), metrics).work(stop))
    async with asyncio.timeout(90):
        while not (rows := shown(settings, LETTERS)):  # noqa: ASYNC110 - a table has no event for it
            await asyncio.sleep(0.2)
        stop.set()
        await working
    return rows


async def test_what_came_by_each_door_stands_in_the_views_with_exact_parents(settings, worker):
    async with ingesting(settings) as process, aiohttp.ClientSession() as session:
        place = "spring"
        for person, channel in zip(range(6), itertools.cycle(["email", "facebook", "linkedin"]), strict=False):
            place = f"{await follow(session, f'{process.url}/l/{place}', person)}~{channel}"
        events = [
            event(number, content_id="sent", parent_event_id=f"web:{number - 1}", parent_basis="exact")
            for number in range(4)
        ]
        async with session.post(process.url + "/v1/events", json=events, headers=BEARER) as response:
            assert response.status == 202
        await push(session, process.url, page("reaction", "add", NOW_S - 90_000_000))
        await push(session, process.url, page("reaction", "remove", NOW_S - 89_999_000))
        await push(session, process.url, page("hologram", "add", NOW_S - 89_998_000))
        await finish(settings, worker)
    assert await asyncio.to_thread(worker.stop) == 0
    columns = "SELECT depth, depth_exact, shares, clicks, length(platforms) FROM v_content WHERE content_id"
    assert shown(settings, f"{columns} = 'spring-film'") == [(5, 5, 5, 6, 4)]
    assert shown(settings, f"{columns} = 'sent'") == [(4, 4, 4, 0, 1)]
    chain = shown(
        settings, "SELECT depth, platform, parent_basis FROM v_edges WHERE content_id = 'spring-film' ORDER BY depth"
    )
    assert chain == list(
        zip(range(1, 6), ["email", "facebook", "linkedin", "email", "facebook"], ["exact"] * 5, strict=True)
    )
    assert shown(settings, "SELECT likes FROM v_content WHERE content_id = 'facebook:10_20'") == [(0,)]
    ((topic, reason, payload),) = await letters_shown(settings)
    assert (topic, reason) == ("door.webhooks.facebook", "unknown_shape")
    assert json.loads(payload)["entry"][0]["changes"][0]["value"]["item"] == "hologram"
