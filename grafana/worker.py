"""The row of panels on the worker, from Prometheus. Metric names come from `pipeline.metrics`, so none can be misspelt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from grafana.columns import COUNT
from grafana.panels import Panel, Steps, measured
from pipeline.config import Settings
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

_FLUSH_S = float(Settings.model_fields["flush_interval_s"].default)
_SLOW: Steps = ((None, "green"), (_FLUSH_S, "orange"), (10 * _FLUSH_S, "red"))
_BEHIND: Steps = ((None, "green"), (10_000, "orange"), (1_000_000, "red"))


def _rate(metric: Metric, by: str = "") -> str:
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric.value.name}[$__rate_interval]))"


def _quantile(quantile: float, metric: Metric, by: Iterable[str] = ()) -> str:
    labels = ", ".join(("le", *by))
    return f"histogram_quantile({quantile}, sum by ({labels}) (rate({metric.value.name}_bucket[$__rate_interval])))"


WORKER: tuple[Panel, ...] = (
    measured(
        "Events per second",
        "Records read, events folded and copies among them, over all workers. Folded well below read: bad or misplaced records. "
        "Flat while producers send: look at the lag.",
        {
            "read": _rate(Metric.RECORDS_IN),
            "folded": _rate(Metric.EVENTS_FOLDED),
            "duplicates": _rate(Metric.DUPLICATES),
        },
        unit=units.EventsPerSecond,
    ),
    measured(
        "Lag",
        "Records that wait in Kafka, by partition. Growing on all: too few workers. Growing on one: a hot content.",
        {"partition {{partition}}": f"sum by (partition) ({Metric.LAG_RECORDS.value.name})"},
        unit=COUNT,
        steps=_BEHIND,
    ),
    measured(
        "Batch seconds",
        "From taking a batch of records to handing its rows over. p99 above the flush interval: lower CASCADES_FETCH_MAX_RECORDS or add a worker.",
        {"p50": _quantile(0.5, Metric.BATCH_SECONDS), "p99": _quantile(0.99, Metric.BATCH_SECONDS)},
        unit=units.Seconds,
        steps=_SLOW,
    ),
    measured(
        "Slowest step (p99)",
        "Time per step: decode, fold, produce, freeze, write. Decode and fold scale with workers, write with ClickHouse, produce with Kafka.",
        {"{{stage}}": _quantile(0.99, Metric.STAGE_SECONDS, ("stage",))},
        unit=units.Seconds,
        steps=_SLOW,
    ),
    measured(
        "Rows written per second",
        "Rows that ClickHouse acknowledged, by table. Many times the events folded: late parents move whole branches.",
        {"{{table}}": _rate(Metric.ROWS_WRITTEN, "table")},
        unit=units.RowsPerSecond,
    ),
    measured(
        "Rows waiting for ClickHouse",
        "At CASCADES_FLUSH_MAX_ROWS reading pauses: ClickHouse is too slow or down.",
        {"rows": f"sum ({Metric.ROWS_WAITING.value.name})"},
        unit=COUNT,
        steps=((None, "green"), (float(Settings.model_fields["flush_max_rows"].default), "red")),
    ),
    measured(
        "Writes refused per second",
        "Writes that ClickHouse refused, by class. transient: look at ClickHouse. schema: run `cascades migrate`. row: a bug, the worker has stopped.",
        {"{{error}}": _rate(Metric.SINK_ERRORS, "error")},
        unit=units.WritesPerSecond,
        steps=((None, "green"), (0.001, "red")),
    ),
    measured(
        "Spreads in memory",
        "Nodes of cascades held by the workers, by partition. Memory follows it; very uneven: too few partitions or a bad key.",
        {"partition {{partition}}": f"sum by (partition) ({Metric.NODES.value.name})"},
        unit=COUNT,
    ),
    measured(
        "Ready",
        "1 when a part of a process does its work. 0 for longer than a restart takes: its /readyz says why.",
        {"{{instance}} {{part}}": f"min by (instance, part) ({Metric.READY.value.name})"},
        unit=units.NoUnit,
        steps=((None, "red"), (1, "green")),
    ),
)
