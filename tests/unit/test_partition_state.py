"""What a range of records does to the state of its partition."""

from support.stream import APPENDED_MS, TOPIC, FakeRecord, apply, copy_of, event_json, record, state

from pipeline.kafka import partition_for
from pipeline.stream.decode import decode
from pipeline.stream.partition import PartitionState
from pipeline.stream.schedule import Schedule
from schemas.changelog import REPLAY_PREFIX, AlertRecord, replayed_identity
from schemas.dead_letter import REPLAY_HEADER
from schemas.rows import TABLES, Blocks


def frozen(target):
    out = Blocks()
    target.freeze(out)
    return {table: [dict(zip(block.names, row, strict=True)) for row in block.rows] for table, block in out.items()}


def test_good_neighbours_of_a_broken_record_are_counted():
    target = state()
    done = apply(target, record(0, "a"), FakeRecord(1, b"c", b"\xff{"), record(2, "b"))
    assert done.folded == 2
    assert [letter.record.offset for letter in done.dead_letters] == [1]
    assert frozen(target)["contents"][0]["size"] == 3


def test_a_broken_record_makes_a_row_with_its_identity_and_its_bytes():
    target = state(partition=0)
    apply(target, FakeRecord(7, None, b"not json"))
    (row,) = frozen(target)["dead_letters"]
    assert (row["topic"], row["kafka_partition"], row["kafka_offset"]) == (TOPIC, 0, 7)
    assert (row["key"], row["payload"], row["reason"]) == (b"", b"not json", "not_json")
    assert row["received_at"] == APPENDED_MS * 1000


def test_a_tombstone_is_a_dead_letter_too():
    assert apply(state(), FakeRecord(0, b"c", None)).dead_letters[0].error.reason == "no_value"


def test_records_that_were_applied_are_skipped():
    target = state()
    apply(target, record(0, "a"), record(1, "b"))
    done = apply(target, record(0, "a"), record(1, "b"), record(2, "c"))
    assert (done.skipped, done.folded, done.duplicates) == (2, 1, 0)
    assert frozen(target)["contents"][0]["duplicates"] == 0


def test_broken_and_misplaced_records_are_dealt_with_once():
    target = state()
    again = [FakeRecord(0, b"c", b"?"), FakeRecord(1, b"wrong", event_json("a"))]
    apply(target, *again)
    done = apply(target, *again)
    assert (done.skipped, done.dead_letters, done.misplaced) == (2, [], [])


def test_a_record_under_a_wrong_or_missing_key_is_not_folded_where_it_stands():
    target = state()
    done = apply(target, FakeRecord(0, b"other", event_json("a")), FakeRecord(1, None, event_json("b")))
    assert (done.folded, len(target)) == (0, 0)
    assert [(one.key, one.partition) for one in done.misplaced] == [(b"c", 0), (b"c", 0)]


def test_a_wrong_key_is_noticed_for_a_content_that_is_known_too():
    target = state()
    done = apply(target, record(0, "a"), FakeRecord(1, b"C", event_json("b")))
    assert (done.folded, len(done.misplaced)) == (1, 1)


def test_a_record_in_another_partition_than_its_key_belongs_to_is_misplaced():
    home = partition_for(b"c", 8)
    stray = state(partition=(home + 1) % 8, partitions=8)
    (misplaced,) = apply(stray, record(0, "a")).misplaced
    assert misplaced.partition == home
    assert apply(state(partition=home, partitions=8), record(0, "a")).folded == 1


def test_a_re_keyed_copy_is_folded_once_whatever_is_produced_twice():
    target = state()
    done = apply(
        target, copy_of((1, 5), 0, "a"), copy_of((1, 6), 1, "b"), copy_of((1, 5), 2, "a"), copy_of((1, 6), 3, "b")
    )
    assert (done.folded, done.repeats, done.duplicates) == (2, 2, 0)
    assert frozen(target)["contents"][0]["duplicates"] == 0


def test_an_origin_that_lies_loses_no_event_of_another():
    target = state()
    done = apply(target, copy_of((1, 10**17), 0, "liar"), copy_of((1, 5), 1, "a"), copy_of((1, 5), 2, "a"))
    assert (done.folded, done.repeats) == (2, 1)
    assert frozen(target)["contents"][0]["size"] == 3


def test_rows_carry_the_epoch_and_the_last_offset_of_their_own_content():
    target = state(epoch=3)
    apply(target, record(10, "a", "one"), record(11, "b", "two"), record(12, "c", "two"))
    contents = {row["content_id"]: row for row in frozen(target)["contents"]}
    assert contents["one"]["version"] == 3 << 48 | 10
    assert contents["two"]["version"] == 3 << 48 | 12
    assert contents["two"]["kafka_offset"] == 12


