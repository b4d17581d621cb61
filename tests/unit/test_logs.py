"""What the worker writes to its log."""

import logging

from pipeline.logs import Sparing


def line(name, level=logging.ERROR):
    return logging.LogRecord(name, level, __file__, 1, "text", None, None)


def test_a_library_that_repeats_itself_writes_one_line_a_minute():
    sparing = Sparing()
    assert [sparing.filter(line("aiokafka")) for _ in range(3)] == [True, False, False]
    assert sparing.filter(line("aiokafka.consumer.fetcher"))
    assert sparing.filter(line("aiokafka", logging.CRITICAL))


def test_it_may_write_again_when_the_minute_is_over():
    sparing = Sparing(repeat_after_s=0.0)
    assert all(sparing.filter(line("aiokafka")) for _ in range(3))


def test_our_own_lines_all_pass():
    sparing = Sparing()
    assert all(sparing.filter(line("cascades.flush")) for _ in range(3))
