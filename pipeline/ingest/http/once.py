"""Mailgun signs a random token and not the body. So a token is good for one body: whoever listened to a request cannot put another body under it."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING

from pipeline.ingest.http.signatures import WINDOW_S, refused

if TYPE_CHECKING:
    from pipeline.ingest.http.received import Received

MOST = 100_000


class Once:
    """Remembers the body of each token for as long as its time is accepted. The same body again is a retry, and welcome."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    def check(self, received: Received) -> None:
        """Raise ProblemError when the token of a checked request has come with another body before."""
        token, digest = received.json_object()["signature"]["token"], sha256(received.body).digest()
        self._forget(received.now_s)
        if self._seen.setdefault(token, (digest, received.now_s))[0] != digest:
            raise refused("this token came with another body before")

    def _forget(self, now_s: float) -> None:
        # In the order of arrival; a signed time may lie one window ahead of it and is accepted one window after.
        while self._seen:
            token, (_, came_s) = next(iter(self._seen.items()))
            if now_s - came_s <= 2 * WINDOW_S and len(self._seen) < MOST:
                return
            del self._seen[token]
