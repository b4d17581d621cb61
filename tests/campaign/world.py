"""Broker, engine, proxy and disk of a campaign, and the harm that can be done to them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import psutil
from support.worker_process import migrated

from campaign.proxy import LOOPBACK, Proxy
from pipeline.config import Settings
from pipeline.embedded import ports
from pipeline.embedded.clickhouse import EmbeddedClickHouse
from pipeline.embedded.kafka import EmbeddedKafka

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

DISK_MIB = 768


class Disk:
    """The disk of the local stores: a small file system of its own where we may mount one (`real`), else a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(path)]
        try:
            self.real = subprocess.run(mount, check=False, capture_output=True).returncode == 0
        except OSError:
            self.real = False

    def fill(self) -> None:
        """Not a byte is free any more."""
        block = bytes(1 << 20)
        with contextlib.suppress(OSError), (self.path / "filler").open("wb", buffering=0) as filler:
            while filler.write(block):
                pass

    def free(self) -> None:
        (self.path / "filler").unlink(missing_ok=True)

    def clear(self) -> None:
        """All local stores are gone."""
        for folder in self.path.iterdir():
            shutil.rmtree(folder)

    def close(self) -> None:
        if self.real:
            subprocess.run(["umount", "-l", str(self.path)], check=False, capture_output=True)


class World:
    """Everything around the workers."""

    def __init__(self, folder: Path, rng: Random, records: int) -> None:
        self.kafka = EmbeddedKafka(folder / "kafka", ports.choose())
        self.clickhouse = EmbeddedClickHouse(folder / "clickhouse", ports.choose())
        self.proxy = Proxy(self.clickhouse.port, rng)
        self.disk = Disk(folder / "state")
        self.kafka_lock, self.clickhouse_lock = asyncio.Lock(), asyncio.Lock()
        self.direct = Settings(
            kafka_bootstrap=self.kafka.bootstrap,
            clickhouse_url=self.clickhouse.url,
            partitions=4,
            fetch_max_records=300,
            flush_interval_s=0.3,
            flush_max_rows=4_000,
            session_timeout_s=4.0,
            state_dir=self.disk.path,
            state_max_events=max(200, records // 12),
            state_idle_hours=0.02,
            watchdog_s=240.0,
        )
        """Settings that go around the proxy."""

    @property
    def settings(self) -> Settings:
        """The workers' settings."""
        return self.direct.model_copy(update={"clickhouse_url": f"http://{LOOPBACK}:{self.proxy.port}"})

    async def open(self) -> None:
        await asyncio.gather(asyncio.to_thread(self.kafka.start), asyncio.to_thread(self.clickhouse.start))
        await self.proxy.open()
        await asyncio.to_thread(migrated, self.direct)

    async def close(self) -> None:
        await self.proxy.close()
        await asyncio.to_thread(self.kafka.stop)
        await asyncio.to_thread(self.clickhouse.stop)
        self.disk.close()

    async def restart_kafka(self, seconds: float, *, kill: bool) -> None:
        await self._restart(self.kafka, seconds, kill)

    async def restart_clickhouse(self, seconds: float, *, kill: bool) -> None:
        await self._restart(self.clickhouse, seconds, kill)

    async def hang_kafka(self, seconds: float) -> None:
        """The broker takes connections and answers nothing."""
        pid = _child(self.kafka.pid)
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def _restart(self, part: EmbeddedKafka | EmbeddedClickHouse, seconds: float, kill: bool) -> None:
        if kill:
            os.kill(_child(part.pid), signal.SIGKILL)
        await asyncio.to_thread(part.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(part.start)


def _child(guard: int | None) -> int:
    (child,) = psutil.Process(guard).children()
    return child.pid
