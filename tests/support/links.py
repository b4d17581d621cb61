"""People who follow tracked links."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.doors import told

if TYPE_CHECKING:
    from support.doors import Doors

LINK = {"url": "https://example.org/spring", "content_id": "spring-film", "campaign_id": "spring-launch"}
SECRET = "a-secret-that-signs-tokens"
LINKS = {"links": json.dumps({"spring": LINK}), "link_secrets": SECRET}
PERSON = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "de-CH,de;q=0.8",
    "Sec-Fetch-Dest": "document",
}


class Person:
    """One who comes with a browser of his own."""

    def __init__(self, doors: Doors, number: int, headers: dict[str, str] | None = None) -> None:
        base = PERSON if headers is None else headers
        agent = f"{base['User-Agent']} of {number}" if base.get("User-Agent") else base.get("User-Agent", "")
        self.headers = base | ({"User-Agent": agent} if "User-Agent" in base else {})
        self.headers |= {"X-Forwarded-For": f"198.51.100.{number}"}
        self._doors = doors

    async def follow(self, place: str) -> str:
        """Where the link leads."""
        async with self._doors.session.get(
            self._doors.url + place, headers=self.headers, allow_redirects=False
        ) as response:
            assert response.status == 302, await response.text()
            return response.headers["Location"]

    async def script(self, what: str, origin: str = "https://example.org", **said: object) -> tuple[int, Any]:
        """What the page's script gets to hear."""
        headers = self.headers | {"Origin": origin, "Accept": "*/*", "Sec-Fetch-Dest": "empty"}
        async with self._doors.session.post(
            f"{self._doors.url}/l/{what}", data=json.dumps(said), headers=headers
        ) as response:
            assert response.status != 200 or response.headers["Access-Control-Allow-Origin"] == origin
            return response.status, await told(response)


def token_of(address: str) -> str:
    """The token behind an address."""
    return address.partition("#s=")[2]
