"""The state of one content: its events, its spreads as columns, its actors, its tree and its sums.

This file only says what is stored. `fold` changes it; `parents`, `reach`, `retractions` and `minutes` hold one rule set each;
`freeze` reads rows out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.actors import Actors
from pipeline.cascade.acts import Acts
from pipeline.cascade.ages import Ages
from pipeline.cascade.codes import SLOTS, UNKNOWN
from pipeline.cascade.events import Events
from pipeline.cascade.minutes import Minutes
from pipeline.cascade.names import Names
from pipeline.cascade.spreads import Spreads
from pipeline.cascade.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.cascade.stack import Stack

OTHER_POPULATION = 100_000_000
"""People that could be reached on a platform that the settings do not name."""


class Content:
    """State of one content item. `population` is the addressable population per platform (people), for the estimated reach."""

    __slots__ = (
        "actors",
        "acts",
        "acts_by_platform",
        "ages",
        "bond_count",
        "bonds",
        "broken",
        "campaign_named",
        "campaign_of_post",
        "campaigns",
        "changed",
        "content_id",
        "counters",
        "counts",
        "duplicates",
        "events",
        "first_act",
        "first_event",
        "followers",
        "last_act",
        "last_event",
        "links",
        "log_sums",
        "minutes",
        "people",
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
        self.events = Events()
        self.tree = Tree()
        self.campaigns = Names()
        self.spreads = Spreads(self.events.names, self.campaigns)
        self.acts = Acts()
        self.actors = Actors()
        self.minutes = Minutes()
        self.ages = Ages()  # what a forecast asks for

        self.platforms: list[str] = []
        self.platform_numbers: dict[str, int] = {}
        self.acts_by_platform: list[int] = []
        self.people: list[int] = []  # addressable population by platform
        self.log_sums: list[int] = []  # by platform: Σ log1p(−f/N), see `reach`

        self.waiting: dict[int, list[int]] = {}  # number of an event not come → spreads that name it
        self.followers: dict[int, Stack] = {}  # actor → spreads placed by it, by key
        self.broken: dict[int, int] = {}  # spread on the root because of a cycle → parent it asks for
        self.status_counts = [0] * 8

        self.retractions: dict[str, list[tuple[int, bool]]] = {}  # target → (actor, is moderator)
        self.refused: dict[str, int] = {}  # target → its retractions without effect
        self.retractions_refused = 0
        self.retractions_waiting = 0

        self.counts = [0] * SLOTS  # live acts
        self.undone = 0
        self.duplicates = 0
        self.counters: dict[tuple[str, str, str], tuple[int, str, int]] = {}
        """(kind, platform, post that it is the total of) → (time, event_id, count)"""
        self.campaign_of_post: tuple[int, str, str | None] | None = None
        self.campaign_named: tuple[int, str, str] | None = None  # over events that are no spreads
        self.first_act = self.last_act = self.first_event = self.last_event = UNKNOWN  # over events that are no spreads

        self.links: dict[str, str] = {}  # those not undone, in order → the content that they lead to
        self.bonds: dict[str, bytes] = {}  # id of a link, or of a retraction of one → its fact
        self.bond_count = 0  # all links, and all retractions of links

        self.primary_reach = 0
        self.secondary_reach = 0
        self.sharers = 0
        self.sharers_known = 0

    def platform(self, name: str) -> int:
        """Number of a platform within this content."""
        number = self.platform_numbers.get(name)
        if number is None:
            number = self.platform_numbers[name] = len(self.platforms)
            self.platforms.append(name)
            self.acts_by_platform.append(0)
            self.people.append(self.population.get(name, OTHER_POPULATION))
            self.log_sums.append(0)
        return number

    def knows(self, event_id: str) -> bool:
        """Whether an event of this id has come; being named as a parent is not enough."""
        return self.events.find(event_id) != 0

    @property
    def is_merged(self) -> bool:
        """Whether a link is in force and nothing else is here: all that comes belongs to the content `merged_into`."""
        return bool(self.links) and self.spreads.rows + self.acts.rows == self.bond_count

    @property
    def merged_into(self) -> str | None:
        """Where the link in force leads."""
        return next(iter(self.links.values()), None)

    @property
    def known(self) -> int:
        """Events that stand, of any kind."""
        return self.spreads.rows + self.acts.rows

    @property
    def size(self) -> int:
        """All nodes: 1 for the root + every spread."""
        return 1 + self.spreads.rows