def test_each_accepted_act_makes_one_raw_row_and_a_plain_copy_none():
    target = state()
    apply(
        target,
        record(0, "a", audience_size=0, attributes={"url": "u"}),
        record(1, "a", audience_size=0, attributes={"url": "u"}),
    )
    (row,) = frozen(target)["events"]
    assert list(row) == list(TABLES["events"].model_fields)
    assert (row["event_id"], row["kafka_offset"], row["audience_size"], row["count"]) == ("a", 0, 0, -1)
    assert (row["attributes"], row["campaign_id"], row["received_at"]) == ({"url": "u"}, "", APPENDED_MS * 1000)


def test_a_better_copy_makes_a_raw_row_with_a_higher_version():
    target = state()
    apply(target, record(0, "a", parent_event_id="p"), record(1, "a", parent_event_id="p", parent_basis="exact"))
    assert [(row["parent_basis"], row["version"]) for row in frozen(target)["events"]] == [("none", 0), ("exact", 1)]


def test_nothing_is_frozen_twice():
    target = state()
    apply(target, record(0, "a"), FakeRecord(1, b"c", b"?"))
    assert set(frozen(target)) >= {"contents", "events", "edges", "dead_letters"}
    assert frozen(target) == {}


def test_a_repeat_that_changes_nothing_makes_no_rows():
    target = state()
    apply(target, record(0, "a"))
    frozen(target)
    apply(target, record(0, "a"))
    assert frozen(target) == {}


def test_what_is_discarded_makes_no_rows_but_stays_in_the_figures():
    target = state()
    apply(target, record(0, "a"), FakeRecord(1, b"c", b"?"))
    target.discard()
    assert frozen(target) == {}
    assert (len(target), target.nodes) == (1, 1)
    apply(target, record(2, "b"))
    assert frozen(target)["contents"][0]["size"] == 3


def test_the_rows_do_not_depend_on_how_the_log_is_cut_into_ranges():
    log = [record(n, f"e{n}", f"c{n % 3}", parent_event_id=f"e{n - 3}") for n in range(30)] + [
        FakeRecord(30, b"c", b"?")
    ]
    whole, cut = state(), state()
    apply(whole, *log)
    for start in range(0, len(log), 7):
        apply(cut, *log[start : start + 7])
    assert frozen(whole) == frozen(cut)


def test_large_dead_letters_weigh_more_rows():
    small = apply(state(), FakeRecord(0, b"c", b"?"))
    large = apply(state(), FakeRecord(0, b"c", b"?" * 512_000))
    assert small.rows == 1
    assert large.rows == 2001


def kept(target):
    """Everything frozen, and the changelog's keys for it."""
    target.freeze(Blocks())
    changes = target.changes()
    return changes and [key[:-5] for key, _ in changes.records]


def at(offset, event_id, content, arrived_ms):
    return FakeRecord(offset, content.encode(), event_json(event_id, content), timestamp=APPENDED_MS + arrived_ms)


def test_changes_tell_what_is_new_since_the_last_call():
    target = state()
    apply(target, record(0, "a", "one"), record(1, "b", "two"), copy_of((3, 9), 2, "c", "one"))
    target.freeze(Blocks())
    changes = target.changes()
    assert {key[:-5] for key, _ in changes.records} == {b"one", b"two"}
    assert (changes.next_offset, changes.fence) == (3, {3: 9})
    assert target.changes() is None
    apply(target, FakeRecord(3, b"c", b"broken"))
    assert (kept(target), target.changes()) == ([], None)


def test_idle_contents_leave_memory_by_arrival_time():
    target = state()
    apply(target, at(0, "a", "old", 1000), at(1, "b", "new", 5000))
    kept(target)
    assert target.evict(4000) == 0
    assert target.evict(3999) == 1
    assert (len(target), target.nodes, target.facts) == (1, 1, 1)


def test_above_the_ceiling_those_idle_the_longest_leave():
    target = state()
    apply(target, *(record(n, f"e{n}", f"content {n}") for n in range(10)))
    kept(target)
    apply(target, record(10, "x", "content 0"))
    kept(target)
    assert target.evict(10**9, surplus=4) == 4
    assert sorted(target._contents) == [f"content {n}" for n in (0, 5, 6, 7, 8, 9)]


def test_a_content_with_rows_or_changes_that_wait_stays():
    target = state()
    apply(target, at(0, "a", "rows", 0), at(1, "b", "later", 10**9))
    assert target.evict(1, surplus=100) == 0
    target.changes()
    assert target.evict(1, surplus=100) == 0, "rows wait"
    target.freeze(Blocks())
    apply(target, at(2, "c", "rows", 0))
    target.discard()
    assert target.evict(1, surplus=100) == 1, "changes wait"
    assert list(target._contents) == ["rows"]


def test_a_content_that_left_is_missing_and_a_new_one_is_not():
    target = state()
    target._cold = {b"c"}
    decoded = decode([record(0, "a"), record(1, "b", "new"), FakeRecord(2, b"c", b"broken")])
    assert target.missing(decoded) == [b"c"]


