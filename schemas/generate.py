"""`python -m schemas.generate [--check]` writes the generated contracts: JSON Schema and AsyncAPI.

`--check` writes nothing and exits 1 when a file is not what would be written.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from schemas.alert import Alert, Control
from schemas.asyncapi import document
from schemas.dead_letter import DeadLetterHeaders
from schemas.event import ShareEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

HERE = Path(__file__).parent
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FIRST = ("title", "description", "type", "required", "properties")


class _BlockText(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that the document can be read."""


_BlockText.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def contents() -> dict[Path, str]:
    """What each generated file must contain."""
    return {
        HERE / "json" / "share_event.v1.json": _json_schema(ShareEvent),
        HERE / "json" / "dead_letter_headers.v1.json": _json_schema(DeadLetterHeaders),
        HERE / "json" / "alert.v1.json": _json_schema(Alert),
        HERE / "json" / "control.v1.json": _json_schema(Control),
        HERE / "asyncapi.yaml": _yaml(document()),
    }


def stale() -> list[Path]:
    """Generated files that are missing or not what would be written."""
    return [path for path, text in contents().items() if not path.exists() or path.read_text("utf-8") != text]


def write() -> None:
    """Write every generated file."""
    for path, text in contents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with `--check` tell which are stale. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m schemas.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    if not parser.parse_args(arguments).check:
        write()
        return 0
    for path in (found := stale()):
        sys.stderr.write(f"{path.relative_to(HERE.parent)} is stale: run `make generate`\n")
    return 1 if found else 0


def _json_schema(model: type[BaseModel]) -> str:
    made = model.model_json_schema()
    schema = {"$schema": _DIALECT, **{name: made[name] for name in _FIRST}, **made}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _yaml(tree: dict[str, Any]) -> str:
    return yaml.dump(tree, Dumper=_BlockText, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    sys.exit(main())
