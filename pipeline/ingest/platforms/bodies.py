"""From the bytes of a request to the JSON object that a mapping reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import msgspec

from pipeline.ingest.platforms.markup import tree
from pipeline.ingest.platforms.reading import UnknownShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_FIELDS: Final = 500
"""Fields of a form."""


def decode(body: bytes, media_type: str = "") -> object:
    """The body as JSON; a form becomes an object of texts, XML the object that `markup.tree` says.

    `media_type` is the Content-Type, with or without parameters. Where it names none of the three, the first character
    decides: SNS sends its JSON as text/plain. Raises `UnknownShapeError`.
    """
    return _reader(media_type.partition(";")[0].strip().lower(), body)(body)


def _reader(media_type: str, body: bytes) -> Callable[[bytes], object]:
    if media_type == "application/x-www-form-urlencoded":
        return _form
    if media_type.endswith(("/xml", "+xml")):
        return tree
    if media_type.endswith(("/json", "+json")):
        return _json
    return tree if body.lstrip()[:1] == b"<" else _json


def _json(body: bytes) -> object:
    try:
        found: object = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnknownShapeError(f"the body is not JSON: {error}") from None
    return found


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"))
    except ValueError as error:
        raise UnknownShapeError(f"the body is not a form: {error}") from None
