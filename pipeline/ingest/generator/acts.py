"""One content of the sample data, act by act: posts, spreads on several platforms, and what people do on each spread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.ingest.generator.people import Person, person, publisher
from pipeline.ingest.generator.places import Place, pick
from pipeline.ingest.generator.shape import ROOT, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from pipeline.ingest.generator.stories import Story

Event = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_REPEAT_SHARER = 0.02
_QUOTE = 0.1
_HOPS = 0.08  # a child shares on another platform than its parent, seen through a tracked link
_COUNTER_EVERY = 40  # spreads between two totals of a platform that counts
_REACTIONS = (("like", 0.5), ("click", 0.28), ("view", 0.2), ("comment", 0.1), ("mention", 0.04), ("follow", 0.01))
_REACTION_S = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What one content is to become. Times are seconds after the start of the stream, negative before it."""

    story: Story
    places: list[Place]
    began_s: float
    delays: list[float]
    tree: Tree
    start_us: int


class Act(NamedTuple):
    """One event and when it happened."""

    at_s: float
    event: Event


class Node(NamedTuple):
    """A spread as the next ones see it."""

    event_id: str
    place: Place
    actor: Person


def acts(rng: Random, plan: Plan) -> Iterator[Act]:
    """All acts of one content: by spread, not quite in order of time."""
    posts = _posts(rng, plan)
    yield from posts.values()
    nodes: list[Node] = []
    for index, delay in enumerate(plan.delays):
        at_s = plan.began_s + delay
        parent = plan.tree.pick(rng)
        node, event = _spread(rng, plan, posts, nodes, parent)
        _date(event, plan, at_s)
        plan.tree.add(parent, 0 if node.place.credit == "root" else node.actor.audience)
        nodes.append(node)
        yield Act(at_s, event)
        yield from _reactions(rng, plan, node, at_s)
        if node.place.counts and index % _COUNTER_EVERY == 0:
            yield _counter(plan, node.place, at_s, index)


def _posts(rng: Random, plan: Plan) -> dict[str, Act]:
    """The publisher posts on its first one or two platforms."""
    author = publisher(rng, plan.story.host)
    posts = {}
    for place in plan.places[: rng.randint(1, 2)]:
        event = _event(plan.story, "post", f"{place.name}:{plan.story.tag}-post", place, author)
        event["audience_size"] = author.audience
        story = plan.story
        event["attributes"] = {
            "url": story.content_id,
            "title": story.title,
            "language": story.language,
            "country": story.country,
        }
        posts[place.name] = Act(plan.began_s, _date(event, plan, plan.began_s))
    return posts


def _spread(rng: Random, plan: Plan, posts: dict[str, Act], nodes: list[Node], parent: int) -> tuple[Node, Event]:
    origin = nodes[parent] if parent != ROOT else None
    place = _place(rng, plan.places, origin)
    actor = _actor(rng, nodes, place)
    quote = place.credit != "root" and place.spread == "share" and rng.random() < _QUOTE
    event = _event(
        plan.story, "quote" if quote else place.spread, f"{place.name}:{plan.story.tag}-{len(nodes)}", place, actor
    )
    event["audience_size"] = actor.audience if rng.random() < place.known else None
    if origin is None:
        post = posts.get(place.name) or next(iter(posts.values()))
        event["parent_event_id"] = post.event["event_id"]
        event["parent_basis"] = "exact" if place.credit == "event" or quote else "root_only"
    elif origin.place is place and place.credit == "actor" and not quote:
        event["parent_actor_id"] = origin.actor.name
        event["parent_basis"] = "inferred"
    else:
        event["parent_event_id"] = origin.event_id
        event["parent_basis"] = "exact"
    return Node(event["event_id"], place, actor), event


def _place(rng: Random, places: list[Place], origin: Node | None) -> Place:
    """Children mostly stay on their parent's platform; where it names the post only, they are seen elsewhere."""
    if origin is None:
        return pick(rng, places)
    if origin.place.credit != "root" and rng.random() >= _HOPS:
        return origin.place
    return pick(rng, [place for place in places if place.credit != "root"])


def _actor(rng: Random, nodes: list[Node], place: Place) -> Person:
    if nodes and rng.random() < _REPEAT_SHARER:
        again = rng.choice(nodes)
        if again.place is place:
            return again.actor
    return person(rng)


def _reactions(rng: Random, plan: Plan, node: Node, at_s: float) -> Iterator[Act]:
    for kind, chance in _REACTIONS:
        if rng.random() >= chance:
            continue
        event = _event(plan.story, kind, f"{node.event_id}-{kind}", node.place, person(rng))
        event["parent_event_id"] = node.event_id
        event["parent_basis"] = "exact"
        if kind in {"comment", "mention"}:
            event["parent_actor_id"] = node.actor.name
        later_s = at_s + rng.expovariate(1 / _REACTION_S)
        yield Act(later_s, _date(event, plan, later_s))


def _counter(plan: Plan, place: Place, at_s: float, spreads: int) -> Act:
    """The platform's own total: most of its shares are never told one by one."""
    event = _event(
        plan.story, "counter", f"{place.name}:{plan.story.tag}-total-{spreads}", place, Person(place.name, 0)
    )
    event |= {"counter_kind": "share", "count": 40 + 6 * spreads}
    return Act(at_s, _date(event, plan, at_s))


def _event(story: Story, kind: str, event_id: str, place: Place, actor: Person) -> Event:
    return {
        "event_id": event_id,
        "kind": kind,
        "platform": place.name,
        "content_id": story.content_id,
        "actor_id": actor.name,
        "campaign_id": story.campaign,
        "schema_version": 1,
    }


def _date(event: Event, plan: Plan, at_s: float) -> Event:
    event["occurred_at"] = _EPOCH + timedelta(microseconds=plan.start_us + round(at_s * 1_000_000))
    return event
