"""Facts of the standing copy of each spread, by node number (the same numbers as in `tree`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.codes import NOBODY, NOTHING, UNKNOWN
from pipeline.cascade.columns import Columns

if TYPE_CHECKING:
    from pipeline.cascade.names import Names
    from pipeline.cascade.stack import Stack

Key = tuple[int, str]
"""(occurred_at in µs, event_id): the order of acts that does not depend on their arrival."""
Named = tuple[int, str, str]
"""(occurred_at in µs, event_id, campaign)."""


class Spreads(Columns):
    """What the events say, as numbers; texts are in `names` and `campaigns`."""

    __slots__ = (
        "actor",
        "audience",
        "basis",
        "campaign",
        "campaign_named",
        "campaigns",
        "event",
        "first",
        "kind",
        "last",
        "named",
        "named_actor",
        "names",
        "status",
        "time",
    )

    def __init__(self, names: Names, campaigns: Names) -> None:
        super().__init__()
        self.names = names
        self.campaigns = campaigns
        self.event = self.no_ints()  # number of its event_id
        self.kind = self.no_bytes()
        self.actor = self.no_ints()
        self.time = self.no_longs()  # µs since 1970
        self.audience = self.no_longs()  # people, or UNKNOWN
        self.basis = self.no_bytes()
        self.campaign = self.no_ints()
        self.named = self.no_ints()  # number of parent_event_id, NOTHING or THE_ROOT
        self.named_actor = self.no_ints()  # actor number of parent_actor_id, or NOBODY
        self.status = self.no_bytes()
        self.first = self.last = UNKNOWN  # least and greatest time
        self.campaign_named: Named | None = None  # the earliest spread that names a campaign

    def _reserve(self) -> None:
        room = self.more_room()
        self.event = self.longer_ints(self.event, room)
        self.kind = self.longer_bytes(self.kind, room)
        self.actor = self.longer_ints(self.actor, room)
        self.time = self.longer_longs(self.time, room)
        self.audience = self.longer_longs(self.audience, room)
        self.basis = self.longer_bytes(self.basis, room)
        self.campaign = self.longer_ints(self.campaign, room)
        self.named = self.longer_ints(self.named, room)
        self.named_actor = self.longer_ints(self.named_actor, room)
        self.status = self.longer_bytes(self.status, room)
        self.room = room

    def add(self, event: int) -> int:
        """Make room for one more spread; `write` gives it its facts. Returns its number."""
        node = self.rows
        if node == self.room:
            self._reserve()
        self.rows = node + 1
        self.event[node] = event
        self.status[node] = 0
        self.actor[node] = NOBODY
        self.campaign[node] = NOTHING
        return node

    def event_id(self, node: int) -> str:
        """The id of a spread."""
        return self.names.text(self.event[node])

    def key(self, node: int) -> Key:
        """Place of a spread in the order of acts."""
        return self.time[node], self.names.text(self.event[node])

    def before(self, node: int, other: int) -> bool:
        """Whether one spread comes before another in the order of acts."""
        if self.time[node] != self.time[other]:
            return self.time[node] < self.time[other]
        return self.event_id(node) < self.event_id(other)

    def position(self, nodes: Stack, node: int, after: bool) -> int:
        """Where `node` stands, or would stand, in `nodes`, which are in order; behind itself if `after`."""
        low, high = 0, nodes.rows
        while low < high:
            middle = (low + high) // 2
            other = nodes.number[middle]
            if (other == node and after) or (other != node and self.before(other, node)):
                low = middle + 1
            else:
                high = middle
        return low

    def write(
        self,
        node: int,
        kind: int,
        actor: int,
        time: int,
        audience: int,
        basis: int,
        campaign: int,
        named: int,
        named_actor: int,
    ) -> None:
        """Set the facts of a spread, instead of those it had."""
        before = UNKNOWN if self.actor[node] == NOBODY else self.time[node]
        named_before = self.campaign[node]
        self.kind[node] = kind
        self.actor[node] = actor
        self.time[node] = time
        self.audience[node] = audience
        self.basis[node] = basis
        self.campaign[node] = campaign
        self.named[node] = named
        self.named_actor[node] = named_actor
        self._follow_times(before, time)
        self._follow_campaigns(node, named_before)

    def _follow_times(self, before: int, time: int) -> None:
        if self.rows > 1 and before != UNKNOWN and (before in (self.first, self.last)):
            self.first = self.last = UNKNOWN
            for node in range(self.rows):
                self._stretch(self.time[node])
        elif self.rows == 1:
            self.first = self.last = time
        else:
            self._stretch(time)

    def _stretch(self, time: int) -> None:
        if self.first == UNKNOWN or time < self.first:
            self.first = time
        self.last = max(self.last, time)

    def _follow_campaigns(self, node: int, before: int) -> None:
        standing = self.campaign_named
        if before != NOTHING and standing is not None and standing[1] == self.event_id(node):
            self.campaign_named = None
            for other in range(self.rows):
                self._offer_campaign(other)
        else:
            self._offer_campaign(node)

    def _offer_campaign(self, node: int) -> None:
        if self.campaign[node] == NOTHING:
            return
        standing = self.campaign_named
        if standing is not None and self.time[node] > standing[0]:
            return
        if standing is None or (self.time[node], self.event_id(node)) < standing[:2]:
            self.campaign_named = (self.time[node], self.event_id(node), self.campaigns.text(self.campaign[node]))
