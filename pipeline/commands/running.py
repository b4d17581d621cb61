"""The whole product on this machine: Kafka and ClickHouse, the schema, the worker, the page, the resolver of undos and what the settings ask for, as child processes of this one."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from pipeline.commands.migrate import migrate
from pipeline.commands.settings import variable
from pipeline.commands.status import readiness
from pipeline.embedded import ports
from pipeline.embedded.children import Child
from pipeline.embedded.stack import Stack
from pipeline.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import Settings
    from pipeline.embedded.progress import Progress

READY_DEADLINE_S = 120.0
"""For one process, on a slow machine that starts all of them at once."""
EMBEDDED = {"kafka_security_protocol": "PLAINTEXT", "clickhouse_user": "default", "clickhouse_reader_user": "reader"}
"""How the embedded parts are talked to, whatever the environment says of others. The page logs in as the one who only reads."""
_PASSED_ON = (
    *("kafka_bootstrap", "clickhouse_url", "page_port", "page_public_url", "ingest_port", "metrics_port"),
    *("worker_status_url", "state_dir", "rules_file"),
    *EMBEDDED,
)


class Running:
    """A context manager: entering returns when everything is ready; leaving stops everything, in order.

    Whatever ends this process ends its children too. Raises CascadesError with what to do when a part does not come up.
    """

    def __init__(self, data_dir: Path, settings: Settings, progress: Progress) -> None:
        self._data, self._asked, self._progress = data_dir, settings.model_copy(update=EMBEDDED), progress
        self._undo = ExitStack()
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            asked = _with_ports(self._asked)
            self._stack = undo.enter_context(Stack(self._data, asked, self._progress))
            self.settings = self._stack.settings.model_copy(update={"state_dir": self._data / "state"})
            self._progress("ClickHouse: bringing the schema up to date …", None)
            migrate(self.settings)
            self._start(undo, "worker", self.settings)
            self._start(undo, "serve", self.settings.model_copy(update={"metrics_port": _port_after(self.settings, 1)}))
            waited_for = [self.settings.metrics_port, self.settings.page_port]
            for count, command in enumerate(_others(self.settings), 2):
                other = self.settings.model_copy(update={"metrics_port": _port_after(self.settings, count)})
                self._start(undo, command, other)
                waited_for.append(other.metrics_port)
            for child, port in zip(self._children, waited_for, strict=True):
                child.await_ready(lambda port=port: _is_ready(port), READY_DEADLINE_S, self._progress)  # type: ignore[misc]  # bound default
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.settings.page_port}"

    def check(self) -> None:
        """Raise UnavailableError, with the end of its log, when a part has ended by itself."""
        for child in self._children:
            if child.exit_code is not None:
                raise UnavailableError(
                    f"{child.name} ended unexpectedly with exit code {child.exit_code}. {child.why()}"
                )
        for name, (well, words) in self._stack.health().items():
            if not well:
                raise UnavailableError(f"{name}: {words}")

    def _start(self, undo: ExitStack, command: str, settings: Settings) -> None:
        child = Child(
            command,
            [sys.executable, "-m", "pipeline.cli", command],
            self._data / "logs" / f"{command}.log",
            env=environment(settings),
        )
        undo.callback(child.stop)
        self._children.append(child)


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a child: this one's, with the addresses and logins of the embedded parts."""
    return os.environ | {variable(name): str(getattr(settings, name)) for name in _PASSED_ON}


def _with_ports(settings: Settings) -> Settings:
    """Real numbers for ports given as 0. Raises UnavailableError, with the setting to change, when one is in use."""
    page, ingest = settings.page_port or ports.choose(), settings.ingest_port or ports.choose()
    metrics = settings.metrics_port or ports.choose()
    here = {"page_public_url": settings.page_public_url or f"http://127.0.0.1:{page}"}
    numbers = {"page_port": page, "ingest_port": ingest, "metrics_port": metrics}
    chosen = settings.model_copy(update=numbers | {"worker_status_url": f"http://127.0.0.1:{metrics}"} | here)
    ports.require(page, "the page", variable("page_port"))
    if has_doors(settings):
        ports.require(ingest, "the front doors", variable("ingest_port"))
    ports.require(metrics, "the worker's metrics", variable("metrics_port"))
    others = ["the page's metrics", *(f"the metrics of {command}" for command in _others(settings))]
    for count, part in enumerate(others, 1):
        remedy = f"{variable('metrics_port')} (the numbers after it are taken as well)"
        ports.require(_port_after(chosen, count), part, remedy)
    return chosen


def _others(settings: Settings) -> list[str]:
    """The commands that run besides worker and page."""
    asked = {
        "notify": bool(settings.notify_channels_file),
        "ingest": has_doors(settings),
        "infer": bool(settings.infer.strip()),
    }
    return ["resolve", *(command for command, wanted in asked.items() if wanted)]


def has_doors(settings: Settings) -> bool:
    """Whether the settings say who may come in by the front doors; without that nobody could, and they stay shut."""
    return any((settings.ingest_tokens.get_secret_value(), settings.webhooks.get_secret_value(), settings.links))


def _port_after(settings: Settings, count: int) -> int:
    """Each process has a metrics port of its own: the worker the one of the settings, the others those after it."""
    return settings.metrics_port + count


def _is_ready(port: int) -> bool:
    try:
        return bool(readiness(f"http://127.0.0.1:{port}").get("ready"))
    except UnavailableError:
        return False
