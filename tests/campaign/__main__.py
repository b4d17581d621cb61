"""Strike real workers, a real broker and a real engine at random while cascades flow, then compare every table with one undisturbed pass.

    make faults                                          # 200 faults on generated cascades, half an hour
    make faults SEED=7 FAULTS=60
    make faults ARGS="--data FOLDER --contents 800"      # real cascades: see benchmarks/real_cascades.py

The plan is a function of the seed; what it meets depends on the machine. Exit code 1 when a row was lost or counted twice, when a worker
ended by itself, or when one did not leave in order.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.journal import Journal
from campaign.run import Campaign, Options

if TYPE_CHECKING:
    from campaign.run import Outcome


OWN_MOUNTS = "CASCADES_CAMPAIGN_MOUNTS"
"""Set in a process whose mounts nobody else sees."""


def main() -> int:
    options = _parser().parse_args()
    _have_own_mounts()
    logging.disable(logging.CRITICAL)  # the clients of the campaign itself: a broker that is away is no news here
    seed = options.seed if options.seed is not None else int(time.time())
    journal = Journal(options.log or Path(f"faults-{seed}.jsonl"))
    with tempfile.TemporaryDirectory(prefix="campaign-", dir=options.scratch, ignore_cleanup_errors=True) as folder:
        run = Options(
            seed, options.faults, options.contents, Path(folder), options.data, options.minutes, options.look_every
        )
        journal.say(f"seed {seed}, {options.faults} faults, log {journal.path}, data in {folder}")
        outcome = asyncio.run(Campaign(run, journal).run())
        _keep_logs(Path(folder), journal.path.with_suffix(".logs"))
    _table(outcome, journal)
    journal.close()
    return 1 if outcome.findings else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="campaign", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    data = os.environ.get("CASCADES_CAMPAIGN_DATA")
    parser.add_argument("--seed", type=int, help="of the plan; drawn from the clock unless given")
    parser.add_argument("--faults", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--minutes", type=float, default=1e9, help="no new fault after so long")
    parser.add_argument("--contents", type=int, default=250, help="cascades that are replayed (default 250)")
    parser.add_argument("--look-every", type=int, default=50, help="faults between two comparisons (default 50)")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(data) if data else None,
        help="folder with real cascades; also CASCADES_CAMPAIGN_DATA",
    )
    parser.add_argument("--log", type=Path, help="JSON lines; faults-SEED.jsonl unless given")
    parser.add_argument("--scratch", type=Path, help="where the temporary folder is made")
    return parser


def _have_own_mounts() -> None:
    """Start again where a small disk mounted for the campaign goes with its last process: one killed would leave it behind, busy for ever."""
    unshare = shutil.which("unshare")
    if OWN_MOUNTS in os.environ or not unshare:
        return
    if subprocess.run([unshare, "--mount", "true"], check=False, capture_output=True).returncode:
        return
    os.environ[OWN_MOUNTS] = "1"
    os.execv(unshare, [unshare, "--mount", sys.executable, "-W", "ignore", "-m", "campaign", *sys.argv[1:]])


def _keep_logs(folder: Path, kept: Path) -> None:
    kept.mkdir(exist_ok=True)
    for log in [*folder.glob("*.log"), *folder.glob("*/*.log")]:
        (kept / log.name).write_bytes(log.read_bytes())


def _table(outcome: Outcome, journal: Journal) -> None:
    lines = ["", "| fault | times |", "|---|---|"]
    lines += [f"| {kind} | {count} |" for kind, count in sorted(outcome.faults.items())]
    lines += ["", "| table | rows compared |", "|---|---|"]
    lines += [f"| {table} | {count:,} |" for table, count in outcome.rows.items()]
    verdict = "; ".join(outcome.findings) or "0 lost, 0 twice"
    faults = sum(outcome.faults.values())
    lines += ["", f"{faults} faults, {outcome.records:,} records in {journal.seconds / 60:.0f} minutes: {verdict}"]
    sys.stdout.write("\n".join(lines) + "\n")
    journal.note(
        "end", faults=dict(outcome.faults), rows=outcome.rows, records=outcome.records, findings=outcome.findings
    )


if __name__ == "__main__":
    sys.exit(main())
