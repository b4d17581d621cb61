"""The acts that a name stands for, asked from ClickHouse.

`act_names` is sorted by name, `events` by content and id: both are asked by their keys, so a look costs the same whatever is stored.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from pipeline.clickhouse import client
from pipeline.errors import SinkTransientError, UnavailableError
from pipeline.ingest.undo.ruling import Act
from pipeline.sinks.errors import classified
from schemas.undo import retraction_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clickhouse_connect.driver.client import Client

    from pipeline.config import Settings

MOST_ASKED: Final = 100
"""Names in one query: they go in the address of the request, which has a limit, and names may be long."""
MOST_CHARACTERS: Final = 20_000
_NAMES: Final = "SELECT DISTINCT name, content_id, if(alias_of = '', name, alias_of) FROM act_names WHERE name IN {names:Array(String)}"
_EVENTS: Final = (
    "SELECT content_id, event_id, kind, platform, actor_id FROM events FINAL "
    "WHERE (content_id, event_id) IN {keys:Array(Tuple(String, String))}"
)
Key = tuple[str, str]
"""content_id, event_id"""


class StoredActs:
    """Asks ClickHouse, and connects when it is first asked. Not thread-safe.

    Raises SinkTransientError when ClickHouse does not answer (ask again), SinkSchemaError when its tables are behind (`cascades migrate`),
    UsageError when it refuses the login.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None

    def named(self, names: Iterable[str]) -> dict[str, list[Act]]:
        """By name: the acts that have it as `event_id` or as the attribute `local_id`, one for each content. Names of none are left out."""
        meant = defaultdict(set)
        for name, content_id, event_id in self._asked(_NAMES, "names", sorted(set(names)), len):
            meant[name].add((content_id, event_id))
        keys = set(chain.from_iterable(meant.values()))
        wanted = sorted(keys | {_retraction(key) for key in keys})
        stored = {(row[0], row[1]): row for row in self._asked(_EVENTS, "keys", wanted, _length)}
        return {name: [_act(stored, key) for key in sorted(keys) if key in stored] for name, keys in meant.items()}

    def check(self) -> None:
        """Raise as `named` does when nothing can be asked."""
        self._query(f"{_NAMES} LIMIT 0", {"names": [""]})

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _asked(self, sql: str, parameter: str, values: Sequence[Any], length: Any) -> Iterator[Any]:
        for some in _pieces(values, length):
            yield from self._query(sql, {parameter: some})

    def _query(self, sql: str, parameters: dict[str, Any]) -> Sequence[Any]:
        connection = self._connected()
        with classified("looking for undone acts"):
            return connection.query(sql, parameters).result_rows

    def _connected(self) -> Client:
        if self._client is None:
            try:
                self._client = client(self._settings)
            except UnavailableError as error:
                raise SinkTransientError(str(error)) from error
        return self._client


def _pieces(values: Sequence[Any], length: Any) -> Iterator[list[Any]]:
    some: list[Any] = []
    room = MOST_CHARACTERS
    for value in values:
        if some and (len(some) == MOST_ASKED or room < length(value)):
            yield some
            some, room = [], MOST_CHARACTERS
        some.append(value)
        room -= length(value)
    if some:
        yield some


def _length(key: Key) -> int:
    return sum(map(len, key))


def _retraction(key: Key) -> Key:
    return key[0], retraction_id(key[1])


def _act(stored: Mapping[Key, Any], key: Key) -> Act:
    _, _, _, platform, actor_id = stored[key]
    retraction = stored.get(_retraction(key))
    return Act(*key, platform, actor_id, undone=retraction is not None and retraction[2] == "retract")
