"""Who follows whom, where it is known."""

from __future__ import annotations

import csv
from sys import intern
from typing import TYPE_CHECKING, Final, Protocol

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_HEADER: Final = ["follower", "followed"]
_NOBODY: Final[frozenset[str]] = frozenset()


class Follows(Protocol):
    """A follow graph. It must not change while a process runs: the same log is to give the same guesses."""

    def followed_by(self, actor_id: str) -> frozenset[str]:
        """The actors whom this one follows; empty where nothing is known."""


class FollowFile:
    """A graph held in memory, about 100 bytes for each edge."""

    def __init__(self, edges: Iterable[tuple[str, str]]) -> None:
        gathered: dict[str, set[str]] = {}
        for follower, followed in edges:
            gathered.setdefault(follower, set()).add(intern(followed))
        self._followed = {follower: frozenset(people) for follower, people in gathered.items()}

    def followed_by(self, actor_id: str) -> frozenset[str]:
        """See `Follows`."""
        return self._followed.get(actor_id, _NOBODY)


def read(path: Path) -> FollowFile:
    """The graph of a CSV file with the header `follower,followed` and actor ids as the events have them.

    Raises UsageError, with the line, when the file is not there or not of that form.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return FollowFile(_edges(path, csv.reader(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"the follow graph {path} cannot be read: {error}") from error


def _edges(path: Path, rows: Iterable[list[str]]) -> Iterable[tuple[str, str]]:
    for line, row in enumerate(rows, 1):
        match row:
            case [follower, followed] if follower and followed and (line > 1 or row == _HEADER):
                if line > 1:
                    yield follower, followed
            case _:
                wanted = "the header follower,followed" if line == 1 else "two actor ids with a comma between"
                raise UsageError(f"the follow graph {path}, line {line}: {wanted} should stand there")
