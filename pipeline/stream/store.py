"""The local store of one partition: RocksDB with the latest value of every changelog key, so that memory may let contents go and a restart reads
the changelog's tail only. A cache: the changelog is the truth, and a store that does not fit it is thrown away.
"""

from __future__ import annotations

import logging
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

import msgspec
from rocksdict import BlockBasedOptions, Cache, DbClosedError, DBCompressionType, Options, Rdict, WriteBatch

from pipeline.errors import BrokenStoreError, CascadesError, UnavailableError
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
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pipeline.stream.chunks import KeyValue
    from schemas.dead_letter import Identity

log = logging.getLogger("cascades.state")

_MARK_KEY = b"\0mark"
_FIRST_CONTENT = b"\1"
_MIB = 1 << 20
_DAMAGED = "Corruption"
"""How RocksDB's errors begin that are about what stands in its files."""
_BROKEN = "broken"
"""A file beside RocksDB's own: what stands there could not be read, although it could be opened."""


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """Which changelog the store is made from, and up to where."""

    identity: str
    epoch: int
    offset: int
    """Of the changelog's `Position` record that ended the last transaction applied here."""


def _options() -> Options:
    """Small and explicit: a worker may have a hundred of these open. About 10 MiB each at most."""
    table = BlockBasedOptions()
    table.set_block_cache(Cache(4 * _MIB))
    table.set_block_size(16 * 1024)
    table.set_bloom_filter(10, block_based=False)  # most look-ups are for contents that are new
    table.set_cache_index_and_filter_blocks(True)
    table.set_format_version(5)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(4 * _MIB)
    options.set_max_write_buffer_number(2)
    options.set_max_total_wal_size(16 * _MIB)
    options.set_max_open_files(64)
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(_MIB)
    options.set_stats_dump_period_sec(0)
    return options


class LocalStore:
    """One open RocksDB directory. Every method blocks; RocksDB itself may be used from several threads.

    A write is atomic, and it is in the operating system's hands when it returns: it outlives a kill of the process. What a power cut takes is
    the end of what was written, never its middle, so the mark always fits. A full disk is an UnavailableError. Reading raises BrokenStoreError where
    the files are damaged; they are thrown away when they are opened next.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = _open(path)

    def __contains__(self, content: bytes) -> bool:
        """Whether chunks of this content are here."""
        with self._reading():
            return self._db.get(chunk_key(content, 0)) is not None

    @property
    def mark(self) -> Mark | None:
        """What the last write was from; None when nothing was written yet."""
        with self._reading():
            value = self._db.get(_MARK_KEY)
        return None if value is None else msgspec.msgpack.decode(value, type=Mark)

    def write(self, records: Iterable[KeyValue], mark: Mark | None) -> None:
        """Put the records and the mark, all of it or nothing."""
        batch = WriteBatch(raw_mode=True)
        for key, value in records:
            batch.put(key, value)
        if mark:
            batch.put(_MARK_KEY, msgspec.msgpack.encode(mark))
        try:
            self._db.write(batch)
        except DbClosedError:
            raise
        except Exception as error:
            # RocksDB tidies its files up beside the writes: what it finds damaged there, the next write is told.
            raise (self._broken(error) if _DAMAGED in str(error) else _not_writable(self._path, error)) from error

    def chunks(self, content: bytes) -> list[bytes]:
        """All chunks of a content, in order; empty when it is not here."""
        _, values = next(self._contents(chunk_key(content, 0)), (None, []))
        return values if content in self else []

    def contents(self) -> Iterator[tuple[bytes, list[bytes]]]:
        """Every content with its chunks in order."""
        return self._contents(_FIRST_CONTENT)

    def replayed(self) -> list[Identity]:
        """The dead letters whose replay was folded."""
        return [replayed_identity(key) for key, _ in self._under(REPLAY_PREFIX)]

    def alert(self, content: bytes) -> bytes | None:
        """The `AlertRecord` of a content; None when nothing was ever told of it."""
        with self._reading():
            return self._db.get(alert_key(content))

    def alerts(self) -> list[KeyValue]:
        """Every content of which something was told, with its `AlertRecord`."""
        return [(key[len(ALERT_PREFIX) :], value) for key, value in self._under(ALERT_PREFIX)]

    def baselines(self) -> bytes:
        """The partition's baselines; empty when there are none."""
        return b"".join(value for _, value in self._under(BASELINES_PREFIX))

    def wipe(self) -> None:
        """Throw everything away and start empty."""
        self.close()
        shutil.rmtree(self._path, ignore_errors=True)
        self._db = _open(self._path)

    def close(self) -> None:
        """Write what is in memory to the files and let go of them. A failure is only told: the changelog has everything."""
        try:
            self._db.close()
        except DbClosedError:
            raise
        except Exception as error:  # noqa: BLE001 - rocksdict raises bare Exception for every failure
            log.warning("the local state in %s was not closed in order (%s)", self._path, error)

    def _under(self, prefix: bytes) -> list[KeyValue]:
        found: list[KeyValue] = []
        with self._reading():
            entries = cast("Iterator[KeyValue]", self._db.items(from_key=prefix))  # raw mode: bytes only
            for key, value in entries:
                if not key.startswith(prefix):
                    break
                found.append((key, value))
            self._check_end(found[-1][0] if found else prefix)
        return found

    def _contents(self, start: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
        content, values, key = b"", list[bytes](), start
        with self._reading():
            entries = cast("Iterator[KeyValue]", self._db.items(from_key=start))  # raw mode: bytes only
            for key, value in entries:
                if content_of(key) != content:
                    if values:
                        yield content, values
                    content, values = content_of(key), []
                values.append(value)
            self._check_end(key)
        if values:
            yield content, values

    def _check_end(self, last: bytes) -> None:
        """Raise when files are damaged behind the key `last`: rocksdict's own iterators end there as if that were all."""
        rest = self._db.iter()
        rest.seek(last)
        rest.status()
        if rest.valid():
            rest.next()
            rest.status()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (CascadesError, DbClosedError):
            raise
        except Exception as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> BrokenStoreError:
        with suppress(OSError):
            (self._path / _BROKEN).touch()
        return BrokenStoreError(
            f"the local state in {self._path} is damaged ({error}): the next start makes it anew from the changelog"
        )


def _open(path: Path) -> Rdict:
    """Open the files; when they are broken, throw them away: the changelog has everything."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if (path / _BROKEN).exists():
            raise BrokenStoreError("damaged")  # noqa: TRY301 - the answer is the same as for files that cannot be opened
        return Rdict(str(path), _options())
    except OSError as error:
        raise _not_writable(path, error.strerror) from error
    except Exception as error:  # noqa: BLE001 - rocksdict raises bare Exception for every failure
        log.warning("the local state in %s cannot be read (%s): it is made anew from the changelog", path, error)
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(parents=True, exist_ok=True)
        return Rdict(str(path), _options())
    except Exception as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, why: object) -> UnavailableError:
    return UnavailableError(f"cannot write to {path} ({why}): make room, or set CASCADES_STATE_DIR")
