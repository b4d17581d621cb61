"""`cascades worker`."""

import typer

from pipeline.cli.root import app


@app.command()
def worker() -> None:
    """The Faust worker: events in, ClickHouse rows out.

    Stops on SIGTERM or Ctrl-C. Run one per core; they share the partitions. It waits for ClickHouse and Kafka rather than lose anything.

    Example: CASCADES_KAFKA_BOOTSTRAP=broker:9092 CASCADES_CLICKHOUSE_URL=https://ch:8443 cascades worker
    """
    from pipeline.commands import worker as command

    raise typer.Exit(command.run())
