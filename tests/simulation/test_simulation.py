"""Hundreds of seeded lives of a worker group, and the promises that every one of them has to keep."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from simulation.campaign import campaign, processes
from simulation.cases import replay, to_case
from simulation.faults import EVENTS, WINDOWS, WORKERS, Fault, draw
from simulation.mutants import MUTANTS, first_failure
from simulation.run import run
from simulation.shrink import shrink

ROOT = Path(__file__).parents[2]
FIRST = int(os.environ.get("CASCADES_SIMULATE_SEED", "0"))
SEEDS = int(os.environ.get("CASCADES_SIMULATE_SEEDS", "500"))
CAUGHT_WITHIN = 150
STRUCK_WITHIN = 10
OF_THE_MUTANT = ("AttributeError", "NameError", "TypeError")
TRACES = {kind: f"{kind} strikes" for kind in WINDOWS} | {
    "kill": "kill worker",
    "pause": "resume worker",
    "stall": "stall worker",
    "stop": "stop worker",
    "rebalance": "rebalance",
    "forget": "the group forgets",
    "lose": "everybody dies",
}
"""What a fault leaves in the log when it meets somebody."""
KAFKA_REFUSES_WHILE_ALL_STOP = [
    Fault("produce_before", 3.0, 9.0, chance=0.9),
    *(Fault("stop", 3.4 + worker / 10, 1.0, worker) for worker in range(WORKERS)),
]


@pytest.fixture(scope="module")
def alone():
    """A process in which a seed is the same run as in any other."""
    with processes(1) as pool:
        yield pool


@pytest.mark.timeout(60 + SEEDS)
def test_every_seed_ends_with_the_tables_of_one_undisturbed_pass():
    tally = campaign(FIRST, SEEDS)
    assert not tally.failed, "\n".join(f"make simulate SEED={seed}   # {why}" for seed, why in tally.failed.items())
    assert tally.faults.total() > SEEDS, "the weather was too fine to show anything"


def test_the_same_seed_is_the_same_run_whatever_ran_before():
    first = run(11)
    run(3)
    again = run(11)
    assert (again.fingerprint, again.log) == (first.fingerprint, first.log)


IN_A_PROCESS_OF_ITS_OWN = (
    "import sys; from simulation.run import run; print(*[run(int(seed)).fingerprint for seed in sys.argv[1:]])"
)


def test_a_seed_is_the_same_run_first_in_its_process_or_after_others():
    """Where things lie in memory decides the order of plain sets of tasks and of functions: these two runs told the difference."""
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "tests", ROOT)))}
    found = {}
    for seeds in (["1140"], ["1170"], ["3", "1170", "11", "1140"]):
        command = [sys.executable, "-W", "ignore", "-c", IN_A_PROCESS_OF_ITS_OWN, *seeds]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        for seed, fingerprint in zip(seeds, done.stdout.split(), strict=True):
            assert found.setdefault(seed, fingerprint) == fingerprint, seed


def test_every_kind_of_fault_is_drawn():
    drawn = {fault.kind for seed in range(200) for fault in draw(Random(seed))}
    assert drawn == {*EVENTS, *WINDOWS}


@pytest.mark.parametrize("kind", TRACES)
def test_every_kind_of_fault_strikes(kind):
    runs = (run(seed, faults=[Fault(kind, 3.0, 7.0)]) for seed in range(STRUCK_WITHIN))
    assert any(TRACES[kind] in "\n".join(result.log) for result in runs)


@pytest.mark.parametrize("broken", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_guarantee_that_is_broken_on_purpose_is_noticed(alone, broken):
    seeds = (MUTANTS[broken], *range(CAUGHT_WITHIN))
    noticed = alone.apply(first_failure, (broken.__name__, seeds))
    assert noticed, "nobody noticed"
    assert not any(error in noticed for error in OF_THE_MUTANT), "the mutant itself is broken"


@pytest.mark.parametrize("seed", [11, 23, 29])
def test_a_worker_that_stops_while_kafka_refuses_dead_letters_skips_none_of_them(alone, seed):
    assert not alone.apply(run, (seed, KAFKA_REFUSES_WHILE_ALL_STOP)).failures
    assert alone.apply(first_failure, ("freeze_what_was_never_sent", [seed], KAFKA_REFUSES_WHILE_ALL_STOP))


def test_a_failing_run_shrinks_to_few_faults_and_records_that_fail_as_data():
    broken = next(mutant for mutant in MUTANTS if mutant.__name__ == "forget_what_changed_after_a_failed_flush")
    with broken():
        failed = next(
            result for seed in range(CAUGHT_WITHIN) if (result := run(seed)).failures and len(result.faults) > 3
        )
        smallest = shrink(failed)
        assert len(smallest.faults) == 1
        assert smallest.faults[0].kind.startswith("sink")
        assert len(smallest.sent) == 1
        assert replay(to_case(smallest)).failures
    assert not replay(to_case(smallest)).failures


def test_a_run_without_faults_notes_nothing_but_starts_commits_and_ends():
    result = run(5, faults=[])
    assert not result.failures
    assert {line.split()[1] for line in result.log} <= {"worker", "committed"}


def test_a_fault_of_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="no fault is called"):
        Fault("earthquake", 1.0, 1.0)
