"""Short addresses: led to their pages in time, or counted as they are and mended later; nothing but shorteners is asked."""

import asyncio

import pytest
from msgspec.structs import replace
from support.events import act

from pipeline.clock import SystemClock
from pipeline.ingest.http import resolve
from pipeline.ingest.http.fetch import Fetcher, RefusedFetchError
from pipeline.ingest.http.resolve import Resolver

PAGE = "web:https://example.org/film"
LEADS = {
    "https://t.co/a": "https://bit.ly/b",
    "https://bit.ly/b": "http://www.example.org/film/?utm_source=x",
    "https://t.co/loop": "https://t.co/loop",
    "https://t.co/mail": "mailto:a@b.c",
}


class FakeFetcher:
    def __init__(self, leads=LEADS, hangs=False):
        self.leads, self.hangs, self.asked = dict(leads), hangs, []

    async def leads_to(self, url):
        self.asked.append(url)
        if self.hangs:
            await asyncio.Event().wait()
        if url not in self.leads:
            raise RefusedFetchError("nothing there")
        return self.leads[url]


def of(url, event_id="s", **fields):
    return replace(act(event_id, **fields), content_id=f"web:{url}")


@pytest.fixture
async def resolving(monkeypatch):
    monkeypatch.setattr(resolve, "AGAIN_S", (0.0, 0.0))
    made = []

    def make(fetcher, within_s=5.0):
        links = []

        async def repair(event):
            links.append(event)

        made.append(Resolver(fetcher, SystemClock(), repair, within_s=within_s))
        return made[-1], links

    yield make
    for one in made:
        await one.close()


async def mended(resolver):
    while resolver._late:
        await asyncio.gather(*resolver._late.values(), return_exceptions=True)


async def test_a_short_address_is_led_to_its_page_through_other_short_ones(resolving):
    fetcher = FakeFetcher()
    resolver, links = resolving(fetcher)
    events = [of("https://t.co/a"), of("https://example.org/other")]
    assert [event.content_id for event in await resolver.lead(events)] == [PAGE, "web:https://example.org/other"]
    assert fetcher.asked == ["https://t.co/a", "https://bit.ly/b"], "the page itself is nobody's business"
    await resolver.lead(events)
    assert len(fetcher.asked) == 2, "what is known is not asked again"
    assert links == []


async def test_what_is_not_known_in_time_counts_as_it_is_and_is_linked_later(resolving):
    fetcher = FakeFetcher(hangs=True)
    resolver, links = resolving(fetcher, within_s=0.01)
    event = of("https://t.co/a")
    assert await resolver.lead([event]) == [event]
    fetcher.hangs = False
    await mended(resolver)
    assert [(link.kind, link.content_id, link.target_content_id) for link in links] == [
        ("link", event.content_id, PAGE)
    ]
    assert (await resolver.lead([event]))[0].content_id == PAGE


@pytest.mark.parametrize("url", ["https://t.co/nowhere", "https://t.co/loop", "https://t.co/mail"])
async def test_what_leads_nowhere_counts_as_it_is(resolving, url):
    resolver, links = resolving(FakeFetcher())
    assert await resolver.lead([of(url)]) == [of(url)]
    await mended(resolver)
    assert links == []


async def test_a_total_stays_that_of_its_short_address(resolving):
    resolver, _ = resolving(FakeFetcher())
    (total,) = await resolver.lead([of("https://t.co/a", "k", kind="counter", counter_kind="view", count=1)])
    assert (total.content_id, total.parent_event_id) == (PAGE, "web:https://t.co/a")


async def test_switched_off_nothing_is_asked(resolving):
    fetcher = FakeFetcher()
    resolver, _ = resolving(fetcher, within_s=0)
    assert await resolver.lead([of("https://t.co/a")]) == [of("https://t.co/a")]
    assert fetcher.asked == []


async def test_a_shortener_inside_of_our_network_is_not_asked():
    fetcher = Fetcher()
    try:
        for url in ("http://127.0.0.1/a", "http://[::1]/", "ftp://t.co/", "http://t.co:8080/"):
            with pytest.raises(RefusedFetchError):
                await fetcher.leads_to(url)
    finally:
        await fetcher.close()
