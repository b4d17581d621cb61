"""f: the job in Bytewax: one worker, snapshots into its SQLite recovery store every 10 s."""

import copy
import os
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import orjson
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulLogic
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink

from benchmarks.meter import Meter

meter = Meter()
latest = {}


class Cascade(StatefulLogic):
    def __init__(self, kept):
        self.nodes, self.figures = kept or (
            {},
            {"n": 0, "maxd": 0, "direct": 0, "reach": 0, "kinds": {}, "hist": {}},
        )

    def on_item(self, event):
        nodes, figures, event_id = self.nodes, self.figures, event["event_id"]
        if event_id not in nodes:
            if event["kind"] in ("share", "repin"):
                depth, parent = 1, event["parent_event_id"]
                if parent is not None:
                    depth = 1 + nodes.get(parent, 0)
                nodes[event_id] = depth
                figures["maxd"] = max(figures["maxd"], depth)
                figures["direct" if depth == 1 else "reach"] += event["audience_size"]
                figures["hist"][depth] = figures["hist"].get(depth, 0) + 1
            figures["n"] += 1
            figures["kinds"][event["kind"]] = figures["kinds"].get(event["kind"], 0) + 1
            latest[event["content_id"]] = figures
        meter.tick()
        return (), StatefulLogic.RETAIN

    def on_eof(self):
        return (self.figures,), StatefulLogic.RETAIN

    def snapshot(self):
        return copy.deepcopy((self.nodes, self.figures))


flow = Dataflow("cascade")
records = op.input(
    "in",
    flow,
    KafkaSource([os.environ["BENCH_BOOTSTRAP"]], [os.environ["BENCH_TOPIC"]], tail=False, batch_size=1000),
)
decoded = op.map("decode", records, lambda record: orjson.loads(record.value))
keyed = op.key_on("key", decoded, lambda event: event["content_id"])
op.output("out", op.stateful("cascade", keyed, Cascade), TestingSink([]))

recovery = Path(os.environ["BENCH_SCRATCH"]) / "recovery"
recovery.mkdir()
init_db_dir(recovery, 1)
cli_main(
    flow,
    workers_per_process=1,
    process_id=None,
    addresses=None,
    epoch_interval=timedelta(seconds=10),
    recovery_config=RecoveryConfig(recovery, backup_interval=timedelta(0)),
)
meter.sums_of(latest.values())
