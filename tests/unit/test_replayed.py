"""A dead letter that is sent again has its effect once; one that is refused again names the first."""

from __future__ import annotations

import pytest
from support.stream import FakeRecord, apply, event_json, state

from pipeline.stream.replayed import Replayed
from schemas.dead_letter import REPLAY_HEADER, Identity, replayed
from schemas.rows import Blocks

LETTER = Identity("share.events", 3, 17, 1_709_340_000_000)


def again(offset, value, identity=LETTER):
    return FakeRecord(offset, b"c", value, headers=((REPLAY_HEADER, str(identity).encode()),))


def figures(target):
    out = Blocks()
    target.freeze(out)
    return out["contents"].rows


def test_replaying_twice_changes_no_figure_not_even_duplicates():
    target = state()
    assert apply(target, again(0, event_json("e"))).folded == 1
    target.freeze(Blocks())
    done = apply(target, again(1, event_json("e")), again(2, event_json("another fix of it")))
    assert (done.folded, done.duplicates, done.replay_repeats, done.dead_letters) == (0, 0, 2, [])
    assert figures(target) == []


def test_two_letters_are_two_events():
    done = apply(state(), again(0, event_json("a")), again(1, event_json("b"), LETTER._replace(offset=18)))
    assert (done.folded, done.replay_repeats) == (2, 0)


def test_a_letter_of_a_topic_made_anew_under_the_old_name_is_another():
    done = apply(state(), again(0, event_json("a")), again(1, event_json("b"), LETTER._replace(received_at_ms=1)))
    assert (done.folded, done.replay_repeats) == (2, 0)


def test_a_replay_that_is_still_broken_names_the_first_letter_and_leaves_the_way_free_for_a_better_fix():
    done = apply(state(), again(0, b"broken"), again(1, event_json("e")), again(2, event_json("e")))
    (letter,) = done.dead_letters
    headers = dict(letter.headers)
    assert (headers["replay_of"], headers["offset"]) == (b"share.events:3:17:1709340000000", b"0")
    assert (done.folded, done.replay_repeats) == (1, 1)


def test_a_first_failure_names_no_other():
    (letter,) = apply(state(), FakeRecord(0, b"c", b"broken")).dead_letters
    assert "replay_of" not in dict(letter.headers)


def test_the_fence_is_a_function_of_the_log_so_a_rebuilt_state_lets_no_repeat_in():
    records = [again(0, event_json("e")), again(1, event_json("e"))]
    whole, rebuilt = state(), state()
    apply(whole, *records)
    apply(rebuilt, records[0])
    assert apply(rebuilt, records[1]).replay_repeats == 1
    assert figures(whole)[0][:30] == figures(rebuilt)[0][:30]


def test_what_the_fence_has_seen_can_be_kept_and_given_to_another():
    fence = Replayed()
    header = [(REPLAY_HEADER, b"t:0:5:1")]
    assert not fence.is_repeat(header)
    assert Replayed(fence.seen()).is_repeat(header)


@pytest.mark.parametrize("value", [b"", b"t:1:1", b"t:1:-1:1", b"t:x:1:1", b"t u:1:1:1", b"t:1:1:" + b"9" * 40])
def test_a_header_that_we_did_not_write_is_ignored(value):
    assert replayed([(REPLAY_HEADER, value)]) is None
    fence = Replayed()
    assert not fence.is_repeat([(REPLAY_HEADER, value)])
    assert not fence.is_repeat([(REPLAY_HEADER, value)])


def test_an_identity_is_read_back_as_it_was_written():
    assert Identity.read(str(LETTER).encode()) == LETTER
