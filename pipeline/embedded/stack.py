"""Kafka and ClickHouse as one thing that starts and stops, on a folder that keeps their data."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit

from pipeline.embedded.clickhouse import EmbeddedClickHouse
from pipeline.embedded.data_dir import DataDir
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.embedded.progress import Progress, silent
from pipeline.errors import UsageError
from pipeline.kafka import ensure_topics

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import Settings

LOCAL = ("127.0.0.1", "localhost")


class Part(Protocol):
    """What Kafka and ClickHouse have in common here."""

    def start(self) -> object:
        """Return when it serves clients; raise a CascadesError when it does not come up."""
        ...

    def stop(self) -> None:
        """Stop in order. Safe at any time, also while another thread is in `start`, which then fails."""
        ...

    def health(self) -> tuple[bool, str]:
        """Whether it serves, and a few words for people."""
        ...


class Stack:
    """Embedded Kafka and ClickHouse on `data_dir`, listening where `settings` say (port 0: any free one). A context manager.

    Entering returns when both serve and the topics exist. Raises UsageError or UnavailableError with what to do, and then nothing is left running.
    Everything ends with this process, whatever ends it; the data stays.
    """

    def __init__(self, data_dir: Path, settings: Settings, progress: Progress = silent) -> None:
        self._asked = settings
        self._folder = DataDir(data_dir, progress)
        self._report = _Together(progress)
        self._parts: dict[str, Part] = {}
        self._undo = ExitStack()

    @property
    def keep_fds(self) -> list[int]:
        """For further children that belong to the stack: with these open, the next stack on the folder waits until they have ended."""
        return [self._folder.lock_fd]

    @property
    def settings(self) -> Settings:
        """The settings with the addresses where the parts really listen."""
        kafka, clickhouse = self.kafka, self.clickhouse
        return self._asked.model_copy(update={"kafka_bootstrap": kafka.bootstrap, "clickhouse_url": clickhouse.url})

    def health(self) -> dict[str, tuple[bool, str]]:
        """Of each part: whether it serves, and a few words for people."""
        return {name: part.health() for name, part in self._parts.items()}

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(self._folder)
            self._make_parts()
            self._start_parts(undo)
            self._ensure_topics()
            self._folder.stamp()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _make_parts(self) -> None:
        kafka = local_port(self._asked.kafka_bootstrap, "CASCADES_KAFKA_BOOTSTRAP")
        clickhouse = local_port(self._asked.clickhouse_url, "CASCADES_CLICKHOUSE_URL")
        path, report, keep = self._folder.path, self._report, self.keep_fds
        self.kafka = EmbeddedKafka(
            path / "kafka", kafka, report.part("Kafka"), cache_dir=self._asked.cache_dir, keep_fds=keep
        )
        self.clickhouse = EmbeddedClickHouse(path / "clickhouse", clickhouse, report.part("ClickHouse"), keep_fds=keep)
        self._parts = {"kafka": self.kafka, "clickhouse": self.clickhouse}

    def _start_parts(self, undo: ExitStack) -> None:
        """Both at once. When one fails, or Ctrl-C comes, the other is stopped in the middle of its start."""
        pool = ThreadPoolExecutor(len(self._parts), thread_name_prefix="embedded")
        undo.callback(self._stop_parts)
        undo.callback(pool.shutdown)
        undo.callback(self._stop_parts)
        for started in [pool.submit(part.start) for part in self._parts.values()]:
            started.result()

    def _ensure_topics(self) -> None:
        # In a thread, because the caller may be in an event loop of its own.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(ensure_topics(self.settings))).result()

    def _stop_parts(self) -> None:
        """The reader before what it reads from: ClickHouse, then Kafka."""
        for part in reversed(self._parts.values()):
            part.stop()


class _Together:
    """Joins the reports of parts that start at the same time into one line."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def part(self, name: str) -> Progress:
        """The report of one part; parts may report from threads of their own."""

        def report(text: str, done: float | None) -> None:
            worded = f"{text} {done:.0%}" if done is not None and done < 1 else text
            with self._lock:
                self._texts[name] = worded
                self._progress(" · ".join(self._texts.values()), None)

        return report


def local_port(address: str, setting: str) -> int:
    """The port of a loopback address, with or without http://.

    Raises UsageError when the address is another machine's, or several: the embedded parts run here.
    """
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host not in LOCAL or port is None or parts.scheme not in {"", "http"}:
        raise UsageError(
            f"{setting} is {address}, but the embedded stack runs on this machine: unset it, or give 127.0.0.1 and a port"
        )
    return port
