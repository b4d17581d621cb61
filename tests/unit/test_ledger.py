"""What may be committed: the ledger of one partition."""

import pytest

from pipeline.stream.ledger import Ledger, LedgerError


def test_nothing_is_committable_before_a_range_is_acknowledged():
    ledger = Ledger()
    ledger.hand_out(0, 9)
    assert ledger.committable is None


def test_an_acknowledged_range_is_committable_up_to_one_after_its_end():
    ledger = Ledger()
    ledger.hand_out(5, 9).acknowledge()
    assert ledger.committable == 10


def test_nothing_is_committed_past_a_range_in_the_middle_that_is_not_acknowledged():
    ledger = Ledger()
    first, middle, last = ledger.hand_out(0, 9), ledger.hand_out(10, 19), ledger.hand_out(20, 29)
    last.acknowledge()
    first.acknowledge()
    assert ledger.committable == 10
    middle.acknowledge()
    assert ledger.committable == 30


def test_offsets_that_are_missing_between_two_ranges_hold_nothing_up():
    ledger = Ledger()
    ledger.hand_out(0, 9).acknowledge()
    ledger.hand_out(12, 19).acknowledge()
    assert ledger.committable == 20


def test_after_a_drop_an_acknowledgement_of_before_has_no_effect():
    ledger = Ledger()
    late = ledger.hand_out(0, 9)
    ledger.drop()
    late.acknowledge()
    assert not late.live
    assert ledger.committable is None


def test_after_a_drop_the_same_offsets_may_be_handed_out_again():
    ledger = Ledger()
    ledger.hand_out(0, 9)
    ledger.drop()
    ledger.hand_out(0, 4).acknowledge()
    assert ledger.committable == 5


@pytest.mark.parametrize(("first", "last"), [(5, 12), (9, 12), (0, 3), (12, 10)])
def test_a_range_that_goes_back_is_refused(first, last):
    ledger = Ledger()
    ledger.hand_out(0, 9)
    with pytest.raises(LedgerError):
        ledger.hand_out(first, last)


def test_what_is_committed_does_not_stay_in_memory():
    ledger = Ledger()
    for start in range(0, 100, 10):
        ledger.hand_out(start, start + 9).acknowledge()
    assert ledger.committable == 100
    assert len(ledger) == 0
