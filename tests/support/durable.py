"""Durable state from outside: waiting until it is settled, and taking it away."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from support.worker import committed, until

from pipeline.kafka import changelog_spec, client_options


async def settled(running):
    """Wait until everything in the topic, copies of strays included, is stored and committed."""
    await until(running.is_ready, "ready")
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0.2)
        stored = sum(offset or 0 for offset in (await committed(running.settings)).values())
        quiet = quiet + 1 if stored == await count(running.settings) and running.is_ready() else 0


async def count(settings):
    """Records in the topic of events."""
    consumer = AIOKafkaConsumer(**client_options(settings))
    await consumer.start()
    try:
        parts = [TopicPartition(settings.events_topic, number) for number in range(settings.partitions)]
        return sum((await consumer.end_offsets(parts)).values())
    finally:
        await consumer.stop()


async def drop_changelog(settings):
    admin = AIOKafkaAdminClient(**client_options(settings))
    await admin.start()
    await admin.delete_topics([changelog_spec(settings).name])
    await admin.close()
    await asyncio.sleep(1)
