"""Which content an address stands for, by rule alone: no request is made."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_CLICK_IDS: Final = frozenset(
    {
        "fbclid",
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "twclid",
        "ttclid",
        "li_fat_id",
        "igshid",
        "igsh",
        "yclid",
    }
    | {"mc_cid", "mc_eid", "_hsenc", "_hsmi", "mkt_tok", "vero_id", "ref_src", "s_cid"}
)
_PORTS: Final = {"http": 80, "https": 443}


def plain(url: str) -> str:
    """The address without what only tells who clicked where: campaign tags (`utm_…`), click ids, the fragment, a name and
    password. Host in lower case. Raises ValueError when it is no http or https address.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an http address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port not in {None, _PORTS[parts.scheme]} else ""
    return urlunsplit((parts.scheme, host + port, parts.path or "/", _kept(parts.query), ""))


def web_content(url: str) -> str:
    """The content id of an address. Raises ValueError as `plain`."""
    return f"web:{plain(url)}"


def _kept(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200)
    kept = [(name, value) for name, value in pairs if not _tells_the_way(name.lower())]
    return query if len(kept) == len(pairs) else urlencode(kept)


def _tells_the_way(name: str) -> bool:
    return name.startswith("utm_") or name in _CLICK_IDS
