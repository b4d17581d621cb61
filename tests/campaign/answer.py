"""What every table must show: one undisturbed pass over the same topic, and, where it is known, what was sent."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from support.sink_rows import standing
from support.stream import state
from support.worker import committed
from support.worker_process import migrated

from benchmarks.real_expected import expected
from pipeline.clickhouse import client
from pipeline.kafka import client_options
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.sinks.memory import MemorySink
from pipeline.stream.decode import decode
from schemas.rows import KEYS, LOG_TABLES, Blocks

if TYPE_CHECKING:
    from campaign.feed import Feed
    from pipeline.config import Settings
    from pipeline.stream.partition import PartitionState

VOID = {"content_minutes": "acts", "amplifiers": "spreads"}
"""Rows with 0 here say that there is nothing any more: whether there are such rows depends on when rows were made."""
UNCERTAIN = {"version"}
"""How often a row was written shows in nothing else."""
FIGURES = ("size", "shares", "depth", "primary_reach", "secondary_reach")
WINDOWS = "content_id, shares_5m, shares_1h, shares_24h, secondary_reach_5m, secondary_reach_1h, secondary_reach_24h, depth_5m, depth_1h, depth_24h"
SHOWN = 5
Row = dict[str, Any]


class Answer:
    """Reads the topic on at each call, in this process, and keeps the standing rows in memory."""

    def __init__(self, settings: Settings) -> None:
        self.sink = MemorySink()
        self.records = 0
        self._settings = settings
        self._states: dict[int, PartitionState] = {}

    async def read_on(self) -> None:
        """Up to the end of the topic as it is now."""
        consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        try:
            for number in range(self._settings.partitions):
                await self._read(consumer, number)
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, number: int) -> None:
        part = TopicPartition(self._settings.events_topic, number)
        target = self._states.setdefault(number, state(number, self._settings.partitions))
        target.topic, target.population = self._settings.events_topic, self._settings.population()
        consumer.assign([part])
        consumer.seek(part, target.next_offset)
        end = (await consumer.end_offsets([part]))[part]
        while await consumer.position(part) < end:
            records = (await consumer.getmany(part, timeout_ms=500)).get(part, [])
            self.records += len(records)
            target.apply(records, decode(records))
        blocks = Blocks()
        target.freeze(blocks)
        self.sink.write(blocks)

    async def lag(self) -> int:
        """Records of the topic that the group has not committed."""
        done = await committed(self._settings)
        consumer = AIOKafkaConsumer(**client_options(self._settings))
        await consumer.start()
        try:
            ends = await consumer.end_offsets([TopicPartition(self._settings.events_topic, number) for number in done])
        finally:
            await consumer.stop()
        return sum(end - (done[part.partition] or 0) for part, end in ends.items())

    def differences(self) -> tuple[dict[str, int], list[str]]:
        """(rows by table, what differs) between ClickHouse and the one pass."""
        rows, texts = {}, []
        with client(self._settings) as connection:
            for table in LOG_TABLES:
                wanted = self.sink.rows(table)
                rows[table] = len(wanted)
                texts += compared(table, wanted, standing(connection, self._settings.clickhouse_database, table))
        return rows, texts

    def window_differences(self, now_us: int) -> list[str]:
        """What differs in the windows of `v_content` at one time, between the workers' rows and those of the one pass."""
        serial = self._settings.model_copy(
            update={"clickhouse_database": f"{self._settings.clickhouse_database}_serial"}
        )
        migrated(serial)
        sink = ClickHouseSink(serial)
        try:
            sink.write(_blocks(self.sink))
        finally:
            sink.close()
        wanted, shown = _windows(serial, now_us), _windows(self._settings, now_us)
        return _told("v_content", wanted, shown)


