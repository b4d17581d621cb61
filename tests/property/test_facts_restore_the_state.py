"""Facts folded again give the identical state: every row that follows is equal, to the bit and in its order."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import PARTITION
from support.events import CONTENT, child, retract
from support.strategies import POPULATION, SHAPES, any_logs, examples, large_log

from pipeline.cascade import Content, discard, fold, freeze, restore
from pipeline.cascade.facts import Reader
from pipeline.cascade.restoring import replay
from schemas.changelog import Chunk, Fact, chunk_value, decode_chunk, decode_head
from schemas.rows import Blocks
from schemas.wire import micros

MANY = settings(max_examples=examples(500), deadline=None)
decode = msgspec.msgpack.Decoder(Fact).decode


def folded(content, log):
    """Folds the log; returns the facts of what changed the content, as the changelog has them."""
    facts = []
    for event in log:
        fold(content, event, micros(event.occurred_at), facts)
    return facts


def chunk(facts, duplicates=0):
    return chunk_value(7, 8, duplicates, len(facts), b"".join(facts))


def rows(content):
    out = Blocks()
    freeze(content, partition=PARTITION, offset=7, version=7, out=out)
    return {table: block.rows for table, block in out.items()}


@MANY
@given(log=any_logs)
def test_facts_folded_again_make_the_tables_of_the_full_log(log):
    whole, again = Content(CONTENT, POPULATION), Content(CONTENT, POPULATION)
    replay(again, Reader(chunk(folded(whole, log))))
    again.duplicates = whole.duplicates
    assert rows(again) == rows(whole)


@MANY
@given(log=any_logs, cuts=st.lists(st.integers(0, 30), max_size=3), cut=st.integers(0, 30))
def test_a_restored_content_goes_on_as_if_it_had_never_left(log, cuts, cut):
    whole = Content(CONTENT, POPULATION)
    facts = folded(whole, log[:cut])
    discard(whole)
    places = [0, *sorted(cuts), len(facts)]
    chunks = [chunk(facts[start:end], whole.duplicates) for start, end in pairwise(places)]
    back = restore(CONTENT, POPULATION, chunks)
    assert (back.last_offset, back.arrived_ms, back.facts) == (7, 8, len(facts))
    assert chunks[-1][back.start :] == b"".join(facts[places[-2] :])
    assert rows(back.content) == {}
    assert folded(back.content, log[cut:]) == folded(whole, log[cut:])
    assert rows(back.content) == rows(whole)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_sum_below_a_spread_is_what_folding_made(shape):
    nodes = 300
    log = large_log(shape, nodes, seed=5)
    whole = Content(CONTENT, POPULATION)
    back = restore(CONTENT, POPULATION, [chunk(folded(whole, log), whole.duplicates)]).content
    discard(whole)
    for content in (whole, back):
        for node in range(nodes):
            below = child(f"m{node}", f"n{node}", audience_size=node)
            undone = retract(f"undo {node}", f"n{node}", attributes={"right": "moderate"})
            folded(content, [below, undone])
    made = rows(back)
    assert len(made["amplifiers"]) > nodes
    assert made == rows(whole)


@MANY
@given(log=any_logs, head=st.tuples(*[st.integers(0, 1 << 62)] * 3))
def test_a_chunk_holds_its_facts_and_its_head(log, head):
    facts = folded(Content(CONTENT, POPULATION), log)
    value = chunk_value(*head, len(facts), b"".join(facts))
    assert decode_chunk(value) == Chunk(*head, [decode(fact) for fact in facts])
    seen = decode_head(value)
    assert (seen.last_offset, seen.arrived_ms, seen.duplicates) == head
