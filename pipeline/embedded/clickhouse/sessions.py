"""Sessions that clients name: SET, USE and temporary tables last from one request to the next."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pipeline.embedded.clickhouse.errors import SESSION_IS_LOCKED, SESSION_NOT_FOUND, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.embedded.clickhouse.engine import Session
    from pipeline.embedded.clickhouse.request import SessionChoice


class _Named:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.busy = True
        self.expires = 0.0


class Sessions:
    """Named sessions by user and name. Thread-safe; expired ones go when the next is asked for."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._named: dict[tuple[str, str], _Named] = {}

    def take(self, user: str, choice: SessionChoice, make: Callable[[], Session]) -> Session:
        """The session for one request. Raises ServerError 372 when it must exist and does not, 373 while another request has it."""
        key = (user, choice.name)
        with self._lock:
            self._sweep()
            named = self._named.get(key)
            if named is None:
                if choice.must_exist:
                    raise ServerError(SESSION_NOT_FOUND, f"Session {choice.name} not found")
                named = self._named[key] = _Named(make())
                return named.session
            if named.busy:
                raise ServerError(SESSION_IS_LOCKED, f"Session {choice.name} is locked by a concurrent client")
            named.busy = True
            return named.session

    def give_back(self, user: str, choice: SessionChoice) -> None:
        """The request is over: the session lives on for its timeout, or ends when the client asked for that."""
        with self._lock:
            named = self._named[(user, choice.name)]
            named.busy = False
            named.expires = self._now() + (0 if choice.close else choice.timeout_s)
            self._sweep()

    def close(self) -> None:
        """End all sessions that no request has."""
        with self._lock:
            for named in self._named.values():
                named.expires = -1.0
            self._sweep()

    def _sweep(self) -> None:
        now = self._now()
        for key in [key for key, named in self._named.items() if not named.busy and named.expires <= now]:
            self._named.pop(key).session.close()
