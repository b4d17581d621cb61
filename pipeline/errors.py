"""The one error tree.

CascadesError                 every error we raise on purpose; its text says what to do
├── UsageError                a setting, argument or environment that cannot work as it is
│   └── TopicMismatchError    a topic exists with another partition count than configured
├── DeadLetterSurgeError      more records are refused than a setting allows
├── FencedError               another worker owns the partition now: join the group anew
├── UnavailableError          a part (Kafka, ClickHouse, a port, disk space) is not there
│   └── BrokenStoreError      a worker's local state cannot be read: it is made anew from the changelog
└── SinkError                 ClickHouse did not take a block
    ├── SinkTransientError    try the same block again later (network, overload, restart)
    ├── SinkRowError          a value of the block is refused
    └── SinkSchemaError       table or column is not what we think: stop

Outside the tree: `schemas.dead_letter.RefusedError`, one record that breaks the event contract and becomes a dead letter. It is a value of
every day, not a failure of the program, and lives with the contract.
"""

from __future__ import annotations


class CascadesError(Exception):
    """Every error raised on purpose. The text is for the user and says what to do."""


class UsageError(CascadesError):
    """A setting, an argument or the environment cannot work as it is."""


class TopicMismatchError(UsageError):
    """A topic exists with a partition count other than the configured one."""


class DeadLetterSurgeError(CascadesError):
    """More records are refused than `dead_letter_stop_share` allows: the worker stops."""


class FencedError(CascadesError):
    """Another worker owns a partition that this one took for its own: nothing more of it may be written."""


class UnavailableError(CascadesError):
    """A part that is needed (Kafka, ClickHouse, a port, disk space) is not there."""


class BrokenStoreError(UnavailableError):
    """A worker's local state cannot be read. It is thrown away when it is opened next: the changelog has everything."""


class SinkError(CascadesError):
    """ClickHouse did not take a block. `code` is ClickHouse's error code, or None when there was no answer; `table` the one meant, if known."""

    def __init__(self, message: str, code: int | None = None, table: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.table = table


class SinkTransientError(SinkError):
    """The same block may be written later as it is: network, overload, restart, read-only replica."""


class SinkRowError(SinkError):
    """ClickHouse refuses a value in the block."""


class SinkSchemaError(SinkError):
    """A table or column is missing or of another type: run `cascades migrate`."""
