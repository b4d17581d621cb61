"""From six platforms' APIs to the analyst's view: servers, `cascades collect` (killed on the way), Kafka, the worker, ClickHouse; then undone."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from support.campaign import finish
from support.collecting import CollectProcess
from support.ingest_process import values
from support.polled.graph import Graph, stamp
from support.polled.linkedin import ORGANIZATION, SHARE, LinkedIn
from support.polled.pinterest import Pinterest
from support.polled.reddit import Reddit
from support.polled.server import T0, serving
from support.polled.tumblr import Tumblr
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client

QUICK = {"per_hour": 1_000_000, "shortest_s": 0.5, "longest_s": 1.0}
LAST = {
    *((f"tumblr:{1000 + number}", "exact") for number in (1, 2, 3, 10, 39)),
    *((f"reddit:t3_b{number}", "root_only") for number in (1, 2, 3)),
    ("reddit:t1_c1", "exact"),
    ("pinterest:900", "exact"),
    ("pinterest:500", "none"),
    *((f"linkedin:urn:li:share:700010{number}", "exact") for number in (0, 1)),
    ("threads:103", "exact"),
    ("threads:201", "root_only"),
    ("threads:202", "exact"),
    ("instagram:401", "exact"),
}
"""The things that are found last on each platform, and how sure their parents are in the end."""


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url, clickhouse_database=database.clickhouse_database, flush_interval_s=0.2
    )
    own = {"positions_topic": f"positions-{made.group}", "undo_topic": f"undo-{made.group}"}
    made = kafka.settings(**{name: getattr(made, name) for name in made.model_fields_set} | own)
    migrated(made)
    return made


@pytest.fixture
def worker(settings, tmp_path):
    made = WorkerProcess(settings, tmp_path / "worker.log")
    yield made
    if made.process.poll() is None:
        made.kill()


class World:
    """What happens on the six platforms."""

    def __init__(self):
        self.tumblr, self.reddit, self.pinterest, self.linkedin = Tumblr(), Reddit(), Pinterest(), LinkedIn()
        self.threads, self.instagram = Graph(), Graph()
        self.servers = (self.tumblr, self.reddit, self.pinterest, self.linkedin, self.threads, self.instagram)
        self._tumblr()
        for number in (1, 2, 3):
            self.reddit.crosspost(f"t3_b{number}", f"p{number}", 10 * number, 100 * number)
        self.reddit.comment("t1_c1", "dee", 5)
        self.pinterest.pin(500, save=9)
        self.pinterest.pin(501, save=4)
        self.pinterest.pin(900, parent="501")
        self._linkedin(int(time.time()) - T0 - 7200)  # LinkedIn keeps notifications for 60 days
        self._meta()

    def _tumblr(self):
        for number, (blog, parent) in enumerate((("bo", "ann"), ("cy", "bo"), ("dee", "cy")), 1):
            self.tumblr.reblog(1000 + number, blog, parent, 100 * number)
        for number in range(10, 40):
            self.tumblr.reblog(1000 + number, f"b{number}", "bo", 1000 + number)
        self.tumblr.like("eve", 3000)

    def _linkedin(self, after_s):
        self.linkedin.reshare("urn:li:share:7000100", "urn:li:person:Bo", after_s, SHARE)
        self.linkedin.reshare("urn:li:share:7000101", "urn:li:person:Cy", after_s + 10, "urn:li:share:7000100")
        self.linkedin.notify("LIKE", after_s + 20, f"urn:li:like:(urn:li:person:Dee,{SHARE})")

    def _meta(self):
        self.threads.nodes["100"] = {"id": "100", "username": "ann", "timestamp": stamp(0), "media_type": "TEXT_POST"}
        for number in range(101, 104):
            facts = {"username": f"p{number}", "root_post": {"id": "100"}, "replied_to": {"id": "100"}}
            self.threads.add("100/conversation", number, number, **facts)
        shared = {"username": "bo", "timestamp": stamp(50)}
        self.threads.add("me/threads", 201, 50, media_type="REPOST_FACADE", reposted_post={"id": "100"}, **shared)
        self.threads.add("me/threads", 202, 60, media_type="TEXT_POST", quoted_post={"id": "100"}, username="cy")
        self.instagram.add("300/comments", 401, 10, username="dee", media={"id": "300"})
        self.instagram.metrics = {"shares": 5, "reposts": 2, "likes": 8}

    def told(self):
        """The sources as an operator would set them up."""
        own = {
            "tumblr": {"posts": ["ann/1000"], "api_key": Tumblr.token},
            "reddit": {
                "posts": ["t3_a1"],
                "client_id": "app",
                "client_secret": "app secret",
                "user_agent": "test:unusual:1 (by /u/ann)",
                "token_address": f"{self.reddit.url}/token",
            },
            "pinterest": {"posts": ["account", "500"], "access_token": Pinterest.token},
            "linkedin": {"posts": [SHARE], "organization": ORGANIZATION, "access_token": LinkedIn.token},
            "threads": {"posts": ["100", "me"], "access_token": Graph.token},
            "instagram": {"posts": ["300"], "access_token": Graph.token},
        }
        return {name: {**QUICK, "address": getattr(self, name).url, **facts} for name, facts in own.items()}

    def undo(self):
        self.reddit.delete("t3_b1")
        del self.pinterest.pins["500"]


async def acts(settings):
    """What stands in Kafka of posts, spreads and comments, with the parents' basis."""
    events = [json.loads(value) for value in await values(settings, settings.events_topic)]
    return {(one["event_id"], one.get("parent_basis", "none")) for one in events if one["kind"] != "counter"}


