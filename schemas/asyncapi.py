"""The topics and their messages as one AsyncAPI 3.0 document, for code generators and for people who produce events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schemas import changelog, topics
from schemas.alert import CONTROL_EXAMPLE, Alert, Control
from schemas.alert import EXAMPLE as ALERT_EXAMPLE
from schemas.dead_letter import REASONS, DeadLetterHeaders
from schemas.event import ShareEvent
from schemas.undo import EXAMPLE as UNDO_EXAMPLE
from schemas.undo import Undo, encode

if TYPE_CHECKING:
    from msgspec import Struct
    from pydantic import BaseModel

    from schemas.topics import TopicSpec

_KAFKA = "0.5.0"  # version of AsyncAPI's Kafka binding
_TEXT_CONFIG = frozenset({"message.timestamp.type"})
_SCHEMAS = "#/components/schemas/"
_CONTROL_KEY = "`mute` or `acknowledge`, a space, and the scope as JSON with sorted keys"


def document() -> dict[str, Any]:
    """The document. Self-contained: every `$ref` points into it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Share Cascades",
            "version": "1.0.0",
            "description": "Share events in, alerts and dead letters out. Generated from schemas/*.py: do not edit.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "127.0.0.1:9092",
                "protocol": "kafka",
                "description": "Kafka, as the setting CASCADES_KAFKA_BOOTSTRAP names it.",
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _channels() -> dict[str, Any]:
    return {
        "shareEvents": _channel(topics.events(), "shareEvent"),
        "deadLetters": _channel(topics.dead_letters(), "deadLetter"),
        "undos": _channel(topics.undos(), "undo"),
        "waitingUndos": _channel(topics.waiting_undos(), "undo"),
        "changelog": _channel(topics.changelog(), "contentChunk", "partitionPosition"),
        "alerts": _channel(topics.alerts(), "alert"),
        "alertDeadLetters": _channel(topics.alert_dead_letters(), "undeliveredAlert"),
        "control": _channel(topics.control(), "control"),
    }


def _operations() -> dict[str, Any]:
    return {
        "foldShareEvents": _operation(
            "receive", "shareEvents", "Every event is folded into the cascade of its content, once in effect."
        ),
        "sendMisplacedEvents": _operation(
            "send", "shareEvents", "An event under a wrong key is produced again under the right one."
        ),
        "sendDeadLetters": _operation("send", "deadLetters", "A record that breaks the contract, at least once."),
        "resolveUndos": _operation(
            "receive", "undos", "Of each the act is looked for; it becomes a retraction in each content of the act."
        ),
        "sendWaitingUndos": _operation("send", "waitingUndos", "Each waits for its next look."),
        "resolveWaitingUndos": _operation("receive", "waitingUndos", "A partition's records wait equally long."),
        "sendRetractions": _operation("send", "shareEvents", "Of acts that undos name, each once."),
        "keepState": _operation(
            "send",
            "changelog",
            "What the state of a partition is rebuilt from, in transactions that fence former owners.",
        ),
        "restoreState": _operation("receive", "changelog", "Read at assignment, committed transactions only."),
        "sendAlerts": _operation("send", "alerts", "Each once, in one transaction with the state that it came from."),
        "deliverAlerts": _operation(
            "receive",
            "alerts",
            "To people and systems, at least once with the same id; committed transactions only.",
        ),
        "sendUndeliveredAlerts": _operation("send", "alertDeadLetters", "What no receiver would take."),
        "sendControls": _operation("send", "control", "Mutes and acknowledgements of the page and the command line."),
        "obeyControls": _operation("receive", "control", "Read wholly by every worker, the latest of each key stands."),
    }


def _messages() -> dict[str, Any]:
    return {
        "shareEvent": _share_event(),
        "deadLetter": _dead_letter(),
        "undo": _undo(),
        "contentChunk": _array("content_id in UTF-8, a zero byte, chunk number as big-endian u32", changelog.Chunk),
        "partitionPosition": _array("one zero byte", changelog.Position),
        "alert": _message(Alert, "AlertV1", "Alert, version 1", "content_id, in UTF-8", ALERT_EXAMPLE),
        "undeliveredAlert": _undelivered(),
        "control": _message(Control, "ControlV1", "Control, version 1", _CONTROL_KEY, CONTROL_EXAMPLE),
    }


def _schemas() -> dict[str, Any]:
    return {
        "ShareEventV1": ShareEvent.model_json_schema(),
        "DeadLetterHeaders": DeadLetterHeaders.model_json_schema(),
        **_models(AlertV1=Alert, ControlV1=Control),
        "UndoV1": msgspec.json.schema_components([Undo])[1]["Undo"],
        **_components(changelog.Chunk, changelog.Position),
    }


def _channel(topic: TopicSpec, *messages: str) -> dict[str, Any]:
    binding: dict[str, Any] = {
        "topicConfiguration": {name: _config(name, value) for name, value in topic.config.items()},
        "bindingVersion": _KAFKA,
    }
    if topic.partitions is not None:
        binding["partitions"] = topic.partitions
    return {
        "address": topic.name,
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
        "servers": [{"$ref": "#/servers/kafka"}],
        "bindings": {"kafka": binding},
    }


