"""The changelog and the local store in the simulated world: transactions that fence, and disks that outlive their process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from simulation.clients import _request, _world
from simulation.loop import OWNER

from pipeline.errors import FencedError
from pipeline.stream.changelog import Changelog
from schemas.changelog import (
    ALERT_PREFIX,
    BASELINES_PREFIX,
    REPLAY_PREFIX,
    alert_key,
    chunk_key,
    content_of,
    replayed_identity,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from simulation.loop import Process

    from pipeline.stream.changelog import Message
    from pipeline.stream.chunks import KeyValue
    from pipeline.stream.store import Mark


MARK = b"\0mark"


class Log:
    """One partition of the changelog topic, and which producer may write it."""

    def __init__(self) -> None:
        self.records: list[KeyValue | None] = []
        self.owner: object = None


class SimChangelog(Changelog):
    """As `pipeline.stream.changelog.Changelog` promises."""

    async def take_over(self) -> None:
        self._token = object()
        await _request(self._take_over)

    async def append(self, records: Sequence[KeyValue], messages: Sequence[Message] = ()) -> int:
        token = self._token
        return int(await _request(lambda: self._append(token, records, messages), "changelog_slow"))

    async def read(self, start: int, take: Any) -> int:
        records = list(await _request(lambda: self._log.records))
        if start > len(records):
            return -1
        gone = self._compacted(records)
        found = [(at, *pair) for at, pair in enumerate(records) if pair is not None and at >= start and at not in gone]
        for first in range(0, len(found), 7):
            await take(found[first : first + 7], len(found) - first)
        return len(records)

    async def close(self) -> None:
        self._token = None

    @staticmethod
    def _compacted(records: Sequence[KeyValue | None]) -> set[int]:
        """Offsets that a compaction took away, which came up to some point of the log: below it, only the last of each key is left."""
        rng = _world().rng["compaction"]
        end = rng.randint(0, len(records)) if rng.random() < 0.5 else 0
        last = {pair[0]: at for at, pair in enumerate(records[:end]) if pair}
        return {at for at, pair in enumerate(records[:end]) if pair and last[pair[0]] != at}

    def _take_over(self) -> None:
        self._log.owner = self._token

    def _append(self, token: object, records: Sequence[KeyValue], messages: Sequence[Message]) -> int:
        if token is None or self._log.owner is not token:
            raise FencedError(f"another worker has taken over partition {self.partition}")
        self._log.records += [*records, None]
        _world().told += messages
        _world().checks.on_kept(self.partition)
        return len(self._log.records) - 2

    @property
    def _log(self) -> Log:
        return _world().changelogs[self.partition]


class Disk:
    """A folder of local stores. One process has it at a time."""

    def __init__(self) -> None:
        self.process: Process | None = None
        self.files: dict[int, dict[bytes, Any]] = {}


class SimStateDir:
    """A disk that is free: that of a dead process, or a new one."""

    def __init__(self, _settings: Any) -> None:
        world = _world()
        free = [disk for disk in world.disks if disk.process is None or not disk.process.alive]
        if not free or world.rng["disks"].random() < 0.2:
            free = [Disk()]
            world.disks += free
        self._disk = world.rng["disks"].choice(free)
        self._disk.process = OWNER.get().process

    def store(self, partition: int) -> dict[bytes, Any]:
        return self._disk.files.setdefault(partition, {})

    def close(self) -> None:
        self._disk.process = None


class SimStore:
    """As `pipeline.stream.store.LocalStore` promises."""

    def __init__(self, files: dict[bytes, Any]) -> None:
        self._files = files

    def __contains__(self, content: bytes) -> bool:
        return chunk_key(content, 0) in self._files

    @property
    def mark(self) -> Mark | None:
        return self._files.get(MARK)

    def write(self, records: Iterable[KeyValue], mark: Mark | None) -> None:
        self._files.update(records)
        if mark:
            self._files[MARK] = mark

    def chunks(self, content: bytes) -> list[bytes]:
        return dict(self.contents()).get(content, [])

    def contents(self) -> Iterator[tuple[bytes, list[bytes]]]:
        found: dict[bytes, list[bytes]] = {}
        for key in sorted(key for key in self._files if key >= b"\1"):
            found.setdefault(content_of(key), []).append(self._files[key])
        return iter(found.items())

    def alert(self, content: bytes) -> bytes | None:
        return self._files.get(alert_key(content))

    def alerts(self) -> list[KeyValue]:
        return [(key[len(ALERT_PREFIX) :], value) for key, value in self._under(ALERT_PREFIX)]

    def baselines(self) -> bytes:
        return b"".join(value for _, value in self._under(BASELINES_PREFIX))

    def _under(self, prefix: bytes) -> list[KeyValue]:
        return sorted(pair for pair in self._files.items() if pair[0].startswith(prefix))

    def replayed(self) -> list[Any]:
        return [replayed_identity(key) for key in sorted(self._files) if key.startswith(REPLAY_PREFIX)]

    def wipe(self) -> None:
        self._files.clear()

    def close(self) -> None:
        pass


async def to_end(work: Callable[..., Any], *args: Any) -> Any:
    """A thread of the same process: it takes its time, and who is cancelled waits for its end."""
    running = asyncio.ensure_future(_in_its_time(work, args))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


async def _in_its_time(work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    await asyncio.sleep(_world().latency("disk_slow") / 4)
    return work(*args)
