"""The web page: JSON API, server-sent events and a static page. It reads ClickHouse, and puts mutes and acknowledgements on `share.control`."""

from __future__ import annotations

from pipeline.serve.run import run_serve

__all__ = ["run_serve"]
