"""A messy stream of events for workers that stop and start, and waiting for the end of it."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from support.stream import event_json
from support.worker import committed, until

from pipeline.kafka import changelog_spec, client_options

CONTENTS = 11


def messy(count, start=0):
    """Chains with copies, late parents, retractions, broken records and strays in between."""
    for n in range(start, start + count):
        content = f"content {n % CONTENTS}"
        parent = f"e{n - CONTENTS + 2 * CONTENTS * (n % 5 == 0)}"  # every fifth names a share that comes later
        good = event_json(f"e{n}", content, parent_event_id=parent, parent_basis="exact", audience_size=n % 50)
        yield content.encode() if n % 7 else None, good
        if n % 10 == 3:
            yield content.encode(), good
        if n % 17 == 3:
            better = event_json(
                f"e{n}", content, parent_basis="exact", audience_size=n % 50, attributes={"why": "copy"}
            )
            yield content.encode(), better
        if n % 11 == 4:
            undo = event_json(f"r{n}", content, "retract", target_event_id=f"e{n}", actor_id=f"actor of e{n}")
            yield content.encode(), undo
        if n % 13 == 5:
            yield content.encode(), b"broken %d" % n


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
