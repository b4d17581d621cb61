"""What time it is for a partition."""

from pipeline.stream.partition_clock import PartitionClock

NOON = 1_709_380_800_000_000
SECOND = 1_000_000


def test_at_the_end_of_the_log_it_is_now():
    assert PartitionClock().now_us(NOON, 5, at_end=True) == NOON


def test_before_the_end_it_is_when_kafka_took_the_last_record_folded():
    assert PartitionClock().now_us(NOON, (NOON - 3600 * SECOND) // 1000, at_end=False) == NOON - 3600 * SECOND


def test_before_anything_is_folded_nothing_is_known():
    assert PartitionClock().now_us(NOON, 0, at_end=False) == 0


def test_it_never_goes_back():
    clock = PartitionClock()
    clock.now_us(NOON, 0, at_end=True)
    assert clock.now_us(NOON - SECOND, 0, at_end=True) == NOON
    assert clock.now_us(NOON + SECOND, (NOON - SECOND) // 1000, at_end=False) == NOON
    assert clock.now_us(NOON + SECOND, 0, at_end=True) == NOON + SECOND


def test_a_broker_whose_clock_is_ahead_takes_nobody_into_the_future():
    assert PartitionClock().now_us(NOON, (NOON + 3600 * SECOND) // 1000, at_end=False) == NOON
