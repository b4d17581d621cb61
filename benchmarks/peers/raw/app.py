"""a: consume with aiokafka. b (`decode`): consume and decode with msgspec. The floor of any worker of this design."""

from __future__ import annotations

import asyncio
import os
import sys

from aiokafka import AIOKafkaConsumer

from benchmarks.meter import Meter
from schemas.wire import decode


def count_bytes(records: list) -> int:
    return sum(len(record.value) for record in records)


def add_audience(records: list) -> int:
    return sum(decode(record.value).audience_size for record in records)


async def main(mode: str) -> None:
    work = add_audience if mode == "decode" else count_bytes
    consumer = AIOKafkaConsumer(
        os.environ["BENCH_TOPIC"],
        bootstrap_servers=os.environ["BENCH_BOOTSTRAP"],
        group_id=os.environ["BENCH_GROUP"],
        auto_offset_reset="earliest",
        max_poll_records=4000,  # as our worker reads
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    meter, total = Meter(), 0
    while meter.count < meter.expected:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            total += work(records)
            meter.count += len(records)
            if meter.count == len(records):
                meter.first(already=meter.count)
    meter.last()
    meter.sums(records=meter.count, **{"audience" if mode == "decode" else "bytes": total})
    await consumer.stop()


asyncio.run(main(sys.argv[1]))
