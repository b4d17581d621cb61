"""A simulated Kafka: a log per partition with LogAppendTime, and one consumer group with the eager protocol.

What lives here belongs to the world: it outlives every worker. Requests reach it, and answers leave it, after a drawn time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiokafka.errors import IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError
from aiokafka.structs import TopicPartition
from support.stream import TOPIC

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from random import Random

    from simulation.loop import VirtualLoop

DEAD_LETTERS = "share.events.dlq"
SESSION_S = 3.0
HEARTBEAT_S = 0.6
REBALANCE_TIMEOUT_S = 20.0
FIRST_JOIN_S = 0.3
"""Time that an empty group waits for more members."""
BEGIN_MS = 1_709_600_000_000
"""Days after every event of the generated logs."""


@dataclass(frozen=True, slots=True)
class SimRecord:
    """What aiokafka's ConsumerRecord shows of a record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_type: int = 1


class Broker:
    """The logs and the group."""

    def __init__(self, loop: VirtualLoop, rng: Random, partitions: int) -> None:
        self._loop = loop
        self.partitions = partitions
        self.logs: dict[TopicPartition, list[SimRecord]] = {
            **{TopicPartition(TOPIC, number): [] for number in range(partitions)},
            **{TopicPartition(DEAD_LETTERS, number): [] for number in range(2)},
        }
        self.group = Group(loop, rng, [tp for tp in self.logs if tp.topic == TOPIC])
        self.growth = loop.create_future()

    def append(
        self, tp: TopicPartition, key: bytes | None, value: bytes | None, headers: Any = (), offset: int | None = None
    ) -> int:
        log = self.logs[tp]
        now_ms = BEGIN_MS + int(self._loop.time() * 1000)
        log.append(SimRecord(tp.topic, tp.partition, len(log), now_ms, key, value, tuple(headers)))
        if not self.growth.done():
            self.growth.set_result(None)
        return len(log) - 1

    def grown(self) -> asyncio.Future[None]:
        """Done when the next record is appended."""
        if self.growth.done():
            self.growth = self._loop.create_future()
        return self.growth

    def end(self, tp: TopicPartition) -> int:
        return len(self.logs[tp])

    def lag(self) -> int:
        return sum(self.end(tp) - self.group.offsets.get(tp, 0) for tp in self.group.partitions)


@dataclass(slots=True)
class GroupMember:
    """A member as the coordinator knows it."""

    id: str
    owned: set[TopicPartition] = field(default_factory=set)
    joining: asyncio.Future[tuple[int, set[TopicPartition]]] | None = None
    session: asyncio.TimerHandle | None = None


class Group:
    """Coordinator of the one consumer group: members, generations, sessions, committed offsets."""

    def __init__(self, loop: VirtualLoop, rng: Random, partitions: list[TopicPartition]) -> None:
        self._loop, self._rng = loop, rng
        self.partitions = partitions
        self.offsets: dict[TopicPartition, int] = {}
        self.generation = 0
        self.members: dict[str, GroupMember] = {}
        self.on_commit: Callable[[TopicPartition, int], None] = lambda _tp, _offset: None
        self._rebalancing = False
        self._deadline: asyncio.TimerHandle | None = None
        self._ids = 0

    def join(self, member_id: str) -> asyncio.Future[tuple[int, set[TopicPartition]]]:
        """Ask for partitions. The answer comes when every member has asked, or the rebalance timeout has passed."""
        member = self.members.get(member_id)
        if member is None:
            raise UnknownMemberIdError(member_id)
        answer = member.joining = self._loop.create_future()
        self._touch(member)
        if not self._rebalancing:
            self.rebalance()
        self._complete_if_all_joined()
        return answer

    def enter(self) -> str:
        """A new member's id. Its joining starts a rebalance."""
        self._ids += 1
        member = GroupMember(f"member-{self._ids}")
        empty = not self.members
        self.members[member.id] = member
        self._touch(member)
        self.rebalance(FIRST_JOIN_S if empty else 0.0)
        return member.id

    def rebalance(self, at_least_s: float = 0.0) -> None:
        """Everybody has to join again."""
        if self._rebalancing:
            return
        self._rebalancing = True
        self._not_before = self._loop.time() + at_least_s
        self._deadline = self._loop.outside(REBALANCE_TIMEOUT_S, self._complete)
        if at_least_s:
            self._loop.outside(at_least_s, self._complete_if_all_joined)

    def heartbeat(self, member_id: str, generation: int) -> None:
        member = self._known(member_id, generation)
        self._touch(member)
        if self._rebalancing:
            raise RebalanceInProgressError

    def commit(self, member_id: str, generation: int, offsets: dict[TopicPartition, int]) -> None:
        """Kafka's rule: a member of this generation may commit; so may anybody without a generation while the group is empty."""
        if generation >= 0 or self.members:
            self._touch(self._known(member_id, generation))
        for tp, offset in offsets.items():
            self.offsets[tp] = offset
            self.on_commit(tp, offset)

    def leave(self, member_id: str) -> None:
        if member_id in self.members:
            self._drop(member_id)

    def _known(self, member_id: str, generation: int) -> GroupMember:
        if member_id not in self.members:
            raise UnknownMemberIdError(member_id)
        if generation != self.generation:
            raise IllegalGenerationError(member_id)
        return self.members[member_id]

    def _touch(self, member: GroupMember) -> None:
        if member.session:
            member.session.cancel()
        member.session = self._loop.outside(SESSION_S, self._expire, member)

    def _expire(self, member: GroupMember) -> None:
        if member.joining is not None:  # who waits for the answer to its join is not asked for signs of life
            self._touch(member)
        elif self.members.get(member.id) is member:
            self._drop(member.id)

    def _drop(self, member_id: str) -> None:
        member = self.members.pop(member_id)
        if member.session:
            member.session.cancel()
        if member.joining and not member.joining.done():
            member.joining.set_exception(UnknownMemberIdError(member_id))
            member.joining.exception()
        if self.members:
            self.rebalance()
            self._complete_if_all_joined()
        else:
            self._end_rebalance()

    def _complete_if_all_joined(self) -> None:
        everybody = self.members and all(member.joining for member in self.members.values())
        if self._rebalancing and everybody and self._loop.time() >= self._not_before:
            self._complete()

    def _end_rebalance(self) -> None:
        self._rebalancing = False
        if self._deadline:
            self._deadline.cancel()

    def _complete(self) -> None:
        self._end_rebalance()
        for late in [one.id for one in self.members.values() if one.joining is None]:
            if session := self.members.pop(late).session:
                session.cancel()
        self.generation += 1
        self._assign()
        for member in self.members.values():
            joining, member.joining = member.joining, None
            self._touch(member)
            if joining and not joining.done():
                joining.set_result((self.generation, set(member.owned)))

    def _assign(self) -> None:
        """Sticky: everybody keeps what was its own, up to a fair share."""
        members = sorted(self.members.values(), key=lambda member: member.id)
        if not members:
            return
        share = -(-len(self.partitions) // len(members))
        free = set(self.partitions)
        for member in members:
            member.owned = set(sorted(member.owned & free)[:share])
            free -= member.owned
        for tp in sorted(free):
            min(members, key=lambda member: (len(member.owned), self._rng.random())).owned.add(tp)
