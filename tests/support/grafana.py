"""What Grafana and its ClickHouse plugin do to a query before it is sent, for the macros and formats that our dashboards use.

Follows the plugin 4.20 (`pkg/macros`, `applyConditionalAll`) and Grafana's format registry. Anything else in a query is an error here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ALL = "$__all"
_CONDITIONAL = "$__conditionalAll("
_VARIABLE = re.compile(r"\$\{(\w+):(\w+)\}")
_MACRO = re.compile(r"\$__(\w+)(?:\(([^()]*)\))?")

Value = str | list[str]


def _single_quoted(value: Value) -> str:
    quoted = ["'" + one.replace("'", "\\'") + "'" for one in ([value] if isinstance(value, str) else value)]
    return ",".join(quoted)


def _percent_encoded(value: Value) -> str:
    assert isinstance(value, str), "a list would be encoded as {a,b}"
    return quote(value, safe="-_.~")


_FORMATS: dict[str, Callable[[Value], str]] = {
    "singlequote": _single_quoted,
    "percentencode": _percent_encoded,
    "raw": str,
}


@dataclass(frozen=True)
class View:
    """What a reader has chosen: the time range, the width of a bucket, and the variables."""

    start: datetime
    end: datetime
    interval_s: int = 60
    variables: dict[str, Value] = field(default_factory=dict)

    @classmethod
    def last(cls, span: timedelta, *, interval_s: int = 60, **variables: Value) -> View:
        """The time up to now."""
        now = datetime.now(UTC)
        return cls(now - span, now, interval_s, variables)

    def expand(self, sql: str) -> str:
        """The SQL that reaches ClickHouse."""
        sql = self._conditional_all(sql)
        sql = _VARIABLE.sub(lambda found: _FORMATS[found[2]](self.variables[found[1]]), sql)
        sql = _MACRO.sub(lambda found: self._macro(found[1], found[2]), sql)
        assert "$" not in sql, f"not expanded: {sql}"
        return sql

    def _conditional_all(self, sql: str) -> str:
        """As the plugin does it: the last one first, arguments by counting brackets."""
        while (start := sql.rfind(_CONDITIONAL)) >= 0:
            condition, variable, end = _two_arguments(sql, start + len(_CONDITIONAL))
            value = self.variables[variable.strip().removeprefix("$")]
            flat = value if isinstance(value, str) else ",".join(value)
            sql = sql[:start] + ("1=1" if flat in {"", ALL} else condition) + sql[end:]
        return sql

    def _macro(self, name: str, argument: str | None) -> str:
        start, end = (f"toDateTime({int(moment.timestamp())})" for moment in (self.start, self.end))
        match name, argument:
            case "timeFilter", str(column):
                return f"{column} >= {start} AND {column} <= {end}"
            case "timeInterval", str(column):
                return f"toStartOfInterval(toDateTime({column}), INTERVAL {self.interval_s} second)"
            case "interval_s", None:
                return str(self.interval_s)
        raise AssertionError(f"$__{name}({argument}) is not known here")


def _two_arguments(sql: str, start: int) -> tuple[str, str, int]:
    """Both arguments that begin at `start`, and where their closing bracket ends."""
    depth, cuts = 1, [start]
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if sql[place] == "," and depth == 1:
            cuts.append(place + 1)
        if depth == 0:
            first, second = cuts
            return sql[first : second - 1], sql[second:place], place + 1
    raise AssertionError(f"a bracket is not closed: {sql}")


def dashboard(path: Path) -> dict[str, Any]:
    """A checked-in dashboard."""
    return json.loads(path.read_text("utf-8"))


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Its panels, without the rows that they stand under."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries(board: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(title of the panel, name of the variable or of the annotation, SQL) of all that it asks ClickHouse."""
    for panel in panels(board):
        for target in panel["targets"]:
            if "rawSql" in target:
                yield panel["title"], target["rawSql"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield f"${variable['name']}", variable["query"]["rawSql"]
    for annotation in board["annotations"].get("list", []):
        yield annotation["name"], annotation["target"]["rawSql"]
