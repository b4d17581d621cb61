"""How long to wait between attempts: exponential with jitter, without an end."""

from __future__ import annotations

from random import Random


class Backoff:
    """Seconds before each next attempt: twice the last bound up to `most`, of which a random half to all is waited.

    The jitter keeps workers that were refused together from coming back together. `rng` makes tests repeatable.
    """

    def __init__(self, first: float = 0.2, most: float = 30.0, rng: Random | None = None) -> None:
        self._first = first
        self._most = most
        self._rng = rng or Random()  # noqa: S311 - spreads load, guards nothing
        self._bound = first

    def next(self) -> float:
        """Seconds to wait now."""
        bound, self._bound = self._bound, min(self._bound * 2, self._most)
        return bound * (0.5 + self._rng.random() / 2)

    def reset(self) -> None:
        """An attempt worked: start from the first bound again."""
        self._bound = self._first
