"""A sudden rise of refused records: where it is set, the worker stops rather than let a producer's fault turn everything into dead letters."""

from __future__ import annotations

from collections import deque

from pipeline.errors import DeadLetterSurgeError


class Surge:
    """The share of refused records among the last `records` ones of this worker. `share` 0: it never stops anything."""

    def __init__(self, share: float, records: int) -> None:
        self._share = share
        self._enough = records
        self._batches: deque[tuple[int, int]] = deque()
        self._records = self._refused = 0

    def saw(self, records: int, refused: int) -> None:
        """Count one batch. Raises DeadLetterSurgeError when the share is too large; nothing of that batch may be committed then."""
        if not self._share:
            return
        self._batches.append((records, refused))
        self._records += records
        self._refused += refused
        while self._records - self._batches[0][0] >= self._enough:
            old_records, old_refused = self._batches.popleft()
            self._records -= old_records
            self._refused -= old_refused
        if self._records >= self._enough and self._refused > self._share * self._records:
            raise DeadLetterSurgeError(
                f"{self._refused} of the last {self._records} records are refused, more than CASCADES_DEAD_LETTER_STOP_SHARE={self._share:g} allows. "
                "The worker stops and commits nothing of the last batch. See why with `cascades dlq list`, and stop the producer; "
                "to take the records all the same, raise that setting, or set it to 0"
            )
