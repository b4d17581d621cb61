"""`python -m pipeline.ingest.platform_docs [--check]` writes docs/platforms.md.

`--check` writes nothing and exits 1 when the page is not what would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.ingest.platforms.table import document

PAGE = Path(__file__).parents[2] / "docs" / "platforms.md"


def stale() -> bool:
    """Whether the page is missing or not what would be written."""
    return not PAGE.exists() or PAGE.read_text("utf-8") != document()


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` tell whether it is stale. Returns the exit code."""
    if "--check" not in arguments:
        PAGE.write_text(document(), "utf-8", newline="\n")
        return 0
    if stale():
        sys.stderr.write("docs/platforms.md is stale: run `make generate`\n")
    return int(stale())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
