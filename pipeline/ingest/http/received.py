"""A webhook's request as its check sees it: raw bytes and headers, before anything is parsed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.ingest.http.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Received(NamedTuple):
    """One request. `headers` are looked up without regard to case; `now_s` is when it came, seconds since 1970 (UTC)."""

    method: str
    url: str
    """As the sender wrote it: public scheme, host, path and query."""
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    now_s: float

    def json(self) -> Any:
        """The body as JSON. Raises ProblemError `bad-request` when it is none; never anything else, whatever the bytes are."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise ProblemError("bad-request", "the body is not one JSON document") from None

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ProblemError `bad-request`."""
        value = self.json()
        if not isinstance(value, dict):
            raise ProblemError("bad-request", "the body is not a JSON object")
        return value
