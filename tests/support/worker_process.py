"""`cascades worker` as a process of its own, to be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from pipeline.clickhouse import client
from pipeline.embedded.ports import choose
from pipeline.sinks.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline.config import Settings

PATIENCE_S = 90.0
PROGRAM = "import sys; from pipeline.config import Settings; from pipeline.stream.worker import run_worker; sys.exit(run_worker(Settings()))"


def migrated(settings: Settings) -> None:
    """Make the database of these settings."""
    with client(settings, database="") as admin:
        migrate(admin, settings)


class WorkerProcess:
    """One worker process. Its log is in `log`."""

    def __init__(
        self,
        settings: Settings,
        log: Path,
        port: int | None = None,
        program: Sequence[str] = ("-c", PROGRAM),
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        self.port = port or choose()
        environment = self._environment(settings) | dict(more or {})
        with log.open("ab") as stderr:
            self.process = subprocess.Popen([sys.executable, *program], env=environment, stderr=stderr)

    def _environment(self, settings: Settings) -> dict[str, str]:
        own = settings.model_copy(update={"metrics_port": self.port})
        given = {name: getattr(own, name) for name in own.model_fields_set | {"metrics_port"}}
        return os.environ | {f"CASCADES_{name.upper()}": str(value) for name, value in given.items()}

    def get(self, path: str) -> tuple[int, str]:
        """Status code and body; (0, '') when it does not listen."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> float:
        """A counter or gauge, summed over its labels."""
        lines = (line for line in self.get("/metrics")[1].splitlines() if line.startswith((f"{name} ", f"{name}{{")))
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def parts(self) -> dict[str, Any]:
        """What /readyz says, by part; empty while it does not listen."""
        body = self.get("/readyz")[1]
        return json.loads(body)["parts"] if body else {}

    def wait_for(self, name: str, value: float) -> None:
        """Wait until a metric has reached a value."""
        self.wait_until(lambda: self.metric(name) >= value, f"{name} >= {value}")

    def wait_until(self, holds: Any, what: str) -> None:
        """Wait; fail when the process ended or a minute and a half has passed."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert self.process.poll() is None, f"the worker ended: {self.log.read_text()[-2000:]}"
            assert time.monotonic() < end, f"in vain: {what}\n{self.parts()}\n{self.log.read_text()[-2000:]}"
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would: no handler runs."""
        self.process.kill()
        self.process.wait()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; returns its exit code."""
        self.process.send_signal(how)
        return self.process.wait(60)
