"""The doors as OpenAPI 3.1, made from the models that judge, so that it cannot say anything else than they do."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from pipeline.ingest.http.events import LINES, MOST_EVENTS
from pipeline.ingest.http.problems import CONTENT_TYPE, KINDS
from pipeline.ingest.http.proofs import PROOFS
from schemas.event import ShareEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.config import Settings

Document = dict[str, Any]

_EVENTS_PROBLEMS: Final = (
    "bad-request", "unauthorized", "forbidden", "slow-body", "too-large", "wrong-type", "event-refused", "too-many", "overloaded",
)  # fmt: skip
_WEBHOOK_PROBLEMS: Final = (
    "bad-request", "unauthorized", "forbidden", "not-found", "slow-body", "too-large", "wrong-type", "too-many", "overloaded",
)  # fmt: skip
_RETRY: Final = {
    "Retry-After": {
        "schema": {"type": "integer", "minimum": 1},
        "description": "Seconds to wait before sending the same again.",
    }
}
_WAITS: Final = frozenset({"too-many", "overloaded"})


def document(settings: Settings, platforms: Iterable[str] = ()) -> Document:
    """The document of a process with these settings and webhooks."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Share Cascades, front doors",
            "version": version("share-cascades"),
            "description": "A 2xx answer means: acknowledged by all in-sync replicas of Kafka. Sending the same again is always harmless.",
        },
        **({"servers": [{"url": settings.ingest_public_url}]} if settings.ingest_public_url else {}),
        "paths": {"/v1/events": {"post": _events(settings)}, **dict(map(_webhook, sorted(platforms))), **_reads()},
        "components": {
            "schemas": {"ShareEvent": _share_event(), "Problem": _problem()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "webhook-signature",
                    "description": "Standard Webhooks: with webhook-id and webhook-timestamp; ?key= names the entry whose secret signs.",
                },
            },
        },
    }


def _events(settings: Settings) -> Document:
    one = {"$ref": "#/components/schemas/ShareEvent"}
    lines = {"schema": {"type": "string", "description": "One event a line."}}
    return {
        "operationId": "sendEvents",
        "summary": "Send version-1 events: one, an array, or a line each",
        "description": f"All or nothing, unless handling=lenient is preferred. At most {MOST_EVENTS} events and {settings.ingest_body_bytes} bytes.",
        "security": [{"bearer": []}, {"signature": []}],
        "parameters": [
            _parameter("Prefer", "header", {"type": "string", "enum": ["handling=lenient", "handling=strict"]}),
            _parameter("key", "query", {"type": "string"}),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]}},
                **dict.fromkeys(sorted(LINES), lines),
            },
        },
        "responses": {
            "202": _json("Everything that is good is in Kafka.", _counts("accepted")),
            **_problems(_EVENTS_PROBLEMS),
        },
    }


def _webhook(name: str) -> tuple[str, Document]:
    post = {
        "operationId": f"webhook_{name}",
        "summary": f"What {name} pushes, signed as {name} signs",
        "requestBody": {"required": True, "content": {"*/*": {"schema": {}}}},
        "responses": {
            "200": _json(
                "Everything in the payload is in Kafka, as events, undos or dead letters.", _counts("accepted")
            ),
            **_problems(_WEBHOOK_PROBLEMS),
        },
    }
    get = {
        "operationId": f"handshake_{name}",
        "summary": f"{name} asks whether this address is ours",
        "responses": {
            "200": {"description": "What it wants to hear."},
            **_problems(("bad-request", "forbidden", "not-found", "too-many")),
        },
    }
    return f"/webhooks/{name}", {"post": post, **({"get": get} if PROOFS[name].handshake else {})}


def _reads() -> Document:
    return {
        "/openapi.json": {
            "get": {"operationId": "openapi", "responses": {"200": _json("This document.", {"type": "object"})}}
        },
        **_links(),
        "/problems": {
            "get": {
                "operationId": "problems",
                "responses": {"200": _json("Every kind of problem.", {"type": "object"})},
            }
        },
    }


def _links() -> Document:
    place = {
        "name": "place",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "a link's name or token, with ~channel",
    }
    gone = {"description": "To the registered page.", "headers": {"Location": {"schema": {"type": "string"}}}}
    said = {
        "required": True,
        "content": {"text/plain": {"schema": {"type": "string", "description": "JSON: link, token, consent, channel"}}},
    }
    by_script = _problems(
        ("bad-request", "forbidden", "not-found", "slow-body", "too-large", "wrong-type", "too-many", "overloaded")
    )
    answers = {"200": _json("What the page's script goes on with.", {"type": "object"}), **by_script}
    return {
        "/l/{place}": {
            "get": {
                "operationId": "followLink",
                "parameters": [place],
                "responses": {"302": gone, **_problems(("not-found", "too-many"))},
            }
        },
        "/l/visit": {"post": {"operationId": "visit", "requestBody": said, "responses": answers}},
        "/l/share": {"post": {"operationId": "share", "requestBody": said, "responses": answers}},
    }


def _parameter(name: str, place: str, schema: Document) -> Document:
    return {"name": name, "in": place, "required": False, "schema": schema}


def _problems(kinds: Iterable[str]) -> Document:
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found: Document = {}
    for name in kinds:
        kind = KINDS[name]
        status = str(int(kind.status))
        found[status] = {"description": f"{kind.title}. {kind.remedy}", "content": content}
        if name in _WAITS:
            found[status]["headers"] = _RETRY
    return found


def _json(description: str, schema: Document) -> Document:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _counts(*required: str) -> Document:
    names = ("accepted", "refused", "ignored", "undone")
    counts: Document = {name: {"type": "integer", "minimum": 0} for name in names}
    return {"type": "object", "required": list(required), "properties": counts}


def _problem() -> Document:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail")}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            **texts,
            "status": {"type": "integer"},
            "errors": {"type": "array", "items": {"type": "object"}},
        },
    }


def _share_event() -> Document:
    schema = ShareEvent.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema
