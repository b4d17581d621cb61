"""From a file to the analyst's view: read, Kafka, the worker, ClickHouse. One worker for all of it."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys

import pytest
from pydantic import SecretStr
from support.archives import (
    PAGE,
    facebook,
    instagram,
    json_lines,
    myspace,
    myspace_entry,
    takeout,
    tweet,
    written,
    zipped,
)
from support.campaign import finish
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client
from pipeline.commands import archive as command
from pipeline.kafka import ensure_topics

DIES = """
import os, signal, sys
from pipeline.ingest.archives import running
from pipeline.ingest.archives.journal import Journal
from pipeline.cli import main
running.CHUNK_ITEMS = 100
kept, Journal.calls = Journal.save, 0
def save(self, progress):
    Journal.calls += 1
    if Journal.calls == {at}:
        os.kill(os.getpid(), {signal})
    kept(self, progress)
Journal.save = save
main()
"""
"""`cascades import` that gets a signal when its second chunk is acknowledged and its position not kept yet."""


@pytest.fixture(scope="module")
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        flush_interval_s=0.2,
        actor_key=SecretStr("a key that stays the same"),
        undo_topic=f"undo-{database.clickhouse_database}",
    )
    migrated(made)
    asyncio.run(ensure_topics(made))
    return made


@pytest.fixture(scope="module")
def worker(settings, tmp_path_factory):
    made = WorkerProcess(settings, tmp_path_factory.mktemp("worker") / "log")
    yield made
    assert made.stop() == 0


@pytest.fixture
def send(settings, worker, tmp_path, monkeypatch):
    """Import a file, and return when ClickHouse shows it."""
    monkeypatch.setattr(command, "load", lambda: settings)

    def sent(path, **options):
        names = command.Wanted._fields
        wanted = command.Wanted(**{name: options.get(name) for name in names} | {"file": str(path)})
        code = command.run(wanted)
        asyncio.run(finish(settings, worker))
        return code

    return sent


def shown(settings, content, columns="depth, shares, secondary_reach"):
    with client(settings) as asked:
        query = f"SELECT {columns} FROM v_content WHERE content_id = {{content:String}}"
        return asked.query(query, parameters={"content": content}).result_rows


def audiences(path, **known):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("actor_id", "audience_size"), *known.items()])
    return path


def test_a_takeout_of_google_plus(settings, send, tmp_path):
    known = audiences(tmp_path / "known.csv", **{"users/bo": 77})
    assert send(zipped(tmp_path / "takeout-001.zip", takeout()), audiences=known) == 0
    assert shown(settings, "googleplus:users/ann/posts/p1") == [(1, 1, 77)]


def test_feeds_of_myspace(settings, send, tmp_path):
    feeds = {f"{person}.atom": myspace(person, myspace_entry(person, "share", 7)) for person in (12, 13)}
    known = {f"tag:myspace.example,2009:/Person/{person}": person * 10 for person in (12, 13)}
    path = zipped(tmp_path / "feeds.zip", {"11.atom": myspace(11, myspace_entry(1, "post", 7)), **feeds})
    assert send(path, format="myspace", audiences=audiences(tmp_path / "known.csv", **known)) == 0
    assert shown(settings, "myspace:tag:myspace.example,2009:/Note/7") == [(1, 2, 250)]


def test_statuses_of_x_and_what_was_deleted(settings, send, tmp_path):
    root = tweet(1, "9", 50)
    quote = tweet(2, "8", 300, quoted_status_id_str="1", quoted_status=root)
    again = tweet(3, "7", 20, quoted_status_id_str="2", quoted_status=quote)
    repost = tweet(4, "6", 10, retweeted_status=root)
    assert send(written(tmp_path / "x.jsonl", json_lines(again, repost, quote, root) + "{odd\n")) == 1
    assert shown(settings, "twitter:1") == [(2, 3, 330)]


def test_downloads_of_facebook_by_two_people(settings, send, tmp_path):
    for owner, friends in (("ann.example", 120), ("bo.example", 30)):
        assert send(zipped(tmp_path / f"{owner}.zip", facebook(owner, friends))) == 0
    assert shown(settings, f"web:{PAGE}") == [(1, 2, 150)]


def test_a_download_of_instagram(settings, send, tmp_path):
    assert send(zipped(tmp_path / "instagram.zip", instagram())) == 0
    medium = "web:https://instagram.com/p/Abc-1"
    assert shown(settings, medium, "depth, shares, secondary_reach, likes") == [(1, 1, 3, 1)]


def test_exports_of_newsletters(settings, send, tmp_path):
    forms = [
        {
            "type": kind,
            "date_time": f"2020-09-13T12:26:4{number}+00:00",
            "contact[email]": f"{number}@example.org",
            "campaign[id]": "5",
        }
        for number, kind in enumerate(["open", "forward", "share"])
    ]
    assert send(written(tmp_path / "export.jsonl", json_lines(*forms))) == 0
    assert shown(settings, "email:activecampaign:5", "depth, depth_exact, shares, views, secondary_reach") == [
        (1, 1, 2, 1, 0)
    ]


def test_old_acts_move_nothing_that_is_live_and_raise_no_alert(settings, send, tmp_path):
    many = [
        tweet(800, "9", 1),
        *(tweet(number, str(number), 9, retweeted_status=tweet(800, "9", 1)) for number in range(801, 1101)),
    ]
    assert send(written(tmp_path / "many.jsonl", json_lines(*many))) == 0
    assert shown(settings, "twitter:800", "shares, shares_5m, shares_1h, shares_24h, velocity_5m, velocity_1h") == [
        (300, 0, 0, 0, 0, 0)
    ]
    with client(settings) as asked:
        assert asked.query("SELECT count() FROM v_alerts").result_rows == [(0,)]
        minutes = "SELECT min(minute), max(minute) < now() - INTERVAL 10 YEAR FROM v_content_minute WHERE content_id = 'twitter:800'"
        ((first, old),) = asked.query(minutes).result_rows
    assert (first.year, old) == (2014, 1)


def test_interrupted_and_killed_between_acknowledgement_and_position_it_goes_on_to_the_same_figures(
    settings, worker, tmp_path
):
    root = tweet(10_000, "root", 1)
    reposts = [tweet(10_000 + number, str(number), number, retweeted_status=root) for number in range(1, 400)]
    path = zipped(
        tmp_path / "x.zip", {"a.jsonl": json_lines(root, *reposts[:250]), "b.jsonl": json_lines(*reposts[250:])}
    )
    ways = {signal.SIGINT: 128 + signal.SIGINT, signal.SIGKILL: -signal.SIGKILL, 0: 0}
    for way, code in ways.items():
        program = [
            sys.executable,
            "-c",
            DIES.format(at=2, signal=int(way)),
            "import",
            str(path),
            "--format",
            "twitter",
            "--json",
        ]
        ended = subprocess.run(program, env=given(settings), capture_output=True, check=False)
        assert ended.returncode == code, ended.stderr
        assert (b"the same command goes on from there" in ended.stderr) == (way == signal.SIGINT)
    told = json.loads(ended.stdout)
    assert (told["entries"], told["events"]) == (400, {"post": 1, "share": 399})
    asyncio.run(finish(settings, worker))
    # One chunk came twice.
    figures = "depth, shares, secondary_reach, duplicates"
    assert shown(settings, "twitter:10000", figures) == [(1, 399, sum(range(1, 400)), 100)]


def given(settings):
    def text(value):
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    own = {f"CASCADES_{name.upper()}": text(getattr(settings, name)) for name in settings.model_fields_set}
    return os.environ | own
