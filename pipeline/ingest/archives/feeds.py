"""Atom feeds of any size, entry by entry. An entry comes with the feed's own elements around it: only they say whose activities these are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

from pipeline.ingest.archives.items import Cut, Found, Item
from pipeline.ingest.archives.stream import buffered
from pipeline.ingest.platforms.markup import ATOM, MAX_DEPTH, MAX_ELEMENTS
from pipeline.ingest.platforms.reading import UnknownShapeError
from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from pipeline.ingest.archives.stream import Bounded

_PIECE: Final = 1 << 16
_ENTRY: Final = f"{ATOM} entry"
Tree = dict[str, Any]


def head_of(stream: Bounded) -> Tree:
    """The feed without its entries. They may stand between its elements, so all of it is read. A part that is no feed has an empty head."""
    parser = _Parser()
    try:
        for _ in parser.read(buffered(stream)):
            stream.fresh = 0
    except (UnknownShapeError, OSError):
        pass  # `entries` comes to the same place, and says so
    return parser.head


def entries(stream: Bounded, head: Tree) -> Iterator[Item]:
    """The entries of a part, each as a feed of one entry."""
    number = 0
    try:
        for entry in _Parser().read(buffered(stream)):
            stream.fresh = 0
            number += 1
            yield Found(number, {**head, "children": [*head["children"], entry]})
    except UnknownShapeError as error:
        yield Cut(number, error)
    except OSError as error:
        yield Cut(number, RefusedError("unknown_shape", f"broken after entry {number}: {error}"))


class _Parser:
    """Builds elements as `pipeline.ingest.platforms.markup` does, and lets go of each entry once it is whole."""

    def __init__(self) -> None:
        self.head: Tree = {}
        self._open: list[Tree] = []
        self._texts: list[list[str]] = []
        self._entries: list[Tree] = []
        self._count = 0
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartElementHandler, self._expat.EndElementHandler = self._start, self._end
        self._expat.CharacterDataHandler = self._text
        self._expat.StartDoctypeDeclHandler = self._doctype

    def read(self, source: io.BufferedReader[Any]) -> Iterator[Tree]:
        """The entries. Raises `UnknownShapeError` for what is no XML, has a document type, or an entry larger than any."""
        try:
            while data := source.read(_PIECE):
                self._expat.Parse(data, False)
                found, self._entries = self._entries, []
                yield from found
            self._expat.Parse(b"", True)
        except (expat.ExpatError, ValueError, LookupError) as error:  # the others: an encoding that Python lacks
            if isinstance(error, UnknownShapeError):
                raise
            raise UnknownShapeError(f"broken: not XML: {error}") from None
        yield from self._entries

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        made: Tree = {"name": name, "attributes": attributes, "text": "", "children": []}
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise UnknownShapeError(f"nested deeper than {MAX_DEPTH}, or an entry of over {MAX_ELEMENTS} elements")
        if not self._open:
            self.head = made
        elif len(self._open) > 1 or name != _ENTRY:
            self._open[-1]["children"].append(made)
        self._open.append(made)
        self._texts.append([])

    def _end(self, name: str) -> None:
        made = self._open.pop()
        made["text"] = "".join(self._texts.pop()).strip()
        if len(self._open) == 1 and name == _ENTRY:
            self._entries.append(made)
            self._count = 0

    def _text(self, data: str) -> None:
        # What stands between the entries is white space, and would gather.
        if len(self._open) > 1:
            self._texts[-1].append(data)

    def _doctype(self, *_: object) -> None:
        raise UnknownShapeError("it has a document type: entities are never expanded")
