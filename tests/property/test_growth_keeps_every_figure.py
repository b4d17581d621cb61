"""Whatever stands in a topic, moving it to more partitions changes no table: strays, copies, replays, broken records, forged headers."""

from hypothesis import given, settings
from hypothesis import strategies as st
from support.growth import Topic, Worker
from support.strategies import examples
from support.stream import event_json

from pipeline.kafka import partition_for
from pipeline.stream.misplaced import HEADER
from schemas.dead_letter import REPLAY_HEADER, Identity
from schemas.topics import MOVED_HEADER

MANY = settings(max_examples=examples(200), deadline=None)
CONTENTS = [f"content {n}" for n in range(7)]
EVENTS = [f"e{n}" for n in range(12)]
LETTERS = [Identity("share.events", 0, n, 5) for n in range(3)]

contents, events, letters = st.sampled_from(CONTENTS), st.sampled_from(EVENTS), st.sampled_from(LETTERS)
acts = st.one_of(
    st.tuples(st.just("share"), contents, events, events),
    st.tuples(st.just("retract"), contents, events, events),
    st.tuples(st.just("like"), contents, events, events),
)
keys = st.sampled_from(["right", "right", "right", "wrong", "none"])
partitions = st.sampled_from([None, None, None, 0, 1])
noise = st.sampled_from(
    [
        (),
        (),
        (("traceparent", b"00-1"),),
        ((MOVED_HEADER, b"share.events:0:0:5"),),  # nobody but us writes it, and it is not believed
        ((HEADER, b"no origin"),),
    ]
)
records = st.tuples(acts, keys, partitions, noise, st.none() | letters)
broken = st.tuples(contents, st.sampled_from([b"broken", b"{}", None]))
logs = st.lists(st.one_of(records, records, broken), max_size=40)


def value_of(act):
    kind, content, event, other = act
    if kind == "retract":
        return event_json(f"r{event}", content, kind, target_event_id=event, actor_id=f"actor of {event}")
    return event_json(event, content, kind, parent_event_id=other, parent_basis="exact", audience_size=len(other))


def own_name(act):
    """A like that has its name for itself."""
    kind, content, event, other = act
    return (kind, content, f"l{event}", other) if kind == "like" else act


def fill(topic, log):
    for entry in log:
        if len(entry) == 2:
            content, value = entry
            topic.append(topic.place(content.encode()), content.encode(), value)
            continue
        act, key_kind, partition, headers, letter = entry
        right = act[1].encode()
        key = {"right": right, "wrong": b"another", "none": None}[key_kind]
        place = topic.place(key or b"") if partition is None else partition % topic.partitions
        if letter:
            headers = (*headers, (REPLAY_HEADER, str(letter).encode()))
        topic.append(place, key, value_of(act), headers)


def grown(worker, name, partitions):
    topic, _ = worker.topic.moved_to(name, partitions)
    new = Worker(topic, worker.epoch + 1)
    new.fold()
    return new


@MANY
@given(log=logs, sizes=st.sampled_from([(1, 2), (2, 4), (2, 3), (3, 7)]), crashes=st.integers(0, 3))
def test_every_table_is_equal_after_the_move_and_after_another_one(log, sizes, crashes):
    old = Worker(Topic("share.events", sizes[0]))
    fill(old.topic, log)
    old.fold(crashes)
    before = old.tables()
    new = grown(old, "share.events.more", sizes[1])
    assert new.tables() == before
    assert grown(new, "share.events.most", sizes[1] * 2 + 1).tables() == before


@MANY
@given(log=logs, later=logs, crashes=st.integers(0, 3))
def test_what_comes_after_the_move_has_the_effect_that_it_would_have_had_before(log, later, crashes):
    """Replays apart, and one id for two kinds of acts: which of two fixes of one letter counts, or which of two such acts that came on different
    partitions is the first, is a question of partitions.
    """
    stay = Worker(Topic("share.events", 2))
    fill(stay.topic, log)
    stay.fold(crashes)
    move = grown(stay, "share.events.more", 4)
    later = [entry if len(entry) == 2 else (own_name(entry[0]), *entry[1:4], None) for entry in later]
    for one in (stay, move):
        fill(one.topic, later)
        one.fold(crashes)
    after = stay.tables(), move.tables()
    for tables in after:
        tables["events"] = [{**row, "received_at": None} for row in tables["events"]]
        tables["dead_letters"] = [row["payload"] for row in tables["dead_letters"]]
    assert sorted(after[0].pop("dead_letters")) == sorted(after[1].pop("dead_letters"))
    assert after[0] == after[1]


@MANY
@given(log=logs, again=st.lists(st.tuples(contents, letters), max_size=5))
def test_a_letter_that_was_replayed_before_the_move_has_no_second_effect_after_it(log, again):
    old = Worker(Topic("share.events", 2))
    firsts = {letter: content for content, letter in again}
    for letter, content in firsts.items():
        key = content.encode()
        headers = [(REPLAY_HEADER, str(letter).encode())]
        old.topic.append(partition_for(key, 2), key, event_json("fixed", content), headers)
    fill(old.topic, log)
    old.fold()
    new = grown(old, "share.events.more", 4)
    before = new.tables()
    for letter, content in firsts.items():
        key = content.encode()
        headers = [(REPLAY_HEADER, str(letter).encode())]
        new.topic.append(partition_for(key, 4), key, event_json("fixed again", content), headers)
    new.fold()
    assert new.tables() == before
