"""Records in the wrong place: the header, and the fence that lets each copy in once."""

from support.stream import FakeRecord, copy_of

from pipeline.stream.misplaced import HEADER, MAX_HEADER_BYTES, Fence, Misplaced
from schemas.dead_letter import REPLAY_HEADER


def is_repeat(fence, origin):
    return fence.is_repeat(copy_of(origin, 0, "e").headers)


def test_the_first_copy_passes_and_the_second_is_a_repeat():
    fence = Fence()
    assert not is_repeat(fence, (3, 17))
    assert is_repeat(fence, (3, 17))


def test_copies_of_a_range_produced_twice_pass_once_each():
    fence = Fence()
    produced = [(3, 5), (3, 7), (3, 5), (3, 7), (3, 9)]
    assert [is_repeat(fence, origin) for origin in produced] == [False, False, True, True, False]


def test_each_source_partition_has_a_fence_of_its_own():
    fence = Fence()
    assert not is_repeat(fence, (0, 100))
    assert not is_repeat(fence, (1, 5))


def test_a_record_without_origin_is_never_a_repeat():
    fence = Fence()
    assert not fence.is_repeat([])
    assert not fence.is_repeat([("traceparent", b"00-1")])


def test_an_origin_that_we_did_not_write_is_ignored():
    fence = Fence()
    for value in (b"", b"x:1", b"1:-1", b"1:1:1:1", b"9" * 40 + b":1", "\u0661:\u0661".encode()):
        assert not fence.is_repeat([(HEADER, value)])
        assert not fence.is_repeat([(HEADER, value)])


def test_a_copy_keeps_the_headers_and_says_where_the_record_stood():
    stood = FakeRecord(17, b"wrong", b"{}", headers=(("traceparent", b"00-1"),))
    assert Misplaced(b"right", 2, stood, 3).headers == [("traceparent", b"00-1"), (HEADER, b"3:17")]


def test_a_copy_of_a_copy_names_the_last_place_only():
    stood = FakeRecord(17, b"wrong", b"{}", headers=((HEADER, b"9:9"),))
    assert Misplaced(b"right", 2, stood, 3).headers == [(HEADER, b"3:17")]


def test_headers_that_would_make_the_copy_too_large_are_left_out_but_ours_stay():
    replay = (REPLAY_HEADER, b"t:0:1:5")
    stood = FakeRecord(17, b"wrong", b"{}", headers=(("trace", b"x" * MAX_HEADER_BYTES), replay))
    assert Misplaced(b"right", 2, stood, 3).headers == [replay, (HEADER, b"3:17")]
