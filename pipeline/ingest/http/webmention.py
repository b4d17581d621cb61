"""Webmention: a form with two addresses. Nothing is signed: the page that is said to mention ours is fetched, and has to link to it.

It is checked before the answer, not after: what is answered with 2xx is in Kafka.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from pipeline.ingest.http.fetch import RefusedFetchError
from pipeline.ingest.http.page import Page
from pipeline.ingest.http.problems import ProblemError

if TYPE_CHECKING:
    from pipeline.ingest.http.fetch import Fetcher
    from pipeline.ingest.http.keys import Webhook
    from pipeline.ingest.http.received import Received

GONE = frozenset({404, 410})
OK = 200


class Webmentions:
    """Fetches what is said to mention us, and makes the payload that the mapping reads."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def payload(self, received: Received, webhook: Webhook) -> bytes:
        """What the mapping reads, as JSON: whether the page links to the target, and its microformats. A page that is gone, or links no more, is an undo and the mapping's business.

        Raises ProblemError `bad-request` for addresses that are none, or a target that is not ours.
        """
        source, target = addresses(received.body, webhook)
        try:
            page = await self._fetcher.get(source, accept="text/html, application/xhtml+xml;q=0.9")
        except RefusedFetchError as error:
            raise ProblemError("bad-request", f"the source cannot be fetched: {error}") from None
        if page.status != OK and page.status not in GONE:
            raise ProblemError("bad-request", f"the source answers {page.status}")
        read = Page("" if page.status in GONE else page.body.decode("utf-8", "replace"), page.url)
        linked = target in read.links
        return json.dumps(
            {"source": source, "target": target, "status": page.status, "linked": linked, "mf2": read.mf2}
        ).encode()


def addresses(body: bytes, webhook: Webhook) -> tuple[str, str]:
    """Source and target of the form. Raises ProblemError `bad-request`."""
    try:
        form = dict(parse_qsl(body.decode("ascii"), max_num_fields=20))
        source, target = form["source"], form["target"]
        same, host = urlsplit(source) == urlsplit(target), urlsplit(target).hostname
    except (KeyError, ValueError):
        raise ProblemError("bad-request", "a form with source and target, please") from None
    if same or host not in webhook.targets:
        raise ProblemError("bad-request", "the target is not a page of ours")
    return source, target
