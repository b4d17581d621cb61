"""`cascades doctor`: each part, whether it is well, and what to do when it is not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Column, Table

from pipeline.commands.checks import CHECKS, State
from pipeline.commands.console import out
from pipeline.commands.settings import load, shown, unknown_variables
from pipeline.errors import CascadesError

if TYPE_CHECKING:
    from pipeline.commands.checks import Check, Finding
    from pipeline.config import Settings

_SIGNS = {State.OK: "[green]ok  [/]", State.WARN: "[yellow]warn[/]", State.FAIL: "[red]FAIL[/]"}


def run() -> int:
    """Check everything; 1 when a part fails."""
    settings = load()
    failed = False
    for name, check in CHECKS.items():
        state, text = _find(check, settings)
        out.print(f"{_SIGNS[state]} {name:<11} {escape(text)}")
        failed |= state is State.FAIL
    _print_settings(settings)
    return 1 if failed else 0


def _find(check: Check, settings: Settings) -> Finding:
    try:
        found = check(settings)
        return asyncio.run(found) if asyncio.iscoroutine(found) else found  # type: ignore[return-value]  # narrowed by iscoroutine
    except CascadesError as error:
        return State.FAIL, str(error)


def _print_settings(settings: Settings) -> None:
    rows = list(shown(settings))
    names = Column("setting", min_width=max(len(name) for name, _, _ in rows))  # on a narrow screen the others give way
    table = Table(names, Column("value", overflow="fold"), "meaning", header_style="bold", box=None, pad_edge=False)
    for name, value, meaning in rows:
        table.add_row(name, escape(value), escape(meaning))
    out.print()
    out.print(table)
    for name in unknown_variables():
        out.print(f"{_SIGNS[State.WARN]} {escape(name)} is set, but there is no such setting")
