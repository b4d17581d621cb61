"""Addresses as they may be shown to a visitor."""

from __future__ import annotations

from urllib.parse import urlsplit


def shown(url: str) -> str:
    """The address without user, password, path and query, which may hold secrets."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