def sent_differences(answer: Answer, feed: Feed) -> list[str]:
    """What differs between the one pass and a plain computation over what was sent: what no worker of ours has ever touched.

    `duplicates` are left to the pass when records were sent again: only the topic knows how many arrived.
    """
    rows = {row["content_id"]: row for row in answer.sink.rows("contents")}
    names = FIGURES if feed.repeated else (*FIGURES, "duplicates")
    wanted = expected(feed.sent)
    texts = [f"contents: {content} was sent and is not shown" for content in wanted.keys() - rows.keys()]
    for content, want in wanted.items():
        row: Any = rows.get(content)
        texts += [
            f"contents: {name} of {content} is {row[name]}, sent was {getattr(want, name)}"
            for name in names
            if row and row[name] != getattr(want, name)
        ]
    acts = {(share.content, share.event) for share in feed.sent}
    stored = {(row["content_id"], row["event_id"]) for row in answer.sink.rows("events")}
    texts += [f"events: {act} was sent and is not stored" for act in sorted(acts - stored)[:SHOWN]]
    letters = len(answer.sink.rows("dead_letters"))
    if letters < feed.broken or (letters > feed.broken and not feed.repeated):
        texts.append(f"dead_letters: {letters}, broken were {feed.broken}")
    return texts


async def settle(answer: Answer, say: Any, patience_s: float = 300.0) -> bool:
    """Wait until all is committed, for as long as it goes on. False when nothing moved for `patience_s`."""
    loop = asyncio.get_running_loop()
    least, since, quiet = None, loop.time(), 0
    while quiet < 3:
        lag = await answer.lag()
        quiet = quiet + 1 if lag == 0 else 0
        if least is None or lag < least:
            least, since = lag, loop.time()
            if lag:
                say(f"{lag} records to go")
        if loop.time() - since > patience_s:
            return False
        await asyncio.sleep(0.5)
    return True


def _by_key(table: str, rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    void = VOID.get(table)
    return {
        tuple(row[name] for name in KEYS[table]): {name: value for name, value in row.items() if name not in UNCERTAIN}
        for row in rows
        if void is None or row[void]
    }


def compared(table: str, wanted: list[Row], shown: list[Row]) -> list[str]:
    """What differs between two sets of standing rows, in words with examples; nothing, when they are the same."""
    return _told(table, _by_key(table, wanted), _by_key(table, shown))


def _told(table: str, wanted: dict[Any, Row], shown: dict[Any, Row]) -> list[str]:
    lost, extra = wanted.keys() - shown.keys(), shown.keys() - wanted.keys()
    other = [key for key in wanted.keys() & shown.keys() if wanted[key] != shown[key]]
    texts = [
        f"{table}: {len(keys)} rows {how}, such as {sorted(keys)[:SHOWN]}"
        for how, keys in (("lost", lost), ("too many", extra))
        if keys
    ]
    if other:
        examples = [_unequal(key, wanted[key], shown[key]) for key in sorted(other)[:SHOWN]]
        texts.append(f"{table}: {len(other)} rows differ, such as {examples}")
    return texts


def _unequal(key: Any, wanted: Row, shown: Row) -> str:
    return f"{key}: " + ", ".join(
        f"{name} {shown[name]} for {wanted[name]}" for name in wanted if wanted[name] != shown[name]
    )


def _windows(settings: Settings, now_us: int) -> dict[Any, Row]:
    """The windows by the view's own text, with a time put in the place of the clock."""
    with client(settings) as connection:
        text = connection.query("SHOW CREATE VIEW v_content").result_rows[0][0]
        select = re.split(r"\bAS\s+(?=WITH\b)", text, maxsplit=1)[1]
        moment = f"toDateTime({now_us // 1_000_000}, 'UTC')"
        assert "now('UTC')" in select
        select = select.replace("now('UTC')", moment)
        rows = connection.query(f"SELECT {WINDOWS} FROM ({select})").named_results()
        return {(row["content_id"],): row for row in rows}


def _blocks(sink: MemorySink) -> Blocks:
    blocks = Blocks()
    for table in LOG_TABLES:
        blocks[table].rows.extend(tuple(row.values()) for row in sink.rows(table))
    return blocks
