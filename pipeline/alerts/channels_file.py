"""The channels as they stand in a file, read again when the file changes.

A file that is wrong at the start stops the process. One that becomes wrong later leaves the channels as they were, and log, metric and /readyz say so.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.alerts import channels, kinds
from pipeline.errors import UsageError
from pipeline.metrics import Metric, Metrics

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.alerts.channels import Channel
    from pipeline.alerts.outcome import Sender

log = logging.getLogger("cascades.notify")

Found = dict[str, tuple["Channel", "Sender"]]
_Mark = tuple[int, int, int]


class ChannelsFile:
    """Reads the file. Nothing of its values appears in an error, in the log or in `problem`."""

    def __init__(self, path: Path, metrics: Metrics) -> None:
        self._path, self._metrics = path, metrics
        self._mark: _Mark | None = None
        self.problem = ""
        """Why the file cannot be used as it is now; '' = it can."""

    def load(self) -> Found:
        """The channels, each with a sender of its own. Raises UsageError when the file cannot be used."""
        self._mark = _mark(self._path)  # first: a change in between is seen at the next look
        found = channels.load(self._path)
        made = {name: (channel, kinds.sender(name, channel)) for name, channel in found.items()}
        channels.warn_if_open(self._path)
        return made

    def look(self) -> Found | None:
        """The channels when the file is another now and can be used, else None. One `stat` when it is not."""
        if _mark(self._path) == self._mark:
            return None
        try:
            found = self.load()
        except (UsageError, OSError) as error:
            self._say_bad(str(error))
            return None
        self.problem = ""
        self._metrics.set(Metric.CHANNELS_REFUSED, 0)
        return found

    def _say_bad(self, problem: str) -> None:
        if self.problem != problem:
            log.error("the channels stay as they were: %s", problem)
        self.problem = problem
        self._metrics.set(Metric.CHANNELS_REFUSED, 1)


def _mark(path: Path) -> _Mark | None:
    """None when there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
