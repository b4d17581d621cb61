"""`cascades ingest`."""

from typing import Annotated

import typer

from pipeline.cli.root import app


@app.command()
def ingest(
    token: Annotated[
        str | None,
        typer.Option(
            "--new-token", metavar="NAME", help="Draw a token, print its entry for CASCADES_INGEST_TOKENS, and leave."
        ),
    ] = None,
) -> None:
    """The front doors over HTTP: /v1/events, /webhooks/PLATFORM, tracked links.

    What is answered with 2xx is in Kafka, on all in-sync replicas; anything else may be sent again without harm. Overload is answered with 429 or
    503 and Retry-After. The doors describe themselves at /openapi.json. Stops on SIGTERM or Ctrl-C.

    `cascades ingest --new-token shop > tokens.json` draws a token (shown once, on the terminal) and prints its entry: edit its scope. Then
    curl http://127.0.0.1:8081/v1/events -H "Authorization: Bearer TOKEN" --json @event.json

    Webhooks: CASCADES_WEBHOOKS='{"facebook": {"secrets": ["APP SECRET"], "verify_token": "ANY TEXT"}}'; docs/front-doors.md has every platform.

    Example: CASCADES_INGEST_TOKENS=@tokens.json cascades ingest
    """
    from pipeline.commands import ingest as command

    raise typer.Exit(command.new_token(token) if token else command.run())
