"""Facts folded again give the identical state: every row that follows is equal, to the bit and in its order."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import PARTITION
from support.events import CONTENT
from support.strategies import EFFORT, POPULATION, any_logs

from pipeline.cascade import Content, Outcome, discard, encode_fact, fold, freeze, replay, restore
from schemas.changelog import Chunk, Fact, chunk_value, decode_chunk
from schemas.rows import Blocks
from schemas.wire import micros

MANY = settings(max_examples=500 * EFFORT, deadline=None)
decode = msgspec.msgpack.Decoder(Fact).decode


def folded(content, log):
    """Folds the log; returns the facts of what changed the content, as the changelog has them."""
    facts = []
    for event in log:
        at = micros(event.occurred_at)
        if fold(content, event, at) is not Outcome.DUPLICATE:
            facts.append(encode_fact(event, at))
    return facts


def rows(content):
    out = Blocks()
    freeze(content, partition=PARTITION, offset=7, version=7, out=out)
    return {table: block.rows for table, block in out.items()}


@MANY
@given(log=any_logs)
def test_facts_folded_again_make_the_tables_of_the_full_log(log):
    whole, again = Content(CONTENT, POPULATION), Content(CONTENT, POPULATION)
    facts = folded(whole, log)
    replay(again, map(decode, facts))
    again.duplicates = whole.duplicates
    assert rows(again) == rows(whole)


@MANY
@given(log=any_logs, cut=st.integers(0, 30))
def test_a_restored_content_goes_on_as_if_it_had_never_left(log, cut):
    whole = Content(CONTENT, POPULATION)
    facts = folded(whole, log[:cut])
    discard(whole)
    back = restore(CONTENT, POPULATION, map(decode, facts), whole.duplicates)
    assert rows(back) == {}
    assert folded(back, log[cut:]) == folded(whole, log[cut:])
    assert rows(back) == rows(whole)


@MANY
@given(log=any_logs, head=st.tuples(*[st.integers(0, 1 << 62)] * 3))
def test_a_chunk_holds_its_facts_and_its_head(log, head):
    facts = folded(Content(CONTENT, POPULATION), log)
    value = chunk_value(*head, len(facts), b"".join(facts))
    assert decode_chunk(value) == Chunk(*head, [decode(fact) for fact in facts])
