"""Every platform that has an HTTP door, end to end: its payloads, signed as it signs them, through `cascades ingest`, Kafka, the worker and ClickHouse
to depth and secondary reach in `v_content`, computed by hand; then its undo, with `cascades resolve` where the content is not told.

All send at once and wait together. Platforms without an HTTP door are in `ELSEWHERE`; one that is in no table fails a test.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import aiohttp
import pytest
from pydantic import SecretStr
from support.every_platform import newsletters, open_web, sending, social
from support.every_platform.case import Figures
from support.every_platform.world import serving
from support.ingest_process import ingesting
from support.worker_process import PATIENCE_S, WorkerProcess, migrated

from pipeline.clickhouse import client
from pipeline.ingest.http.proofs import PROOFS
from pipeline.ingest.platforms import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from support.every_platform.case import Case, Shown

CASES = {
    "facebook": social.facebook,
    "instagram": social.instagram,
    "threads": social.threads,
    "twitter": social.twitter,
    "linkedin": social.linkedin,
    "tiktok": social.tiktok,
    "youtube": social.youtube,
    "webmention": open_web.webmention,
    "feeds": open_web.feeds,
    "news": open_web.news,
    "mastodon": open_web.mastodon,
    "activitypub": open_web.activitypub,
    "sendgrid": newsletters.sendgrid,
    "mailgun": newsletters.mailgun,
    "postmark": newsletters.postmark,
    "ses": newsletters.ses,
    "activecampaign": newsletters.activecampaign,
    "events": open_web.events,
}
"""By the door; `events` is `/v1/events`."""
POLLED, FILES, SOCKETS = (f"test_{way}_end_to_end.py" for way in ("poll", "archives", "collect"))
ELSEWHERE = {
    "pinterest": POLLED,
    "tumblr": POLLED,
    "reddit": POLLED,
    "googleplus": FILES,
    "myspace": FILES,
    "bluesky": SOCKETS,
}
"""Nobody pushes these over HTTP: the file that goes the whole way with them."""
DOORS = """
import re, sys
from pipeline.cli import main
from pipeline.ingest.http.sns import Sns
Sns.__init__.__defaults__ = (re.compile(r"http://127\\.0\\.0\\.1:\\d+/"),)
sys.argv = ["cascades", "ingest"]
main()
"""
"""The doors as they are, but that SNS's certificate may lie on this machine."""
RESOLVE = ("-m", "pipeline.cli", "resolve")


class Told(NamedTuple):
    """What `v_content` showed of all platforms, before the undos and after them, and what the doors answered."""

    cases: dict[str, Case]
    before: Shown
    after: Shown
    answers: dict[str, list[dict[str, Any]]]


def made(kafka, clickhouse):
    database, name = clickhouse.settings(), uuid4().hex[:12]
    settings = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        flush_interval_s=0.2,
        undo_topic=f"undo-{name}",
        undo_group=f"resolve-{name}",
    )
    migrated(settings)
    return settings


def of_doors(settings, world):
    own = {
        "actor_key": SecretStr("a key that stays the same"),
        "webhooks": SecretStr(json.dumps(sending.settings())),
        "fetch_private_hosts": [world.host],
        "ingest_public_url": f"http://{sending.TARGET}",
    }
    return settings.model_copy(update=own)


async def send(session, url, door, payloads, world):
    """One platform's payloads, one after the other as they happened. A payload may be made when it is sent."""
    answers = []
    for payload in payloads:
        path, body, headers = sending.request(door, payload() if callable(payload) else payload, world)
        async with session.post(url + path, data=body, headers=headers) as response:
            answers.append(await response.json(content_type=None) | {"status": response.status})
    return answers


def shown(settings, wanted: Iterable[str]) -> Shown:
    sql = f"SELECT content_id, {', '.join(Figures._fields)} FROM v_content"
    with client(settings) as asked:
        found = {row[0]: Figures(*row[1:]) for row in asked.query(sql).result_rows}
    return {content: found.get(content, Figures()) for content in wanted}


async def settled(settings, workers, wanted: Shown) -> Shown:
    """What is shown once it is as wanted, or when patience has ended: tests say what differs."""
    end = time.monotonic() + PATIENCE_S
    found: Shown = {}
    while found != wanted and time.monotonic() < end:
        assert not (ended := [one.log.read_text()[-2000:] for one in workers if one.process.poll() is not None]), ended
        await asyncio.sleep(0.2)
        found = await asyncio.to_thread(shown, settings, wanted)
    return found


async def play(kafka, clickhouse, folder: Path) -> Told:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(serving())
        settings = await asyncio.to_thread(made, kafka, clickhouse)
        workers = [
            WorkerProcess(settings, folder / "worker.log"),
            WorkerProcess(settings, folder / "resolve.log", program=RESOLVE),
        ]
        for worker in workers:
            stack.callback(worker.kill)
        url = (await stack.enter_async_context(ingesting(of_doors(settings, world), ("-c", DOORS)))).url
        session = await stack.enter_async_context(aiohttp.ClientSession())
        cases = {door: case(world) for door, case in CASES.items()}

        async def all_send(part: str) -> dict[str, list[dict[str, Any]]]:
            sent = [send(session, url, door, getattr(case, part), world) for door, case in cases.items()]
            return dict(zip(cases, await asyncio.gather(*sent), strict=True))

        wanted = {content: figures for case in cases.values() for content, figures in case.shows.items()}
        answers = await all_send("acts")
        before = await settled(settings, workers, wanted)
        undone = await all_send("undo")
        after = await settled(
            settings, workers, wanted | {name: told for case in cases.values() for name, told in case.then.items()}
        )
        return Told(cases, before, after, {door: answers[door] + undone[door] for door in cases})


@pytest.fixture(scope="module")
def told(kafka, clickhouse, tmp_path_factory) -> Told:
    return asyncio.run(play(kafka, clickhouse, tmp_path_factory.mktemp("every-platform")))


def test_every_platform_goes_the_whole_way_here_or_in_a_file_that_is_named():
    assert CASES.keys() - {"events"} == PROOFS.keys(), "each door has a case"
    assert CASES.keys() - {"events"} | ELSEWHERE.keys() == REGISTRY.keys()
    assert not CASES.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("platform", ELSEWHERE)
def test_a_platform_without_a_door_stands_in_the_file_that_is_named(platform):
    assert platform in Path(__file__).with_name(ELSEWHERE[platform]).read_text()


@pytest.mark.parametrize("door", CASES)
def test_what_a_platform_tells_is_the_depth_and_reach_that_analysts_see(told, door):
    wanted = told.cases[door].shows
    assert {content: told.before[content] for content in wanted} == wanted


@pytest.mark.parametrize("door", CASES)
def test_what_it_takes_back_is_gone_and_the_depth_stays(told, door):
    wanted = told.cases[door].shows | told.cases[door].then
    assert {content: told.after[content] for content in wanted} == wanted


@pytest.mark.parametrize("door", CASES)
def test_every_payload_is_taken_and_no_part_of_it_is_a_dead_letter(told, door):
    assert [one for one in told.answers[door] if one["status"] not in {200, 202} or one.get("refused")] == []


def test_a_platform_whose_undo_is_told_has_one_here(told):
    without = {door for door, case in told.cases.items() if not case.undo}
    assert without == {door for door, mapping in REGISTRY.items() if mapping.covers.undo == "none" and door in CASES}
