"""The one error tree.

CascadesError                 every error we raise on purpose; its text says what to do
├── UsageError                a setting, argument or environment that cannot work as it is
│   └── TopicMismatchError    a topic exists with another partition count than configured
├── UnavailableError          a part (Kafka, ClickHouse, a port, disk space) is not there
├── EventRefusedError         one record breaks the event contract: it becomes a dead letter
└── SinkError                 ClickHouse did not take a block
    ├── SinkTransientError    try the same block again later (network, overload, restart)
    ├── SinkRowError          a value of the block is refused
    └── SinkSchemaError       table or column is not what we think: stop
"""

from __future__ import annotations


class CascadesError(Exception):
    """Every error raised on purpose. The text is for the user and says what to do."""


class UsageError(CascadesError):
    """A setting, an argument or the environment cannot work as it is."""


class TopicMismatchError(UsageError):
    """A topic exists with a partition count other than the configured one."""


class UnavailableError(CascadesError):
    """A part that is needed (Kafka, ClickHouse, a port, disk space) is not there."""


class EventRefusedError(CascadesError):
    """One record breaks the event contract.

    `reason` is one of `schemas.dead_letter.REASONS` (a short stable code), `detail` the sentence for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class SinkError(CascadesError):
    """ClickHouse did not take a block. `code` is ClickHouse's error code, or None when there was no answer."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class SinkTransientError(SinkError):
    """The same block may be written later as it is: network, overload, restart, read-only replica."""


class SinkRowError(SinkError):
    """ClickHouse refuses a value in the block."""


class SinkSchemaError(SinkError):
    """A table or column is missing or of another type: run `cascades migrate`."""
