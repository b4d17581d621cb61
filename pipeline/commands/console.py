"""Where commands write: results to standard output, everything else to standard error."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, stderr=True, soft_wrap=True)


def fail(message: str) -> None:
    """Say in one message what went wrong and what to do."""
    err.print(f"[bold red]error:[/] {escape(message)}")


def note(message: str) -> None:
    """Say what is going on."""
    err.print(escape(message))
