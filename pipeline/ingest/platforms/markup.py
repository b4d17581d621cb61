"""XML as JSON: `{"name": "<namespace> <tag>", "attributes": {…}, "text": "…", "children": […]}`.

Expat itself reads it. A document type is refused, so there are no entities to expand and nothing outside to fetch.
"""

from __future__ import annotations

from typing import Any, Final
from xml.parsers import expat

from pipeline.ingest.platforms.reading import Json, UnknownShapeError

ATOM: Final = "http://www.w3.org/2005/Atom"
MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 100_000

Tree = dict[str, Any]


def tree(body: bytes) -> Tree:
    """The document's element. Raises `UnknownShapeError` when it is not well-formed XML, has a document type, or is nested
    deeper or has more elements than any feed.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the others: an encoding that Python lacks
        if isinstance(error, UnknownShapeError):
            raise
        raise UnknownShapeError(f"the body is not XML: {error}") from None
    return builder.root


class _Builder:
    """What the parser reports, as a tree of bounded depth and size."""

    def __init__(self) -> None:
        self.root: Tree = {}
        self._open: list[Tree] = []
        self._texts: list[list[str]] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        made: Tree = {"name": name, "attributes": attributes, "text": "", "children": []}
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise UnknownShapeError(f"the body is nested deeper than {MAX_DEPTH} or has over {MAX_ELEMENTS} elements")
        if self._open:
            self._open[-1]["children"].append(made)
        else:
            self.root = made
        self._open.append(made)
        self._texts.append([])

    def end(self, _name: str) -> None:
        self._open.pop()["text"] = "".join(self._texts.pop()).strip()

    def text(self, data: str) -> None:
        self._texts[-1].append(data)

    def doctype(self, *_: object) -> None:
        """Raises UnknownShapeError."""
        raise UnknownShapeError("the body has a document type: entities are never expanded")


def name(element: Json) -> str:
    """The element's `<namespace> <tag>`."""
    return element["name"].text()


def children(element: Json, wanted: str) -> list[Json]:
    """The children of that name."""
    return [child for child in element.entries("children") if name(child) == wanted]


def child(element: Json, *wanted: str) -> Json | None:
    """The first child of one of these names, tried in order."""
    return next((found for one in wanted for found in children(element, one)), None)


def text(element: Json | None) -> Json | None:
    """The text of an element, None when there is no element or no text."""
    found = None if element is None else element.get("text")
    return None if found is None or found.value == "" else found


def attribute(element: Json, wanted: str) -> Json | None:
    """An attribute's text."""
    return element.get("attributes", wanted)


def link(element: Json, rel: str) -> Json | None:
    """The address of an Atom link; one without `rel` is an `alternate`."""
    for found in children(element, f"{ATOM} link"):
        told = attribute(found, "rel")
        if (told.text() if told else "alternate") == rel:
            return attribute(found, "href")
    return None
