"""One question over HTTP. No redirect is followed: a credential goes to the platform and to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from pipeline.ingest.collect.pollers.asking import Answer
from pipeline.ingest.collect.seam import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.ingest.collect.pollers.access import Access
    from pipeline.ingest.collect.pollers.asking import Request

USER_AGENT: Final = "share-cascades (collects what is shared)"
WITHIN: Final = aiohttp.ClientTimeout(total=60, sock_connect=10)
MOST_BYTES: Final = 32 * 1024 * 1024


class Client:
    """Asks one platform with one credential."""

    def __init__(
        self, session: aiohttp.ClientSession, address: str, access: Access, headers: Mapping[str, str]
    ) -> None:
        self._session, self._address, self._access = session, address.rstrip("/"), access
        self._headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **headers}

    async def ask(self, request: Request, conditions: Mapping[str, str]) -> Answer:
        """The answer, whatever its status. Raises SourceError without the address: a credential may be in it."""
        headers = {**self._headers, **request.headers, **conditions, **await self._access.headers()}
        try:
            async with self._session.get(
                self._url(request), headers=headers, timeout=WITHIN, allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, await _body(response))
        except (aiohttp.ClientError, OSError) as error:
            raise SourceError(f"no answer from {URL(self._address).host} ({type(error).__name__})") from None

    async def renew(self) -> bool:
        """Whether there is another credential, now that the platform does not take this one."""
        return await self._access.renew()

    def _url(self, request: Request) -> URL:
        query = self._access.query()
        if not query:
            return URL(self._address + request.path, encoded=True)
        sign = "&" if "?" in request.path else "?"
        return URL(f"{self._address}{request.path}{sign}{urlencode(query)}", encoded=True)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    parts, left = [], MOST_BYTES
    async for part in response.content.iter_any():
        left -= len(part)
        if left < 0:
            raise SourceError(f"an answer of more than {MOST_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)
