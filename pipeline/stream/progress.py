"""How far each partition is, asked of Kafka itself: a consumer that has stopped fetching would say that there is nothing to fetch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from pipeline.metrics import Metric, Metrics
from pipeline.stream.watchdog import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faust.types import TP

    from pipeline.stream.transport import Consumer
    from pipeline.stream.watchdog import Watchdog

AGAIN_S = 5.0


async def watch_progress(
    consumer: Consumer, client_options: Mapping[str, Any], metrics: Metrics, watchdog: Watchdog
) -> None:
    """Tell the watchdog, for ever. While Kafka is away nothing is told; `pipeline.stream.contact` says so then."""
    while True:
        try:
            async with AIOKafkaConsumer(**client_options, enable_auto_commit=False) as asked:
                while True:
                    watchdog.saw(await _places(consumer, asked, metrics))
                    await asyncio.sleep(watchdog.every_s)
        except KafkaError:
            await asyncio.sleep(AGAIN_S)


async def _places(consumer: Consumer, asked: AIOKafkaConsumer, metrics: Metrics) -> dict[int, Place]:
    committed = consumer.committed()
    partitions = {tp: TopicPartition(tp.topic, tp.partition) for tp in committed}
    ends = await asked.end_offsets(list(partitions.values())) if partitions else {}
    places = {}
    for tp, partition in partitions.items():
        to_rebuild = int(metrics.value(Metric.REBUILD_RECORDS, tp.partition))
        in_hand = len(consumer.ledgers.get(tp, ()))
        waits = bool(to_rebuild or in_hand) or await _position(consumer, tp) < ends[partition]
        places[tp.partition] = Place(committed[tp], to_rebuild, waits)
    return places


async def _position(consumer: Consumer, tp: TP) -> float:
    """The next offset to be read, beyond transaction markers too; infinite when the partition is not ours any more."""
    try:
        return float(await consumer.position(tp) or 0)
    except IllegalStateError:
        return float("inf")
