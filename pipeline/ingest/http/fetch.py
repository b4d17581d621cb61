"""Fetching an address that a stranger named, without becoming his arm into our network (SSRF).

Every hop: http or https on their own ports, a name whose every address is public, and a connection to just those addresses that were looked at
(so a name that resolves otherwise a moment later changes nothing). Size, time and redirects are bounded, and nothing of ours goes along: no
cookie, no proxy, no credential.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from aiohttp.abc import ResolveResult

MOST_BYTES = 1024 * 1024
WITHIN_S = 5.0
"""For a whole answer, redirects included: a slow page must not hold a door open."""
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
USER_AGENT = "share-cascades (fetches what it was told of)"


class RefusedFetchError(Exception):
    """The address may not be fetched, or did not answer within bounds. The text may be shown to who named it."""


class Fetched(NamedTuple):
    """What came from the last hop."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not private, loopback, link-local (cloud metadata), shared, multicast, reserved, or one
    of those in the clothes of IPv6 (mapped, 6to4, NAT64, Teredo).
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.teredo or found.is_site_local:
            return False
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


class PublicResolver(AbstractResolver):
    """Resolves names; refuses one with any address that is not public. aiohttp connects to what is returned here, and to nothing else."""

    def __init__(self, private_hosts: Collection[str] = ()) -> None:
        self._private = frozenset(private_hosts)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises OSError when it has none, or one that may not be asked."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        addresses = [(str(place[0]), kind) for kind, _, _, _, place in found]
        if host not in self._private and not all(is_public(address) for address, _ in addresses):
            raise OSError("the name leads to an address that is not public")
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": kind,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address, kind in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Fetcher:
    """GET and POST to addresses that others named. `private_hosts` (`host` or `host:port`) are let through whatever they resolve to."""

    def __init__(self, private_hosts: Collection[str] = (), ssl: Any = True) -> None:
        self._private = frozenset(private_hosts)
        names = {place.rpartition(":")[0] if _has_port(place) else place for place in self._private}
        self._resolver, self._ssl = PublicResolver(names), ssl
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, accept: str = "*/*", within_s: float = WITHIN_S, most: int = MOST_BYTES) -> Fetched:
        """The answer, after at most three redirects. Raises RefusedFetchError, and nothing else whatever the address is and does."""
        try:
            async with asyncio.timeout(within_s):
                return await self._follow(url, accept, most)
        except TimeoutError:
            raise RefusedFetchError(f"no answer within {within_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise RefusedFetchError(f"{type(error).__name__}: cannot be fetched") from None

    async def leads_to(self, url: str, within_s: float = WITHIN_S) -> str:
        """Where one redirect leads; that address is not asked. Raises RefusedFetchError, and nothing else, also when it is no redirect."""
        try:
            async with asyncio.timeout(within_s):
                place = self.checked(url)
                headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
                async with self._opened.get(place, allow_redirects=False, headers=headers, ssl=self._ssl) as response:
                    if response.status not in _REDIRECTS or "Location" not in response.headers:
                        raise RefusedFetchError("it leads nowhere")
                    return str(place.join(URL(response.headers["Location"])))
        except TimeoutError:
            raise RefusedFetchError(f"no answer within {within_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise RefusedFetchError(f"{type(error).__name__}: cannot be fetched") from None

    async def _follow(self, url: str, accept: str, most: int) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            place = self.checked(url)
            async with self._opened.get(
                place,
                allow_redirects=False,
                headers={"Accept": accept, "Accept-Encoding": "identity", "User-Agent": USER_AGENT},
                ssl=self._ssl,
            ) as response:
                if response.status not in _REDIRECTS:
                    return Fetched(response.status, str(place), response.headers, await _body(response, most))
                url = str(place.join(URL(response.headers.get("Location", ""))))
        raise RefusedFetchError(f"more than {MOST_REDIRECTS} redirects")

    def checked(self, url: str) -> URL:
        """The address when its form is one that may be fetched. Raises RefusedFetchError."""
        try:
            place = URL(url)
            host, port = place.host, place.port
        except ValueError:
            raise RefusedFetchError("no address") from None
        if place.scheme not in {"http", "https"} or not host or place.user or place.password:
            raise RefusedFetchError("only http and https, without a name and password")
        if host in self._private or f"{host}:{port}" in self._private:
            return place
        if not place.is_default_port():
            raise RefusedFetchError("only the usual ports")
        # An address in numbers is not resolved, so it is looked at here.
        if _is_numeric(host) and not is_public(host):
            raise RefusedFetchError("an address that is not public")
        return place

    @property
    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, limit=64, force_close=True)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
            )
        return self._session


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RefusedFetchError("the answer is packed, though it was asked not to be")
    parts, left = [], most
    async for part in response.content.iter_any():
        left -= len(part)
        if left < 0:
            raise RefusedFetchError(f"the answer has more than {most} bytes")
        parts.append(part)
    return b"".join(parts)


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _has_port(place: str) -> bool:
    return place.rpartition(":")[2].isdigit() and place.count(":") == 1
