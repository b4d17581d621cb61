"""d: the job in plain Faust: two Tables in memory with their changelogs, one event at a time."""

import os
import sys

import faust

from benchmarks.meter import Meter

app = faust.App(
    os.environ["BENCH_GROUP"],
    broker=f"kafka://{os.environ['BENCH_BOOTSTRAP']}",
    consumer_auto_offset_reset="earliest",
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    topic_replication_factor=1,
    topic_disable_leader=True,
    web_enabled=False,
    store="memory://",
    datadir=f"{os.environ['BENCH_SCRATCH']}/data",
)
events = app.topic(os.environ["BENCH_TOPIC"], value_type=None, value_serializer="json", key_serializer="raw")
nodes = app.Table("nodes", partitions=int(os.environ["BENCH_PARTITIONS"]))
aggregates = app.Table("aggregates", partitions=int(os.environ["BENCH_PARTITIONS"]))
meter = Meter()


@app.agent(events)
async def fold(stream):
    async for event in stream:
        content = event["content_id"]
        prefix = content + "|"
        if nodes.get(prefix + event["event_id"]) is None:
            figures = aggregates.get(content) or {"n": 0, "maxd": 0, "direct": 0, "reach": 0, "kinds": {}, "hist": {}}
            if event["kind"] in ("share", "repin"):
                depth, parent = 1, event["parent_event_id"]
                if parent is not None:
                    depth = 1 + (nodes.get(prefix + parent) or 0)
                nodes[prefix + event["event_id"]] = depth
                figures["maxd"] = max(figures["maxd"], depth)
                figures["direct" if depth == 1 else "reach"] += event["audience_size"]
                figures["hist"][str(depth)] = figures["hist"].get(str(depth), 0) + 1
            figures["n"] += 1
            figures["kinds"][event["kind"]] = figures["kinds"].get(event["kind"], 0) + 1
            aggregates[content] = figures
        if meter.tick():
            meter.sums_of(aggregates.values())
            os._exit(0)


if __name__ == "__main__":
    sys.argv = ["bench", "worker", "-l", "warn"]
    app.main()
