"""The alert records outlive what a state is rebuilt from: what was told stays told, and the next alert of a content goes on counting.

Everything else of a changelog follows from the events. Baselines too: they fill again while the events are read.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
from aiokafka import AIOKafkaProducer

from pipeline.kafka import changelog_spec, client_options, ensure_topics, partition_count, partition_for
from pipeline.stream.changelog import Changelog
from pipeline.stream.state_dir import group_dir
from schemas.changelog import ALERT_PREFIX, POSITION_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.config import Settings
    from pipeline.stream.changelog import Read

Told = dict[bytes, bytes]
"""Alert records as they are in a changelog: key → value."""


async def read_told(settings: Settings) -> tuple[Told, bool]:
    """The alert records in the changelog of the settings' group, and whether a worker has written to it. ({}, False) when there is none."""
    topic = changelog_spec(settings).name
    told: Told = {}
    is_used = False

    async def take(records: Sequence[Read], _remaining: int) -> None:
        nonlocal is_used
        for _, key, value in records:
            if key.startswith(ALERT_PREFIX):
                told[key] = value
            is_used |= key == POSITION_KEY

    for partition in range(await partition_count(settings, topic)):
        await Changelog(topic, partition, settings.group, client_options(settings)).read(0, take)
    return told, is_used


async def write_told(settings: Settings, told: Told) -> None:
    """Put alert records into the changelog of the settings' group, each into the partition of its content. Makes the topic if need be."""
    spec = changelog_spec(settings)
    await ensure_topics(settings, [spec])
    async with AIOKafkaProducer(**client_options(settings), enable_idempotence=True, linger_ms=5) as producer:
        for key, value in told.items():
            partition = partition_for(key[len(ALERT_PREFIX) :], settings.partitions)
            await producer.send(spec.name, value, key=key, partition=partition)
        await producer.flush()


async def carry(old: Settings, new: Settings) -> None:
    """Bring the alert records of one group to the changelog of another, unless a worker has written to that one."""
    _, is_used = await read_told(new)
    if not is_used:
        told, _ = await read_told(old)
        await write_told(new, told)


class Aside:
    """Alert records in a file while their changelog is made anew: who is killed in between finds them at the next attempt."""

    def __init__(self, settings: Settings) -> None:
        folder = group_dir(settings)
        self._path: Path = folder.with_name(f"{folder.name}.alerts")

    def put(self, told: Told) -> Told:
        """Add what an earlier attempt has left, write it all to the disk, and return it."""
        told = self._left() | told
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.msgpack.encode(told))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        return told

    def done(self) -> None:
        """They are where they belong."""
        self._path.unlink(missing_ok=True)

    def _left(self) -> Told:
        return msgspec.msgpack.decode(self._path.read_bytes(), type=Told) if self._path.exists() else {}
