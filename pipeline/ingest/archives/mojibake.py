"""Facebook and Instagram write each byte of UTF-8 as a character of its own into their downloads: `Ã©` for é."""

from __future__ import annotations


def repaired(value: object) -> object:
    """The value with all its texts as they were meant. A text that was right stays as it is: doing it twice changes nothing."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [repaired(one) for one in value]
    if isinstance(value, dict):
        return {_text(name): repaired(one) for name, one in value.items()}
    return value


def _text(text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
