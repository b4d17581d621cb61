"""The core is one source in two forms; what holds for the compiled form holds for the plain one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.strategies import EFFORT

from pipeline.cascade import COMPILED

SUITE = [
    "test_amplifiers_in_turn.py",
    "test_core_equals_brute_force.py",
    "test_facts.py",
    "test_facts_restore_the_state.py",
    "test_forecast_sums.py",
    "test_names.py",
]
SHARE = 0.4
"""Of the examples that the compiled form is tried on: it is the same source, so what differs between the forms shows in few."""


@pytest.mark.skipif(not COMPILED, reason="no compiled core here: the suite has run on the plain form already")
@pytest.mark.timeout(900)
@pytest.mark.extended
def test_the_plain_form_keeps_every_property_too():
    folder = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(folder / name for name in SUITE)],
        env=os.environ | {"CASCADES_PLAIN_CORE": "1", "CASCADES_TEST_EFFORT": str(SHARE * EFFORT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
