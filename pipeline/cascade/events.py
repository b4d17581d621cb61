"""Event ids as numbers, and what each stands for. An id that is only named (as a parent that has not come) has a number too."""

from __future__ import annotations

from pipeline.cascade.columns import Columns
from pipeline.cascade.names import Names


class Events(Columns):
    """The index of one content's events."""

    __slots__ = ("names", "place")

    def __init__(self) -> None:
        super().__init__()
        self.names = Names()
        self.place = self.no_ints()  # node + 1 of a spread, −(act + 1) of another event, 0: it has not come

    def number(self, event_id: str) -> int:
        """The number of an id, a new one at first sight."""
        number = self.names.add(event_id, 0)
        if number == self.rows:
            if number == self.room:
                self.room = self._reserve()
            self.rows = number + 1
            self.place[number] = 0
        return number

    def _reserve(self) -> int:
        room = self.more_room()
        self.place = self.longer_ints(self.place, room)
        return room

    def find(self, event_id: str) -> int:
        """The `place` of an id."""
        number = self.names.find(event_id, 0)
        return self.place[number] if number >= 0 else 0
