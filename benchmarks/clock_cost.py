"""What the clock costs the fold: sums by age with each event, and all clock figures of every content that moved, about once a second.

    python -m benchmarks.clock_cost [--events 100000] [--rate 20000] [--runs 5] [--without CHECKOUT]

One process folds a Zipf topic over 2,000 contents and writes its rows, as the worker does; the other also makes the figures of all contents touched, after
every `rate` events, as if that many came in a second. CPU time, runs interleaved, the least of each. CHECKOUT, with an environment of its own, is a
version without sums by age: its fold is what this one is then compared with. Exits 1 when the mark is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[1]
MARK = 0.25


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--rate", type=int, default=20_000)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--without", type=Path, help="a checkout of a version without sums by age, with its .venv")
    options = arguments.parse_args()
    kinds = [("with everything", HERE, True), ("fold and rows", HERE, False)]
    if options.without:
        kinds.append(("fold and rows, without sums by age", options.without, False))
    found: dict[str, list[dict[str, float]]] = {name: [] for name, _, _ in kinds}
    for _ in range(options.runs):
        for name, checkout, refreshing in kinds:
            found[name].append(run(checkout, options.events, options.rate, refreshing))
    sys.exit(report(found))


def run(checkout: Path, events: int, rate: int, refreshing: bool) -> dict[str, float]:
    """CPU µs per event, by part, on the core of `checkout`."""
    program = HERE / "benchmarks/clock_cost_fold.py"
    command = [checkout / ".venv/bin/python", program, str(events), str(rate), str(int(refreshing))]
    environment = os.environ | {"PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=checkout, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def report(found: dict[str, list[dict[str, float]]]) -> int:
    best = {name: min(runs, key=lambda one: sum(one.values())) for name, runs in found.items()}
    for name, parts in best.items():
        shown = ", ".join(f"{part} {spent:.2f}" for part, spent in parts.items())
        print(f"{name}: {sum(parts.values()):.2f} µs per event ({shown})")
    first, *_, last = best
    more = sum(best[first].values()) / sum(best[last].values()) - 1
    print(f"{first} against {last}: {more:+.1%} (mark: {MARK:.0%} at most)")
    return int(more > MARK)


if __name__ == "__main__":
    main()
