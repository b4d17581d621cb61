"""`cascades up`: the embedded stack without sample data, kept across restarts."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from pipeline.commands.console import err, note
from pipeline.commands.live import on_signals, watch
from pipeline.commands.running import Running, has_doors
from pipeline.commands.settings import load, variable
from pipeline.embedded.progress import console

if TYPE_CHECKING:
    from pathlib import Path

_ADDRESSES = ("kafka_bootstrap", "clickhouse_url")


def run(*, data: Path) -> int:
    """Run until Ctrl-C or SIGTERM, then 0; the data stays."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Running(data, load(), console()) as running:
            _announce(running, data)
            asyncio.run(_stay(running))
            note("\nstopping …")
    except KeyboardInterrupt:
        return 130
    return 0


def _announce(running: Running, data: Path) -> None:
    err.print(f"\n\n  Page: [bold cyan]{running.url}[/]   data: {data}")
    if has_doors(running.settings):
        err.print(f"  Front doors: [bold cyan]http://127.0.0.1:{running.settings.ingest_port}/openapi.json[/]")
    err.print("  For other commands, in another terminal:")
    for name in _ADDRESSES:
        err.print(f"    export {variable(name)}={getattr(running.settings, name)}")
    err.print("")


async def _stay(running: Running) -> None:
    stop = asyncio.Event()
    on_signals(stop)
    await watch(running, None, stop)
