"""What may be committed: never more than is settled, and in the end all of it."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts.ledger import Page


@given(st.sets(st.integers(0, 50), min_size=1), st.randoms())
def test_the_offset_to_commit_is_just_behind_the_settled_records_without_a_gap(offsets, rng):
    page, order = Page(), sorted(offsets)
    for offset in order:
        page.begin(offset)
    settled = set()
    shuffled = rng.sample(order, len(order))
    for offset in shuffled:
        page.settle(offset)
        settled.add(offset)
        whole = []
        for one in order:
            if one not in settled:
                break
            whole.append(one)
        assert page.next_offset == (whole[-1] + 1 if whole else None)
    assert page.to_commit == order[-1] + 1


def test_what_was_committed_is_not_committed_again():
    page = Page()
    page.begin(7)
    assert page.to_commit is None
    page.settle(7)
    assert page.to_commit == 8
    page.committed = 8
    assert page.to_commit is None
