"""Spreads that wait for an event and follow an actor meanwhile: they are found by their place in order, however many there are."""

from datetime import UTC, datetime

from pipeline.cascade import Content, fold
from schemas.wire import WireEvent, micros

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class NeverSearched(list):
    """A list that may be bisected only: a search from the front makes a late parent of n spreads cost n² steps."""

    def __contains__(self, node):
        raise AssertionError("searched from the front")

    def remove(self, node):
        raise AssertionError("searched from the front")


def put(content, event_id, second, **fields):
    event = WireEvent(
        event_id=event_id,
        kind="share",
        platform="x",
        content_id="c",
        actor_id=f"actor of {event_id}",
        occurred_at=NOON.replace(second=second),
        **fields,
    )
    fold(content, event, micros(event.occurred_at))


def test_a_late_parent_takes_over_all_that_followed_its_actor_without_searching_for_each():
    content = Content("c", {})
    for second in (30, 10, 20, 40):
        put(content, f"child {second}", second, parent_event_id="late", parent_actor_id="actor of late")
    ((actor, waiting),) = content.followers.items()
    content.followers[actor] = NeverSearched(waiting)
    put(content, "late", 5)
    assert content.followers == {}
    assert content.tree.breadth == [1, 1, 4]


def test_a_spread_that_follows_nobody_takes_no_other_out_of_the_list():
    content = Content("c", {})
    put(content, "known", 1)
    put(content, "follower", 20, parent_actor_id="actor of late")
    put(content, "placed by its event", 10, parent_event_id="known", parent_actor_id="actor of late")
    put(content, "placed by its event", 10, parent_event_id="known", parent_basis="exact")
    put(content, "late", 5)
    assert content.tree.breadth == [1, 2, 2]
