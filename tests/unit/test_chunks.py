"""Facts of a content in chunks: append-only, few, and back to the same state."""

import random

import pytest
from support.stream import APPENDED_MS, apply, record, state

from pipeline.cascade import discard
from pipeline.stream.chunks import CLOSE_FROM, MOST_BYTES, MOST_FACTS, Tail
from pipeline.stream.thaw import thaw
from schemas.changelog import chunk_key, content_of, decode_chunk

FACT = b"\x95\xa1e\x01\xa1x\xa1a\x00"  # event e, a share


def taken(tail):
    return dict(tail.take(b"c", 1, 2, 3))


def number(key):
    return int.from_bytes(key[-4:], "big")


def test_facts_of_slow_contents_are_written_again_until_their_chunk_is_full_and_never_after():
    tail, written = Tail(), []
    for _ in range(5 * CLOSE_FROM):
        tail.fresh.append(FACT)
        written += [(number(key), len(decode_chunk(value).facts)) for key, value in taken(tail).items()]
    assert written == [(one, count) for one in range(5) for count in range(1, CLOSE_FROM + 1)]


@pytest.mark.parametrize("count", [CLOSE_FROM, CLOSE_FROM + 1, 100])
def test_a_busy_content_writes_each_fact_once(count):
    tail = Tail()
    for flush in range(3):
        for _ in range(count):
            tail.fresh.append(FACT)
        assert [(number(key), len(decode_chunk(value).facts)) for key, value in taken(tail).items()] == [(flush, count)]


def test_no_record_grows_beyond_its_bounds():
    tail = Tail()
    large = FACT[:1] + b"\xda\x20\x00" + b"e" * 0x2000 + FACT[3:]
    for fact in [FACT] * 2000 + [large] * 100:
        tail.fresh.append(fact)
    chunks = list(taken(tail).values())
    assert sum(len(decode_chunk(chunk).facts) for chunk in chunks) == 2100
    assert all(len(decode_chunk(chunk).facts) <= MOST_FACTS and len(chunk) <= MOST_BYTES + 64 for chunk in chunks)


def test_a_head_that_changed_without_facts_is_written_too():
    tail = Tail()
    for _ in range(CLOSE_FROM):
        tail.fresh.append(FACT)
    taken(tail)
    ((key, value),) = taken(tail).items()
    assert number(key) == 1
    assert (decode_chunk(value).duplicates, decode_chunk(value).facts) == (3, [])
    tail.fresh.append(FACT)
    ((key, value),) = taken(tail).items()
    assert (number(key), len(decode_chunk(value).facts)) == (1, 1)


def test_keys_of_one_content_sort_by_number_and_never_meet_those_of_another():
    keys = [chunk_key(content, one) for content in (b"a", b"aa", "ä".encode()) for one in (0, 1, 255, 256, 70_000)]
    assert keys == sorted(keys)
    assert [content_of(key) for key in keys[:5]] == [b"a"] * 5


@pytest.mark.parametrize("seed", range(20))
def test_a_content_that_is_thawed_at_any_time_writes_on_as_if_it_had_stayed(seed):
    rng = random.Random(seed)
    stayed, left = state(), state()
    kept_by_one, kept_by_other = {}, {}
    cold = set()
    left._cold = cold
    offset = 0
    for _ in range(rng.randrange(2, 12)):
        records = []
        for _ in range(rng.choice((1, 3, 20, 600))):
            parent = f"e{rng.randrange(offset + 1)}"
            again = rng.random() < 0.1
            records.append(record(offset, f"e{offset // 2 if again else offset}", parent_event_id=parent))
            offset += 1
        if left.missing([]) == [] and not len(left) and kept_by_other:
            left.admit(thaw(b"c", [kept_by_other[key] for key in sorted(kept_by_other)], {}))
        apply(stayed, *records)
        apply(left, *records)
        kept_by_one |= dict(stayed.changes().records)
        kept_by_other |= dict(left.changes().records)
        assert kept_by_other == kept_by_one
        for one in (stayed, left):
            one.discard()
        assert left.evict(10**9, surplus=left.facts * rng.randrange(2)) in {0, 1}
    held = thaw(b"c", [kept_by_one[key] for key in sorted(kept_by_one)], {})
    assert (held.last_offset, held.arrived_ms, held.nodes) == (offset - 1, APPENDED_MS, stayed.nodes)
    discard(held.content)
