"""ClickHouse's HTTP interface without a client library: what is sent is what the test says."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> int:
        """ClickHouse's error code, 0 without an error."""
        return int(self.headers.get("X-ClickHouse-Exception-Code", "0"))

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    url: str,
    body: bytes | str | Iterable[bytes] | None = b"",
    *,
    method: str = "POST",
    path: str = "/",
    headers: Mapping[str, str] | None = None,
    timeout: float = 60,
    **params: object,
) -> Answer:
    """One request on a connection of its own."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=timeout)
    try:
        target = f"{path}?{urlencode(params)}" if params else path
        sent = body.encode() if isinstance(body, str) else body
        connection.request(method, target, sent, dict(headers or {}), encode_chunked=not isinstance(sent, bytes))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
