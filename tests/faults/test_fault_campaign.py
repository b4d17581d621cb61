"""A short fault campaign on generated cascades, and its own parts: that it strikes everything, and that it sees what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from campaign.answer import compared
from campaign.feed import Feed, cascades
from campaign.plan import DECK, POINT_KINDS, draw

from benchmarks.real_expected import expected
from pipeline.config import Settings

ROOT = Path(__file__).parents[2]
SEED, FAULTS, CONTENTS = 283, 6, 6


@pytest.mark.timeout(600)
def test_a_short_fault_campaign_loses_nothing_and_counts_nothing_twice(tmp_path):
    log = tmp_path / "log.jsonl"
    command = [sys.executable, "-W", "ignore", "-m", "campaign", "--seed", str(SEED), "--scratch", str(tmp_path)]
    command += ["--faults", str(FAULTS), "--contents", str(CONTENTS), "--log", str(log)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert len([line for line in lines if line["what"] == "fault"]) == FAULTS
    compared_rows = [line["rows"] for line in lines if line["what"] == "compared"]
    empty = {name for rows in compared_rows for name, count in rows.items() if not count}
    assert empty <= {"merged_contents"}, "every table but that of links has rows"
    assert compared_rows[-1]["contents"] == CONTENTS


def test_among_a_deck_of_faults_there_is_every_kind_and_a_kill_at_every_point():
    for seed in range(3):
        faults = list(draw(Random(seed), sum(DECK.values())))
        assert {fault.kind for fault in faults} == DECK.keys()
        for kind in ("kill at", "kill at start", "kill at hand-over"):
            assert {fault.point for fault in faults if fault.kind == kind} == set(POINT_KINDS[kind])


def test_a_plan_is_a_function_of_its_seed():
    assert list(draw(Random(1), 30)) == list(draw(Random(1), 30)) != list(draw(Random(2), 30))


WANTED = [
    {"content_id": "a", "event_id": "1", "depth": 1, "version": 3},
    {"content_id": "a", "event_id": "2", "depth": 2, "version": 4},
]


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (WANTED[:1], "1 rows lost"),
        ([*WANTED, WANTED[0] | {"event_id": "3"}], "1 rows too many"),
        ([WANTED[0], WANTED[1] | {"depth": 1}], "1 rows differ"),
    ],
)
def test_a_row_that_is_lost_or_too_many_or_other_is_told(shown, told):
    (text,) = compared("edges", WANTED, shown)
    assert told in text


def test_versions_and_void_rows_may_differ_because_they_tell_when_rows_were_made():
    assert compared("edges", WANTED, [row | {"version": 9} for row in WANTED]) == []
    void = {"content_id": "a", "platform": "x", "actor_id": "b", "spreads": 0, "version": 1}
    assert compared("amplifiers", [], [void]) == []
    assert compared("amplifiers", [], [void | {"spreads": 1}]) != []


def test_generated_cascades_are_deep_and_dirty():
    shares = cascades(Random(3), None, 12)
    assert max(want.depth for want in expected(shares).values()) >= 3
    assert {"post", "share", "retract"} == {share.kind for share in shares}
    feed = Feed(shares, Settings(), Random(1), 10)
    records = [record for share in shares for record in feed._records(share)]
    misplaced = [one for one in records if one.share and (one.key, one.partition) != (one.share.content.encode(), None)]
    broken = [one for one in records if one.share is None]
    assert len(misplaced) > 0.02 * len(shares)
    assert len(broken) > 0.003 * len(shares)
    assert len(shares) > len({share.event for share in shares}), "copies"
