"""What Facebook, Instagram and Threads have in common: Meta's webhook envelope and people who are not named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms.reading import UnknownShapeError
from pipeline.ingest.platforms.seam import Ignored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

Metrics = list[tuple[str, "Json"]]

AUTHENTICATION: Final = "`X-Hub-Signature-256`: HMAC-SHA256 of the raw body; `hub.challenge` with a verify token"
ANONYMOUS: Final = "anonymous:"
"""Meta leaves the person out when the app lacks the permission. The act still counts, under a name of its own."""


def parts(payload: Json, wanted: str) -> Iterable[object]:
    """One payload for each change of an envelope whose `object` is the wanted one."""
    if payload["object"].text() != wanted:
        raise payload["object"].unknown()
    rest = {name: value for name, value in payload.object().items() if name != "entry"}
    for entry in payload["entry"]:
        for body in _changes(entry):
            yield {**rest, "entry": [body]}


def _changes(entry: Json) -> Iterator[object]:
    body = entry.value
    changes = body.get("changes") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(changes, list) or not changes:
        yield body
        return
    for change in changes:
        yield {**body, "changes": [change]}


def insights(payload: Json, counted: Mapping[str, str], other: AbstractSet[str], scene: Scene) -> Iterator[Made]:
    """The totals of a medium as its insights tell them: `{"data": [{"name", "id", "values" | "total_value"}]}`."""
    by_medium: dict[str, Metrics] = {}
    for metric in payload["data"]:
        medium, slash, _ = metric["id"].text().partition("/insights/")
        if not slash:
            raise metric["id"].refusal("should be <medium>/insights/<metric>/<period>")
        by_medium.setdefault(medium, []).append((metric["name"].text(), _value(metric)))
    for medium, metrics in by_medium.items():
        yield from counters(metrics, counted, other, medium, scene.received_at, scene)


def _value(metric: Json) -> Json:
    total = metric.get("total_value", "value")
    if total is not None:
        return total
    values = metric.entries("values")
    if not values:
        raise metric.refusal("should have a value")
    return values[-1]["value"]


def counters(
    metrics: Metrics, counted: Mapping[str, str], other: AbstractSet[str], medium: str, at: datetime, scene: Scene
) -> Iterator[Made]:
    """One total of each kind. Shares and reposts are told apart and add up; `impressions` is the old name of `views`."""
    totals: dict[str, int] = {}
    named = {name for name, _ in metrics}
    for name, total in metrics:
        kind = counted.get(name)
        if kind is None and name not in other:
            raise UnknownShapeError(f"{total.path}: {name[:64]!r} is no metric that is known")
        if kind is not None and not (name == "impressions" and "views" in named):
            totals[kind] = totals.get(kind, 0) + total.count()
    for kind, total_of_kind in totals.items():
        yield scene.counter(kind, total_of_kind, content=scene.own(medium), at=at)
    if not totals:
        yield Ignored("metrics that are not counted")
