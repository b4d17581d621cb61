"""The doors as one web application, and what stands before each of them."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

from aiohttp import web

from pipeline.ingest.http.events import DOOR, EventsDoor
from pipeline.ingest.http.openapi import document
from pipeline.ingest.http.problems import ProblemError, catalogue
from pipeline.ingest.http.webhooks import WebhooksDoor
from pipeline.ingest.links.door import LinksDoor
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

    from pipeline.ingest.http.doors import Doors
    from pipeline.ingest.http.fetch import Fetcher

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(doors: Doors, fetcher: Fetcher) -> web.Application:
    """The application. Raises UsageError when the settings of a webhook do not fit together."""
    app = web.Application(middlewares=[front(doors)])
    events, webhooks = EventsDoor(doors), WebhooksDoor(doors, fetcher)
    links = LinksDoor(doors, lambda request: client(request, frozenset(doors.settings.ingest_proxies)))
    described = json.dumps(document(doors.settings, doors.keyring.webhooks)).encode()
    problems = json.dumps(catalogue()).encode()

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    async def kinds(_request: web.Request) -> web.Response:
        return web.Response(body=problems, content_type="application/json")

    async def close(_app: web.Application) -> None:
        await webhooks.close()

    app.on_cleanup.append(close)
    app.add_routes(
        [
            web.post(DOOR, events.post),
            web.post("/webhooks/{platform}", webhooks.post),
            web.get("/webhooks/{platform}", webhooks.get, allow_head=False),
            web.get("/openapi.json", openapi),
            web.get("/problems", kinds),
            *links.routes(),
        ]
    )
    return app


def front(doors: Doors) -> Middleware:
    """Counts and times each request, turns what is not taken into problem details, and slows down addresses that send only such."""
    limit, proxies = doors.settings.ingest_refused_per_s, frozenset(doors.settings.ingest_proxies)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, address = perf_counter(), client(request, proxies)
        try:
            doors.limiter.check(f"refused {address}", limit, "refused requests")
            response = await handler(request)
        except ProblemError as problem:
            response = problem.response()
        except web.HTTPException as error:
            response = _of_router(error)
        if (
            HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR
            and response.status != HTTPStatus.TOO_MANY_REQUESTS
        ):
            doors.limiter.take(f"refused {address}", limit)
        door = _door(request, doors.keyring.webhooks)
        doors.metrics.add(Metric.DOOR_REQUESTS, 1, door, response.status)
        doors.metrics.observe(Metric.DOOR_SECONDS, perf_counter() - began, door)
        return response

    return check


def _of_router(error: web.HTTPException) -> web.StreamResponse:
    """What aiohttp itself answers: no such path, or not with this method."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        response = ProblemError("wrong-method", f"{', '.join(sorted(error.allowed_methods))} would do").response()
        response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return response
    if isinstance(error, web.HTTPNotFound):
        return ProblemError("not-found", "see /openapi.json").response()
    return error


def client(request: web.Request, proxies: frozenset[str]) -> str:
    """The sender's address: the peer's, or what a proxy of ours says that it was. IPv6 by its /64, which one sender has to himself."""
    address = request.remote or ""
    if address in proxies:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        address = next((hop for hop in reversed(hops) if hop and hop not in proxies), address)
    return _sender(address)


@lru_cache(maxsize=4096)
def _sender(address: str) -> str:
    with suppress(ValueError):
        found = ipaddress.ip_address(address)
        if found.version == 6:  # noqa: PLR2004 - the name of the protocol
            return str(ipaddress.ip_network((found, 64), strict=False))
    return address


def _door(request: web.Request, known: Collection[str]) -> str:
    """A label of few values, whatever is asked for."""
    resource, platform = request.match_info.route.resource, request.match_info.get("platform")
    if resource is None:
        return "none"
    return f"/webhooks/{platform}" if platform in known else resource.canonical
