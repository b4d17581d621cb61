"""The rules of alerts as they stand in a file, read again when the file changes.

A file that is wrong at the start stops the worker. One that becomes wrong later leaves the rules as they were, and log, metric and /readyz say so.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.metrics import Metric, Metrics
from schemas.rules import Rules, RulesError, parse

if TYPE_CHECKING:
    from pipeline.status import Status

log = logging.getLogger("cascades.rules")

_Mark = tuple[int, int, int]


class RulesFile:
    """The rules in force. `path` '': those of the preset balanced, for ever."""

    def __init__(self, path: str, status: Status, metrics: Metrics) -> None:
        self._path = Path(path) if path else None
        self._status = status
        self._metrics = metrics
        self._mark: _Mark | None = None
        self.rules = Rules()

    def load(self) -> None:
        """Read the file. Raises UsageError when it cannot be used."""
        try:
            self._read()
        except _WRONG as error:
            raise UsageError(f"CASCADES_RULES_FILE cannot be used:\n{_sentence(self._path, error)}") from error
        self._say_well()

    def look(self) -> None:
        """Read the file again when it is another now; a file that cannot be used changes nothing. One `stat` when it is not."""
        if self._path is None:
            return
        try:
            if _mark(self._path) == self._mark:
                return
            self._read()
        except _WRONG as error:
            self._say_bad(_sentence(self._path, error))
        else:
            log.info("the rules in %s are in force", self._path)
            self._say_well()

    def _read(self) -> None:
        if self._path is not None:
            # First the mark: a change in between is seen at the next look.
            self._mark = _mark(self._path)
            self.rules = parse(self._path.read_text("utf-8"), self._path.name)

    def _say_well(self) -> None:
        self._metrics.set(Metric.RULES_REFUSED, 0)
        self._status.set("rules", ok=True, detail=f"those in {self._path}" if self._path else "the preset balanced")

    def _say_bad(self, sentence: str) -> None:
        if not self._metrics.value(Metric.RULES_REFUSED):
            log.error("the rules stay as they were: %s", sentence)
        self._metrics.set(Metric.RULES_REFUSED, 1)
        self._status.set("rules", ok=True, detail=f"as they were before: {sentence}")


_WRONG = (RulesError, OSError, UnicodeDecodeError)


def _mark(path: Path) -> _Mark:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _sentence(path: Path | None, error: Exception) -> str:
    return str(error) if isinstance(error, RulesError) else f"{path}: {error}"
