"""Sample records reach Kafka when they are meant to."""

from __future__ import annotations

import pytest

from pipeline.ingest.generator import Arrival
from pipeline.ingest.play import TICK_S, play


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


class Target:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.put_at: list[tuple[float, bytes]] = []
        self.flushed = 0

    async def put(self, key: bytes | None, value: bytes) -> None:
        self.put_at.append((self.clock.at - 100.0, value))

    async def flush(self) -> None:
        self.flushed = len(self.put_at)


async def test_history_goes_at_once_and_the_rest_on_time() -> None:
    clock = Clock()
    target = Target(clock)
    times = [-50.0, -1.0, 0.0, 0.5, 0.51, 3.0]
    await play([Arrival(at, b"k", b"%d" % n) for n, at in enumerate(times)], target, clock.now, clock.sleep)
    assert [value for _, value in target.put_at] == [b"%d" % n for n in range(len(times))]
    for (put, _), wanted in zip(target.put_at, times, strict=True):
        assert max(wanted, 0) - 1e-9 <= put <= max(wanted, 0) + TICK_S + 1e-9
    assert target.flushed == len(times)


async def test_nothing_waits_unsent_while_the_next_record_is_far_away() -> None:
    clock = Clock()
    target = Target(clock)
    seen: list[int] = []

    async def sleep(seconds: float) -> None:
        seen.append(len(target.put_at) - target.flushed)
        clock.at += seconds

    await play([Arrival(at, b"k", b"v") for at in (0.0, 1.0, 2.0)], target, clock.now, sleep)
    assert set(seen) == {0}


async def test_a_record_that_kafka_refuses_ends_the_play() -> None:
    class Refusing(Target):
        async def put(self, key, value) -> None:
            raise OSError("refused")

    clock = Clock()
    with pytest.raises(OSError, match="refused"):
        await play([Arrival(0.0, b"k", b"v")], Refusing(clock), clock.now, clock.sleep)
