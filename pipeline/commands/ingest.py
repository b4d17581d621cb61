"""`cascades ingest`."""

from __future__ import annotations

import json
import secrets

from rich.markup import escape

from pipeline.commands.console import note, out
from pipeline.commands.settings import load
from pipeline.errors import UsageError
from pipeline.ingest.http.keys import Token
from pipeline.ingest.http.run import run_ingest


def run() -> int:
    """Keep the front doors open until told to stop."""
    return run_ingest(load(), lambda address: note(f"front doors: {address}/openapi.json"))


def new_token(name: str) -> int:
    """Draw a token. Prints an entry of CASCADES_INGEST_TOKENS to standard output, the token itself to standard error."""
    token = secrets.token_urlsafe(32)
    try:
        entry = Token(name=name, tokens=(token,))
    except ValueError as error:
        raise UsageError(f"a name has up to 64 letters, digits, dots and dashes: {name!r}") from error
    (digest,) = entry.digests()
    scope = {"platforms": ["web"], "campaigns": ["*"], "kinds": ["share", "click"], "events_per_s": 1000}
    note(f"token for {name}, shown once: {token}")
    out.print(escape(json.dumps([{"name": name, "sha256": [digest], **scope}])))
    return 0
