"""Which content an address stands for, by rule alone: no request is made. The rules are data (`pipeline.ingest.platforms.url_rules`).

The form of an address (case, percent-encoding, punycode, default ports, dots in the path) is yarl's business, which follows RFC 3986 and WHATWG.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from yarl import URL

from pipeline.ingest.platforms import url_rules as rules

if TYPE_CHECKING:
    from collections.abc import Iterable

_PORTS: Final = {"http": 80, "https": 443}
_MOST_FIELDS: Final = 200
_MOST_WRAPPINGS: Final = 4
_WRAPPED: Final = re.compile(r"/(?:amp|c|v|i)/(s/)?(.+)", re.DOTALL)
_AMP_MIN_SEGMENTS: Final = 3
"""`/2024/story/amp` is a form of a story; `/guitar/amp` may be about an amplifier."""


def plain(url: str) -> str:
    """The address without what only tells who clicked where: campaign tags (`utm_…`), click ids, the fragment, a name and
    password. Host in lower case. It still leads to the same page. Raises ValueError when it is no http or https address.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an http address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port not in {None, _PORTS[parts.scheme]} else ""
    return urlunsplit((parts.scheme, host + port, parts.path or "/", _kept(parts.query), ""))


def canonical(url: str) -> str:
    """One name for all addresses of a page: https, no `www.` or mobile host, no AMP form or cache, no tracking, query fields in order, no slash
    at the end. It need not lead there. Idempotent. Raises ValueError when it is no http or https address.
    """
    place = URL(plain(url))
    for _ in range(_MOST_WRAPPINGS):
        inner = _unwrapped(place)
        if inner is None:
            break
        place = URL(plain(inner))
    host = _site(place.raw_host or "")
    port = None if place.is_default_port() else place.explicit_port
    fields = sorted(_chosen(host, place.query.items()))
    query = URL.build(query=fields).raw_query_string
    return str(
        URL.build(
            scheme="https",
            host=f"[{host}]" if ":" in host else host,
            port=port,
            path=_path(place.raw_path),
            query_string=query,
            encoded=True,
        )
    )


def web_content(url: str) -> str:
    """The content id of an address. Raises ValueError as `canonical`."""
    return f"web:{canonical(url)}"


def is_short(url: str) -> bool:
    """Whether only a request tells where the address leads (`pipeline.ingest.http.resolve`)."""
    try:
        host = URL(plain(url)).raw_host or ""
    except ValueError:
        return False
    return host in rules.SHORTENERS or host.removeprefix("www.") in rules.SHORTENERS


def _kept(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    kept = [(name, value) for name, value in pairs if not _tells_the_way(name.lower())]
    return query if len(kept) == len(pairs) else urlencode(kept)


def _tells_the_way(name: str) -> bool:
    return name in rules.TRACKING or name.startswith(rules.TRACKING_PREFIXES)


def _site(host: str) -> str:
    """The site's own name. A prefix goes only where a name with a dot is left."""
    found = host.rstrip(".")
    while prefix := next((one for one in rules.HOST_PREFIXES if found.startswith(one)), None):
        if "." not in found.removeprefix(prefix):
            break
        found = found.removeprefix(prefix)
    return rules.HOSTS.get(found, found)


def _chosen(host: str, fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    own = rules.TRACKING_OF.get(host, frozenset())
    return [(name, value) for name, value in fields if name.lower() not in own and not _is_amp(name.lower(), value)]


def _is_amp(name: str, value: str) -> bool:
    if name not in rules.AMP_PARAMETERS:
        return False
    values = rules.AMP_PARAMETERS[name]
    return values is None or value.lower() in values


def _path(path: str) -> str:
    found = path.rstrip("/")
    for end in rules.AMP_ENDS:
        if found.endswith(end) and (end != "/amp" or found.count("/") >= _AMP_MIN_SEGMENTS):
            found = found.removesuffix(end).rstrip("/") + (".html" if end == ".amp.html" else "")
    return found or "/"


def _unwrapped(place: URL) -> str | None:
    """The address inside of one of an AMP cache or viewer."""
    host = place.host or ""
    if not host.endswith(rules.AMP_CACHE) and _site(host) not in rules.AMP_VIEWERS:
        return None
    match = _WRAPPED.fullmatch(place.raw_path)
    if match is None or "." not in match[2].partition("/")[0]:
        return None
    query = f"?{place.raw_query_string}" if place.raw_query_string else ""
    return f"{'https' if match[1] else 'http'}://{match[2]}{query}"
