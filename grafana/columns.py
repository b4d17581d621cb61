"""The fields of tables and of panels with several figures: what people read in their place, and how the values are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNT = units.LocaleFormat
"""1,234: exact, for what is counted."""
PEOPLE = units.Short
"""1.23 K: for sums of audiences, whose last digits mean nothing."""
RATIO = units.Number
MOMENT = units.DatetimeISO


class Link(TypedDict):
    """Where a click on a value leads."""

    title: str
    url: str
    targetBlank: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a query's answer."""

    field: str
    label: str
    unit: str | None = None
    decimals: int | None = None
    width: int | None = None
    links: tuple[Link, ...] = ()
    steps: tuple[tuple[float | None, str], ...] = ()

    def properties(self) -> list[DynamicConfigValue]:
        """As an override of the panel."""
        given: Iterable[tuple[str, object]] = (
            ("displayName", self.label),
            ("unit", self.unit),
            ("decimals", self.decimals),
            ("custom.width", self.width),
            ("links", list(self.links)),
            ("thresholds", self._thresholds()),
        )
        return [DynamicConfigValue(name, value) for name, value in given if value not in (None, [])]

    def _thresholds(self) -> object:
        if not self.steps:
            return None
        return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in self.steps]}


CONTENT_URL = "/d/cascades-content?var-content_id=${__value.raw:percentencode}&${__url_time_range}"
PAGE_URL = "${page:raw}/#/content/${__value.raw:percentencode}"
TO_CONTENT: tuple[Link, ...] = (
    {"title": "This content in Grafana", "url": CONTENT_URL, "targetBlank": False},
    {"title": "Its tree on the page", "url": PAGE_URL, "targetBlank": True},
)
TO_PAGE = TO_CONTENT[1:]
CAMPAIGN_URL = "${page:raw}/#/campaign/${__value.raw:percentencode}"
TO_CAMPAIGN: tuple[Link, ...] = ({"title": "This campaign on the page", "url": CAMPAIGN_URL, "targetBlank": True},)
