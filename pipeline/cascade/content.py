"""The state of one content: its acts, its spreads as columns, its actors, its tree and its sums.

This file only says what is stored. `fold` changes it; `parents`, `reach`, `retractions` and `minutes` hold one rule set each;
`freeze` reads rows out of it.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from pipeline.cascade.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("post", "share", "like", "comment", "mention", "click", "view", "follow")
"""Counted slots, in the order of the row models; share stands for every spread."""
POST, SHARE = 0, 1
SLOT = {"repin": SHARE, "quote": SHARE} | {kind: slot for slot, kind in enumerate(KINDS)}
NO_ACT = len(KINDS)
"""Slot of retract, counter and link: events, but nothing that a person did with the content."""

BASES = ("exact", "inferred", "root_only", "none")
"""Bases of a parent; a smaller index outranks."""
BASIS_RANK = {basis: rank for rank, basis in enumerate(BASES)}
NOBODY = -1
UNKNOWN = -1

# How a spread got its place; the numbers index `schemas.rows.PARENT_STATUS`.
AT_ROOT, BY_EVENT, BY_ACTOR, NOT_NAMED, UNRESOLVED, SELF, NOT_A_SPREAD, CYCLE = range(8)

Key = tuple[int, str]
"""(occurred_at in µs, event_id): the order of acts that does not depend on their arrival."""


class Spreads:
    """Facts of the standing copy of each spread, by node number (the same numbers as in `Tree`)."""

    __slots__ = (
        "actor",
        "audience",
        "basis",
        "campaign",
        "campaign_named",
        "fingerprint",
        "first",
        "ids",
        "kind",
        "last",
        "named",
        "named_actor",
        "status",
        "time",
    )

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.kind: list[str] = []
        self.actor = array("i")
        self.time = array("q")  # µs since 1970
        self.audience = array("q")  # people, or UNKNOWN
        self.fingerprint = array("q")
        self.basis = array("b")
        self.campaign: list[str | None] = []
        self.named: list[str | None] = []  # parent_event_id as the event has it
        self.named_actor = array("i")  # actor number of parent_actor_id, or NOBODY
        self.status = array("b")
        self.first = self.last = UNKNOWN  # least and greatest time
        self.campaign_named: tuple[int, str, str] | None = None  # the earliest spread that names a campaign

    def key(self, node: int) -> Key:
        """Place of a spread in the order of acts."""
        return self.time[node], self.ids[node]

    def append(self, event_id: str) -> int:
        """Make room for one more spread; `write` gives it its facts. Returns its number."""
        self.ids.append(event_id)
        for column in (
            self.actor,
            self.time,
            self.audience,
            self.fingerprint,
            self.basis,
            self.named_actor,
            self.status,
        ):
            column.append(UNKNOWN)
        self.kind.append("")
        self.campaign.append(None)
        self.named.append(None)
        return len(self.ids) - 1

    def write(
        self,
        node: int,
        *,
        kind: str,
        actor: int,
        time: int,
        audience: int,
        fingerprint: int,
        basis: int,
        campaign: str | None,
        named: str | None,
        named_actor: int,
    ) -> None:
        """Set the facts of a spread, instead of those it had."""
        before, named_before = self.time[node], self.campaign[node]
        self.kind[node] = kind
        self.actor[node] = actor
        self.time[node] = time
        self.audience[node] = audience
        self.fingerprint[node] = fingerprint
        self.basis[node] = basis
        self.campaign[node] = campaign
        self.named[node] = named
        self.named_actor[node] = named_actor
        self._follow_times(before, time)
        self._follow_campaigns(node, named_before)

    def _follow_times(self, before: int, time: int) -> None:
        if before in (self.first, self.last):  # true for the first spread too: all three are UNKNOWN
            self.first, self.last = min(t for t in self.time if t != UNKNOWN), max(self.time)
        else:
            self.first, self.last = min(self.first, time), max(self.last, time)

    def _follow_campaigns(self, node: int, before: str | None) -> None:
        standing = self.campaign_named
        if before is not None and standing is not None and standing[1] == self.ids[node]:
            named = ((self.time[n], self.ids[n], name) for n, name in enumerate(self.campaign) if name is not None)
            self.campaign_named = min(named, default=None)
        elif (name := self.campaign[node]) is not None:
            found = (*self.key(node), name)
            self.campaign_named = min(standing or found, found)


class Acts:
    """Every other event by number: what a retraction needs to know."""

    __slots__ = ("actor", "ids", "live", "slot", "time")

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.slot = array("b")
        self.actor = array("i")
        self.time = array("q")
        self.live = array("b")

    def append(self, event_id: str, slot: int, actor: int, time: int) -> int:
        """Add one event; returns its number."""
        self.ids.append(event_id)
        self.slot.append(slot)
        self.actor.append(actor)
        self.time.append(time)
        self.live.append(1)
        return len(self.ids) - 1


class Actors:
    """(platform, actor_id) as a number, with the spreads of each and where it counts for reach."""

    __slots__ = ("_numbers", "author_value", "changed", "counted", "first", "ids", "more", "platform", "posts", "value")

    def __init__(self) -> None:
        self._numbers: dict[int, dict[str, int]] = {}
        self.ids: list[str] = []
        self.platform = array("i")
        self.first = array("i")  # its spread, if it has one only, else NOBODY
        self.more: dict[int, list[int]] = {}  # its spreads by key, if it has several
        self.counted = array("i")  # spread that its reach is attributed to, or NOBODY
        self.value = array("q")  # audience counted there, or UNKNOWN
        self.posts: dict[int, list[tuple[int, int]]] = {}  # of an author: (act number, audience)
        self.author_value: dict[int, int] = {}  # of an author: audience counted for primary reach
        self.changed: set[int] = set()  # since the last freeze

    def number(self, platform: int, actor_id: str) -> int:
        """The actor's number, a new one at first sight."""
        numbers = self._numbers.get(platform)
        if numbers is None:
            numbers = self._numbers[platform] = {}
        number = numbers.get(actor_id)
        if number is None:
            number = numbers[actor_id] = len(self.ids)
            self.ids.append(actor_id)
            self.platform.append(platform)
            self.first.append(NOBODY)
            self.counted.append(NOBODY)
            self.value.append(UNKNOWN)
        return number

    def spreads(self, actor: int) -> list[int]:
        """The actor's spreads by key."""
        several = self.more.get(actor)
        if several is not None:
            return several
        first = self.first[actor]
        return [first] if first >= 0 else []


