"""Who may ask: requests for this machine's own names, so that no foreign site can read the page through a visitor's browser (DNS rebinding).

Also the headers that keep a browser from running or embedding anything that is not ours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def guard(extra_hosts: Collection[str]) -> Middleware:
    """Refuse (403) a Host or Origin that is neither loopback nor in `extra_hosts` ("*" allows any)."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if not allowed(request.headers.get("Host", ""), extra_hosts):
            return web.Response(status=403, text="this name is not allowed: add it to CASCADES_PAGE_HOSTS\n")
        if origin is not None and not allowed(urlsplit(origin).netloc, extra_hosts):
            return web.Response(status=403, text="requests from other sites are not allowed\n")
        return await handler(request)

    return check


def allowed(host: str, extra_hosts: Collection[str]) -> bool:
    """Whether a Host header (with or without port) names this machine or one of `extra_hosts`."""
    try:
        name = None if "@" in host else urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and (
        "*" in extra_hosts or name in {extra.lower() for extra in extra_hosts} or _is_loopback(name)
    )


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


async def add_security_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal: every answer, streams included, carries the headers."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
