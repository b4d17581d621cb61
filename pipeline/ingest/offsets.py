"""Offsets of a group whose work may be done twice without harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

if TYPE_CHECKING:
    from logging import Logger

    from aiokafka import TopicPartition


class Committing(Protocol):
    """What is used of a consumer."""

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Start there next time."""
        ...


async def commit(consumer: Committing, offsets: dict[TopicPartition, int], log: Logger) -> None:
    """Store the offsets. When it does not work, the same is dealt with again, by us or by whoever owns the partition.

    Raises KafkaError when the connection is of no use any more.
    """
    try:
        if offsets:
            await consumer.commit(offsets)
    except (CommitFailedError, IllegalStateError):
        log.warning("the group has moved on: what was dealt with just now is looked at once more")
    except KafkaError as error:
        if not error.retriable:
            raise
        log.warning("Kafka did not take the offsets (%r): they go with the next ones", error)
