"""`cascades demo`: everything on this machine, with sample cascades that move."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from pipeline.clock import SystemClock
from pipeline.commands.console import err, note
from pipeline.commands.live import on_signals, watch
from pipeline.commands.running import Running
from pipeline.commands.settings import load
from pipeline.embedded.data_dir import clear_abandoned
from pipeline.embedded.progress import console
from pipeline.ingest.generator import VIRAL_PEAK_S, events
from pipeline.ingest.play import play
from pipeline.ingest.producer import EventProducer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import Settings

INTERRUPTED = 130
PREFIX = "cascades-demo-"
RULES = Path(__file__).with_name("demo_rules.yaml")


def run(*, seconds: float | None, data: Path | None, rate: float, seed: int | None) -> int:
    """0 when stopped by hand or after `seconds` of moving data; 130 when stopped by hand before that."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with folder(data) as path, Running(path, with_rules(load()), console()) as running:
            announce(running)
            finished = asyncio.run(_move(running, rate, int(time.time()) if seed is None else seed, seconds))
            note("\nstopping …")
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0 if finished or seconds is None else INTERRUPTED


@contextmanager
def folder(data: Path | None) -> Iterator[Path]:
    """The data folder: the one that was named, or one that goes with the demo. What a killed demo left goes now."""
    if data:
        yield data
        return
    clear_abandoned(Path(gettempdir()), PREFIX)
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as path:
        yield Path(path)


def with_rules(settings: Settings) -> Settings:
    """The settings with rules of alerts to the measure of the sample data, unless a file is named in them."""
    return settings if settings.rules_file else settings.model_copy(update={"rules_file": str(RULES)})


def announce(running: Running) -> None:
    """Say where the page is."""
    err.print(f"\n\n  Live cascades: [bold cyan]{running.url}[/]")
    err.print(f"  About {VIRAL_PEAK_S:.0f} seconds from now one item goes viral. Ctrl-C stops everything.\n")


async def _move(running: Running, rate: float, seed: int, seconds: float | None) -> bool:
    """Send sample events until told to stop (False) or until data has moved for `seconds` (True)."""
    stop = asyncio.Event()
    on_signals(stop)
    async with EventProducer(running.settings) as producer:
        records = events(seed, SystemClock().now_us(), rate)
        playing = asyncio.create_task(play(records, producer))
        playing.add_done_callback(lambda _: stop.set())
        try:
            return await watch(running, seconds, stop)
        finally:
            if playing.done():
                playing.result()  # why the sending ended
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
