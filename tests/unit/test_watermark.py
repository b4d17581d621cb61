"""Waiting for ClickHouse: done only when every partition's committed offset has reached its end."""

from __future__ import annotations

import pytest

from pipeline.errors import UnavailableError
from pipeline.ingest.watermark import wait_for


class Committed:
    def __init__(self, *answers: dict[int, int]) -> None:
        self.answers = list(answers)

    async def __call__(self) -> dict[int, int]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_returns_when_the_last_partition_has_arrived() -> None:
    missing: list[int] = []
    committed = Committed({}, {0: 5}, {0: 10, 1: 3}, {0: 10, 1: 4}, {0: 12, 1: 5})
    await wait_for({0: 10, 1: 5}, committed, missing.append, stall_s=5, poll_s=0)
    assert missing == [15, 10, 2, 1, 0]
    assert len(committed.answers) == 1


async def test_offsets_beyond_the_end_of_one_partition_do_not_make_up_for_another() -> None:
    with pytest.raises(UnavailableError, match="1 records are in Kafka but not in ClickHouse"):
        await wait_for({0: 10, 1: 5}, Committed({0: 99, 1: 4}), lambda _: None, stall_s=0.05, poll_s=0.01)


async def test_nothing_to_wait_for_returns_at_once() -> None:
    await wait_for({}, Committed({}), lambda _: None, stall_s=0, poll_s=0)


async def test_no_worker_is_said_with_what_to_do() -> None:
    with pytest.raises(UnavailableError, match="Is `cascades worker` running"):
        await wait_for({0: 1}, Committed({}), lambda _: None, stall_s=0.05, poll_s=0.01)


async def test_slow_is_not_stalled() -> None:
    steps = [{0: number} for number in range(31)]
    await wait_for({0: 30}, Committed(*steps), lambda _: None, stall_s=0.1, poll_s=0.01)
