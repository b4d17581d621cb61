"""What every command hangs on: the program itself, and how errors that we raise on purpose are told."""

import logging
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline.errors import CascadesError, UsageError

EPILOG = (
    "Every setting is an environment variable CASCADES_…; the ones that matter most: "
    "CASCADES_KAFKA_BOOTSTRAP (127.0.0.1:9092), CASCADES_CLICKHOUSE_URL (http://127.0.0.1:8123), CASCADES_CLICKHOUSE_USER and "
    "…_PASSWORD, CASCADES_PAGE_PORT (8080), CASCADES_METRICS_PORT (9464). `cascades doctor` shows all of them and checks each part."
)


class Group(TyperGroup):
    """Turns the errors we raise on purpose into one clear message: exit code 2 for wrong usage, 1 for the rest."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        # Their lines would stand beside our own sentence about the same thing.
        for library in ("aiokafka", "clickhouse_connect"):
            logging.getLogger(library).addHandler(logging.NullHandler())
        try:
            return super().invoke(ctx)
        except CascadesError as error:
            from pipeline.commands.console import fail

            fail(str(error))
            raise typer.Exit(2 if isinstance(error, UsageError) else 1) from None


app = typer.Typer(
    name="cascades",
    cls=Group,
    help="Live cascade depth and secondary reach of shared content: Kafka in, ClickHouse out.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,  # a rich traceback shows local values, passwords among them
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cascades {version('share-cascades')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Live cascade depth and secondary reach of shared content: Kafka in, ClickHouse out.

    Start with `cascades demo`: it needs neither Docker nor Java.
    """
