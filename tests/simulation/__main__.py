"""`make simulate SEED=123` replays one seed and prints its faults, its log and, when it fails, its smallest form; `N=1000` runs many.

Exit code 1 when a seed failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.campaign import campaign
from simulation.cases import replay, to_case
from simulation.shrink import shrink

if TYPE_CHECKING:
    from simulation.run import Result


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the seed, or the first of many")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    parser.add_argument("--jobs", type=int, default=None, help="processes; as many as cores unless given")
    parser.add_argument("--case", type=Path, help="a case as JSON, as a failing run prints it")
    options = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is part of a run
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-W", "ignore", "-m", "simulation", *sys.argv[1:]])
    if options.seeds > 1:
        return _many(options.seed, options.seeds, options.jobs)
    return _one(json.loads(options.case.read_text()) if options.case else {"seed": options.seed})


def _one(case: dict[str, object]) -> int:
    result = replay(case)
    _show(result)
    if not result.failures:
        return 0
    print("\nshrinking …", file=sys.stderr)
    smallest = shrink(result, lambda text: print(text, file=sys.stderr))
    print(f"\n== the smallest form: {smallest.failures[0]}")
    print(json.dumps(to_case(smallest)))
    return 1


def _show(result: Result) -> None:
    print(f"== seed {result.seed}: {len(result.sent)} records, {result.settings}")
    print("== faults")
    for fault in result.faults:
        print(json.dumps(asdict(fault)))
    print("== log (virtual seconds)")
    print("\n".join(result.log))
    outcome = "\n".join(result.failures) or "every promise was kept"
    print(f"== after {result.seconds:.1f} s, run {result.fingerprint}: {outcome}")


def _many(first: int, seeds: int, jobs: int | None) -> int:
    tally = campaign(first, seeds, jobs, _progress)
    print(f"\n{tally.text}")
    for seed, failure in tally.failed.items():
        print(f"make simulate SEED={seed}   # {failure}")
    return bool(tally.failed)


def _progress(done: int, failed: dict[int, str]) -> None:
    last = "".join(f", the last: SEED={seed}: {why.splitlines()[0]}" for seed, why in [*failed.items()][-1:])
    print(f"{done} seeds, {len(failed)} failed{last}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
