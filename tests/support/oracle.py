"""The rows that ClickHouse must show for one content, by brute force from the list of its events in log order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.oracle_tree import (
    ROOT,
    SPREADS,
    Facts,
    actor_of,
    largest_audience,
    microseconds,
    moment_key,
    standing_copies,
)

if TYPE_CHECKING:
    from schemas.wire import WireEvent

Row = dict[str, Any]
Tables = dict[str, dict[Any, Row]]

MINUTE_US = 60_000_000
OVERFLOW_SLOT = 64
WINDOWS = {"5m": 5, "1h": 60, "24h": 1440}
COUNTED = {
    "posts": ("post",),
    "shares": SPREADS,
    "likes": ("like",),
    "comments": ("comment",),
    "mentions": ("mention",),
    "clicks": ("click",),
    "views": ("view",),
    "follows": ("follow",),
}


def expected(events: list[WireEvent], content_id: str, population: dict[str, int]) -> Tables:
    """All columns but Kafka's place and the version: table → key → row.

    Keys: `contents` content_id, `edges` event_id, `content_minutes` (platform, µs of the minute),
    `amplifiers` (platform, actor_id). Void rows (no act, no spread) are left out.
    """
    facts = Facts(events, content_id)
    return {
        "contents": {content_id: content_row(facts, population)} if events else {},
        "edges": {spread.event_id: edge_row(facts, spread) for spread in facts.spreads},
        "content_minutes": {key: minute_row(facts, *key) for key in {minute_key(act) for act in facts.acts}},
        "amplifiers": {actor: amplifier_row(facts, actor) for actor in {actor_of(spread) for spread in facts.spreads}},
    }


def expected_windows(events: list[WireEvent], content_id: str, now_us: int) -> dict[str, tuple[int, int, int]]:
    """(live shares, secondary reach, depth) of what is dated in the last whole minutes up to that of `now_us`."""
    facts = Facts(events, content_id)
    last_minute = now_us // MINUTE_US
    windows = {}
    for name, minutes in WINDOWS.items():
        spreads = [spread for spread in facts.spreads if last_minute - minutes < minute_of(spread) <= last_minute]
        windows[name] = len(facts.live(spreads)), facts.reach_of(spreads), max(map(facts.depth, spreads), default=0)
    return windows


def expected_outcomes(events: list[WireEvent]) -> list[str]:
    """What folding each event in turn does: a new id, a copy that takes the place of another, or a duplicate."""
    outcomes = []
    for position, event in enumerate(events):
        before, after = standing_copies(events[:position]), standing_copies(events[: position + 1])
        stood = before.get(event.event_id)
        if stood is None:
            outcomes.append("APPLIED")
        else:
            outcomes.append("DUPLICATE" if after[event.event_id] == stood else "REPLACED")
    return outcomes


def minute_of(event: WireEvent) -> int:
    return microseconds(event.occurred_at) // MINUTE_US


def minute_key(event: WireEvent) -> tuple[str, int]:
    return event.platform, minute_of(event) * MINUTE_US


def live_counts(facts: Facts, acts: list[WireEvent]) -> Row:
    return {name: sum(act.kind in kinds for act in facts.live(acts)) for name, kinds in COUNTED.items()}


def content_row(facts: Facts, population: dict[str, int]) -> Row:
    return (
        identity(facts)
        | live_counts(facts, facts.acts)
        | counters(facts)
        | structure(facts)
        | reach(facts, population)
        | oddities(facts)
    )


def identity(facts: Facts) -> Row:
    times = [microseconds(event.occurred_at) for event in facts.acts or facts.standing.values()]
    return {
        "content_id": facts.content_id,
        "campaign_id": campaign(facts),
        "platforms": sorted({act.platform for act in facts.acts}),
        "first_seen": min(times),
        "last_seen": max(times),
    }


def campaign(facts: Facts) -> str:
    if facts.posts:
        of_post = min(facts.posts, key=moment_key).campaign_id
        if of_post:
            return of_post
    naming = [event for event in facts.standing.values() if event.campaign_id]
    return min(naming, key=moment_key).campaign_id if naming else ""


def counters(facts: Facts) -> Row:
    reported = [event for event in facts.standing.values() if event.kind == "counter"]
    row = {}
    for kind in ("share", "like", "comment", "click", "view"):
        of_kind = [event for event in reported if event.counter_kind == kind]
        by_subject: dict[tuple[str, str], list[WireEvent]] = {}
        for event in of_kind:
            by_subject.setdefault((event.platform, event.parent_event_id or facts.content_id), []).append(event)
        row[f"counted_{kind}s"] = sum(max(told, key=moment_key).count for told in by_subject.values())
    return row


def structure(facts: Facts) -> Row:
    depths = [facts.depth(spread) for spread in facts.spreads]
    breadth = by_depth(facts, [1 for _ in facts.spreads])
    breadth[0] = 1
    return {
        "size": 0 if merged_away(facts) else 1 + len(facts.spreads),
        "depth": max(depths, default=0),
        "depth_exact": max(map(facts.depth_exact, facts.spreads), default=0),
        "breadth": breadth,
        "shares_by_depth": by_depth(facts, [int(spread.event_id not in facts.undone) for spread in facts.spreads]),
        "reach_by_depth": by_depth(facts, [facts.reach_of([spread]) for spread in facts.spreads]),
        "max_breadth": max(breadth),
        "structural_virality": facts.structural_virality(),
        "r": reproduction(depths),
    }


def merged_away(facts: Facts) -> bool:
    """Nothing but links, not all of them undone, and what is about links."""
    links = {event.event_id: event for event in facts.standing.values() if event.kind == "link"}
    undoing = [event for event in facts.standing.values() if event.target_event_id in links]
    undone = {
        undo.target_event_id
        for undo in undoing
        if undo.attributes.get("right") == "moderate" or actor_of(undo) == actor_of(links[undo.target_event_id])
    }
    return bool(links.keys() - undone) and len(links) + len(undoing) == len(facts.standing)


def by_depth(facts: Facts, values: list[int]) -> list[int]:
    """Sum of one value per spread, by depth; the last slot takes all that is deeper."""
    slots = [min(facts.depth(spread), OVERFLOW_SLOT) for spread in facts.spreads]
    return [
        sum(value for value, at in zip(values, slots, strict=True) if at == slot)
        for slot in range(max(slots, default=0) + 1)
    ]


def reproduction(depths: list[int]) -> float:
    deepest = max(depths, default=0)
    children = sum(depths.count(generation + 1) for generation in range(1, deepest + 1))
    parents = sum(depths.count(generation) for generation in range(1, deepest + 1))
    return children / parents if parents else 0.0


def reach(facts: Facts, population: dict[str, int]) -> Row:
    return {
        "primary_reach": sum(audience or 0 for audience in facts.author_audiences.values()),
        "secondary_reach": sum(facts.reach.values()),
        "estimated_reach": facts.estimated_reach(population),
        "sharers": len(facts.sharers),
        "sharers_known": sum(audience is not None for audience in facts.sharer_audiences.values()),
    }


def oddities(facts: Facts) -> Row:
    statuses = [status for _, status in facts.placed.values()]
    known = [retraction for retraction in facts.retractions if retraction.target_event_id in facts.standing]
    return {
        "retracted": len(facts.undone),
        "duplicates": len(facts.log) - len(facts.standing),
        **{f"parents_{status}": statuses.count(status) for status in ("unresolved", "self", "not_a_spread", "cycle")},
        "retractions_refused": sum(not facts.takes_effect(retraction) for retraction in known),
        "retractions_waiting": len(facts.retractions) - len(known),
    }


def edge_row(facts: Facts, spread: WireEvent) -> Row:
    parent, status = facts.placed[spread.event_id]
    return {
        "content_id": facts.content_id,
        "event_id": spread.event_id,
        "kind": spread.kind,
        "platform": spread.platform,
        "campaign_id": spread.campaign_id or "",
        "actor_id": spread.actor_id,
        "occurred_at": microseconds(spread.occurred_at),
        "parent_event_id": "" if parent == ROOT else parent,
        "named_parent_event_id": spread.parent_event_id or "",
        "parent_basis": spread.parent_basis,
        "parent_status": status,
        "depth": facts.depth(spread),
        "depth_exact": facts.depth_exact(spread),
        "audience_size": known_or_minus_one(spread.audience_size),
        "retracted": spread.event_id in facts.undone,
    }


def minute_row(facts: Facts, platform: str, minute_us: int) -> Row:
    acts = [act for act in facts.acts if minute_key(act) == (platform, minute_us)]
    spreads = [act for act in acts if act.kind in SPREADS]
    return {
        "content_id": facts.content_id,
        "platform": platform,
        "minute": minute_us,
        "acts": len(acts),
        **live_counts(facts, acts),
        "depth": max(map(facts.depth, spreads), default=0),
        "secondary_reach": facts.reach_of(spreads),
    }


def amplifier_row(facts: Facts, actor: tuple[str, str]) -> Row:
    spreads = [spread for spread in facts.spreads if actor_of(spread) == actor]
    live = facts.live(spreads)
    earliest = min(live or spreads, key=moment_key)
    below = facts.below(actor)
    return {
        "content_id": facts.content_id,
        "platform": actor[0],
        "actor_id": actor[1],
        "spreads": len(spreads),
        "shares": len(live),
        "audience_size": known_or_minus_one(largest_audience(live)),
        "depth": facts.depth(earliest),
        "first_shared_at": microseconds(earliest.occurred_at),
        "downstream_shares": len(facts.live(below)),
        "downstream_reach": facts.reach_of(below),
    }


def known_or_minus_one(audience: int | None) -> int:
    return -1 if audience is None else audience
