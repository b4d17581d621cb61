"""How the worker is: its /readyz, and from its /metrics how many records wait in Kafka."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec

from pipeline.metrics import Metric
from pipeline.serve.address import shown

ASK_LIMIT = aiohttp.ClientTimeout(total=2)
LAG_METRIC = Metric.LAG_RECORDS.value.name


@dataclass(frozen=True, slots=True)
class Report:
    """The worker's own words. `parts` is its /readyz, `lag` the records that wait (None = not told)."""

    answers: bool
    ready: bool = False
    detail: str = ""
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    lag: int | None = None


async def ask(session: aiohttp.ClientSession, url: str) -> Report:
    """The worker's report. Never raises: a worker that does not answer is a report too."""
    try:
        async with session.get(f"{url}/readyz", timeout=ASK_LIMIT) as response:
            said = msgspec.json.decode(await response.read())
        async with session.get(f"{url}/metrics", timeout=ASK_LIMIT) as response:
            lag = read_lag(await response.text()) if response.ok else None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return Report(answers=False, detail=f"does not answer at {shown(url)}: start it with `cascades worker`")
    return read_report(said, lag)


def read_report(said: Any, lag: int | None) -> Report:
    """A /readyz body as a report; a body of another shape says that it is none."""
    parts = said.get("parts") if isinstance(said, dict) else None
    if not isinstance(parts, dict) or not all(isinstance(part, dict) for part in parts.values()):
        return Report(answers=False, detail="something else than a worker answers at its address")
    down = [f"{name}: {part.get('detail') or 'not ready'}" for name, part in parts.items() if not part.get("ok")]
    ready = bool(said.get("ready"))
    return Report(
        answers=True,
        ready=ready,
        detail="folding" if ready else "; ".join(down) or "not ready yet",
        parts=parts,
        lag=lag,
    )


def read_lag(metrics: str) -> int | None:
    """Records that wait over all partitions, from the Prometheus text format; None when the metric is not there."""
    samples = [line for line in metrics.splitlines() if line.startswith((LAG_METRIC + "{", LAG_METRIC + " "))]
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in samples)) if samples else None
