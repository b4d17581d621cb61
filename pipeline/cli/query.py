"""`cascades query`."""

from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One statement; - reads it from standard input.")],
    output: Annotated[
        str | None,
        typer.Option("--format", metavar="F", help="Any ClickHouse format, raw: CSVWithNames, JSONEachRow, Parquet …"),
    ] = None,
) -> None:
    """Run SQL on ClickHouse.

    Shows a table for people; --format gives ClickHouse's own output, raw.

    Example: cascades query "SELECT content_id, size, depth, secondary_reach FROM v_content ORDER BY shares_5m DESC LIMIT 10"
    """
    from pipeline.commands import query as command

    raise typer.Exit(command.run(sql=sql, output=output))
