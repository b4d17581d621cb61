"""How long work says what it does and how far it is: a callable, so that commands, tests and the page can each show it their way."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable


class Progress(Protocol):
    """Receives what is being done and how much of it is done."""

    def __call__(self, text: str, done: float | None) -> None:
        """`done` goes from 0.0 to 1.0; None where the end is not known. Called from any thread; must be quick."""
        ...


def silent(text: str, done: float | None) -> None:
    """Say nothing."""


def console(stream: TextIO | None = None) -> Progress:
    """One line that is rewritten on a terminal; elsewhere a new line for each new text and every tenth of the way."""
    out = stream or sys.stderr
    return _Line(out) if out.isatty() else _Log(out)


class _Line:
    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __call__(self, text: str, done: float | None) -> None:
        ended = done is not None and done >= 1
        shown = _worded(text, done)[: shutil.get_terminal_size().columns - 1]  # a wrapped line could not be rewritten
        self._out.write(f"\r\x1b[K{shown}" + ("\n" if ended else ""))
        self._out.flush()


class _Log:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last: tuple[str, int] | None = None

    def __call__(self, text: str, done: float | None) -> None:
        step = (text, int((done or 0) * 10))
        if step != self._last:
            self._last = step
            self._out.write(f"{_worded(text, done)}\n")
            self._out.flush()


def _worded(text: str, done: float | None) -> str:
    return text if done is None else f"{text} {done:4.0%}"


class Waiting:
    """Tells a progress callable once a second how long something has been waited for: "Kafka: starting … 3 s"."""

    def __init__(self, text: str, progress: Progress, now: Callable[[], float] = time.monotonic) -> None:
        self._text, self._progress, self._now = text, progress, now
        self._began = now()
        self._told = -1

    @property
    def seconds(self) -> float:
        """Seconds since the start of the wait."""
        return self._now() - self._began

    def tick(self) -> None:
        """Report when another second has passed."""
        if (whole := int(self.seconds)) > self._told:
            self._told = whole
            self._progress(f"{self._text} … {whole} s" if whole else f"{self._text} …", None)
