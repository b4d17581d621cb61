"""`python -m grafana.generate [--check]` writes the dashboards as JSON, as Grafana's provisioning reads them.

`--check` writes nothing and exits 1 when a file is not what would be written.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.campaign import campaign
from grafana.content import content
from grafana.live import live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana_foundation_sdk.builders.dashboard import Dashboard

HERE = Path(__file__).parent
DASHBOARDS = HERE / "dashboards"


def contents() -> dict[Path, str]:
    """What each generated file must contain."""
    boards = {"live": live(), "content": content(), "campaign": campaign()}
    return {DASHBOARDS / f"{name}.json": _json(made) for name, made in boards.items()}


def stale() -> list[Path]:
    """Files that are missing, not what would be written, or dashboards that nothing writes."""
    made = contents()
    wrong = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    return wrong + sorted(set(DASHBOARDS.glob("*.json")) - made.keys())


def write() -> None:
    """Write every generated file."""
    DASHBOARDS.mkdir(exist_ok=True)
    for path, text in contents().items():
        path.write_text(text, "utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with `--check` tell which are stale. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m grafana.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    if not parser.parse_args(arguments).check:
        write()
        return 0
    for path in (found := stale()):
        sys.stderr.write(f"{path.relative_to(HERE.parent)} is stale: run `make generate`\n")
    return 1 if found else 0


def _json(board: Dashboard) -> str:
    return json.dumps(board.build(), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
