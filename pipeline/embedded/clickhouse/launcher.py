"""Starts the embedded ClickHouse as a child process, for the demo, `up` and the tests."""

from __future__ import annotations

import http.client
import os
import re
import sys
from typing import TYPE_CHECKING, Self

from pipeline.embedded import ports
from pipeline.embedded.children import Child
from pipeline.embedded.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ANY_PORT = 0
_PASSED_ON = re.compile(r"PATH|HOME|LANG|LC_\w+|TZ|VIRTUAL_ENV|LD_LIBRARY_PATH|DYLD_\w+|PYTHON\w+|COVERAGE\w*")
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 20.0


class EmbeddedClickHouse:
    """A ClickHouse on `http://127.0.0.1:port` whose data lives in `data_dir` and outlasts restarts and kills.

    What it acknowledged is in the page cache: kill -9 loses nothing. `port` 0 takes a free one at each start. `read_only` refuses
    every change, whoever asks. `keep_fds`: see `Child`. Usable as a context manager.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = ANY_PORT,
        progress: Progress = silent,
        *,
        read_only: bool = False,
        keep_fds: Sequence[int] = (),
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.log = self.data_dir / "clickhouse.log"
        self._wanted_port, self.port = port, port
        self._progress, self._read_only, self._keep_fds = progress, read_only, keep_fds
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Address for clients. Known once it was started."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of its guard, None when it was not started."""
        return self._child.pid if self._child else None

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises UnavailableError when the port is taken or it does not come up (with the end of its log).
        """
        self.port = self._wanted_port or ports.choose()
        ports.require(self.port, "ClickHouse", "CASCADES_CLICKHOUSE_URL")
        command: list[str | Path] = [sys.executable, "-P", "-m", "pipeline.embedded.clickhouse"]
        command += ["--data", self.data_dir, "--port", str(self.port), *(["--read-only"] if self._read_only else [])]
        self._child = Child("ClickHouse", command, self.log, env=_environment(), keep_fds=self._keep_fds)
        took = self._child.await_ready(self._answers, START_DEADLINE_S, self._progress)
        self._progress(f"ClickHouse: ready on {self.url} after {took:.1f} s", 1.0)
        return self

    def stop(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        """Stop it in order, inserts that run first; kill it after the deadline. Safe to call at any time."""
        if self._child:
            self._child.stop(deadline_s)
            self._child = None

    def health(self) -> tuple[bool, str]:
        """Whether it answers, and a few words for people."""
        if self._child is None:
            return False, "not started"
        if self._child.exit_code is not None:
            return False, f"ended with exit code {self._child.exit_code}. {self._child.why(3)}"
        return (True, f"answers on {self.url}") if self._answers() else (False, f"does not answer on {self.url}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(ports.LOOPBACK, self.port, timeout=2)  # urllib would ask a proxy
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().read() == b"Ok.\n"
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _environment() -> dict[str, str]:
    """Without what other parts of the project keep in the environment: passwords and tokens have no business here."""
    return {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
