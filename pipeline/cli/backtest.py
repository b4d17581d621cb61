"""`cascades backtest`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def backtest(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="JSONL files of version-1 events, also .gz; - is standard input."),
    ],
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="RULES.yaml", help="The rules to try; without: a preset.", dir_okay=False),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="sensitive, balanced or strict; with --rules: instead of the preset that the file names.",
        ),
    ] = None,
    top: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=50,
            metavar="PERCENT",
            help="Right is an alert about a content that ends among the largest so many.",
        ),
    ] = 10.0,
    every: Annotated[
        float,
        typer.Option(
            min=1,
            max=600,
            metavar="SECONDS",
            help="Judge a busy content so often. Smaller is slower and hardly ever different.",
        ),
    ] = 10.0,
    output: Annotated[str, typer.Option("--format", metavar="F", help="table, or json.")] = "table",
) -> None:
    """Try alert rules on history.

    Replays the files by the events' own times, as fast as it goes, through the same fold, figures and rules as the worker, and says of each rule
    how many alerts it had sent, how many of them were right, how much it missed, and how early it was. Needs neither Kafka nor ClickHouse.

    Example: cascades backtest events.jsonl.gz --rules rules.yaml --preset strict
    """
    from pipeline.commands import backtest as command

    raise typer.Exit(
        command.run(files=files, rules_file=rules, preset=preset, top_percent=top, every_s=every, output=output)
    )
