"""How far an import is: a small file of this machine, written only after Kafka has acknowledged everything before the position.

It may be lost at any time: the import then begins anew, and changes no figure, because every act has the same event id each time.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from pipeline.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "imports"


class Counts(msgspec.Struct, kw_only=True):
    """What became of the entries. Kept with the position, so that the summary is that of the whole file however often the import was cut off."""

    entries: int = 0
    events: dict[str, int] = msgspec.field(default_factory=dict)
    """By kind."""
    undos: int = 0
    ignored: dict[str, int] = msgspec.field(default_factory=dict)
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    """Dead letters by reason."""
    cut: int = 0
    """Parts that could not be read to their end."""


class Progress(msgspec.Struct, kw_only=True):
    """One import. Everything up to entry `item` of part `part` is acknowledged."""

    file: str
    format: str
    as_of_us: int
    """When the first attempt began, or --as-of: what has no time of its own has this one, in every attempt."""
    part: int = 0
    item: int = 0
    done: bool = False
    counts: Counts = msgspec.field(default_factory=Counts)


class Journal:
    """The progress of one import. `identity`: everything that decides what the import sends, and where to."""

    def __init__(self, folder: Path, *identity: str) -> None:
        name = hashlib.sha256("\x1f".join(identity).encode()).hexdigest()[:32]
        self._path = folder / FOLDER / f"{name}.json"

    def load(self) -> Progress | None:
        """What an earlier attempt has left; None when there was none, or it left nothing that can be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Progress)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def save(self, progress: Progress) -> None:
        """Keep it; a kill at any moment leaves the old or the new one. Raises UnavailableError when it cannot be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(progress))
            fresh.replace(self._path)
        except OSError as error:
            raise UnavailableError(
                f"the position of the import cannot be kept in {self._path}: {error.strerror}. Set CASCADES_STATE_DIR to a folder that can be written"
            ) from error
