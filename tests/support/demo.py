"""`cascades demo` and `cascades up` as a person runs them: a process, its output, and whatever it started."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from urllib.request import urlopen

import psutil

from pipeline.embedded.ports import choose, is_free

if TYPE_CHECKING:
    from pathlib import Path

READY_S = 240.0


class Cascades:
    """One running command on ports of its own. Leaving the context kills what is left, and says what that was."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        metrics = next(port for port in iter(choose, None) if all(is_free(port + more) for more in range(1, 5)))
        self.page_port, self.clickhouse_port, self.kafka_port = choose(), choose(), choose()
        self.environment = (
            os.environ
            | {
                "CASCADES_KAFKA_BOOTSTRAP": f"127.0.0.1:{self.kafka_port}",
                "CASCADES_CLICKHOUSE_URL": f"http://127.0.0.1:{self.clickhouse_port}",
                "CASCADES_PAGE_PORT": str(self.page_port),
                "CASCADES_METRICS_PORT": str(metrics),
                "CASCADES_WORKER_STATUS_URL": f"http://127.0.0.1:{metrics}",
            }
            | environment
        )
        self.arguments, self.said, self.seen = arguments, "", {}

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", *self.arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.said += line

    def wait(self, seconds: float = 300.0) -> int:
        """The exit code, once it ends by itself."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self.look_at_children()
            time.sleep(0.05)
        code = self.process.wait(1)
        self._reader.join()
        return code

    def look_at_children(self) -> list[psutil.Process]:
        """All that it started and that runs now; remembered for `left_behind`."""
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children(recursive=True)
            self.seen |= {child.pid: child for child in children}
            return children
        return []

    def left_behind(self) -> list[str]:
        """Processes that outlived it for more than a moment."""
        _, alive = psutil.wait_procs(list(self.seen.values()), timeout=5)
        return [str(process) for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]

    def sql(self, statement: str) -> str:
        """ClickHouse's answer as text; '' while it does not answer."""
        with (
            suppress(OSError),
            urlopen(f"http://127.0.0.1:{self.clickhouse_port}/", statement.encode(), timeout=20) as answer,
        ):
            return answer.read().decode().strip()
        return ""

    def until(self, statement: str, seconds: float = READY_S) -> str:
        """Wait until the statement gives something else than '' and '0'; that something."""
        until = time.monotonic() + seconds
        while (answer := self.sql(statement)) in {"", "0"}:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            self.look_at_children()
            time.sleep(0.2)
        return answer

    def until_said(self, words: str, seconds: float = READY_S) -> None:
        """Wait until its output has the words."""
        until = time.monotonic() + seconds
        while words not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            self.look_at_children()
            time.sleep(0.1)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `cascades` command on the same stack."""
        command = [sys.executable, "-m", "pipeline.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=READY_S
        )


def write_lines(path: Path, lines: list[bytes]) -> str:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return str(path)
