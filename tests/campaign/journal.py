"""The campaign's log: one JSON object per line, kept; and what people see of it."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """Every line has `at`, seconds since the start, and `what`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.counts: Counter[str] = Counter()
        self.findings: list[str] = []
        """What must not happen: a worker that stops by itself, a difference."""
        self._began = time.monotonic()
        self._file = path.open("w")

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 2)

    def note(self, what: str, **more: Any) -> None:
        self.counts[what] += 1
        self._file.write(json.dumps({"at": self.seconds, "what": what} | more, default=str) + "\n")
        self._file.flush()

    def say(self, text: str) -> None:
        """For people who watch."""
        sys.stdout.write(f"{self.seconds:7.0f} s  {text}\n")
        sys.stdout.flush()

    def find(self, text: str, **more: Any) -> None:
        """Something is wrong with the product."""
        self.findings.append(text)
        self.note("finding", text=text, **more)
        self.say(f"FOUND: {text}")

    def close(self) -> None:
        self._file.close()
