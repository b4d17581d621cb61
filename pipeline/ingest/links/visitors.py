"""Who comes: a person, a program, somebody who does not want to be counted. Looked at for the length of one request, and forgotten.

Nothing about a person is stored. What is kept in a token, 16 bits of a hash keyed with a salt of the day, only tells whether a visit is by the
one who has the token already; each value fits one person in 65,536.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_S: Final = 86_400
Privacy = Literal["respect", "consent", "off"]
_PROGRAMS: Final = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|prerender|facebookexternalhit|facebookcatalog|meta-external|whatsapp|telegram|slack|discord|skype|viber|"
    r"embedly|iframely|outbrain|pinterest/|quora|vkshare|w3c_validator|lighthouse|headless|phantom|selenium|curl|wget|python|aiohttp|httpx|java/|okhttp|"
    r"go-http|node|axios|ruby|perl|libwww|php/|scanner|monitor|uptime|pingdom|mastodon/|akkoma|pleroma|misskey|barracuda|proofpoint|mimecast|safelinks",
    re.IGNORECASE,
)
_AHEAD: Final = re.compile(r"prefetch|preview|prerender|preload", re.IGNORECASE)


class Visitor(Enum):
    """What a visitor is taken for."""

    PERSON = "person"
    PROGRAM = "program"
    AHEAD = "ahead"
    """A browser that fetches what may be clicked."""
    OPTED_OUT = "opted_out"


def judge(headers: Mapping[str, str], privacy: Privacy, *, consent: bool = False, page: bool = True) -> Visitor:
    """What the headers say. `page`: the request is for a page, not by a script on one. `consent`: the visitor has agreed."""
    if any(_AHEAD.search(headers.get(name, "")) for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")):
        return Visitor.AHEAD
    if _is_program(headers, page=page):
        return Visitor.PROGRAM
    refuses = headers.get("DNT") == "1" or headers.get("Sec-GPC") == "1"
    if (privacy != "off" and refuses) or (privacy == "consent" and not consent):
        return Visitor.OPTED_OUT
    return Visitor.PERSON


def _is_program(headers: Mapping[str, str], *, page: bool) -> bool:
    agent = headers.get("User-Agent", "")
    # Every browser says its languages and what it can show.
    if not agent or _PROGRAMS.search(agent) or "Accept-Language" not in headers:
        return True
    return page and (
        "text/html" not in headers.get("Accept", "") or headers.get("Sec-Fetch-Dest", "document") != "document"
    )


def owner(key: bytes, moment_s: int, address: str, agent: str) -> int:
    """16 bits that are the same for one person's visits of one day (UTC), and for 65,535 others' as well."""
    salt = hmac.new(key, b"visitors of day %d" % (moment_s // DAY_S), hashlib.sha256).digest()
    return int.from_bytes(
        hmac.new(salt, f"{address}\n{agent}".encode("utf-8", "backslashreplace"), hashlib.sha256).digest()[:2], "big"
    )