def _config(name: str, value: str) -> object:
    if name == "cleanup.policy":
        return value.split(",")
    return value if name in _TEXT_CONFIG else int(value)


def _operation(action: str, channel: str, summary: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _share_event() -> dict[str, Any]:
    origin = {
        "type": "string",
        "pattern": "^[0-9]+:[0-9]+(:[0-9]+)?$",
        "description": "partition:offset where the record stood under a wrong key, or under a content that was merged into this one; a third number "
        "where that record made several",
    }
    merged = {
        "type": "string",
        "description": "JSON: the contents that the event came through (`through`), because links merged them into this one",
    }
    moved = {
        "type": "string",
        "pattern": "^[A-Za-z0-9._-]+:[0-9]+:[0-9]+:-?[0-9]+$",
        "description": "topic:partition:offset:received_at where the record stood before the topic got more partitions; believed only of records that "
        "keep their producer's time, which Kafka allows during that copy alone",
    }
    return {
        "name": "ShareEvent",
        "title": "Share event, version 1",
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {topics.ORIGIN_HEADER: origin, topics.MERGED_HEADER: merged, topics.MOVED_HEADER: moved},
        },
        "payload": {"$ref": "#/components/schemas/ShareEventV1"},
        "bindings": _key("content_id, in UTF-8"),
        "examples": [{"name": "share", "payload": EXAMPLE}],
    }


def _dead_letter() -> dict[str, Any]:
    reasons = "\n".join(f"- `{reason}`: {sentence}" for reason, sentence in REASONS.items())
    return {
        "name": "DeadLetter",
        "title": "Refused record",
        "description": f"The record's own bytes; the reason is in the headers:\n\n{reasons}",
        "contentType": "application/octet-stream",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
        "payload": {"type": "string", "format": "binary", "description": "the refused value, byte for byte"},
        "bindings": _key("the refused record's own key"),
    }


def _undo() -> dict[str, Any]:
    return {
        "name": "Undo",
        "title": "Undo of an act whose content is not told, version 1",
        "contentType": "application/json",
        "payload": {"$ref": f"{_SCHEMAS}UndoV1"},
        "bindings": _key("target_event_id, in UTF-8"),
        "examples": [{"name": "undo", "payload": msgspec.json.decode(encode(UNDO_EXAMPLE))}],
    }


def _message(model: type[BaseModel], schema: str, title: str, key: str, example: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": model.__name__,
        "title": title,
        "contentType": "application/json",
        "payload": {"$ref": _SCHEMAS + schema},
        "bindings": _key(key),
        "examples": [{"name": model.__name__.lower(), "payload": example}],
    }


def _undelivered() -> dict[str, Any]:
    return {
        "name": "UndeliveredAlert",
        "title": "Alert that could not be delivered",
        "description": "The record's own bytes; the reason is in the headers. A record without bytes and with the header `resent_at` takes back the one "
        "of the same topic, partition, offset and channel: it was delivered after all.",
        "contentType": "application/json",
        "payload": {"$ref": f"{_SCHEMAS}AlertV1"},
        "bindings": _key("content_id, in UTF-8"),
    }


def _models(**models: type[BaseModel]) -> dict[str, Any]:
    """Schemas by name, and beside them the parts that they refer to."""
    found: dict[str, Any] = {}
    for name, model in models.items():
        schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
        found |= schema.pop("$defs", {}) | {name: schema}
    return found


def _array(key: str, shape: type[Struct]) -> dict[str, Any]:
    """A record of the changelog: internal, msgpack, the fields in the order of the schema."""
    return {
        "name": shape.__name__,
        "title": f"Changelog: {shape.__name__.lower()}",
        "description": (shape.__doc__ or "")
        + " A msgpack array; fields are in the schema's order, trailing ones may be missing.",
        "contentType": "application/vnd.msgpack",
        "payload": {"$ref": f"#/components/schemas/{shape.__name__}"},
        "bindings": _key(key),
    }


def _components(*shapes: type[Struct]) -> dict[str, Any]:
    """Array schemas, with the name of each place as its title."""
    _, found = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    everything: tuple[type[Struct], ...] = (*shapes, changelog.Fact)
    for shape in everything:
        for name, place in zip(shape.__struct_fields__, found[shape.__name__]["prefixItems"], strict=True):
            place["title"] = name
    return found


def _key(description: str) -> dict[str, Any]:
    return {"kafka": {"key": {"type": "string", "description": description}, "bindingVersion": _KAFKA}}


EXAMPLE = {
    "event_id": "bluesky:3mptbypowzs2e",
    "kind": "share",
    "platform": "bluesky",
    "content_id": "spring-film",
    "actor_id": "did:plc:ada",
    "occurred_at": "2026-01-31T12:00:00.25Z",
    "parent_event_id": "bluesky:3mpta65gqot2j",
    "parent_basis": "exact",
    "audience_size": 182,
    "campaign_id": "spring-launch",
    "attributes": {"language": "en"},
    "schema_version": 1,
}
"""A share that a test checks against the contract."""
