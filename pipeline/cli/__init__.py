"""`cascades`: the one entry point. Each command is a thin door in a file of its name; what it does lives in `pipeline.commands`, imported when it is called.

A new command: its name in COMMANDS, a file of that name beside this one, and what it does in `pipeline.commands`. The files of this folder do
without `from __future__ import annotations`: typer reads their annotations.
"""

from importlib import import_module

from pipeline.cli.root import app

__all__ = ["COMMANDS", "app", "main"]

COMMANDS = (
    "demo",
    "up",
    "worker",
    "serve",
    "ingest",
    "collect",
    "resolve",
    "infer",
    "migrate",
    "status",
    "replay",
    "archive",
    "rebuild",
    "repartition",
    "query",
    "backtest",
    "dlq",
    "notify",
    "alerts",
    "content",
    "doctor",
)
"""Their files, in the order of `--help`, where groups of commands come last."""

for _name in COMMANDS:
    import_module(f"pipeline.cli.{_name}")


def main() -> None:
    """What the `cascades` script calls."""
    app()
