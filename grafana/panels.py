"""Panels as every dashboard has them: a title, a description, a unit, "–" for what is not known, and how wide they are (of 24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from grafana_foundation_sdk.builders import barchart, common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    DataSourceRef,
    GraphDrawStyle,
    LegendDisplayMode,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DynamicConfigValue,
    FieldColorModeId,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMapping,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.dashboard import Panel as BuiltPanel

from grafana.columns import COUNT
from grafana.sources import CLICKHOUSE, PROMETHEUS, ClickHouseTarget, prometheus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grafana_foundation_sdk.cog.variants import Dataquery

    from grafana.columns import Column

DASH = "–"
Steps = tuple[tuple[float | None, str], ...]
PLAIN: Steps = ((None, "text"),)
ALARM: Steps = ((None, "green"), (0.001, "orange"), (10, "red"))
"""Nothing is good, something is to be looked at, ten and more to be acted on."""


class Panel(Protocol):
    """What the builders of the SDK have in common."""

    def id(self, id_val: int, /) -> Self: ...
    def title(self, title: str, /) -> Self: ...
    def description(self, description: str, /) -> Self: ...
    def unit(self, unit: str, /) -> Self: ...
    def no_value(self, no_value: str, /) -> Self: ...
    def mappings(self, mappings: list[ValueMapping], /) -> Self: ...
    def thresholds(self, thresholds: dashboard.ThresholdsConfig, /) -> Self: ...
    def datasource(self, datasource: DataSourceRef, /) -> Self: ...
    def with_target(self, target: Builder[Dataquery], /) -> Self: ...
    def span(self, w: int, /) -> Self: ...
    def height(self, h: int, /) -> Self: ...
    def build(self) -> BuiltPanel: ...


P = TypeVar("P", bound=Panel)


def _framed(panel: P, title: str, about: str, unit: str, steps: Steps, size: tuple[int, int]) -> P:
    unknown = SpecialValueMap(
        DashboardSpecialValueMapOptions(SpecialValueMatch.NULL_AND_NAN, ValueMappingResult(text=DASH))
    )
    levels = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE)
    levels = levels.steps([Threshold(value, color) for value, color in steps])
    framed = panel.title(title).description(about).unit(unit).no_value(DASH).mappings([unknown]).thresholds(levels)
    return framed.span(size[0]).height(size[1])


def _asks(panel: P, sql: str, *, series: bool = False) -> P:
    return panel.datasource(CLICKHOUSE).with_target(ClickHouseTarget(sql, series=series))


def figure(title: str, about: str, sql: str, *, unit: str = COUNT, steps: Steps = PLAIN, width: int = 4) -> stat.Panel:
    """One number."""
    return _asks(_framed(_stat(), title, about, unit, steps, (width, 4)), sql)


def figures(title: str, about: str, sql: str, columns: Sequence[Column], *, width: int = 12) -> stat.Panel:
    """The numbers of one row side by side, each with its own name and unit."""
    panel = _asks(_framed(_stat(), title, about, COUNT, PLAIN, (width, 4)), sql)
    for column in columns:
        panel = panel.override_by_name(column.field, column.properties())
    return panel


def _stat() -> stat.Panel:
    last = common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)
    return stat.Panel().reduce_options(last).color_mode(BigValueColorMode.VALUE).graph_mode(BigValueGraphMode.NONE)


def rows(
    title: str, about: str, sql: str, columns: Sequence[Column], *, height: int = 10, width: int = 24
) -> table.Panel:
    """A table."""
    panel = _asks(_framed(table.Panel(), title, about, COUNT, PLAIN, (width, height)), sql)
    for column in columns:
        panel = panel.override_by_name(column.field, column.properties())
    return panel


def bars(title: str, about: str, sql: str, x: str, *, unit: str = COUNT, width: int = 8) -> barchart.Panel:
    """One bar for each row, in the order of the query; `x` is the field under them."""
    panel = barchart.Panel().x_field(x).show_value(VisibilityMode.AUTO).legend(_legend(shown=False)).fill_opacity(70)
    return _asks(_framed(panel, title, about, unit, PLAIN, (width, 8)), sql)


def stacked(title: str, about: str, sql: str, label: str, *, unit: str, width: int = 12) -> timeseries.Panel:
    """Bars over time on top of each other, one colour for each value of the column `label`."""
    panel = _framed(_over_time(GraphDrawStyle.BARS), title, about, unit, PLAIN, (width, 8))
    panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(70).line_width(0)
    panel = panel.display_name(f"${{__field.labels.{label}}}")
    return _asks(panel.interval("1m"), sql, series=True)


def lines(title: str, about: str, sql: str, columns: Sequence[Column], *, width: int = 12) -> timeseries.Panel:
    """One line for each column, all but the first on the right axis."""
    panel = _framed(_over_time(GraphDrawStyle.LINE), title, about, COUNT, PLAIN, (width, 8))
    for place, column in enumerate(columns):
        axis = [DynamicConfigValue("custom.axisPlacement", "right" if place else "left")]
        panel = panel.override_by_name(column.field, [*column.properties(), *axis])
    return _asks(panel.interval("1m"), sql, series=True)


def measured(
    title: str, about: str, expressions: Mapping[str, str], *, unit: str, steps: Steps = PLAIN, width: int = 8
) -> timeseries.Panel:
    """Lines from Prometheus: expression by legend."""
    panel = _framed(_over_time(GraphDrawStyle.LINE), title, about, unit, steps, (width, 8)).datasource(PROMETHEUS)
    for ref_id, (legend, expression) in zip("ABCDEF", expressions.items(), strict=False):
        panel = panel.with_target(prometheus(expression, legend, ref_id))
    return panel


def _over_time(style: GraphDrawStyle) -> timeseries.Panel:
    tooltip = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
    color = dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME)
    return timeseries.Panel().draw_style(style).tooltip(tooltip).legend(_legend()).color_scheme(color).min(0)


def _legend(*, shown: bool = True) -> common.VizLegendOptions:
    return common.VizLegendOptions().show_legend(shown).display_mode(LegendDisplayMode.LIST)


class _Numbered(Builder[BuiltPanel]):
    """A panel with its id: unique within the dashboard."""

    def __init__(self, panel: Panel, number: int) -> None:
        self._panel = panel.id(number)

    def build(self) -> BuiltPanel:
        return self._panel.build()


def assemble(board: dashboard.Dashboard, rows_of_panels: Iterable[tuple[str, Sequence[Panel]]]) -> dashboard.Dashboard:
    """Lay the panels out under the headings of their rows, with ids in this order."""
    number = 0
    for heading, panels in rows_of_panels:
        number += 1
        board = board.with_row(dashboard.Row(heading).id(number))
        for panel in panels:
            number += 1
            board = board.with_panel(_Numbered(panel, number))
    return board
