"""Every event that is no spread, by number: what a retraction needs to know."""

from __future__ import annotations

from pipeline.cascade.columns import Columns


class Acts(Columns):
    """Facts of the first copy of each, which stands."""

    __slots__ = ("actor", "event", "live", "slot", "time")

    def __init__(self) -> None:
        super().__init__()
        self.event = self.no_ints()  # number of its event_id
        self.slot = self.no_bytes()
        self.actor = self.no_ints()
        self.time = self.no_longs()  # µs since 1970
        self.live = self.no_bytes()

    def _reserve(self) -> None:
        room = self.more_room()
        self.event = self.longer_ints(self.event, room)
        self.slot = self.longer_bytes(self.slot, room)
        self.actor = self.longer_ints(self.actor, room)
        self.time = self.longer_longs(self.time, room)
        self.live = self.longer_bytes(self.live, room)
        self.room = room

    def add(self, event: int, slot: int, actor: int, time: int) -> int:
        """Add one event; returns its number."""
        act = self.rows
        if act == self.room:
            self._reserve()
        self.rows = act + 1
        self.event[act] = event
        self.slot[act] = slot
        self.actor[act] = actor
        self.time[act] = time
        self.live[act] = 1
        return act
