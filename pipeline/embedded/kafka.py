"""A real Apache Kafka broker (KRaft, broker and controller in one) on loopback, for the demo and the tests."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64encode
from shutil import rmtree
from typing import TYPE_CHECKING, Self

from pipeline.config import Settings
from pipeline.embedded import jars, java, ports
from pipeline.embedded.children import Child
from pipeline.embedded.progress import Progress, silent
from pipeline.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

START_DEADLINE_S = 120.0
"""Generous: a log of many gigabytes is checked after a kill before the broker opens its port."""
STOP_DEADLINE_S = 30.0
STARTED = "Kafka Server started"
ANY_PORT = 0

BROKER_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    # one broker holds the only copy of everything
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # few partitions and threads: quick to start, small on a laptop
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "num.recovery.threads.per.data.dir": "2",
    "group.coordinator.threads": "1",
    "group.coordinator.background.threads": "1",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
    # a group of workers starts at once instead of waiting for more members
    "group.initial.rebalance.delay.ms": "0",
    # tests take over from a killed worker without waiting for long
    "group.min.session.timeout.ms": "1000",
    # offsets of a stack that stood still for months are still there
    "offsets.retention.minutes": str(60 * 24 * 365),
}


class EmbeddedKafka:
    """One broker whose data lives in `data_dir` and outlasts restarts and kills. It listens on 127.0.0.1 only.

    What it acknowledged is in the page cache: kill -9 loses nothing, a power cut may lose the last seconds (as with any single broker).
    `port` 0 takes a free one at each start. `keep_fds`: see `Child`. Usable as a context manager.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = ANY_PORT,
        progress: Progress = silent,
        *,
        cache_dir: Path | None = None,
        keep_fds: Sequence[int] = (),
    ) -> None:
        self.data_dir = data_dir.absolute()
        if "," in str(self.data_dir):
            raise UsageError(
                f"{self.data_dir} has a comma in its path, where Kafka would see two folders: choose another folder"
            )
        self.log = self.data_dir / "kafka.log"
        self._wanted_port, self.port = port, port
        self._progress, self._cache, self._keep_fds = progress, cache_dir, keep_fds
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients, host:port. Known once it was started."""
        return f"{ports.LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of the broker's guard, None when it was not started."""
        return self._child.pid if self._child else None

    def start(self, options: Sequence[str] = ()) -> Self:
        """Start the broker and wait until it serves clients. `options` go to Java.

        Raises UnavailableError when the jars cannot be had, the port is taken, or the broker does not come up (with the end of its log).
        """
        paths = jars.ensure(self._cache or Settings().cache_dir, self._progress)
        self.port = self._wanted_port or ports.choose()
        ports.require(self.port, "Kafka", "CASCADES_KAFKA_BOOTSTRAP")
        self._fresh_temporary_folder()
        if not (self._logs / "meta.properties").exists():
            self._format(paths)
        self._launch(paths, options)
        return self

    def stop(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        """Stop the broker in order; kill it after the deadline. Safe to call at any time."""
        if self._child:
            self._child.stop(deadline_s)
            self._child = None

    def health(self) -> tuple[bool, str]:
        """Whether the broker runs, and a few words for people."""
        if self._child is None:
            return False, "not started"
        if self._child.exit_code is not None:
            return False, f"ended with exit code {self._child.exit_code}; see {self.log}"
        return (
            (True, self.bootstrap)
            if ports.accepts(self.port)
            else (False, f"does not answer on port {self.port}; see {self.log}")
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _logs(self) -> Path:
        return self.data_dir / "log"

    @property
    def _temporary(self) -> Path:
        return self.data_dir / "tmp"

    def _fresh_temporary_folder(self) -> None:
        rmtree(self._temporary, ignore_errors=True)  # native libraries that a killed broker left
        self._temporary.mkdir(parents=True)

    def _launch(self, paths: Sequence[Path], options: Sequence[str]) -> None:
        self._write_properties(self._logs)
        command = java.command(paths, "kafka.Kafka", self._properties, options=[*self._java_options(), *options])
        child = Child("Kafka", command, self.log, env=java.environment(), keep_fds=self._keep_fds)
        already = self.log.stat().st_size
        self._child = child
        seconds = child.await_ready(lambda: self._started(already), START_DEADLINE_S, self._progress)
        self._progress(f"Kafka: up on port {self.port} after {seconds:.1f} s", 1.0)

    def _started(self, already: int) -> bool:
        with self.log.open("rb") as log:
            log.seek(already)
            return STARTED.encode() in log.read()

    def _java_options(self) -> list[str]:
        simple = "-Dorg.slf4j.simpleLogger."
        return [
            f"-Djava.io.tmpdir={self._temporary}",
            f"-XX:ErrorFile={self.data_dir}/java-crash.log",
            f"{simple}defaultLogLevel=warn",
            f"{simple}log.kafka.server.KafkaRaftServer=info",
            f"{simple}showDateTime=true",
            f"{simple}dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
        ]

    @property
    def _properties(self) -> Path:
        return self.data_dir / "server.properties"

    def _write_properties(self, logs: Path) -> None:
        controller = f"{ports.LOOPBACK}:{ports.choose()}"
        stated = BROKER_SETTINGS | {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(logs),
        }
        self._properties.write_text("".join(f"{name}={_escaped(value)}\n" for name, value in stated.items()))

    def _format(self, paths: Sequence[Path]) -> None:
        """Make the broker's empty store, under another name first: a store that was cut off half-way would never start."""
        draft = self.data_dir / "log.part"
        rmtree(draft, ignore_errors=True)
        self._write_properties(draft)
        arguments = ("format", "--cluster-id", _new_cluster_id(), "--config", self._properties)
        command = java.command(paths, "kafka.tools.StorageTool", *arguments, options=self._java_options())
        child = Child("Kafka", command, self.log, env=java.environment(), keep_fds=self._keep_fds)
        if code := child.await_end(START_DEADLINE_S):
            raise UnavailableError(f"Kafka could not prepare {self.data_dir} (exit code {code}). {child.why()}")
        draft.rename(self._logs)


def _new_cluster_id() -> str:
    """A random id in Kafka's form: a UUID in URL-safe base64. Like Kafka's own, it never looks like an option of the command line."""
    while (name := urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()).startswith("-"):
        pass
    return name


def _escaped(value: str) -> str:
    """A value of a Java properties file; the folder's name may hold any character."""
    return "".join(
        char if char.isascii() and char.isprintable() and char != "\\" else f"\\u{ord(char):04x}" for char in value
    )
