"""Waits between attempts."""

from random import Random

from pipeline.backoff import Backoff


def test_each_wait_is_a_random_half_to_all_of_a_doubling_bound():
    waits = Backoff(1.0, 8.0, Random(4))
    for bound in (1, 2, 4, 8, 8, 8):
        assert bound / 2 <= waits.next() <= bound


def test_two_workers_do_not_wait_alike():
    one, other = Backoff(rng=Random(1)), Backoff(rng=Random(2))
    assert [one.next() for _ in range(3)] != [other.next() for _ in range(3)]


def test_a_success_starts_anew():
    waits = Backoff(1.0, 100.0)
    for _ in range(5):
        waits.next()
    waits.reset()
    assert waits.next() <= 1.0
