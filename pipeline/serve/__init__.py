"""The web page: JSON API, server-sent events and a static page. It only reads."""

from __future__ import annotations

from pipeline.serve.run import run_serve

__all__ = ["run_serve"]
