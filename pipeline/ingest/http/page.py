"""A fetched page as far as a webmention needs it: does it link to the target, and what do its microformats (mf2) say of that.

Reads classes `h-entry`, `h-cite`, `h-card`, `u-…` and `dt-published`, nested. Whatever the page is, it ends with an answer.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin

MAX_OPEN: Final = 200
MAX_ITEMS: Final = 500
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_ADDRESSES: Final = ("href", "src", "data", "cite")
Item = dict[str, Any]


class Page(HTMLParser):
    """`links`: every address on the page, absolute. `items`: its outermost microformats."""

    def __init__(self, html: str, url: str) -> None:
        super().__init__()
        self._base, self._count = url, 0
        self._open: list[tuple[str, Item | None]] = []
        self.links: set[str] = set()
        self.items: list[Item] = []
        self.feed(html)
        self.close()

    @property
    def mf2(self) -> dict[str, object]:
        """As mf2 parsers write it."""
        return {"items": self.items}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses and classes of an element."""
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and "href" in given:
            self._base = self._absolute(given["href"])
        address = next((self._absolute(given[name]) for name in _ADDRESSES if name in given), None)
        if address:
            self.links.add(address)
        item = self._noted(given, address)
        if tag not in _VOID and len(self._open) < MAX_OPEN:
            self._open.append((tag, item))

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and those within it that nobody closed."""
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                del self._open[place:]
                return

    def _noted(self, given: dict[str, str], address: str | None) -> Item | None:
        classes = given.get("class", "").split()
        around = next((item for _, item in reversed(self._open) if item is not None), None)
        types = [name for name in classes if name.startswith("h-")]
        item: Item | None = None
        if types and self._count < MAX_ITEMS:
            self._count += 1
            item = {"type": types, "properties": {"url": [address]} if address else {}}
        names = [name.partition("-")[2] for name in classes if name.startswith(("u-", "p-", "dt-"))]
        value = item or given.get("datetime") or address
        if around is not None and names and value:
            for name in names:
                around["properties"].setdefault(name, []).append(value)
        elif item is not None:
            (self.items if around is None else around.setdefault("children", [])).append(item)
        return item

    def _absolute(self, address: str) -> str:
        try:
            return urljoin(self._base, address.strip())
        except ValueError:
            return ""
