"""From a platform's stream to the analyst's view: socket, Kafka, the worker, ClickHouse; killed where it hurts most on the way."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer
from support.campaign import finish
from support.collecting import CollectProcess, until
from support.ingest_process import values
from support.jetstream import SECOND_US, START_US, deleted, jetstream, posted, spread, uri
from support.mastodon_server import TOKEN, boosted, mastodon, number, written
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client
from pipeline.ingest.collect.positions import entry, read
from pipeline.kafka import client_options, collect_topic_specs, ensure_topics
from schemas import topics
from schemas.posts import PostLink, encode

PEOPLE = {f"did:plc:p{number}": 100 * number for number in range(1, 8)}
AUTHOR, *CHAIN = PEOPLE
STRANGERS = 200
ROOT = uri(AUTHOR, "3root", "post")
QUOTE = uri("did:plc:quoter", "3quote", "post")
KNOWN = uri("did:plc:brand", "3known", "post")


def chain():
    """Each reposts through the one before; in between many strangers like it; the last repost is undone. And a quotation that is reposted, and a known post."""
    yield posted(AUTHOR, "3root")
    via = None
    for place, person in enumerate(CHAIN, 1):
        yield spread(person, f"3r{place}", ROOT, via, START_US + place * SECOND_US)
        via = uri(person, f"3r{place}")
        for stranger in range(STRANGERS):
            moment = START_US + place * SECOND_US + stranger
            yield spread(f"did:plc:s{place}x{stranger}", "3s", ROOT, via, moment, kind="like")
    quoting = {"$type": "app.bsky.embed.record", "record": {"uri": ROOT, "cid": "bafyre"}}
    yield posted("did:plc:quoter", "3quote", START_US + 90 * SECOND_US, embed=quoting)
    yield spread("did:plc:fan", "3fan", QUOTE, time_us=START_US + 90 * SECOND_US + 1)
    yield spread("did:plc:fan", "3known", KNOWN, time_us=START_US + 90 * SECOND_US + 2)
    yield deleted(CHAIN[-1], f"3r{len(CHAIN)}", START_US + 91 * SECOND_US)


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        flush_interval_s=0.2,
    )
    own = {
        "positions_topic": f"positions-{made.group}",
        "undo_topic": f"undo-{made.group}",
        "posts_topic": f"posts-{made.group}",
    }
    made = kafka.settings(**{name: getattr(made, name) for name in made.model_fields_set} | own)
    migrated(made)
    return made


@pytest.fixture
def worker(settings, tmp_path):
    made = WorkerProcess(settings, tmp_path / "worker.log")
    yield made
    if made.process.poll() is None:
        made.kill()


def shown(settings, sql):
    with client(settings) as asked:
        return asked.query(sql).result_rows


async def stored(settings):
    return {name: found.position for name, found in (await read(settings)).items()}


async def reached(settings, wanted):
    async with asyncio.timeout(90):
        while await stored(settings) != wanted:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)


async def test_streams_stand_in_the_views_with_depth_and_reach_though_the_collector_is_killed_before_it_stores_its_place(
    settings, worker
):
    async with jetstream() as bluesky, mastodon() as fediverse:
        bluesky.followers = dict(PEOPLE)
        told = {
            "bluesky": {"urls": [bluesky.v1], "followers_url": bluesky.url, "followers_within_s": 20, "rewind_s": 2},
            "fedi": {"kind": "mastodon", "url": fediverse.url, "token": TOKEN},
        }
        own = settings.model_copy(update={"collect": json.dumps(told)})
        own.model_fields_set.add("collect")
        await begin(own)
        bluesky.log = list(chain())
        await killed(CollectProcess(own, "bluesky", strike=2))  # the acknowledgement is there, the position not yet
        post = written(10)
        async with running(own):
            await until(lambda: fediverse.streams)
            await fediverse.tell(post, *(boosted(10 + second, f"b{second}", post) for second in range(1, 6)))
            await fediverse.delete(str(number(15)))
            last = {
                "bluesky": {"time_us": START_US + 91 * SECOND_US},
                "fedi": {"status": str(number(15)), "notification": "0"},
            }
            await reached(own, last)
        await finish(settings, worker)
    assert await asyncio.to_thread(worker.stop) == 0
    await shows(settings, post)


@asynccontextmanager
async def running(settings):
    process = CollectProcess(settings)
    try:
        await process.start()
        yield
        assert await process.stop() == 0
    finally:
        if process.process.returncode is None:
            await process.kill()


async def begin(settings):
    """A collector was here before and read the root. Somebody listed a post; that no `link` says so to the worker shows who put it home."""
    await ensure_topics(settings, [*collect_topic_specs(settings), topics.posts(settings.posts_topic)])
    kafka = AIOKafkaProducer(**client_options(settings))
    await kafka.start()
    stored = entry(settings, "bluesky", "bluesky", {"time_us": START_US}, START_US)
    await kafka.send_and_wait(stored.topic, stored.value, stored.key)
    link = PostLink(post=f"bluesky:{KNOWN}", content_id="film", linked_us=START_US)
    await kafka.send_and_wait(settings.posts_topic, encode(link), link.post.encode())
    await kafka.stop()


async def killed(process):
    await process.launch()
    async with asyncio.timeout(90):
        assert await process.process.wait() == -9


async def shows(settings, post):
    columns = "SELECT shares, likes, depth, depth_exact, secondary_reach FROM v_content WHERE content_id"
    reach = sum(PEOPLE.values()) - PEOPLE[AUTHOR]
    deep, likes = len(CHAIN), STRANGERS * len(CHAIN)
    assert shown(settings, f"{columns} = 'bluesky:{ROOT}'") == [(deep + 2, likes, deep, deep, reach)]
    edges = "SELECT depth, parent_event_id FROM v_edges WHERE event_id LIKE '%3fan'"
    assert shown(settings, edges) == [(2, f"bluesky:{QUOTE}")], "the repost names the quotation only"
    assert shown(settings, f"{columns} = 'film'") == [(1, 0, 1, 1, 0)]
    assert shown(settings, f"{columns} IN ('bluesky:{QUOTE}', 'bluesky:{KNOWN}')") == []
    again = shown(settings, f"SELECT duplicates FROM v_content WHERE content_id = 'bluesky:{ROOT}'")
    assert again[0][0] > 0, "the kills should have made it come again"
    assert shown(settings, f"{columns} = 'mastodon:{post['uri']}'") == [(5, 0, 1, 1, 200)]
    undone = {json.loads(value)["target_event_id"] for value in await values(settings, settings.undo_topic)}
    assert f"bluesky:{uri(CHAIN[-1], f'3r{len(CHAIN)}')}" in undone
    assert any(target.endswith(f":{number(15)}") for target in undone)
