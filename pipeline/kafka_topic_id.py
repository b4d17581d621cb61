"""A topic's id: drawn when the topic is made, so one that was deleted and made anew under its name is another. Kafka's client does not ask for it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

if TYPE_CHECKING:
    from io import BytesIO

    from aiokafka.admin import AIOKafkaAdminClient

NONE = UUID(int=0)


class _Uuid(AbstractType[UUID]):  # type: ignore[misc]  # the client's protocol tells no types
    """16 bytes, which the client's protocol has no type for."""

    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


_BROKERS = CompactArray(
    ("node_id", Int32), ("host", CompactString()), ("port", Int32), ("rack", CompactString()), ("tags", TaggedFields)
)
_PARTITIONS = CompactArray(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("isr", CompactArray(Int32)),
    ("offline", CompactArray(Int32)),
    ("tags", TaggedFields),
)
_TOPICS = CompactArray(
    ("error_code", Int16),
    ("topic", CompactString()),
    ("topic_id", _Uuid),
    ("is_internal", Boolean),
    ("partitions", _PARTITIONS),
    ("operations", Int32),
    ("tags", TaggedFields),
)


class _MetadataResponse(Response):  # type: ignore[misc]  # the client's protocol tells no types
    """Version 10 of Kafka's Metadata, the first one that tells ids (Kafka 2.8)."""

    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", _BROKERS),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        ("topics", _TOPICS),
        ("operations", Int32),
        ("tags", TaggedFields),
    )


class _MetadataStruct(RequestStruct):  # type: ignore[misc]  # the client's protocol tells no types
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA: ClassVar[Schema] = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", CompactString()), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_MetadataStruct]):  # type: ignore[misc]  # the client's protocol tells no types
    API_KEY = 3

    def __init__(self, name: str) -> None:
        self._name = name

    def build(self, request_struct_class: type[_MetadataStruct]) -> _MetadataStruct:
        return request_struct_class([(NONE, self._name, {})], False, False, False, {})


async def topic_id(admin: AIOKafkaAdminClient, name: str) -> str:
    """The id of a topic; '' when there is no such topic, or the broker is too old to tell."""
    try:
        answer = await admin._send_request(_MetadataRequest(name))  # noqa: SLF001 (the client has no public way for a request of one's own)
    except NotImplementedError:
        return ""
    found = {topic["topic"]: topic["topic_id"] for topic in answer.to_object()["topics"] if topic["error_code"] == 0}
    identity = found.get(name, NONE)
    return "" if identity == NONE else str(identity)
