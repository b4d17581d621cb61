"""Spreads that wait for an event and follow an actor meanwhile: they hang under its earliest spread, and under the event once it comes."""

from datetime import UTC, datetime

from pipeline.cascade import Content, fold, freeze
from schemas.rows import Blocks
from schemas.wire import WireEvent, micros

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


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


def breadth(content):
    blocks = Blocks()
    freeze(content, partition=0, offset=0, version=0, out=blocks)
    (row,) = blocks["contents"].rows
    return row[blocks["contents"].names.index("breadth")]


def test_a_late_parent_takes_over_all_that_followed_its_actor():
    content = Content("c", {})
    for second in (30, 10, 20, 40):
        put(content, f"child {second}", second, parent_event_id="late", parent_actor_id="actor of late")
    assert breadth(content) == [1, 4]
    put(content, "late", 5)
    assert breadth(content) == [1, 1, 4]


def test_a_spread_that_follows_nobody_takes_no_other_out_of_the_list():
    content = Content("c", {})
    put(content, "known", 1)
    put(content, "follower", 20, parent_actor_id="actor of late")
    put(content, "placed by its event", 10, parent_event_id="known", parent_actor_id="actor of late")
    put(content, "placed by its event", 10, parent_event_id="known", parent_basis="exact")
    put(content, "late", 5)
    assert breadth(content) == [1, 2, 2]
