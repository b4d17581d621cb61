"""The two data sources, and how a panel asks each of them.

Their uids are fixed: dashboards, alerts and links name them, and `grafana/provisioning` creates them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusQuery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.runtime import DataqueryConfig
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

PLUGIN = "grafana-clickhouse-datasource"
CLICKHOUSE = DataSourceRef(type_val=PLUGIN, uid="cascades-clickhouse")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="cascades-prometheus")

_TIME_SERIES, _TABLE = 0, 1
"""The plugin's `format`: the first wants rows of time, label, value in order of time."""


@dataclass(frozen=True, slots=True)
class ClickHouseQuery(Dataquery):
    """One SQL query as the ClickHouse plugin stores it: the SDK has no model of it."""

    sql: str
    series: bool
    ref_id: str = "A"

    def to_json(self) -> dict[str, object]:
        """The query as it stands in a dashboard."""
        return {
            "refId": self.ref_id,
            "datasource": CLICKHOUSE.to_json(),
            "editorType": "sql",
            "format": _TIME_SERIES if self.series else _TABLE,
            "queryType": "timeseries" if self.series else "table",
            "rawSql": self.sql,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The query back from a dashboard. Raises ValueError when it is not one that we write."""
        query = cls(data["rawSql"], data["format"] == _TIME_SERIES, data["refId"])
        if query.to_json() != data:
            raise ValueError(f"not a query of ours: {data}")
        return query


class ClickHouseTarget(Builder[ClickHouseQuery]):
    """`ClickHouseQuery` where the SDK asks for a builder."""

    def __init__(self, sql: str, *, series: bool = False) -> None:
        self._query = ClickHouseQuery(sql.strip(), series)

    def build(self) -> ClickHouseQuery:
        """The query."""
        return self._query


def variant_config() -> DataqueryConfig:
    """How the SDK reads our queries back from JSON."""
    return DataqueryConfig(PLUGIN, ClickHouseQuery.from_json)


def prometheus(expression: str, legend: str, ref_id: str = "A") -> PrometheusQuery:
    """A range query; `legend` names its series, `{{label}}` included."""
    query = PrometheusQuery().datasource(PROMETHEUS).ref_id(ref_id)
    return query.expr(expression).legend_format(legend).range()
