"""What went wrong at ClickHouse, in three classes that call for different answers.

transient   the network, overload, a restart, a read-only replica: the same block may be written later, for ever
row         a value that ClickHouse or its client refuses
schema      a table or column is not what we think: stop and migrate
other       anything else is unknown, so it stops the process: a plain SinkError
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

TRANSIENT = frozenset(
    {
        3,  # UNEXPECTED_END_OF_FILE
        75,  # CANNOT_WRITE_TO_FILE_DESCRIPTOR (a full disk)
        107,  # FILE_DOESNT_EXIST
        159,  # TIMEOUT_EXCEEDED
        164,  # READONLY
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        203,  # NO_FREE_CONNECTION
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY
        252,  # TOO_MANY_PARTS (blocks are split before they touch too many partitions, which has the same code)
        236,  # ABORTED (the server is shutting down)
        243,  # NOT_ENOUGH_SPACE
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        319,  # UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        425,  # SYSTEM_ERROR
        999,  # KEEPER_EXCEPTION
    }
)
ROW = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        469,  # VIOLATED_CONSTRAINT (one that the operator has put on the table)
    }
)
SCHEMA = frozenset(
    {
        16,  # NO_SUCH_COLUMN_IN_TABLE
        60,  # UNKNOWN_TABLE
        81,  # UNKNOWN_DATABASE
    }
)
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
        return _CLASSES.get(code, SinkError)(text, code)
    if isinstance(error, OperationalError | OSError) or _GATEWAY.search(text):
        return SinkTransientError(text)  # no answer, or something that stands before ClickHouse has no answer
    return SinkRowError(text) if isinstance(error, UNWRITABLE) else SinkError(text)


@contextmanager
def classified(what: str = "") -> Iterator[None]:
    """Raise what comes out of the block as a SinkError of its class; `what` (a table) goes before its text."""
    try:
        yield
    except (ClickHouseError, OSError, *UNWRITABLE) as error:
        classed = classify(error)
        raise type(classed)(f"{what}: {classed}" if what else str(classed), classed.code, what) from error
