"""The engine's version, known without loading the engine (555 MB of shared library)."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def _engine_version() -> str:
    try:
        return version("chdb-core")
    except PackageNotFoundError:
        return "unknown"


ENGINE_VERSION = _engine_version()