class Minute:
    """Sums of one minute of event time on one platform."""

    __slots__ = ("acts", "depths", "live", "reach")

    def __init__(self) -> None:
        self.acts = 0
        self.live = [0] * len(KINDS)
        self.depths: dict[int, int] = {}  # spreads by present depth
        self.reach = 0


class Content:
    """State of one content item. `population` is the addressable population per platform (people), for the estimated reach."""

    __slots__ = (
        "actors",
        "acts",
        "acts_by_platform",
        "broken",
        "campaign_named",
        "campaign_of_post",
        "changed",
        "content_id",
        "counters",
        "counts",
        "duplicates",
        "first_act",
        "first_event",
        "followers",
        "index",
        "last_act",
        "last_event",
        "log_sums",
        "minutes",
        "minutes_changed",
        "platform_numbers",
        "platforms",
        "population",
        "primary_reach",
        "refused",
        "retractions",
        "retractions_refused",
        "retractions_waiting",
        "secondary_reach",
        "sharers",
        "sharers_known",
        "spreads",
        "status_counts",
        "tree",
        "undone",
        "waiting",
    )

    def __init__(self, content_id: str, population: Mapping[str, int]) -> None:
        self.content_id = content_id
        self.population = population
        self.changed = False  # since the last freeze
        self.index: dict[str, int] = {}  # event_id → node number, or ~act number
        self.tree = Tree()
        self.spreads = Spreads()
        self.acts = Acts()
        self.actors = Actors()
        self.platforms: list[str] = []
        self.platform_numbers: dict[str, int] = {}
        self.acts_by_platform: list[int] = []

        self.waiting: dict[str, list[int]] = {}  # event_id not seen → spreads that name it
        self.followers: dict[int, list[int]] = {}  # actor → spreads placed by it, by key
        self.broken: dict[int, int] = {}  # spread on the root because of a cycle → parent it asks for
        self.status_counts = [0] * 8

        self.retractions: dict[str, list[tuple[int, bool]]] = {}  # target → (actor, is moderator)
        self.refused: dict[str, int] = {}  # target → its retractions without effect
        self.retractions_refused = 0
        self.retractions_waiting = 0

        self.counts = [0] * len(KINDS)  # live acts
        self.undone = 0
        self.duplicates = 0
        self.counters: dict[tuple[str, str], tuple[int, str, int]] = {}  # (kind, platform) → (time, event_id, count)
        self.campaign_of_post: tuple[int, str, str | None] | None = None
        self.campaign_named: tuple[int, str, str] | None = None  # over events that are no spreads
        self.first_act = self.last_act = self.first_event = self.last_event = UNKNOWN  # over events that are no spreads

        self.minutes: dict[int, Minute] = {}
        self.minutes_changed: set[int] = set()

        self.primary_reach = 0
        self.secondary_reach = 0
        self.sharers = 0
        self.sharers_known = 0
        self.log_sums: dict[int, int] = {}  # platform → Σ log1p(−f/N), see `reach`

    def platform(self, name: str) -> int:
        """Number of a platform within this content."""
        number = self.platform_numbers.get(name)
        if number is None:
            number = self.platform_numbers[name] = len(self.platforms)
            self.platforms.append(name)
            self.acts_by_platform.append(0)
        return number

    @property
    def size(self) -> int:
        """All nodes: 1 for the root + every spread."""
        return 1 + len(self.spreads.ids)
