"""Lives under a tiny ceiling of memory with alerts on: it holds at every moment, after restarts too, and no alert is lost or told twice."""

from contextlib import ExitStack, contextmanager
from random import Random
from unittest.mock import patch

import msgspec
import pytest
from msgspec.structs import replace
from simulation import world
from simulation.events import Sent
from simulation.faults import Fault
from simulation.run import _quiet, simulated
from simulation.world import World
from support.strategies import large_log

from pipeline.kafka import partition_for
from pipeline.stream.memory import Memory
from pipeline.stream.partition import PartitionState

CEILING, RANGE = 100, 5
CONTENTS, NODES = 30, 19
LARGEST = 27
"""Facts of the largest content. Its second alert is raised by the last of its nodes, the post among them."""
BOUND = CEILING + RANGE * LARGEST + LARGEST
"""The ceiling, what one range brings back, and one content that comes back for a look."""
FAULTS = [
    Fault("kill", 4.0, 1.0, 0),
    Fault("rebalance", 6.0, 0.0),
    Fault("stop", 7.5, 1.0, 1),
    Fault("kill", 9.0, 0.5, 0),
]
SEEDS = range(2)
NOTICED_WITHIN = range(20)
"""Two lives of five notice a broken promise."""


def sent(partitions):
    """Many contents that each raise two alerts, their records mixed, in a few bursts."""
    rng = Random(7)
    log = [
        replace(event, content_id=f"content {number}")
        for number in range(CONTENTS)
        for event in large_log("recursive tree", NODES, number)
    ]
    rng.shuffle(log)
    moments = sorted(rng.choice((1.0, 3.0, 8.0)) + rng.random() for _ in log)
    for at, event in zip(moments, log, strict=True):
        key = event.content_id.encode()
        yield Sent(round(at, 3), partition_for(key, partitions), key, msgspec.json.encode(event), event)


class Life:
    """One run, and the most facts that a worker had in memory while it lived."""

    def __init__(self, seed, partitions=2, faults=FAULTS):
        self.peak = 0
        plain = world._settings
        tiny = {
            "partitions": partitions,
            "fetch_max_records": RANGE,
            "flush_max_rows": 200_000,
            "state_max_events": CEILING,
            "state_idle_hours": 1.0,
        }
        with patch.object(world, "_settings", lambda rng: plain(rng).model_copy(update=tiny)):
            world_ = World(seed, list(sent(partitions)), faults)
        with self._measured(world_):
            world_.run()
        self.failures, self.told = world_.failures, len(world_.told)

    @contextmanager
    def _measured(self, world_):
        with _quiet(), simulated(), ExitStack() as stack:
            for name in ("apply", "admit"):
                stack.enter_context(
                    patch.object(PartitionState, name, self._then_look(getattr(PartitionState, name), world_))
                )
            yield

    def _then_look(self, plain, world_):
        def method(state, *args):
            done = plain(state, *args)
            self._look(state, world_)
            return done

        return method

    def _look(self, state, world_):
        for worker in world_.workers.values():
            keeper = worker.member.keeper if worker and worker.member else None
            if keeper and state in keeper._states.values():
                self.peak = max(self.peak, keeper._facts())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("partitions", [1, 2])
def test_memory_holds_the_ceiling_and_the_contents_of_one_range_and_every_alert_is_told_once(seed, partitions):
    life = Life(seed, partitions)
    assert not life.failures
    assert life.told == 2 * CONTENTS
    assert CEILING < life.peak <= BOUND


async def nobody_waits(*_):
    pass


@contextmanager
def folding_that_never_waits():
    with patch.object(Memory, "room", nobody_waits):
        yield


@contextmanager
def contents_that_leave_unseen():
    with patch.object(PartitionState, "waits_for_a_look", lambda *_: False):
        yield


def test_folding_that_never_waits_is_noticed():
    with folding_that_never_waits():
        assert any(Life(seed).peak > BOUND for seed in NOTICED_WITHIN)


def test_an_alert_that_is_lost_because_its_content_left_memory_is_noticed():
    with contents_that_leave_unseen():
        assert any(
            "alerts were not told" in failure for seed in NOTICED_WITHIN for failure in Life(seed, faults=[]).failures
        )
