"""The step between hidden and guessed parents, whatever the log holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import CoreRun
from support.events import CONTENT

from pipeline.ingest.inference.exposed import Exposed
from pipeline.ingest.inference.follows import FollowFile
from pipeline.ingest.inference.probable import Probable
from pipeline.ingest.inference.rt_text import RtText
from pipeline.ingest.inference.sharers import Sharers
from pipeline.ingest.inference.step import CONFIDENCE, METHOD, Step
from schemas.check import check
from schemas.wire import SPREADS, WireEvent, encode, micros

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PEOPLE = "abcdef"
WINDOW_MS = 40
GRAPH = FollowFile([(one, other) for one in PEOPLE for other in PEOPLE if one < other])
PLAN = {"twitter": {"rt_text": RtText(), "exposed": Exposed(GRAPH)}, "bluesky": {"probable": Probable(threshold=0.1)}}

events = st.builds(
    WireEvent,
    event_id=st.integers(0, 12).map("e{}".format),
    kind=st.sampled_from(["post", "share", "share", "share", "quote", "repin", "like", "comment"]),
    platform=st.sampled_from(["twitter", "twitter", "bluesky", "mastodon"]),
    content_id=st.sampled_from(["it", "that"]),
    actor_id=st.sampled_from(PEOPLE),
    occurred_at=st.integers(0, 30).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    parent_event_id=st.sampled_from([None, "e0", "e1"]),
    parent_basis=st.sampled_from(["exact", "inferred", "root_only", "root_only", "root_only", "none"]),
    audience_size=st.sampled_from([None, 0, 5, 5000]),
    attributes=st.sampled_from([{}, {"text": "RT @b: x"}, {"text": "via @a"}, {str(n): "" for n in range(31)}]),
)
logs = st.lists(st.tuples(events, st.integers(0, 25)), max_size=14).map(
    lambda told: [(event, 1000 + sum(gap for _, gap in told[: place + 1])) for place, (event, _) in enumerate(told)]
)


def step(**limits):
    return Step(PLAN, Sharers(WINDOW_MS, **limits))


def run(log, one):
    return [one.take(event, appended_ms) for event, appended_ms in log]


@given(logs)
def test_only_hidden_parents_of_spreads_on_platforms_asked_for_are_guessed_and_nothing_else_of_the_event_changes(log):
    for (event, _), made in zip(log, run(log, step()), strict=True):
        if made is None:
            continue
        copy = made.event
        assert event.parent_basis in {"root_only", "none"}
        assert event.kind in SPREADS
        assert made.method in PLAN[event.platform]
        assert copy.parent_basis == "inferred"
        assert copy.attributes.items() >= event.attributes.items()
        assert copy.attributes[METHOD] == made.method
        assert 0 < float(copy.attributes[CONFIDENCE]) <= 1
        back = {
            name: getattr(event, name) for name in ("parent_event_id", "parent_actor_id", "parent_basis", "attributes")
        }
        assert msgspec.structs.replace(copy, **back) == event
        assert check(encode(copy), micros(NOON) // 1000 + 10**8) == copy


@given(logs)
def test_a_guessed_parent_is_another_persons_spread_of_the_content_that_came_and_happened_before(log):
    for place, made in enumerate(run(log, step())):
        if made is None:
            continue
        event, appended_ms = log[place]
        assert any(
            (other.event_id, other.actor_id) == (made.event.parent_event_id, made.event.parent_actor_id)
            and other.kind in SPREADS
            and (other.content_id, other.platform) == (event.content_id, event.platform)
            and other.actor_id != event.actor_id
            and (other.occurred_at, other.event_id) < (event.occurred_at, event.event_id)
            and at_ms >= appended_ms - WINDOW_MS
            for other, at_ms in log[:place]
        )


@given(logs, st.integers(0, 14), st.integers(1, 3), st.integers(1, 4))
def test_a_reader_that_begins_a_window_before_its_place_makes_the_same_copies(log, place, contents, sharers):
    limits = {"contents": contents, "sharers": sharers}
    whole = run(log, step(**limits))
    rest, again = log[place:], step(**limits)
    if rest:
        since = (log[place - 1][1] if place else 0) - WINDOW_MS
        for event, appended_ms in log[:place]:
            if appended_ms >= since:
                again.remember(event, appended_ms)
    assert run(rest, again) == whole[place:]


@given(logs)
def test_what_a_reader_adds_to_its_own_log_is_never_guessed_again(log):
    one = step()
    for event, appended_ms in log:
        if made := one.take(event, appended_ms):
            assert one.take(made.event, appended_ms) is None
            assert one.take(event, appended_ms) is None


@given(logs, st.integers(1, 3), st.integers(1, 4))
def test_memory_is_bounded_whatever_comes(log, contents, sharers):
    held = Sharers(WINDOW_MS, contents=contents, sharers=sharers)
    for event, appended_ms in log:
        held.add(event, appended_ms)
        assert len(held) <= contents * 2 * sharers


shares = st.builds(
    WireEvent,
    event_id=st.integers(0, 6).map("e{}".format),
    kind=st.just("share"),
    platform=st.just("twitter"),
    content_id=st.just(CONTENT),
    actor_id=st.sampled_from(PEOPLE),
    occurred_at=st.integers(0, 30).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    parent_event_id=st.sampled_from([None, "e0", CONTENT]),
    parent_basis=st.sampled_from(["exact", "root_only", "root_only", "none"]),
)


@settings(max_examples=40)
@given(st.lists(shares, min_size=3, max_size=14), st.randoms(use_true_random=False))
def test_in_the_core_an_exact_parent_stands_whenever_it_comes(log, random):
    """The truth comes as an exact copy of each guessed spread; guesses, truth and log in any order."""
    one = step()
    guesses = [made.event for event in log if (made := one.take(event, 1000))]
    truth = [msgspec.structs.replace(event, parent_event_id="e0", parent_basis="exact") for event in guesses]
    mixed = log + guesses + truth
    random.shuffle(mixed)
    assert _edges(mixed) == _edges([event for event in mixed if event.parent_basis != "inferred"])


def _edges(events):
    """What stands of each spread."""
    core = CoreRun(events)
    core.freeze()
    columns = ("parent_event_id", "parent_basis", "depth", "depth_exact", "occurred_at")
    return {name: [row[column] for column in columns] for name, row in core.tables()["edges"].items()}
