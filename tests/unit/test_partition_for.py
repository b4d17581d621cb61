from __future__ import annotations

import pytest

from pipeline.kafka import partition_for

# Hashes that Kafka's own tests expect of its Java implementation.
HASHES = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "signed"), HASHES.items())
def test_the_partition_of_a_key_is_the_one_of_kafkas_default_partitioner(key, signed):
    assert [partition_for(key, count) for count in (1, 8, 999_983)] == [
        (signed & 0x7FFFFFFF) % count for count in (1, 8, 999_983)
    ]


def test_an_empty_key_is_a_key():
    assert 0 <= partition_for(b"", 8) < 8
