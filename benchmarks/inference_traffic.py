"""Shares with a hidden truth, as Bluesky would tell them with `via` and without: two kinds of synthetic traffic.

walks    people on a follow graph see what those they follow shared, and some pass it on: the truth is whose act they saw. No method's own formula is
         used: delays are log-normal (half within 0.7 h), one share in six comes from a search or a feed, and names the post.
samples  the sample data of the demo (`pipeline.ingest.generator`), whose trees have the statistics of real ones: no follow graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from math import exp, log
from random import Random
from typing import Any

import msgspec

from pipeline.ingest.generator.acts import Plan, acts
from pipeline.ingest.generator.places import PLACES
from pipeline.ingest.generator.shape import Tree, delays, lean, size
from pipeline.ingest.generator.stories import story
from schemas.wire import SPREADS, WireEvent

PLATFORM = "bluesky"
START = datetime(2026, 3, 1, tzinfo=UTC)
HALF_H, SPREAD = 0.7, 2.02  # delays, as those of the sample data
PEOPLE, FOLLOWED = 3000, 25
FROM_POST = 90
"""People who pass it on straight from the post: three of four shares, as in real cascades (Ma et al. 2017)."""
SHARED_ON = 0.008
"""Chance that a follower of a sharer passes it on."""
FROM_ELSEWHERE = 1 / 6
AUDIENCE_KNOWN = 0.85
EDGE_KNOWN = 0.8
"""Of the follow graph: look-ups are never complete."""
WRITES_RT = 0.15
"""People who write whom they have it from."""
LATE = 0.02
"""Of the shares: these arrive up to an hour after they happened."""
LARGEST = 800


@dataclass(slots=True)
class Traffic:
    """Events in order of arrival, each spread with its parent hidden, and what was hidden."""

    events: list[WireEvent] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)
    """By spread: the event it came through, a post or a spread."""
    follows: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _World:
    followers: list[list[int]]
    weights: list[int]


def walks(seed: int, contents: int = 40) -> Traffic:
    """Cascades on one follow graph."""
    rng = Random(f"walks/{seed}")
    world, traffic = _world(rng), Traffic()
    traffic.follows = [
        (_name(follower), _name(person))
        for person, people in enumerate(world.followers)
        for follower in people
        if rng.random() < EDGE_KNOWN
    ]
    arrivals: list[tuple[float, WireEvent]] = []
    for number in range(contents):
        arrivals += _walk(rng, world, f"{seed}-{number}", number * 7200.0, traffic.truth)
    traffic.events = [event for _, event in sorted(arrivals, key=lambda one: one[0])]
    return traffic


def _world(rng: Random) -> _World:
    weights = [int(exp(rng.gauss(0, 1.6)) * 100) + 1 for _ in range(PEOPLE)]
    followers: list[set[int]] = [set() for _ in range(PEOPLE)]
    for person in range(PEOPLE):
        for one in rng.choices(range(PEOPLE), weights, k=int(exp(rng.gauss(log(FOLLOWED), 0.8)))):
            if one != person:
                followers[one].add(person)
    return _World([sorted(people) for people in followers], [len(people) + 1 for people in followers])


def _walk(rng: Random, world: _World, tag: str, began_s: float, truth: dict[str, str]) -> list[tuple[float, WireEvent]]:
    author = rng.choices(range(PEOPLE), [weight**2 for weight in world.weights])[0]
    chance = exp(rng.gauss(log(SHARED_ON), 0.5))
    at_first = min(0.9, exp(rng.gauss(log(FROM_POST), 0.5)) / world.weights[author])
    post = f"{PLATFORM}:{tag}-post"
    found = [(began_s, _event(rng, world, "post", post, tag, author, began_s))]
    shared = {author}
    waiting: list[tuple[float, int, str, int]] = []
    _expose(rng, world, waiting, (author, post), began_s, at_first)
    while waiting and len(shared) < LARGEST:
        at_s, person, source, teller = heappop(waiting)
        if person in shared:
            continue
        shared.add(person)
        act = f"{PLATFORM}:{tag}-{len(shared)}"
        if rng.random() < FROM_ELSEWHERE:
            source = post
        truth[act] = source
        text = f"RT @{_name(teller)}: look" if source != post and rng.random() < WRITES_RT else "look"
        event = _event(rng, world, "share", act, tag, person, at_s, text=text, parent_event_id=post)
        found.append((at_s + (rng.uniform(0, 3600) if rng.random() < LATE else 0), event))
        _expose(rng, world, waiting, (person, act), at_s, chance)
    return found


def _expose(
    rng: Random,
    world: _World,
    waiting: list[tuple[float, int, str, int]],
    sharer: tuple[int, str],
    at_s: float,
    chance: float,
) -> None:
    for follower in world.followers[sharer[0]]:
        if rng.random() < chance:
            delay_s = 3600 * exp(rng.gauss(log(HALF_H), SPREAD))
            heappush(waiting, (at_s + delay_s, follower, sharer[1], sharer[0]))


def _event(
    rng: Random, world: _World, kind: str, act: str, tag: str, person: int, at_s: float, **facts: Any
) -> WireEvent:
    text = facts.pop("text", "")
    return WireEvent(
        event_id=act,
        kind=kind,  # type: ignore[arg-type]  # one of two literals
        platform=PLATFORM,
        content_id=f"{PLATFORM}:{tag}-post",
        actor_id=_name(person),
        occurred_at=START + timedelta(microseconds=round(at_s * 1e6)),
        audience_size=len(world.followers[person]) if kind == "post" or rng.random() < AUDIENCE_KNOWN else None,
        attributes={"text": text} if text else {},
        parent_basis="root_only" if facts else "none",
        **facts,
    )


def _name(person: int) -> str:
    return f"p{person}.example"


def samples(seed: int, contents: int = 15) -> Traffic:
    """Cascades of the sample data, as if each had lived on one platform that tells the original only."""
    traffic = Traffic()
    arrivals: list[WireEvent] = []
    for number in range(contents):
        rng = Random(f"samples/{seed}/{number}")
        nodes = size(rng)
        began_s, start_us = number * 7200.0, int(START.timestamp() * 1e6)
        place = [next(one for one in PLACES if one.name == PLATFORM)]
        plan = Plan(story(rng), place, began_s, delays(rng, nodes - 1, 3600.0), Tree(lean(rng, nodes)), start_us)
        told = [msgspec.convert(act.event, WireEvent) for act in acts(rng, plan)]
        arrivals += _hidden([one for one in told if one.kind == "post" or one.kind in SPREADS], traffic.truth)
    traffic.events = sorted(arrivals, key=lambda event: event.occurred_at)
    return traffic


def _hidden(told: list[WireEvent], truth: dict[str, str]) -> list[WireEvent]:
    post = next(one.event_id for one in told if one.kind == "post")
    truth |= {one.event_id: one.parent_event_id or post for one in told if one.kind in SPREADS}
    return [
        msgspec.structs.replace(one, parent_event_id=post, parent_basis="root_only") if one.kind in SPREADS else one
        for one in told
    ]