async def missing(settings):
    """What of each platform's last things is not there yet."""
    return LAST - await acts(settings)


async def retracted(settings):
    events = [json.loads(value) for value in await values(settings, settings.events_topic)]
    return {one["target_event_id"] for one in events if one["kind"] == "retract"}


async def wait_for(ask, wanted):
    end = time.monotonic() + 60
    while (found := await ask()) != wanted:
        assert time.monotonic() < end, f"in vain: {found}"
        await asyncio.sleep(0.5)


def shown(settings, columns, content):
    with client(settings) as asked:
        return asked.query(f"SELECT {columns} FROM v_content WHERE content_id = '{content}'").result_rows[0]


async def test_what_six_platforms_answer_stands_in_the_views_though_the_collector_is_killed_and_then_it_is_undone(
    settings, worker
):
    world = World()
    async with serving(*world.servers):
        own = settings.model_copy(update={"collect": json.dumps(world.told())})
        own.model_fields_set.add("collect")
        await killed(CollectProcess(own, strike=4))
        process = CollectProcess(own)
        try:
            await process.start()
            await wait_for(lambda: missing(settings), set())
            world.undo()
            await wait_for(lambda: retracted(settings), {"reddit:t3_b1", "pinterest:500"})
            assert await process.stop() == 0
        finally:
            if process.process.returncode is None:
                await process.kill()
    await finish(settings, worker)
    assert await asyncio.to_thread(worker.stop) == 0
    check(settings)


async def killed(process):
    await process.launch()
    async with asyncio.timeout(90):
        assert await process.process.wait() == -9


def check(settings):
    shape = "shares, depth, depth_exact, comments"
    assert shown(settings, shape, "tumblr:1000") == (33, 3, 3, 0)
    assert shown(settings, shape, f"linkedin:{SHARE}") == (2, 2, 2, 0)
    assert shown(settings, shape, "pinterest:501") == (1, 1, 1, 0)
    assert shown(settings, shape, "threads:100") == (2, 1, 1, 3)
    assert shown(settings, shape, "instagram:300") == (0, 0, 0, 1)
    # One of three crossposts, to a hundred subscribers, was deleted.
    assert shown(settings, f"{shape}, secondary_reach", "reddit:t3_a1") == (2, 1, 1, 1, 500)
    counted = "counted_shares, counted_likes"
    assert shown(settings, counted, "tumblr:1000") == (33, 1)
    assert shown(settings, counted, "instagram:300") == (7, 8)
    assert shown(settings, counted, "pinterest:501") == (4, 0)
