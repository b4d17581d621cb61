"""From a platform's payload to the analyst's view: acts and undos in both orders, and a kill between telling and committing."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from support.ingest_process import values
from support.platform_samples.bluesky import BO, CY, commit, post, ref
from support.platforms import REGISTRY, Context, samples
from support.undos import act
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client
from pipeline.ingest.platforms.seam import Mapped
from pipeline.ingest.undo.process import Resolve
from pipeline.kafka import client_options, ensure_topics, partition_for, undo_topic_specs
from schemas import undo, wire

WAITS_S = (0.5, 1.0)
RESOLVE = ("-m", "pipeline.cli", "resolve")
STRUCK = """
import os, signal, sys
from pipeline.config import Settings
from pipeline.ingest.undo import desk, process

async def strike(self, offsets):
    os.kill(os.getpid(), signal.SIGKILL)

desk.Desk._commit = strike
sys.exit(process.run_resolve(Settings()))
"""
"""Ends as a power cut would: after Kafka has acknowledged what a round produced, before its offsets are committed."""


@pytest.fixture(scope="module")
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    name = uuid4().hex[:12]
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        flush_interval_s=0.2,
        undo_topic=f"undo-{name}",
        undo_group=f"resolve-{name}",
        session_timeout_s=2.0,
    )
    migrated(made)
    return made


@pytest.fixture(scope="module")
def worker(settings, tmp_path_factory):
    made = WorkerProcess(settings, tmp_path_factory.mktemp("worker") / "worker.log")
    yield made
    made.kill()


@pytest.fixture
async def tell(settings):
    """`tell(payload, …)` puts what Bluesky's mapping makes of payloads where a reader of Jetstream would; `of` names another platform's mapping. An event goes
    as it is.
    """
    await ensure_topics(settings)
    await ensure_topics(settings, undo_topic_specs(settings))
    producer = AIOKafkaProducer(**client_options(settings), acks="all")
    await producer.start()

    async def put(*payloads, of="bluesky"):
        context = Context(actor_key=b"0123456789abcdef", instance="social.example")
        for payload in payloads:
            if isinstance(payload, wire.WireEvent):
                made = Mapped((payload,))
            else:
                made = REGISTRY[of].events(payload, datetime.now(UTC), context)
            assert not made.refused
            for event in made.events:
                key = event.content_id.encode()
                at = partition_for(key, settings.partitions)
                await producer.send_and_wait(settings.events_topic, wire.encode(event), key=key, partition=at)
            for one in made.undos:
                await producer.send_and_wait(settings.undo_topic, undo.encode(one), key=one.target_event_id.encode())

    yield put
    await producer.stop()


@asynccontextmanager
async def resolving(settings):
    """The resolver in this process, with short waits."""
    stop = asyncio.Event()
    working = asyncio.create_task(Resolve(settings, WAITS_S).work(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(working, 60)


def root(name):
    return f"at://did:plc:ann/app.bsky.feed.post/{name}"


def repost(did, name, of):
    return commit(did, "feed.repost", name, {"subject": ref(of)})


def deleted(did, name, collection="feed.repost"):
    return commit(did, collection, name, operation="delete")


COLUMNS = "shares, comments, size, depth, retractions_refused, retractions_waiting, retracted, duplicates"


async def until_shown(settings, wanted):
    """Wait until the contents have these figures."""
    sql = f"SELECT content_id, {COLUMNS} FROM v_content"
    with client(settings) as asked:
        for _ in range(300):
            found = {row[0].rpartition("/")[2]: row[1:] for row in asked.query(sql).result_rows}
            if (found := {name: found.get(name) for name in wanted}) == wanted:
                return
            await asyncio.sleep(0.3)
    assert found == wanted


@pytest.mark.usefixtures("worker")
async def test_a_share_and_its_undo_in_either_order_and_a_post_in_two_contents(settings, tell):
    both = post(
        CY,
        "3two",
        reply={"root": ref(root("early")), "parent": ref(root("early"))},
        embed={"$type": "app.bsky.embed.record", "record": ref(root("late"))},
    )
    await tell(deleted(BO, "3late"), deleted(CY, "3never"))
    async with resolving(settings):
        await tell(repost(BO, "3early", root("early")), repost(CY, "3kept", root("early")))
        await tell(deleted(BO, "3early"), both, deleted(CY, "3two", "feed.post"))
        first = {"early": (1, 0, 3, 1, 0, 0, 2, 0), "late": (0, 0, 2, 1, 0, 0, 1, 0)}
        await until_shown(settings, first)
        await tell(repost(BO, "3late", root("late")))
        await until_shown(settings, first | {"late": (0, 0, 3, 1, 0, 0, 2, 0)})
    edges = "SELECT event_id, retracted FROM v_edges WHERE platform = 'bluesky' AND match(content_id, '/(early|late)$')"
    with client(settings) as asked:
        told = {name.rpartition("/")[2]: gone for name, gone in asked.query(edges).result_rows}
    assert told == {"3early": True, "3kept": False, "3late": True, "3two": True}


UNDONE = [
    ("twitter", "repost", "delete"),
    ("mastodon", "boost", "delete"),
    ("activitypub", "announce", "undo by id"),
    ("threads", "publish", "delete"),
    ("linkedin", "comment", "comment gone, bare"),
]
"""Of each platform that does not tell the content: an act, and its undo."""


@pytest.mark.usefixtures("worker")
async def test_what_each_platform_undoes_without_its_content_is_undone_in_either_order(settings, tell):
    for place, (name, done, gone) in enumerate(UNDONE):
        for sample in (done, gone) if place % 2 else (gone, done):
            await tell(samples(name)[sample], of=name)
    await tell(samples("feeds")["atom"], of="feeds")
    async with resolving(settings):
        await until_shown(
            settings,
            {
                "twitter:1900000000000000001": (0, 0, 2, 1, 0, 0, 1, 0),
                "100": (0, 0, 3, 1, 0, 0, 2, 0),
                "threads:8903": (0, 0, 1, 0, 0, 0, 1, 0),
                "linkedin:urn:li:share:7000001": (0, 0, 1, 0, 0, 0, 1, 0),
                "9": (0, 1, 2, 1, 0, 0, 1, 0),
            },
        )


@pytest.mark.usefixtures("worker")
async def test_an_undo_that_names_an_act_of_a_merged_content_counts_where_the_act_is_counted(settings, tell):
    link = wire.WireEvent(
        event_id="apart is whole",
        kind="link",
        platform="bluesky",
        content_id=f"bluesky:{root('apart')}",
        actor_id="us",
        occurred_at=datetime.now(UTC),
        target_content_id=f"bluesky:{root('whole')}",
    )
    await tell(repost(BO, "3moved", root("apart")), repost(CY, "3whole", root("whole")), link)
    await until_shown(settings, {"apart": None, "whole": (2, 0, 3, 1, 0, 0, 0, 0)})
    async with resolving(settings):
        await tell(deleted(BO, "3moved"))
        await until_shown(settings, {"apart": None, "whole": (1, 0, 3, 1, 0, 0, 1, 0)})


async def retractions(settings):
    events = [wire.decode(value) for value in await values(settings, settings.events_topic)]
    return [event for event in events if event.kind == "retract" and event.content_id.endswith("/film")]


@pytest.mark.usefixtures("worker")
async def test_a_kill_between_telling_and_committing_changes_no_number(settings, tell, tmp_path):
    payloads = [repost(BO, f"3{number}", root("film")) for number in range(20)]
    undone = [deleted(BO, f"3{number}") for number in range(10)]
    await tell(*payloads, *undone)
    struck = WorkerProcess(settings, tmp_path / "struck.log", program=("-c", STRUCK))
    assert await asyncio.to_thread(struck.process.wait, 90) == -signal.SIGKILL, struck.log.read_text()
    before = len(await retractions(settings))
    assert before > 0, "it was killed too early"
    again = WorkerProcess(settings, tmp_path / "again.log", program=RESOLVE)
    await tell(repost(CY, "3last", root("film")), deleted(CY, "3last"))
    await until_shown(settings, {"film": (10, 0, 22, 1, 0, 0, 11, 0)})
    assert again.metric("cascades_undos_retracted_total") == 11 - before
    await asyncio.to_thread(again.wait_until, lambda: again.get("/readyz")[0] == 200, "ready")
    told = await retractions(settings)
    assert len({event.event_id for event in told}) == len(told) == 11
    assert all(event.occurred_at <= datetime.now(UTC) for event in told)
    assert await asyncio.to_thread(again.stop) == 0, again.log.read_text()


@pytest.mark.usefixtures("worker", "tell")
async def test_a_dead_letter_of_the_resolver_is_shown_beside_the_worker_s(settings):
    early = wire.encode(act("1", "early", occurred_at=datetime(1999, 1, 1, tzinfo=UTC)))
    async with AIOKafkaProducer(**client_options(settings), acks="all") as producer:
        await producer.send_and_wait(settings.undo_topic, b"\xff no undo", key=b"who")
        await producer.send_and_wait(settings.events_topic, early, key=b"early")
    wanted = {(settings.undo_topic, "not_an_undo", b"\xff no undo"), (settings.events_topic, "too_old", early)}
    async with resolving(settings):
        with client(settings) as asked:
            for _ in range(300):
                rows = asked.query("SELECT topic, toString(reason), hex(payload) FROM v_dead_letters").result_rows
                if (found := {(*row[:2], bytes.fromhex(row[2])) for row in rows}) >= wanted:
                    return
                await asyncio.sleep(0.3)
    assert found >= wanted


@pytest.mark.parametrize("away", ["clickhouse", "kafka"])
async def test_what_is_away_is_waited_for_and_named(settings, away):
    nowhere = {"clickhouse": {"clickhouse_url": "http://127.0.0.1:1"}, "kafka": {"kafka_bootstrap": "127.0.0.1:1"}}
    process = Resolve(settings.model_copy(update=nowhere[away]))
    stop = asyncio.Event()
    working = asyncio.create_task(process.work(stop))
    async with asyncio.timeout(60):
        for part in (away, "letters"):
            while "127.0.0.1:1" not in process.status.parts()[part].detail:  # noqa: ASYNC110 - a status has no event for it
                await asyncio.sleep(0.05)
            assert not process.status.is_ok(part)
    stop.set()
    await asyncio.wait_for(working, 60)
