"""Links between contents of several partitions, on real Kafka and ClickHouse, with workers killed in between: the figures of one content."""

import asyncio

from msgspec.structs import replace
from support.campaign import finish
from support.events import act
from support.merging import expected
from support.worker import produce
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client
from pipeline.ingest import posts
from pipeline.kafka import ensure_topics, partition_for
from schemas import topics
from schemas.posts import PostLink
from schemas.wire import encode

LINKS = {"twitter:1": "film", "facebook:2": "middle", "middle": "film", "web:3": "facebook:2"}
"""A chain over three contents, in four partitions."""
SHARES = 120


def told():
    """Shares that hang on each other across contents, with copies, likes, totals and retractions."""
    names = [*LINKS, "film"]
    for number in range(SHARES):
        parent = f"s{number * 2 // 3}" if number else None
        event = act(
            f"s{number}",
            by=f"p{number % 50}",
            at=number,
            parent_event_id=parent,
            parent_basis="exact",
            audience_size=number % 9,
        )
        yield replace(event, content_id=names[number % 5])
        if number % 7 == 0:
            yield replace(event, content_id=names[number % 3], parent_basis="inferred")
        if number % 11 == 0:
            yield replace(
                act(f"r{number}", "retract", by=f"p{number % 50}", at=number, target_event_id=f"s{number}"),
                content_id=names[number % 4],
            )
    for number, name in enumerate(names):
        yield replace(act(f"post {name}", "post", by=f"author {number}", audience_size=1000), content_id=name)
        yield replace(act(f"k {name}", "counter", at=number, counter_kind="view", count=10**number), content_id=name)


def shown(settings, sql):
    with client(settings) as asked:
        return asked.query(sql).result_rows


async def linked(settings, post):
    link = PostLink(post=post, content_id=LINKS[post], linked_us=1_700_000_000_000_000)
    await ensure_topics(settings, [topics.posts(settings.posts_topic)])
    await posts.write(settings, [(post, link, link.link())])


async def test_merged_contents_survive_kills_and_count_nothing_twice(kafka, clickhouse, tmp_path):
    database = clickhouse.settings()
    settings = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        flush_interval_s=0.2,
        fetch_max_records=40,
        session_timeout_s=2.0,
    )
    assert len({partition_for(name.encode(), settings.partitions) for name in (*LINKS, "film")}) > 1
    migrated(settings)
    events = list(told())
    records = [(event.content_id.encode(), encode(event)) for event in events]
    half, log = len(records) // 2, tmp_path / "worker.log"
    await produce(settings, records[:half])
    for some in (("twitter:1", "facebook:2"), ("middle", "web:3")):
        worker = await asyncio.to_thread(WorkerProcess, settings, log)
        await asyncio.to_thread(worker.wait_for, "cascades_records_in_total", 10)
        for post in some:
            await linked(settings, post)
        await asyncio.to_thread(worker.wait_for, "cascades_events_merged_total", 1)
        worker.kill()
    await produce(settings, records[half:])
    worker = await asyncio.to_thread(WorkerProcess, settings, log)
    await finish(settings, worker)
    await finish(settings, worker)
    assert await asyncio.to_thread(worker.stop) == 0
    (wanted,) = expected(events, LINKS).values()
    row = wanted["contents", "film"]
    columns = [
        "size",
        "shares",
        "likes",
        "depth",
        "depth_exact",
        "duplicates",
        "primary_reach",
        "secondary_reach",
        "counted_views",
        "retracted",
    ]
    assert shown(settings, f"SELECT content_id, {', '.join(columns)} FROM v_content") == [
        ("film", *(row[name] for name in columns))
    ]
    depths = {key[1]: figures["depth"] for key, figures in wanted.items() if key[0] == "edges"}
    assert dict(shown(settings, "SELECT event_id, depth FROM v_edges")) == depths
    assert shown(settings, "SELECT sum(shares), uniqExact(content_id) FROM v_content_minute") == [(row["shares"], 1)]
    homes = dict(shown(settings, "SELECT content_id, merged_into FROM v_merged_contents"))
    assert homes == dict.fromkeys(LINKS, "film")
    assert shown(settings, "SELECT uniqExact(content_id), count() FROM v_authors") == [(1, 5)]
