"""Records to ClickHouse rows without Kafka and Faust: enough of a worker to put real figures before the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade import Content, Outcome, fold, freeze
from schemas.check import check
from schemas.dead_letter import RefusedError
from schemas.rows import Blocks
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.sinks.base import Sink

POPULATION = {"twitter": 550_000_000, "facebook": 3_000_000_000}


class SmallWorker:
    """Folds records in order and writes their rows. Partition 0, offsets from 0."""

    def __init__(self, sink: Sink, topic: str = "share.events") -> None:
        self._sink = sink
        self._topic = topic
        self._contents: dict[str, Content] = {}
        self._offset = 0

    def take(self, values: Iterable[bytes], received_ms: int) -> None:
        """Fold these records and write what changed."""
        blocks = Blocks()
        touched: dict[str, int] = {}
        for value in values:
            self._fold(value, received_ms, blocks, touched)
            self._offset += 1
        for content_id, offset in touched.items():
            freeze(self._contents[content_id], partition=0, offset=offset, version=offset, out=blocks)
        self._sink.write(blocks)

    def _fold(self, value: bytes, received_ms: int, blocks: Blocks, touched: dict[str, int]) -> None:
        try:
            event = check(value, received_ms)
        except RefusedError as error:
            letter = (self._topic, 0, self._offset, error.reason, error.detail, received_ms * 1000, b"", value)
            blocks["dead_letters"].rows.append(letter)
            return
        content = self._contents.setdefault(event.content_id, Content(event.content_id, POPULATION))
        if fold(content, event, micros(event.occurred_at)) in (Outcome.APPLIED, Outcome.DUPLICATE, Outcome.REPLACED):
            touched[event.content_id] = self._offset
