"""e: the job in Quix Streams: RocksDB state per key, with its changelog topic."""

import os

from quixstreams import Application

from benchmarks.meter import Meter

app = Application(
    broker_address=os.environ["BENCH_BOOTSTRAP"],
    consumer_group=os.environ["BENCH_GROUP"],
    auto_offset_reset="earliest",
    state_dir=f"{os.environ['BENCH_SCRATCH']}/state",
    commit_interval=10.0,
    loglevel="WARNING",
)
meter = Meter()
latest = {}


def step(event, state):
    event_id = event["event_id"]
    if state.get(event_id) is None:
        figures = state.get("figures") or {"n": 0, "maxd": 0, "direct": 0, "reach": 0, "kinds": {}, "hist": {}}
        if event["kind"] in ("share", "repin"):
            depth, parent = 1, event["parent_event_id"]
            if parent is not None:
                depth = 1 + (state.get(parent) or 0)
            state.set(event_id, depth)
            figures["maxd"] = max(figures["maxd"], depth)
            figures["direct" if depth == 1 else "reach"] += event["audience_size"]
            figures["hist"][str(depth)] = figures["hist"].get(str(depth), 0) + 1
        figures["n"] += 1
        figures["kinds"][event["kind"]] = figures["kinds"].get(event["kind"], 0) + 1
        state.set("figures", figures)
        latest[event["content_id"]] = figures
    meter.tick()


events = app.topic(os.environ["BENCH_TOPIC"], value_deserializer="json", key_deserializer="bytes")
app.dataframe(events).update(step, stateful=True)
app.run(count=meter.expected, collect=False)
meter.sums_of(latest.values())
