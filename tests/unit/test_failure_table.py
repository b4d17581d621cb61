"""The README's failure table names tests; each of them exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"`(test_\w+)(?:\[([^\]`]+)\])?`")


def rows() -> list[str]:
    """The rows of the tables in the section on failures, heads left out."""
    section = (ROOT / "README.md").read_text().split("## When something fails")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [line for line in lines if not line.endswith("| shown by |")]


def test_every_row_names_the_test_that_shows_it() -> None:
    assert len(rows()) > 30
    assert [row for row in rows() if not NAME.search(row.rstrip(" |").rpartition("|")[2])] == []


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """Names of tests with their parameters, as pytest itself finds them in the files that hold them."""
    names = {match[1] for row in rows() for match in NAME.finditer(row)}
    files = [
        path
        for path in (ROOT / "tests").glob("*/test_*.py")
        if any(f"def {name}(" in path.read_text() for name in names)
    ]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "--extended",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        *map(str, files),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return {line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line}


def test_each_of_them_exists_with_its_parameter(collected: set[str]) -> None:
    bare = {name.partition("[")[0] for name in collected}
    named = [(match[1], match[2]) for row in rows() for match in NAME.finditer(row)]
    missing = [
        name
        for name, parameter in named
        if (f"{name}[{parameter}]" not in collected if parameter else name not in bare)
    ]
    assert missing == []


def test_each_point_of_the_cycle_at_which_a_worker_can_be_killed_is_tried(collected: set[str]) -> None:
    from support.stricken import HAND_OVER_POINTS, POINTS, START_POINTS

    for point in (*POINTS, *START_POINTS, *HAND_OVER_POINTS):
        assert [name for name in collected if name.startswith("test_a_kill_") and f"[{point}]" in name], point
