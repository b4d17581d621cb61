"""Numbers that the columns of the core are written in. Never compiled: compiled modules copy them into C variables at import."""

from __future__ import annotations

from typing import get_args

from schemas import changelog
from schemas.wire import Basis, Kind

KINDS = ("post", "share", "like", "comment", "mention", "click", "view", "follow")
"""Counted slots, in the order of the row models; share stands for every spread."""
POST, SHARE = 0, 1
SLOT = {"repin": SHARE, "quote": SHARE} | {kind: slot for slot, kind in enumerate(KINDS)}
SLOTS = len(KINDS)
NO_ACT = len(KINDS)
"""Slot of retract, counter and link: events, but nothing that a person did with the content."""

SPREAD_KINDS: tuple[Kind, ...] = ("share", "repin", "quote")
SPREAD_KIND = {kind: number for number, kind in enumerate(SPREAD_KINDS)}

EVENT_KINDS = changelog.KINDS
KIND = {kind: number for number, kind in enumerate(EVENT_KINDS)}
SLOT_OF = tuple(SLOT.get(kind, NO_ACT) for kind in EVENT_KINDS)
SPREAD_OF = tuple(SPREAD_KIND.get(kind, -1) for kind in EVENT_KINDS)
"""By kind of event: its counted slot; its kind of spread, or −1."""
RETRACT, COUNTER, LINK = KIND["retract"], KIND["counter"], KIND["link"]

BASES: tuple[Basis, ...] = get_args(Basis)
"""Bases of a parent; a smaller index outranks."""
BASIS_RANK = {basis: rank for rank, basis in enumerate(BASES)}

ROOT = -1
"""The virtual node at depth 0, which is not stored."""
NOBODY = -1
SEVERAL = -2
"""An actor has more than one spread."""
UNKNOWN = -1
UNKNOWN_AUDIENCE = 100
"""People who see an act whose audience is not known: SEISMIC's n*, which it gives to people still to come."""
MOST_PEOPLE = 10_000_000_000
"""An act is seen by no more people than there are, whatever its event says: sums of audiences stay exact."""
NOTHING = -1
"""No parent is named, no campaign."""
THE_ROOT = -2
"""The content itself is named as parent."""

# How a spread got its place; the numbers index `schemas.rows.PARENT_STATUS`.
AT_ROOT, BY_EVENT, BY_ACTOR, NOT_NAMED, UNRESOLVED, SELF, NOT_A_SPREAD, CYCLE = range(8)

MINUTE_US = 60_000_000
HOUR = 60
"""Minutes."""

PLACED, BELOW = 1, 2
"""Marks of a node since the last freeze: its own place or facts changed; a sum over its subtree changed."""
