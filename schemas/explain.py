"""From the authority's errors to the reason and the readable line of a dead letter."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from schemas.dead_letter import REASONS, RefusedError
from schemas.event import NO_NUL

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_REASON_OF_TYPE = MappingProxyType(
    {
        "missing": "missing_field",
        "extra_forbidden": "unknown_field",
        "string_too_short": "bad_text",
        "string_too_long": "bad_text",
        "string_pattern_mismatch": "bad_text",
        "greater_than_equal": "out_of_range",
        "less_than_equal": "out_of_range",
        "model_type": "not_an_object",
    }
)
_SENTENCES = MappingProxyType({"missing": "is missing", "extra_forbidden": "is not a field of version 1"})
_MAX_SENTENCES = 8
_MAX_SHOWN = 60


def refusal(value: bytes, error: ValidationError) -> RefusedError:
    """The dead letter for `value`: the reason of its first error, and up to eight errors in words. Linear in the
    size of `value`.
    """
    found = error.errors(include_url=False)
    if found[0]["type"] == "json_invalid":
        return _unreadable(value, found[0])
    # Another version is reported before the unknown and missing fields that come with it.
    found.sort(key=lambda one: _reason(one) != "unknown_version")
    sentences = [_sentence(one) for one in found[:_MAX_SENTENCES]]
    if len(found) > _MAX_SENTENCES:
        sentences.append(f"and {len(found) - _MAX_SENTENCES} more")
    return RefusedError(_reason(found[0]), "; ".join(sentences))


def _unreadable(value: bytes, error: ErrorDetails) -> RefusedError:
    try:
        value.decode()
    except UnicodeDecodeError as broken:
        return RefusedError("not_utf8", f"byte {broken.start} is not UTF-8 ({broken.reason})")
    if value.startswith(b"\xef\xbb\xbf"):
        return RefusedError("not_json", "the value starts with a byte order mark")
    return RefusedError("not_json", error["msg"])


def _reason(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind in REASONS:
        return kind
    if kind == "literal_error" and error["loc"] == ("schema_version",):
        return "unknown_version"
    if kind == "literal_error" and isinstance(error["input"], str):
        return "unknown_value"
    return _REASON_OF_TYPE.get(kind, "wrong_type")


def _sentence(error: ErrorDetails) -> str:
    where = ".".join(map(str, error["loc"]))
    what = _SENTENCES.get(error["type"]) or _words(error) + _shown(error)
    return f"{_cut(where)}: {what}" if where else what


def _words(error: ErrorDetails) -> str:
    if error["type"] == "string_pattern_mismatch":
        nul = error["ctx"]["pattern"] == NO_NUL
        return "should not contain the NUL character" if nul else "should be 1 to 32 of a-z, 0-9 and _"
    return error["msg"].removeprefix("Input ").removeprefix("String ")


def _shown(error: ErrorDetails) -> str:
    of_whole_event = not error["loc"] and isinstance(error["input"], dict)
    return "" if of_whole_event else f", got {_cut(json.dumps(error['input'], ensure_ascii=False, default=str))}"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
