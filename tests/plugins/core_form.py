"""Which form of the core the tests run: the compiled one where it was built, the plain one with CASCADES_PLAIN_CORE=1."""

from __future__ import annotations

import os
import sys
from importlib.machinery import FileFinder, PathFinder, SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAIN = "CASCADES_PLAIN_CORE"


class PlainCore(PathFinder):
    """Finds the sources of the core and no compiled module."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if not fullname.startswith("pipeline.cascade."):
            return None
        return FileFinder(str(ROOT / "pipeline/cascade"), (SourceFileLoader, [".py"])).find_spec(fullname, target)


if os.environ.get(PLAIN):
    sys.meta_path.insert(0, PlainCore)


def pytest_configure() -> None:
    """Compiled modules of other sources would be tested instead of these."""
    compiled, built = list((ROOT / "pipeline/cascade").glob("*.so")), ROOT / "build/core.sha256"
    if compiled and not os.environ.get(PLAIN) and (not built.exists() or built.read_text() != source_digest()):
        raise pytest.UsageError("the compiled core is not of these sources: run `make setup`")


def source_digest() -> str:
    sys.path.insert(0, str(ROOT))
    try:
        from setup import digest
    finally:
        sys.path.remove(str(ROOT))
    return digest()
