"""Log lines of a process: our own at INFO, of the libraries only what went wrong, and that not forty times a second."""

from __future__ import annotations

import logging
import sys
from time import monotonic

OURS = "cascades"
REPEAT_AFTER_S = 60.0

QUIET = {
    "aiokafka": logging.ERROR,  # warnings are what it tries again by itself
    "aiokafka.consumer.group_coordinator": logging.CRITICAL,  # every rebalance as an error; what it cannot cure it raises
    "mode.timers": logging.ERROR,  # a busy event loop: the batch times in /metrics tell that better
}
"""Library loggers that say in the ordinary course of things what a reader would take for a problem."""


class Sparing(logging.Filter):
    """Lets one line per library logger and minute through; without a broker, Kafka's client writes forty a second. Ours all pass."""

    def __init__(self, repeat_after_s: float = REPEAT_AFTER_S) -> None:
        super().__init__()
        self._repeat_after_s = repeat_after_s
        self._until: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if record.name.split(".")[0] == OURS:
            return True
        now, source = monotonic(), (record.name, record.levelno)
        if now < self._until.get(source, 0.0):
            return False
        self._until[source] = now + self._repeat_after_s
        return True


def set_up_logging() -> None:
    """Write to stderr. Called once per process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(Sparing())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
