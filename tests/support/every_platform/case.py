"""One platform's case: what it sends, and what analysts must then see."""

from __future__ import annotations

from typing import Any, NamedTuple


class Figures(NamedTuple):
    """Columns of `v_content`. What is not said must be 0."""

    depth: int = 0
    depth_exact: int = 0
    secondary_reach: int = 0
    posts: int = 0
    shares: int = 0
    likes: int = 0
    comments: int = 0
    mentions: int = 0
    clicks: int = 0
    views: int = 0
    follows: int = 0
    counted_shares: int = 0
    counted_likes: int = 0
    counted_comments: int = 0
    counted_views: int = 0
    retracted: int = 0
    duplicates: int = 0
    parents_unresolved: int = 0
    retractions_refused: int = 0
    retractions_waiting: int = 0


Shown = dict[str, Figures]
"""By content id."""


class Case(NamedTuple):
    """Payloads in the order that they are sent, and what comes of them."""

    acts: list[Any]
    shows: Shown
    undo: list[Any] = []  # noqa: RUF012 - nobody changes it
    """A function makes its payload when it is sent."""
    then: Shown = {}  # noqa: RUF012 - nobody changes it
    """What is different after the undo."""
