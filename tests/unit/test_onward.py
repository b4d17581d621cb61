"""What a partition does with a content that a link merges into another one, case by case."""

from msgspec.structs import replace
from support.events import act
from support.merging import Topic, Workers, home
from support.stream import FakeRecord, apply, event_json, state

from pipeline.stream.decode import decode
from pipeline.stream.onward import MOST_BYTES, Passage, passage_of
from pipeline.stream.relocate import Relocation, Stays
from schemas.topics import MERGED_HEADER


def told(content, *events):
    return [replace(event, content_id=content) for event in events]


def link(source, target, name="link", by="us"):
    return replace(act(name, "link", by=by, target_content_id=target), content_id=source)


def undo(source, name="link", by="us"):
    return replace(act(f"undo {name} by {by}", "retract", by=by, target_event_id=name), content_id=source)


def sizes(*events):
    """By content, after all of them one by one."""
    workers = Workers(Topic())
    for event in events:
        workers.topic.send(event)
        workers.settle()
    return {name: rows["contents", name]["size"] for name, rows in workers.shown().items()}


def test_what_comes_after_the_link_goes_on_too():
    assert sizes(*told("b", act("1")), link("b", "c"), *told("b", act("2"))) == {"c": 3}


def test_a_link_before_everything_else_is_the_same():
    assert sizes(link("b", "c"), *told("b", act("1")), *told("c", act("2"))) == {"c": 3}


def test_the_first_of_two_links_is_in_force():
    assert sizes(link("b", "c"), link("b", "d", "second"), *told("b", act("1"))) == {"c": 2}


def test_a_link_that_is_undone_ends_for_what_comes_later_only():
    assert sizes(*told("b", act("1")), link("b", "c"), undo("b"), *told("b", act("2"))) == {"c": 2, "b": 2}


def test_after_that_another_link_moves_the_rest():
    assert sizes(
        *told("b", act("1")),
        link("b", "c"),
        undo("b"),
        *told("b", act("2")),
        link("b", "d", "second"),
        *told("b", act("3")),
    ) == {"c": 2, "d": 3}


def test_somebody_elses_retraction_does_not_end_a_link():
    assert sizes(link("b", "c"), undo("b", by="stranger"), *told("b", act("1"))) == {"c": 2}


def test_a_share_of_a_quote_hangs_on_the_quote_once_it_is_linked_to_its_root():
    workers = Workers(Topic())
    shares = told("quote", act("share", parent_event_id="quote", parent_basis="exact"))
    for event in (*shares, *told("root", act("quote", "quote")), link("quote", "root")):
        workers.topic.send(event)
        workers.settle()
    assert workers.shown()["root"]["edges", "share"]["depth"] == 2


def test_totals_of_merged_posts_add_up():
    workers = Workers(Topic())
    for name, count in (("b", 500), ("c", 30)):
        workers.topic.send(replace(act(f"k {name}", "counter", counter_kind="view", count=count), content_id=name))
    workers.topic.send(link("b", "c"))
    workers.settle()
    assert workers.shown()["c"]["contents", "c"]["counted_views"] == 530


def test_a_header_that_cannot_be_read_is_not_ours():
    for value in (b"", b"[]", b'{"through": []}', b'{"through": ["b"], "x": 1}', b"\xff"):
        record = FakeRecord(0, b"c", event_json("a"), headers=((MERGED_HEADER, value),))
        assert passage_of(record) is None
        assert apply(state(), record).folded == 1


def test_a_chain_without_an_end_becomes_a_dead_letter_and_no_poison():
    through = Passage([f"{number}" + "x" * 500 for number in range(MOST_BYTES // 500)])
    target = state()
    header = ((MERGED_HEADER, b'{"through":["%s"]}' % b'","'.join(name.encode() for name in through.through)),)
    apply(target, FakeRecord(0, b"c", event_json("l", kind="link", target_content_id="d")))
    done = apply(target, FakeRecord(1, b"c", event_json("a"), headers=header))
    assert [letter.error.reason for letter in done.dead_letters] == ["out_of_range"]


def test_copies_stay_behind_when_the_topic_grows_because_the_link_makes_them_again():
    copy = FakeRecord(0, b"c", event_json("a"), headers=((MERGED_HEADER, b'{"through":["b"]}'),))
    move = Relocation("share.events", 0, lambda _: 0, lambda _: 0)
    assert move.judge(copy, decode([copy])[0]) is Stays.MERGED


def test_a_ring_is_kept_by_its_smallest_id():
    assert home("e", {"e": "d", "d": "c", "c": "d"}) == "c"
    assert sizes(link("c", "d"), link("d", "c"), link("e", "d"), *told("e", act("1")), *told("d", act("2"))) == {"c": 3}
