"""What went wrong at ClickHouse, in three classes that call for different answers.

transient   the network, overload, a restart, a read-only replica: the same block may be written later, for ever
row         a value that ClickHouse or its client refuses
schema      a table or column is not what we think: stop and migrate
refused     the login or a right: it stops the process with what to set. New settings need a new start, and who waits in silence is not seen
other       anything else is unknown, so it stops the process: a plain SinkError

Codes stand with ClickHouse's own names, which a test asks the engine for.
"""

from __future__ import annotations

import re
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, Error, OperationalError

from pipeline.errors import SinkError, SinkRowError, SinkSchemaError, SinkTransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSIENT = {
    3: "UNEXPECTED_END_OF_FILE",
    74: "CANNOT_READ_FROM_FILE_DESCRIPTOR",
    75: "CANNOT_WRITE_TO_FILE_DESCRIPTOR",  # a full disk
    76: "CANNOT_OPEN_FILE",
    107: "FILE_DOESNT_EXIST",
    159: "TIMEOUT_EXCEEDED",
    160: "TOO_SLOW",
    164: "READONLY",
    173: "CANNOT_ALLOCATE_MEMORY",
    198: "DNS_ERROR",
    201: "QUOTA_EXCEEDED",
    202: "TOO_MANY_SIMULTANEOUS_QUERIES",
    203: "NO_FREE_CONNECTION",
    209: "SOCKET_TIMEOUT",
    210: "NETWORK_ERROR",
    225: "NO_ZOOKEEPER",
    236: "ABORTED",  # the server is shutting down
    241: "MEMORY_LIMIT_EXCEEDED",
    242: "TABLE_IS_READ_ONLY",
    243: "NOT_ENOUGH_SPACE",
    252: "TOO_MANY_PARTS",  # blocks are split before they touch too many partitions, which has the same code
    254: "NO_ACTIVE_REPLICAS",
    279: "ALL_CONNECTION_TRIES_FAILED",
    285: "TOO_FEW_LIVE_REPLICAS",
    286: "UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE",
    319: "UNKNOWN_STATUS_OF_INSERT",
    364: "RECEIVED_ERROR_TOO_MANY_REQUESTS",
    394: "QUERY_WAS_CANCELLED",
    425: "SYSTEM_ERROR",
    439: "CANNOT_SCHEDULE_TASK",
    473: "DEADLOCK_AVOIDED",  # an ALTER holds the table
    499: "S3_ERROR",
    574: "DISTRIBUTED_TOO_MANY_PENDING_BYTES",
    700: "USER_SESSION_LIMIT_EXCEEDED",
    745: "SERVER_OVERLOADED",
    749: "TCP_CONNECTION_LIMIT_REACHED",
    999: "KEEPER_EXCEPTION",
    1000: "POCO_EXCEPTION",  # the network, as a rule
}
ROW = {
    6: "CANNOT_PARSE_TEXT",
    26: "CANNOT_PARSE_QUOTED_STRING",
    27: "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
    41: "CANNOT_PARSE_DATETIME",
    53: "TYPE_MISMATCH",
    72: "CANNOT_PARSE_NUMBER",
    117: "INCORRECT_DATA",
    469: "VIOLATED_CONSTRAINT",  # one that the operator has put on the table
}
SCHEMA = {
    8: "THERE_IS_NO_COLUMN",
    10: "NOT_FOUND_COLUMN_IN_BLOCK",
    16: "NO_SUCH_COLUMN_IN_TABLE",
    44: "ILLEGAL_COLUMN",
    47: "UNKNOWN_IDENTIFIER",
    60: "UNKNOWN_TABLE",
    81: "UNKNOWN_DATABASE",
    218: "TABLE_IS_DROPPED",
}
REFUSED = {
    192: "UNKNOWN_USER",
    193: "WRONG_PASSWORD",
    194: "REQUIRED_PASSWORD",
    195: "IP_ADDRESS_NOT_ALLOWED",
    497: "ACCESS_DENIED",
    516: "AUTHENTICATION_FAILED",
}
_CLASSES = (
    dict.fromkeys(TRANSIENT, SinkTransientError)
    | dict.fromkeys(ROW, SinkRowError)
    | dict.fromkeys(SCHEMA, SinkSchemaError)
)
UNWRITABLE = (DataError, ValueError, TypeError, AttributeError, OverflowError, struct.error)
"""What clickhouse-connect lets out when a value does not fit its column's type."""
_GATEWAY = re.compile(r"HTTP status 5\d\d")


def classify(error: Exception) -> SinkError:
    """The error of our tree for an error of clickhouse-connect or of the socket below it."""
    code = error.code if isinstance(error, Error) else None
    text = f"ClickHouse: {error}"
    if code is not None:
        return _CLASSES.get(code, SinkError)(text.rstrip(" .\n") + _remedy(code), code)
    if isinstance(error, OperationalError | OSError) or _GATEWAY.search(text):
        return SinkTransientError(text)  # no answer, or something that stands before ClickHouse has no answer
    return SinkRowError(text) if isinstance(error, UNWRITABLE) else SinkError(text)


def _remedy(code: int) -> str:
    if code in SCHEMA:
        return ". The tables are not those of this program: run `cascades migrate`, and `cascades status` for what is missing"
    if code in REFUSED:
        return ". Set CASCADES_CLICKHOUSE_USER and CASCADES_CLICKHOUSE_PASSWORD, and grant that user INSERT and SELECT on the database"
    return ""


@contextmanager
def classified(what: str = "") -> Iterator[None]:
    """Raise what comes out of the block as a SinkError of its class; `what` (a table) goes before its text."""
    try:
        yield
    except (ClickHouseError, OSError, *UNWRITABLE) as error:
        classed = classify(error)
        raise type(classed)(f"{what}: {classed}" if what else str(classed), classed.code, what) from error
