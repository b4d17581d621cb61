"""What readers hand out: the entries of a part one after the other, those that cannot be read among them."""

from __future__ import annotations

from typing import NamedTuple

from schemas.dead_letter import RefusedError


class Found(NamedTuple):
    """An entry. `number` counts the entries of its part from 1 (lines: the line)."""

    number: int
    payload: object


class Spoiled(NamedTuple):
    """Something that is no entry: a dead letter. `raw` is what stands there."""

    number: int
    raw: bytes
    error: RefusedError


class Cut(NamedTuple):
    """The part cannot be read any further: what comes after `number` entries is not known."""

    number: int
    error: RefusedError


Item = Found | Spoiled | Cut


def not_json(detail: str) -> RefusedError:
    """The error for text that is none."""
    return RefusedError("not_json", detail)
