"""Which parts of the stack are up, in words that say what to do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline.errors import UnavailableError
from pipeline.kafka import any_connects
from pipeline.serve import worker

if TYPE_CHECKING:
    import aiohttp

    from pipeline.config import Settings
    from pipeline.serve.reader import Reader

State = dict[str, object]
"""`{"ok": bool, "detail": str}`, as every /readyz of the project has it."""


class Health:
    """Loads part `health`: `parts` (kafka, clickhouse, worker, page), `ready` (all of them are ok) and `lag` (records that wait)."""

    def __init__(self, reader: Reader, session: aiohttp.ClientSession, settings: Settings) -> None:
        self._reader = reader
        self._session = session
        self._settings = settings

    async def __call__(self) -> dict[str, object]:
        report, clickhouse, reachable = await asyncio.gather(
            worker.ask(self._session, self._settings.worker_status_url.rstrip("/")),
            self._clickhouse(),
            any_connects(self._settings.kafka_bootstrap),
        )
        parts = {
            "kafka": kafka_part(report, self._settings.kafka_bootstrap, reachable=reachable),
            "clickhouse": clickhouse,
            "worker": {"ok": report.ready, "detail": report.detail},
            "page": {"ok": True, "detail": "serving"},
        }
        ready = all(part["ok"] for part in parts.values())
        return {"health": {"ready": ready, "parts": parts, "lag": report.lag}}

    async def _clickhouse(self) -> State:
        try:
            await self._reader.rows("SELECT 1 FROM v_content LIMIT 0")
        except UnavailableError as error:
            return {"ok": False, "detail": str(error)}
        return {"ok": True, "detail": "answers"}


def kafka_part(report: worker.Report, bootstrap: str, *, reachable: bool) -> State:
    """Kafka is up when a broker accepts connections and the worker, where it answers, says so too."""
    if not reachable:
        return {"ok": False, "detail": f"no broker accepts connections at {bootstrap}: is it running?"}
    said = report.parts.get("kafka", {"ok": True})
    return (
        {"ok": True, "detail": "answers"}
        if said.get("ok")
        else {"ok": False, "detail": f"the worker says: {said.get('detail')}"}
    )
