"""`/webhooks/<platform>`: what platforms push, proved over the raw bytes, mapped, and answered when Kafka has it.

What a platform sends is never answered with 4xx for its shape: it would send the same again, or give the address up. A part that is not
understood becomes a dead letter with its payload, and the answer says so.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from pipeline.errors import UsageError
from pipeline.ingest import records
from pipeline.ingest.http.activitypub import Actors
from pipeline.ingest.http.once import Once
from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.http.proofs import PROOFS
from pipeline.ingest.http.received import Received
from pipeline.ingest.http.resolve import Resolver
from pipeline.ingest.http.sns import Sns
from pipeline.ingest.http.webmention import Webmentions
from pipeline.ingest.platforms import REGISTRY, Context, UnknownShapeError
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.config import Settings
    from pipeline.ingest.http.doors import Doors
    from pipeline.ingest.http.fetch import Fetcher
    from pipeline.ingest.http.keys import Webhook
    from pipeline.ingest.http.sender import Entry
    from pipeline.ingest.platforms import Mapped, PlatformMapping
    from schemas.wire import WireEvent

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class WebhooksDoor:
    """One door for each platform of the settings. Raises UsageError when a platform is not known, or lacks what its proof needs."""

    def __init__(
        self, doors: Doors, fetcher: Fetcher, registry: Mapping[str, PlatformMapping] = REGISTRY, sns: Sns | None = None
    ) -> None:
        self._doors, self._registry = doors, registry
        self._sns, self._actors, self._once = sns or Sns(fetcher), Actors(fetcher), Once()
        self._webmentions = Webmentions(fetcher)
        self._resolver = Resolver(fetcher, doors.clock, self._link, within_s=doors.settings.resolve_within_s)
        for name, webhook in doors.keyring.webhooks.items():
            _require_complete(name, webhook, registry)
        self._contexts = {name: context(doors.settings, webhook) for name, webhook in doors.keyring.webhooks.items()}

    async def get(self, request: web.Request) -> web.Response:
        """The platform's question whether this address is ours."""
        name, webhook = self._webhook(request)
        handshake = PROOFS[name].handshake
        if handshake is None:
            raise web.HTTPMethodNotAllowed("GET", ["POST"])
        answer = handshake(self._received(request, b""), webhook)
        if answer.document is not None:
            return web.json_response(answer.document)
        return web.Response(text=answer.text, headers={"X-Content-Type-Options": "nosniff"})

    async def post(self, request: web.Request) -> web.Response:
        """200 when everything in the payload is acknowledged by all in-sync replicas, as events, undos or dead letters. Raises ProblemError."""
        name, webhook = self._webhook(request)
        async with self._doors.bodies.raw(request) as body:
            received = self._received(request, body)
            await self._prove(name, received, webhook)
            if name == "ses" and await self._sns.confirm(received):
                return web.json_response({"confirmed": True})
            if name == "webmention":
                page = await self._webmentions.payload(received, webhook)
                return await self._take(name, page, "application/json")
            return await self._take(name, body, request.headers.get("Content-Type", ""))

    def _webhook(self, request: web.Request) -> tuple[str, Webhook]:
        name = request.match_info["platform"]
        webhook = self._doors.keyring.webhooks.get(name)
        if webhook is None:
            raise ProblemError("not-found", "no such webhook is set up (CASCADES_WEBHOOKS)")
        return name, webhook

    def _received(self, request: web.Request, body: bytes) -> Received:
        base = self._doors.settings.ingest_public_url or f"{request.scheme}://{request.host}"
        now_s = self._doors.clock.now_us() / 1e6
        return Received(request.method, base + request.raw_path, request.headers, request.query, body, now_s)

    async def _prove(self, name: str, received: Received, webhook: Webhook) -> None:
        check = PROOFS[name].check
        if check is not None:
            check(received, webhook)
        elif name == "ses":
            await self._sns.check(received, webhook)
        elif name == "activitypub":
            await self._actors.check(received, webhook)
        if name == "mailgun":
            self._once.check(received)

    async def _take(self, name: str, body: bytes, content_type: str) -> web.Response:
        door, mapping = f"/webhooks/{name}", self._registry[name]
        try:
            payload = mapping.decode(body, content_type)
        except UnknownShapeError as error:
            await self._doors.deliver([self._doors.letter(door, error, body)])
            return _answer({"accepted": 0, "refused": 1})
        received_at = _EPOCH + timedelta(microseconds=self._doors.clock.now_us())
        mapped = mapping.events(payload, received_at, self._contexts[name])
        mapped = replace(mapped, events=tuple(await self._resolver.lead(mapped.events)))
        await self._doors.deliver(self._entries(door, mapped, body))
        self._doors.metrics.add(Metric.DOOR_EVENTS, len(mapped.events) + len(mapped.undos), door)
        self._doors.metrics.add(Metric.DOOR_IGNORED, len(mapped.ignored), door)
        counts = {"accepted": len(mapped.events), "undone": len(mapped.undos)}
        return _answer({**counts, "ignored": len(mapped.ignored), "refused": len(mapped.refused)})

    async def _link(self, event: WireEvent) -> None:
        await self._doors.deliver([self._doors.event(event)])

    async def close(self) -> None:
        """Nothing is asked for any more."""
        await self._resolver.close()

    def _entries(self, door: str, mapped: Mapped, body: bytes) -> list[Entry]:
        return [
            *self._doors.mapped(mapped.events),
            *map(self._doors.undo, mapped.undos),
            *(
                self._doors.letter(door, refusal.error, records.part(refusal.payload, body))
                for refusal in mapped.refused
            ),
        ]


def _answer(counts: dict[str, int]) -> web.Response:
    return web.Response(body=json.dumps(counts).encode(), content_type="application/json")


def _require_complete(name: str, webhook: Webhook, registry: Mapping[str, Any]) -> None:
    if name not in PROOFS or name not in registry:
        raise UsageError(
            f"CASCADES_WEBHOOKS: there is no door {name!r}; there are {', '.join(sorted(set(PROOFS) & set(registry)))}"
        )
    if lacking := [field for field in PROOFS[name].needs if not getattr(webhook, field)]:
        raise UsageError(f"CASCADES_WEBHOOKS: {name} needs {' and '.join(lacking)}")


def context(settings: Settings, webhook: Webhook) -> Context:
    """What a webhook's mapping is told besides the payload. Raises UsageError when CASCADES_ACTOR_KEY is not set."""
    return Context(actor_key=_actor_key(settings), campaign_id=webhook.campaign_id, instance=webhook.instance)


def _actor_key(settings: Settings) -> bytes:
    key = settings.actor_key.get_secret_value().encode()
    if len(key) < 16:  # noqa: PLR2004 - as Context asks
        raise UsageError(
            "CASCADES_ACTOR_KEY needs 16 or more characters, kept secret and for good: it keys the hashes that stand for people"
        )
    return key
