"""How a poller shows who it is. Credentials go into headers (Tumblr's key into the query), never into a log, a mark or an error."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import aiohttp
import msgspec

from pipeline.errors import UsageError
from pipeline.ingest.collect.seam import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from pipeline.clock import Clock

EARLY_S: Final = 60.0
"""A token is renewed so long before it ends."""
DENIED_S: Final = 300.0
"""How long to wait when a platform does not know us: a person has to do something."""
_USUAL_S: Final = 3600.0
_WITHIN: Final = aiohttp.ClientTimeout(total=30)
_MOST_BYTES: Final = 64 * 1024


class Access(Protocol):
    """Credentials for one platform."""

    async def headers(self) -> Mapping[str, str]:
        """What a request carries. Raises SourceError when there is no valid credential to be had."""
        ...

    def query(self) -> Mapping[str, str]:
        """What a request's query carries besides."""
        ...

    async def renew(self) -> bool:
        """The platform does not take the credential any more: whether there is another one now."""
        ...


class Fixed:
    """A token that somebody else looks after. `@file` names a file with it, which is read anew when the platform does not take it any more."""

    def __init__(self, token: SecretStr, field: str = "access_token") -> None:
        self._given, self._field = token, field
        self._token = self._read()

    async def headers(self) -> Mapping[str, str]:
        """A bearer token."""
        return {"Authorization": f"Bearer {self._token}"}

    def query(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    async def renew(self) -> bool:
        """Whether the file has another token by now."""
        before, self._token = self._token, self._read()
        return self._token != before

    def _read(self) -> str:
        text = self._given.get_secret_value()
        if not text.startswith("@"):
            return text
        try:
            return Path(text[1:]).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{self._field} names the file {text[1:]}, which cannot be read: {type(error).__name__}"
            ) from None


class Key:
    """An API key in the query, where a platform takes no header (Tumblr)."""

    def __init__(self, name: str, key: SecretStr) -> None:
        self._name, self._key = name, key

    async def headers(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def query(self) -> Mapping[str, str]:
        """The key."""
        return {self._name: self._key.get_secret_value()}

    async def renew(self) -> bool:
        """A key does not end."""
        return False


class OAuth:
    """Access tokens from a token endpoint (RFC 6749: client credentials or a refresh token), each for as long as it lasts.

    `form` is the grant; the client's id and secret go as basic authentication, or into the form where `in_form` says so (LinkedIn).
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        url: str,
        form: Mapping[str, str],
        client: tuple[str, SecretStr],
        headers: Mapping[str, str],
        *,
        in_form: bool = False,
    ) -> None:
        self._session, self._clock, self._url, self._headers = session, clock, url, headers
        self._form, self._client, self._in_form = dict(form), client, in_form
        self._token, self._ends_us = "", 0
        self._one = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """A bearer token that is valid for some time yet. Raises SourceError when the endpoint gives none."""
        async with self._one:
            if not self._token or self._clock.now_us() >= self._ends_us:
                await self._get()
        return {"Authorization": f"Bearer {self._token}"}

    def query(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    async def renew(self) -> bool:
        """Forget the token: the next request gets another one."""
        self._token = ""
        return True

    async def _get(self) -> None:
        name, secret = self._client[0], self._client[1].get_secret_value()
        form, headers = dict(self._form), dict(self._headers)
        if self._in_form:
            form |= {"client_id": name, "client_secret": secret}
        else:
            headers["Authorization"] = aiohttp.encode_basic_auth(name, secret)
        async with self._session.post(
            self._url, data=form, headers=headers, timeout=_WITHIN, allow_redirects=False
        ) as response:
            status, body = response.status, await response.content.read(_MOST_BYTES)
        if status >= 500 or status == 429:  # noqa: PLR2004 - it may be better soon
            raise SourceError(f"the token endpoint answers {status}")
        self._keep(status, body)

    def _keep(self, status: int, body: bytes) -> None:
        try:
            told = msgspec.json.decode(body, type=dict[str, object])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            told = {}
        token, lasts_s = told.get("access_token"), told.get("expires_in")
        if status != 200 or not isinstance(token, str) or not token:  # noqa: PLR2004 - OK
            raise SourceError(f"the token endpoint gives no token (status {status}): check id and secret", DENIED_S)
        lasts = float(lasts_s) if isinstance(lasts_s, int | float) else _USUAL_S
        self._token = token
        self._ends_us = self._clock.now_us() + int(max(lasts - EARLY_S, lasts / 2) * 1_000_000)
        if isinstance(refresh := told.get("refresh_token"), str) and "refresh_token" in self._form:
            self._form["refresh_token"] = refresh  # some platforms give another one each time
