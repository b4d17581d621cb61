"""Who may talk to us: programs of this machine, never a web page from elsewhere.

A page can point its own host name at 127.0.0.1 (DNS rebinding) or post a form across origins. Both show in headers that a page
cannot choose: Host, Origin, Sec-Fetch-Site.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


def refusal(headers: Mapping[str, str]) -> str | None:
    """Why these headers are refused, or None."""
    host, origin = headers.get("Host", ""), headers.get("Origin")
    if not _is_loopback(_host_of(f"//{host}")):
        return f"Host {host!r} is refused: this ClickHouse answers only to its loopback address, such as http://127.0.0.1 or http://localhost"
    if origin is not None and not _is_loopback(_host_of(origin)):
        return f"Origin {origin!r} is refused: only pages of this machine may ask this ClickHouse"
    if headers.get("Sec-Fetch-Site") == "cross-site":
        return "A page of another site may not ask this ClickHouse"
    return None


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
