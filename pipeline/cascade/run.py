"""One run over records: everyday ones are folded here, one after the other, without a step outside of the core.

What is no everyday record stops the run, and its caller (`pipeline.stream.partition`) decides: a refused one, one that was applied before, one of a
content that is not in memory, under another key than its content's, with headers, a link, or one of a content that was merged into another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.arrivals import Arrival
from pipeline.cascade.blocks import Events
from pipeline.cascade.codes import LINK
from pipeline.cascade.facts import encode
from pipeline.cascade.fold import Outcome, enter
from pipeline.cascade.raw_rows import event_row
from schemas.wire import WireEvent

if TYPE_CHECKING:
    from typing import Any

    from pipeline.cascade.held import HeldContent

_APPLIED, _DUPLICATE = int(Outcome.APPLIED), int(Outcome.DUPLICATE)


class Run:
    """The contents of one partition, how far its log is folded, and what changed because of it."""

    __slots__ = (
        "_arrival",
        "_epoch",
        "_partition",
        "contents",
        "duplicates",
        "facts",
        "folded",
        "latest_ms",
        "next_offset",
        "raw",
        "rows",
        "touched",
        "unkept",
    )

    def __init__(self, partition: int, epoch: int) -> None:
        self.contents: dict[str, Any] = {}  # `HeldContent`, as all that follow: of the class that the caller puts in
        self.next_offset = 0  # records below were applied; a record is applied once
        self.latest_ms = 0  # when Kafka appended the latest record that was folded
        self.facts = 0  # held in memory
        self.folded = 0  # events, duplicates included
        self.duplicates = 0
        self.touched: list[Any] = []  # changed since the last rows were made
        self.unkept: list[Any] = []  # changed since the changelog's last records were made
        self.rows = True  # False: nobody takes raw rows, so none are made
        self.raw = Events()  # those that wait
        self._partition = partition
        self._epoch = epoch
        self._arrival = Arrival()

    def fold(self, records: list[Any], decoded: list[Any], at: int) -> int:
        """Fold from the record at place `at` on. Returns the place of the first that is no everyday one, or how many there are.

        O(depth) per event, see `pipeline.cascade.fold`.
        """
        arrival = self._arrival
        count = len(records)
        while at < count:
            record, event = records[at], decoded[at]
            if type(event) is not WireEvent or record.headers:
                break
            offset = record.offset
            arrival.read(event)
            held = self.contents.get(arrival.content_id)
            if held is None or offset < self.next_offset or held.takes != record.key or arrival.kind == LINK:
                break
            self.next_offset = offset + 1
            self._enter(held, offset, record.timestamp)
            at += 1
        return at

    def fold_one(self, held: HeldContent, record: Any, event: WireEvent, row: bool = True) -> None:
        """Fold one record that the caller has judged, and make its raw row if `row`."""
        wanted, self.rows = self.rows, self.rows and row
        self._arrival.read(event)
        self._enter(held, record.offset, record.timestamp)
        self.rows = wanted

    def note(self, record: Any, event: WireEvent) -> None:
        """Make the raw row of a record that is folded elsewhere."""
        arrival = self._arrival
        arrival.read(event)
        if self.rows:
            event_row(self.raw, arrival, self._partition, record.offset, record.timestamp, self._epoch)

    def _enter(self, held: HeldContent, offset: int, appended_ms: int) -> None:
        arrival = self._arrival
        outcome = enter(held.content, arrival)
        held.last_offset = offset
        held.arrived_ms = appended_ms
        if appended_ms > self.latest_ms:  # noqa: PLR1730 -- `max` costs ten times as much, and this runs for every event
            self.latest_ms = appended_ms
        if not held.touched:
            held.touched = True
            self.touched.append(held)
        if not held.unkept:
            held.unkept = True
            self.unkept.append(held)
        self.folded += 1
        if outcome != _APPLIED:
            self.duplicates += 1
        if outcome != _DUPLICATE:
            self.facts += 1
            held.tail.fresh.append(encode(arrival))
            if self.rows:
                event_row(self.raw, arrival, self._partition, offset, appended_ms, self._epoch)
