"""Records that `cascades repartition` copied from a topic with fewer partitions: they keep the time that Kafka took them, and name their first place.

The new topic lets its producer say the time (CreateTime) while the copy is made, and from then on stamps each record itself (LogAppendTime). Kafka keeps with
every record which of the two its time is, so nobody else can write a record that looks moved: in all others the header is ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.dead_letter import Identity
from schemas.topics import MOVED_HEADER

if TYPE_CHECKING:
    from pipeline.stream.batch import Record

CREATE_TIME = 0


def first_place(record: Record) -> Identity | None:
    """Where a moved record stood at first, and since when; None of a record that was not moved."""
    for name, value in record.headers:
        if name == MOVED_HEADER and record.timestamp_type == CREATE_TIME:
            return Identity.read(value)
    return None
