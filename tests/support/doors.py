"""Front doors under test: the real application on a free port, with a sender that remembers."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from pipeline.clock import FixedClock
from pipeline.config import Settings
from pipeline.errors import UnavailableError
from pipeline.ingest.http.run import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from pipeline.ingest.http.sender import Entry

NOW_S = 1_780_000_000
TOKEN = "a-token-that-is-long-enough"
SECRETS = ["new secret", "old secret"]
ALL = {"name": "all", "tokens": [TOKEN]}


class FakeSender:
    """Acknowledges at once, unless it is down or told to wait."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.problem = ""
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def send(self, entries: Iterable[Entry]) -> None:
        if self.problem:
            raise UnavailableError(self.problem)
        sent = list(entries)
        await self.may_answer.wait()
        self.entries.extend(sent)

    def on(self, topic: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.topic == topic]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(entry.value) for entry in self.on("share.events")]

    @property
    def letters(self) -> list[tuple[str, bytes]]:
        """(reason, payload)"""
        return [(dict(entry.headers)["reason"].decode(), entry.value) for entry in self.on("share.events.dlq")]


@dataclass
class Doors:
    """Open doors."""

    url: str
    metrics_url: str
    session: aiohttp.ClientSession
    sender: FakeSender
    clock: FixedClock
    port: int
    bearer: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    async def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        async with self.session.post(self.url + path, data=io.BytesIO(body), headers=headers) as response:
            return response.status, await told(response)

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        async with self.session.get(self.url + path, params=query, allow_redirects=False) as response:
            return response.status, await told(response)

    async def send(self, *events: dict[str, Any], **headers: str) -> tuple[int, Any]:
        body = json.dumps(events[0] if len(events) == 1 else list(events)).encode()
        return await self.post("/v1/events", body, {"Content-Type": "application/json", **self.bearer, **headers})


async def told(response: aiohttp.ClientResponse) -> Any:
    text = await response.text()
    if not response.content_type.endswith("json"):
        return text
    answer = json.loads(text)
    if response.status >= 400:
        assert response.content_type == "application/problem+json"
        assert answer["status"] == response.status
        assert answer["type"].startswith("/problems#")
        assert response.status not in {429, 503} or int(response.headers["Retry-After"]) >= 1
    return answer


@asynccontextmanager
async def opened(
    tokens: Iterable[dict[str, Any]] = (ALL,),
    webhooks: dict[str, Any] | None = None,
    fetching: dict[str, Any] | None = None,
    **settings: object,
) -> AsyncIterator[Doors]:
    made = Settings(
        ingest_port=0,
        metrics_port=0,
        ingest_tokens=json.dumps(list(tokens)),
        webhooks=json.dumps(webhooks or {}),
        actor_key="a key that stays the same",
        **settings,
    )
    sender, clock = FakeSender(), FixedClock(NOW_S * 1_000_000)
    async with serving(made, sender, clock, **fetching or {}) as (port, metrics), aiohttp.ClientSession() as session:
        base = "http://127.0.0.1"
        yield Doors(f"{base}:{port}", f"{base}:{metrics}", session, sender, clock, port)


def event(number: object = 1, **fields: object) -> dict[str, object]:
    return {
        "event_id": f"web:{number}",
        "kind": "share",
        "platform": "web",
        "content_id": "spring-film",
        "actor_id": "ada",
        "occurred_at": "2026-01-31T12:00:00Z",
        **fields,
    }


def hmac_by_hand(key: bytes, message: bytes, method: str = "sha256") -> bytes:
    """RFC 2104, written out: what the doors use is not asked."""
    block = hashlib.new(method).block_size
    key = (hashlib.new(method, key).digest() if len(key) > block else key).ljust(block, b"\0")
    inner = hashlib.new(method, bytes(one ^ 0x36 for one in key) + message).digest()
    return hashlib.new(method, bytes(one ^ 0x5C for one in key) + inner).digest()
