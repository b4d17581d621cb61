"""(platform, actor_id) as a number, with the spreads of each and where it counts for reach."""

from __future__ import annotations

from pipeline.cascade.codes import NOBODY, SEVERAL, UNKNOWN
from pipeline.cascade.columns import Columns
from pipeline.cascade.names import Names
from pipeline.cascade.stack import Stack


class Actors(Columns):
    """Everyone who acted on the content, or was named as a parent."""

    __slots__ = (
        "author_value",
        "changed",
        "counted",
        "first",
        "mark",
        "more",
        "names",
        "platform",
        "posts",
        "turn",
        "value",
    )

    def __init__(self) -> None:
        super().__init__()
        self.names = Names()  # of actor_id, by platform
        self.platform = self.no_ints()
        self.first = self.no_ints()  # its spread if it has one only, NOBODY, or SEVERAL
        self.more: dict[int, Stack] = {}  # its spreads by key, if it has several
        self.counted = self.no_ints()  # spread that its reach is attributed to, or NOBODY
        self.value = self.no_longs()  # audience counted there, or UNKNOWN
        self.posts: dict[int, list[tuple[int, int]]] = {}  # of an author: (act number, audience)
        self.author_value: dict[int, int] = {}  # of an author: audience counted for primary reach
        self.mark = self.no_bytes()  # PLACED | BELOW, see `codes`, since the row was made
        self.changed = Stack()  # those with a mark
        self.turn = 0  # the first in line of those whose sums alone changed

    def _reserve(self) -> None:
        room = self.more_room()
        self.platform = self.longer_ints(self.platform, room)
        self.first = self.longer_ints(self.first, room)
        self.counted = self.longer_ints(self.counted, room)
        self.value = self.longer_longs(self.value, room)
        self.mark = self.longer_bytes(self.mark, room)
        self.room = room

    def number(self, platform: int, actor_id: str) -> int:
        """The actor's number, a new one at first sight."""
        number = self.names.add(actor_id, platform)
        if number == self.rows:
            if number == self.room:
                self._reserve()
            self.rows = number + 1
            self.platform[number] = platform
            self.first[number] = self.counted[number] = NOBODY
            self.value[number] = UNKNOWN
            self.mark[number] = 0
        return number

    def change(self, actor: int, how: int) -> None:
        """Remember that the row of this actor changed: PLACED for what it did itself, BELOW for what others did below it."""
        if not self.mark[actor]:
            self.changed.push(actor)
        self.mark[actor] |= how

    def change_all(self, how: int) -> None:
        """Remember it of every actor who has a row."""
        for actor in range(self.rows):
            if self.first[actor] != NOBODY:
                self.change(actor, how)

    def drop_made(self) -> None:
        """Those whose mark was taken away have changed no more."""
        left = 0
        for place in range(self.changed.rows):
            actor = self.changed.number[place]
            if self.mark[actor]:
                self.changed.number[left] = actor
                left += 1
        self.changed.shorten(left)

    def forget_marks(self) -> None:
        """From now on, nothing has changed."""
        for place in range(self.changed.rows):
            self.mark[self.changed.number[place]] = 0
        self.changed.clear()

    def spreads(self, actor: int) -> Stack:
        """The actor's spreads by key; not to be changed."""
        first = self.first[actor]
        if first == SEVERAL:
            return self.more[actor]
        one = Stack()
        if first != NOBODY:
            one.push(first)
        return one
