"""What must hold of the changelog and of the local stores."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from simulation.state import MARK

from schemas.changelog import POSITION_KEY, content_of, decode_chunk, decode_position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulation.state import Log
    from simulation.world import World

    from pipeline.stream.partition import PartitionState
    from schemas.changelog import Position


def position(log: Log) -> Position | None:
    """The latest one; None in an empty changelog."""
    found = (pair[1] for pair in reversed(log.records) if pair and pair[0] == POSITION_KEY)
    value = next(found, None)
    return None if value is None else decode_position(value)


def reached(log: Log) -> int:
    """Events below are applied, says the changelog."""
    there = position(log)
    return there.next_offset if there else 0


def goes_back(log: Log) -> str:
    """Why the last transaction of a changelog may not follow the one before it."""
    positions = [decode_position(pair[1]) for pair in log.records[-2000:] if pair and pair[0] == POSITION_KEY][-2:]
    if len(positions) == 2 and positions[1].next_offset < positions[0].next_offset:
        return f"the changelog goes back from {positions[0].next_offset} to {positions[1].next_offset}"
    return ""


def differs(log: Log, state: PartitionState) -> str:
    """How a changelog is not what one pass over the partition came to, fact by fact."""
    there = position(log)
    if there is None:
        return "" if state.next_offset == 0 else f"the changelog is empty, but {state.next_offset} records were applied"
    if there.next_offset != state.next_offset:
        return f"the changelog is at {there.next_offset}, the log at {state.next_offset}"
    if there.fence != state._fence.seen():
        return f"the changelog has the fence {there.fence}, one pass {state._fence.seen()}"
    kept, applied = _contents(_latest(log)), _contents(_all(state))
    for content in sorted(kept.keys() | applied.keys()):
        if kept.get(content) != applied.get(content):
            return f"of {content!r} the changelog has\n  {_brief(kept.get(content))}, one pass\n  {_brief(applied.get(content))}"
    return ""


def store_differs(files: Mapping[bytes, Any], log: Log) -> str:
    """How a local store is not what it says of itself: the changelog up to its mark, and perhaps something of what follows."""
    mark = files.get(MARK)
    there = position(log)
    if mark is None or there is None or mark.identity != there.identity:
        return ""  # it will be thrown away
    if mark.offset >= len(log.records):
        return f"a local store is at {mark.offset}, ahead of its changelog, which ends at {len(log.records)}"
    before = _latest(log, mark.offset + 1)
    after = {pair for pair in log.records[mark.offset + 1 :] if pair}
    wrong = [key for key, value in before.items() if files.get(key) != value and (key, files.get(key)) not in after]
    wrong += [key for key in files.keys() - before.keys() - {MARK} if (key, files[key]) not in after]
    return f"a local store differs from its changelog in {sorted(wrong)[:3]}" if wrong else ""


def check_at_the_end(world: World, states: Iterable[PartitionState]) -> None:
    """All that could be restored is what was applied."""
    for state in states:
        log = world.changelogs[state.partition]
        if difference := differs(log, state):
            world.fail(f"partition {state.partition}: {difference}")
    for disk in world.disks:
        for partition, files in disk.files.items():
            if difference := store_differs(files, world.changelogs[partition]):
                world.fail(f"partition {partition}: {difference}")


def _latest(log: Log, end: int | None = None) -> dict[bytes, bytes]:
    return dict(pair for pair in log.records[:end] if pair)


def _all(state: PartitionState) -> dict[bytes, bytes]:
    """The chunks of a state that no changelog has got anything of yet."""
    changes = state.changes()
    return dict[bytes, bytes](changes.records if changes else ())


def _contents(records: Mapping[bytes, bytes]) -> dict[bytes, tuple[Any, ...]]:
    """Last offset, arrival, duplicates and the facts of each content, however they are cut into chunks."""
    chunks: dict[bytes, list[Any]] = {}
    for key in sorted(key for key in records if key >= b"\1"):
        chunks.setdefault(content_of(key), []).append(decode_chunk(records[key]))
    return {content: _whole(found) for content, found in chunks.items()}


def _whole(chunks: list[Any]) -> tuple[Any, ...]:
    last = chunks[-1]
    facts = list(chain.from_iterable(chunk.facts for chunk in chunks))
    return last.last_offset, last.arrived_ms, last.duplicates, facts


def _brief(content: tuple[Any, ...] | None) -> str:
    if content is None:
        return "nothing"
    *head, facts = content
    return f"{head} and {len(facts)} facts {[fact.event_id for fact in facts]}"
