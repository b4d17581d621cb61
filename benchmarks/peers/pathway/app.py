"""p: the job in Pathway: a stateful reducer in Python over its Rust engine, input persisted on disk every 2 s.

The engine shows its results once a second, so the clock starts at the first of them, and the records before it are not counted
(in a short run it starts with the engine: most records would lie before).
"""

import os

import pathway as pw

from benchmarks.meter import Meter

meter = Meter()
figures = {}


class Event(pw.Schema):
    event_id: str
    kind: str
    content_id: str
    parent_event_id: str | None
    audience_size: int


@pw.reducers.stateful_many
def fold(state, rows):
    if state is None:
        state = pw.wrap_py_object(({}, {"n": 0, "maxd": 0, "direct": 0, "reach": 0, "kinds": {}, "hist": {}}))
    nodes, total = state.value
    for (event_id, kind, parent, audience), _count in rows:
        if event_id in nodes:
            continue
        if kind in ("share", "repin"):
            depth = 1
            if parent is not None:
                depth = 1 + nodes.get(parent, 0)
            nodes[event_id] = depth
            total["maxd"] = max(total["maxd"], depth)
            total["direct" if depth == 1 else "reach"] += audience
            total["hist"][depth] = total["hist"].get(depth, 0) + 1
        total["n"] += 1
        total["kinds"][kind] = total["kinds"].get(kind, 0) + 1
    return state


def on_change(key, row, time, is_addition):
    if is_addition:
        figures[row["content_id"]] = row["s"].value[1]


def on_time_end(time):
    done = sum(one["n"] for one in figures.values())
    if not meter.count and 4 * done < meter.expected:
        meter.first(already=done)
    meter.count = done
    if done >= meter.expected:
        meter.last()
        meter.sums_of(figures.values())
        os._exit(0)


events = pw.io.kafka.read(
    {
        "bootstrap.servers": os.environ["BENCH_BOOTSTRAP"],
        "group.id": os.environ["BENCH_GROUP"],
        "auto.offset.reset": "earliest",
        "session.timeout.ms": "6000",
    },
    topic=os.environ["BENCH_TOPIC"],
    schema=Event,
    format="json",
    autocommit_duration_ms=1000,
    name="events",
)
folded = events.groupby(events.content_id).reduce(
    events.content_id, s=fold(events.event_id, events.kind, events.parent_event_id, events.audience_size)
)
pw.io.subscribe(folded, on_change=on_change, on_time_end=on_time_end)
meter.first()
pw.run(
    monitoring_level=pw.MonitoringLevel.NONE,
    persistence_config=pw.persistence.Config(
        pw.persistence.Backend.filesystem(f"{os.environ['BENCH_SCRATCH']}/state"), snapshot_interval_ms=2000
    ),
)
