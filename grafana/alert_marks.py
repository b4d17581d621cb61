"""Alerts over the charts: a mark where one was opened, a band while it was open."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery

from grafana.sources import CLICKHOUSE, ClickHouseTarget

MOST = 500
NAME = "Alerts"


def sql(where: str) -> str:
    """Alerts opened in the chosen time, under Grafana's names for the fields of an annotation. Grafana shows the text as HTML, and ids and actor
    names are written by strangers, so it is escaped.
    """
    return f"""
SELECT
    opened_at AS time, closed_at AS timeEnd,
    encodeXMLComponent(concat(state, ', severity ', toString(severity), ': ', content_id)) AS title,
    encodeXMLComponent(summary) AS text,
    ['alert', toString(rule), toString(state)] AS tags
FROM v_alerts
WHERE $__timeFilter(opened_at) AND kind != 'test'
    AND {where}
ORDER BY time LIMIT {MOST}
"""


def alerts(where: str) -> AnnotationQuery:
    """The annotation query of a dashboard, for the alerts that `where` selects."""
    made = AnnotationQuery().name(NAME).datasource(CLICKHOUSE).enable(enable=True).icon_color("red")
    return made.target(ClickHouseTarget(sql(where)))
