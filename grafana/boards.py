"""What both dashboards have in common: uid, time, refresh, tags, and the variables' kinds."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import (
    ConstantVariable,
    Dashboard,
    DashboardLink,
    QueryVariable,
    TextBoxVariable,
    TimePicker,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableModel,
    VariableOption,
    VariableRefresh,
)

from grafana.sources import CLICKHOUSE
from pipeline.config import Settings

TAG = "share-cascades"
ALL = VariableOption(selected=True, text=["All"], value=["$__all"])


def board(uid: str, title: str, about: str, since: str) -> Dashboard:
    """An empty dashboard that refreshes itself and leads to the other one."""
    others = DashboardLink("Share Cascades").type(DashboardLinkType.DASHBOARDS).tags([TAG]).keep_time(True)
    every = TimePicker().refresh_intervals(["5s", "10s", "30s", "1m", "5m"])
    made = Dashboard(title).uid(uid).description(about).tags([TAG]).time(since, "now").refresh("10s").timepicker(every)
    return made.timezone("browser").tooltip(DashboardCursorSync.CROSSHAIR).readonly().link(others)


def choice(name: str, label: str, about: str, sql: str) -> QueryVariable:
    """Several values out of those that a query gives; All to begin with."""
    made = _asked(QueryVariable(name), name, sql).label(label).description(about).multi(True).include_all(True)
    return made.current(ALL).allow_custom_value(False)


class _Derived(QueryVariable):
    """Never taken from an address, where it could contradict the variables that it follows from."""

    def build(self) -> VariableModel:
        made = super().build()
        made.skip_url_sync = True
        return made


def derived(name: str, about: str, sql: str) -> QueryVariable:
    """A value that a query makes of the other variables; not shown."""
    return _asked(_Derived(name), name, sql).description(about).hide(VariableHide.HIDE_VARIABLE)


def _asked(variable: QueryVariable, name: str, sql: str) -> QueryVariable:
    query: dict[str, object] = {"refId": name, "queryType": "sql", "rawSql": sql.strip()}
    return variable.query(query).datasource(CLICKHOUSE).refresh(VariableRefresh.ON_DASHBOARD_LOAD)


def typed(name: str, label: str, about: str) -> TextBoxVariable:
    """A text that the reader types; empty to begin with."""
    empty = VariableOption(selected=True)
    return TextBoxVariable(name).label(label).description(about).default_value("").current(empty).options([empty])


def page_address() -> ConstantVariable:
    """Where the links lead that open the project's own page: its port on this machine until somebody changes it."""
    return ConstantVariable("page").value(f"http://127.0.0.1:{Settings.model_fields['page_port'].default}")
