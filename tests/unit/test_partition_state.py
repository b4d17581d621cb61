"""What a range of records does to the state of its partition."""

from support.stream import APPENDED_MS, TOPIC, FakeRecord, apply, copy_of, event_json, record, state

from pipeline.kafka import partition_for
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
