"""Cases that hold on any real Kafka: the embedded broker and one in a container run them alike."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.kafka import client_options


async def produce(settings, topic, *records, **options):
    """Send (key, value) pairs, each acknowledged; returns where they stand."""
    async with AIOKafkaProducer(**client_options(settings), **options) as producer:
        return [await producer.send_and_wait(topic, value, key=key) for key, value in records]


async def consume(settings, topic, count):
    """The first `count` records of a topic."""
    async with AIOKafkaConsumer(topic, **client_options(settings), auto_offset_reset="earliest") as consumer:
        return [await asyncio.wait_for(consumer.getone(), 20) for _ in range(count)]


async def create(settings, name, partitions, config=None):
    """A topic as somebody else may have made it."""
    admin = AIOKafkaAdminClient(**client_options(settings))
    await admin.start()
    await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config or {})])
    await admin.close()