def test_a_replay_that_was_folded_is_kept_and_known_after_a_restore():
    once = FakeRecord(1, b"c", event_json("b"), headers=((REPLAY_HEADER, b"share.events:0:77:5"),))
    target = state()
    apply(target, record(0, "a"), once)
    kept_keys = [key for key, _ in target.changes().records if key.startswith(REPLAY_PREFIX)]
    assert len(kept_keys) == 1
    back = state()
    back.resume(2, {}, 0, [replayed_identity(key) for key in kept_keys])
    again = FakeRecord(2, b"c", event_json("b"), headers=once.headers)
    assert apply(back, again).replay_repeats == 1


def watched():
    return PartitionState(TOPIC, 0, lambda _key: 0, {}, watched=True)


def test_each_content_that_had_a_record_is_named_once_whether_its_rows_are_made_or_not():
    target = watched()
    apply(target, record(0, "a", "one"), record(1, "b", "two"), record(2, "c", "one"))
    assert names(target.stirred()) == ["one", "two"]
    assert target.stirred() == []
    frozen(target)
    assert target.stirred() == [], "its rows are no news"
    apply(target, record(3, "d", "two"))
    frozen(target)
    apply(target, record(4, "e", "one"))
    assert names(target.stirred()) == ["one", "two"]
    apply(target, record(5, "e", "one"))
    assert names(target.stirred()) == ["one"], "before its rows are made, too"


def test_where_nobody_asks_nothing_is_noted():
    target = state()
    apply(target, record(0, "a"))
    frozen(target)
    assert target._stirred is None


def names(found):
    return sorted(held.content.content_id for held in found)


def test_a_pinned_content_stays_in_memory_however_long_it_is_idle():
    target = watched()
    apply(target, record(0, "a", "one"), record(1, "b", "two"))
    frozen(target)
    target.changes()
    target.stirred()
    target.get("one").pinned = True
    target.latest_ms += 10**9
    assert target.evict(1000, surplus=100) == 1
    assert names(target.contents()) == ["one"]


def test_a_content_does_not_leave_memory_before_it_was_looked_at():
    target, schedule = watched(), Schedule()
    apply(target, record(0, "a", "one"))
    frozen(target)
    target.changes()
    assert target.evict(0, surplus=100) == 0, "nobody knows of it yet"
    (held,) = target.stirred()
    schedule.stir(held, 0)
    assert target.evict(0, surplus=100) == 0, "it is in line"
    schedule.take(0)
    schedule.again(held, 0)
    assert target.evict(0, surplus=100) == 1


def of_sizes(**sizes):
    """Contents with so many facts, written, kept and looked at; the first is idle the longest."""
    target, offset = watched(), 0
    for content, size in sizes.items():
        apply(target, *(record(offset + n, f"{content}{n}", content) for n in range(size)))
        offset += size
        frozen(target)
        target.changes()
    schedule = Schedule()
    for held in target.stirred():
        schedule.stir(held, 0)
        schedule.again(held, schedule.take(0).watch.due_us)
    return target


OPEN = AlertRecord(1, is_quiet=False, state=b"")


def test_a_content_with_an_open_alert_leaves_only_where_all_others_do_not_make_up_for_the_excess():
    target = of_sizes(open=10, small=2, other=3)
    target.get("open").told = OPEN
    assert target.evict(10**9, surplus=15, excess=5) == 2
    assert names(target.contents()) == ["open"]
    assert target.slept() == []
    due_us = target.get("open").watch.due_us
    assert target.evict(10**9, surplus=5, excess=5) == 1
    assert (len(target), target.facts, target.nodes) == (0, 0, 0)
    assert target.slept() == [("open", due_us)], "so that it comes back for its next look"
    assert target.slept() == []


def test_only_those_that_would_leave_after_it_are_in_the_way_for_want_of_a_look():
    target = of_sizes(seen=4, first=5, open=1, second=3, last=2)
    target.get("open").told = OPEN
    for content in ("first", "second", "last"):
        target.get(content).watch.facts = 0
    assert names(target.in_the_way(0)) == []
    assert names(target.in_the_way(4)) == [], "what was seen makes up for it"
    assert names(target.in_the_way(9)) == ["first"]
    assert names(target.in_the_way(10)) == ["first", "second"]
    assert names(target.in_the_way(100)) == ["first", "last", "second"]
    apply(target, record(15, "x", "first"))
    assert names(target.in_the_way(9)) == ["last", "second"], "its rows wait"


def test_who_may_raise_no_alert_waits_for_no_look():
    target = of_sizes(one=5)
    target.get("one").watch.facts = 0
    assert target.evict(10**9, surplus=5) == 0
    target.raises_alerts = False
    assert target.evict(10**9, surplus=5) == 1


def test_what_left_memory_is_not_held_by_what_was_planned_for_it():
    target = of_sizes(one=5)
    watch = target.get("one").watch
    target.evict(10**9, surplus=5)
    assert watch.held is None


def test_what_a_batch_needs_of_memory_is_what_its_contents_have_there():
    target = of_sizes(one=5, two=3)
    decoded = decode([record(8, "x", "two"), record(9, "y", "two"), record(10, "z", "new"), FakeRecord(11, b"c", b"?")])
    assert target.needed(decoded) == 3
