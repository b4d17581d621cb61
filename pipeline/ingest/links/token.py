"""The token of one visit: 36 signed bytes that say all there is to know, so that no database stands behind a link.

It holds which link, when and over how many generations, the visit that it came through and by which channel. Nobody without the key can make
one or change one. It holds nothing of the visitor but 16 bits of a keyed hash, which fit thousands of people.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

CHANNELS: Final = (
    "web", "email", "facebook", "twitter", "linkedin", "pinterest", "instagram", "threads", "whatsapp", "telegram", "reddit", "bluesky",
    "mastodon", "tumblr", "discord", "snapchat", "youtube", "tiktok", "myspace",
)  # fmt: skip
"""Ways that a link can be shared on, each a platform of the contract. Tokens name them by place: add at the end only."""
LENGTH: Final = 48
ROOT: Final = bytes(8)
"""The parent of a visit that came by the link itself."""
_VERSION: Final = 1
_BODY: Final = struct.Struct(">B4sIBBH8s5s")
_MAC: Final = 10
_MOST_GENERATIONS: Final = 255


class Token(NamedTuple):
    """One visit. `issued_s`: seconds since 1970 (UTC). `channel`: by which its link was shared. `parent`: id of the visit that shared it."""

    link: bytes
    issued_s: int
    generation: int
    channel: str
    owner: int
    parent: bytes
    nonce: bytes

    @property
    def id(self) -> bytes:
        """What names the visit in events. The token cannot be made from it."""
        return hashlib.sha256(b"visit" + self._body()).digest()[:8]

    def write(self, key: bytes) -> str:
        """The token as it stands in addresses: 48 letters, digits, - and _."""
        body = self._body()
        return base64.urlsafe_b64encode(body + _mac(key, body)).decode()

    def _body(self) -> bytes:
        place = CHANNELS.index(self.channel)
        return _BODY.pack(
            _VERSION, self.link, self.issued_s, self.generation, place, self.owner, self.parent, self.nonce
        )


def issue(link: bytes, now_s: int, owner: int, came_by: Token | None, channel: str) -> Token:
    """The token of a new visit that came by another one's link, or by the link itself."""
    generation = min(came_by.generation + 1, _MOST_GENERATIONS) if came_by else 0
    return Token(link, now_s, generation, channel, owner, came_by.id if came_by else ROOT, secrets.token_bytes(5))


def read(text: str, keys: Iterable[bytes]) -> Token | None:
    """The visit that one of the live keys has signed; None for anything else."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True) if len(text) == LENGTH else b""
    except (UnicodeEncodeError, binascii.Error):
        return None
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    # All keys are tried, so that the time does not tell which was close.
    if len(body) != _BODY.size or not sum(hmac.compare_digest(_mac(key, body), mac) for key in keys):
        return None
    version, link, issued_s, generation, place, owner, parent, nonce = _BODY.unpack(body)
    if version != _VERSION or place >= len(CHANNELS):
        return None
    return Token(link, issued_s, generation, CHANNELS[place], owner, parent, nonce)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, b"link token" + body, hashlib.sha256).digest()[:_MAC]
