"""Options that several commands have."""

from typing import Annotated

import typer

Output = Annotated[str, typer.Option("--format", metavar="F", help="table, or json (one line each).")]
