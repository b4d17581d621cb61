"""`python -m pipeline.embedded.prepare`: bring what the embedded Kafka needs, as `make setup` does: its jars, then its class archive.

`--lock` resolves the newest Kafka 4 again and writes a new lock first.
"""

from __future__ import annotations

import argparse
import sys

from pipeline.config import Settings
from pipeline.embedded import class_archive, jar_lock, jar_source, jars
from pipeline.embedded.progress import console
from pipeline.errors import CascadesError


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 with one clear sentence on failure."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.embedded.prepare", description="Get the embedded Apache Kafka ready in the cache."
    )
    parser.add_argument("--lock", action="store_true", help="resolve the newest Kafka 4 again and write kafka.lock")
    try:
        _prepare(relock=parser.parse_args(arguments).lock)
    except CascadesError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _prepare(*, relock: bool) -> None:
    progress = console()
    if relock:
        jar_lock.write(jar_source.resolve(progress))
    class_archive.ensure(jars.ensure(Settings().cache_dir, progress), progress)


if __name__ == "__main__":
    sys.exit(main())
