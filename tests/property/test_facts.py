"""Facts as bytes: msgspec and the core read and write the same ones, and nothing that is no chunk gets through."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.events import CONTENT, act
from support.strategies import examples

from pipeline.cascade import Content, fold, restore
from pipeline.cascade.codes import BASIS_RANK, KIND
from schemas.changelog import Fact, chunk_value, decode_chunk
from schemas.wire import MAX_NUMBER, SPREADS, WireEvent

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
numbers = st.integers(0, MAX_NUMBER) | st.sampled_from([2**bits + step for bits in (7, 8, 16, 32) for step in (-1, 0)])
times = st.integers(-(2**63), 2**63 - 1) | st.sampled_from(
    [sign * 2**bits for bits in (5, 7, 15, 31) for sign in (1, -1)]
)
events = st.builds(
    WireEvent,
    event_id=texts,
    kind=st.sampled_from(sorted(KIND)),
    platform=texts,
    content_id=st.just(CONTENT),
    actor_id=texts,
    occurred_at=st.just(act("e").occurred_at),
    parent_event_id=st.none() | texts,
    parent_actor_id=st.none() | texts,
    parent_basis=st.sampled_from(sorted(BASIS_RANK)),
    audience_size=st.none() | numbers,
    campaign_id=st.none() | texts,
    target_event_id=st.none() | texts,
    target_content_id=st.none() | texts,
    counter_kind=st.none() | st.sampled_from(["share", "like"]),
    count=st.none() | numbers,
    attributes=st.sampled_from([{}, {"right": "moderate"}, {"right": "none"}]),
)


def kept(event, occurred_us):
    """What a changelog must know of an event, as told in `schemas.changelog.Fact`."""
    head = (event.event_id, KIND[event.kind], event.platform, event.actor_id, occurred_us)
    told = (event.campaign_id, event.audience_size)
    if event.kind in SPREADS:
        return Fact(*head, *told, event.parent_event_id, event.parent_actor_id, BASIS_RANK[event.parent_basis])
    if event.kind not in {"retract", "counter", "link"}:
        return Fact(*head, *told)
    moderator = event.attributes == {"right": "moderate"}
    target = event.target_content_id if event.kind == "link" else event.target_event_id
    of = event.parent_event_id if event.kind == "counter" else None
    return Fact(*head, *told, of, None, 3, target, moderator, event.counter_kind, event.count)


def fact_of(event, occurred_us=0):
    facts = []
    fold(Content(CONTENT, {}), event, occurred_us, facts)
    return facts[0]


@settings(max_examples=examples(500), deadline=None)
@given(event=events, occurred_us=times)
def test_a_fact_says_what_was_told_in_the_fewest_bytes(event, occurred_us):
    wanted = kept(event, occurred_us)
    values = list(msgspec.structs.astuple(wanted))
    fact = fact_of(event, occurred_us)
    assert msgspec.msgpack.decode(fact, type=Fact) == wanted
    assert fact == msgspec.msgpack.encode(values[: len(msgspec.msgpack.decode(fact))])


@settings(max_examples=examples(500), deadline=None)
@given(
    logs=st.lists(events, max_size=5),
    cut=st.integers(0, 100),
    flip=st.none() | st.tuples(st.integers(0, 2000), st.integers(0, 255)),
)
def test_a_chunk_that_is_broken_anywhere_is_refused_or_is_another_chunk(logs, cut, flip):
    facts = [fact_of(event) for event in logs]
    value = bytearray(chunk_value(1, 2, 3, len(facts), b"".join(facts)))
    if flip:
        value[flip[0] % len(value)] = flip[1]
    value = bytes(value[: len(value) - cut])
    try:
        chunk = decode_chunk(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        chunk = None
    try:
        back = restore(CONTENT, {}, [value])
    except (ValueError, IndexError):
        return
    if chunk is not None:
        assert (back.last_offset, back.arrived_ms, back.facts) == (
            chunk.last_offset,
            chunk.arrived_ms,
            len(chunk.facts),
        )


@pytest.mark.parametrize(
    "value", [b"", b"\x94", b"\x94\x01\x02\x03", b"\x94\x01\x02\x03\xdd\xff\xff\xff\xff", b"\x90", b"\xc0"]
)
def test_what_is_no_chunk_is_refused(value):
    with pytest.raises(ValueError, match=r"chunk|array is expected"):
        restore(CONTENT, {}, [value])
