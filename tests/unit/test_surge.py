"""When too many records are refused."""

from __future__ import annotations

import pytest

from pipeline.errors import DeadLetterSurgeError
from pipeline.stream.surge import Surge


def test_it_is_off_unless_it_is_set():
    surge = Surge(0.0, 10)
    for _ in range(100):
        surge.saw(100, 100)


def test_a_share_above_the_set_one_stops_and_says_what_to_do():
    surge = Surge(0.1, 100)
    surge.saw(100, 10)
    with pytest.raises(DeadLetterSurgeError, match=r"100 of the last 100 .*STOP_SHARE=0\.1 .*cascades dlq list"):
        surge.saw(100, 100)


def test_a_few_refused_records_at_the_start_are_no_rise():
    surge = Surge(0.1, 100)
    surge.saw(5, 5)
    surge.saw(94, 0)
    surge.saw(1, 0)


def test_only_the_last_records_count():
    surge = Surge(0.1, 100)
    surge.saw(10_000, 0)
    surge.saw(100, 9)
    with pytest.raises(DeadLetterSurgeError):
        surge.saw(100, 11)
