"""The script of tracked links in a real browser: on a publisher's page, of another origin than the doors."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from playwright.async_api import expect
from support.doors import opened
from support.links import SECRET

expect.set_options(timeout=20_000)
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@asynccontextmanager
async def published(consent=""):
    """A page with the script, and the doors that it speaks to."""
    script = {}

    async def article(_request):
        html = f'<!doctype html><link rel=icon href="data:,"><h1 id=part>Hello</h1><button data-share=email>Mail</button><p id=own></p>{script["tag"]}'
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/article", article)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/article"
    links = json.dumps({"article": {"url": url, "content_id": "article"}})
    privacy = "consent" if consent else "respect"
    try:
        async with opened(links=links, link_secrets=SECRET, links_privacy=privacy) as doors:
            script["tag"] = f'<script src="{doors.url}/l.js" data-link="article" {consent} async></script>'
            yield doors, url
    finally:
        await runner.cleanup()


async def own_token(tab):
    await tab.wait_for_function("window.cascades && cascades.url().length > 60")
    return (await tab.evaluate("cascades.url()")).rpartition("/")[2]


def people(number):
    return {"user_agent": f"{AGENT} of {number}", "locale": "de-CH"}


async def test_a_chain_of_three_people_by_the_script_alone(visitor):
    async with published() as (doors, url):
        address = url
        for number in range(3):
            async with visitor.tab(address, **people(number)) as tab:
                token = await own_token(tab)
                assert tab.url == f"{url}#s={token}", "what is copied from the address bar carries the token"
                await tab.reload()
                assert await own_token(tab) == token, "a reload is no visit"
                address = tab.url
        events = doors.sender.events
    assert [event["kind"] for event in events] == ["click", "share", "click", "share", "click"]
    first, second = (event for event in events if event["kind"] == "share")
    assert (first["parent_event_id"], second["parent_event_id"]) == ("article", first["event_id"])


async def test_a_share_button_tells_of_the_share_and_gives_the_channels_link(visitor):
    async with published() as (doors, url), visitor.tab(url, **people(1)) as tab:
        token = await own_token(tab)
        async with tab.expect_response("**/l/share"):
            await tab.get_by_text("Mail").click()
        assert (await tab.evaluate("cascades.url('email')")).endswith(f"/l/{token}~email")
        assert [(event["kind"], event["platform"]) for event in doors.sender.events] == [
            ("click", "web"),
            ("share", "email"),
        ]


async def test_by_a_redirect_the_visitor_keeps_the_token_that_he_was_given(visitor):
    async with published() as (doors, url), visitor.tab(f"{doors.url}/l/article~facebook", **people(1)) as tab:
        token = await own_token(tab)
        assert tab.url == f"{url}#s={token}"
        assert [(event["kind"], event["platform"]) for event in doors.sender.events] == [("click", "facebook")]


@pytest.mark.parametrize("signal", ["navigator.__proto__.__defineGetter__('globalPrivacyControl', () => true)",
                                    "navigator.__proto__.__defineGetter__('doNotTrack', () => '1')"])  # fmt: skip
async def test_under_a_privacy_signal_the_script_asks_nothing(visitor, signal):
    async with published() as (doors, url), visitor.tab("about:blank", **people(1)) as tab:
        await tab.add_init_script(signal)
        await tab.goto(url)
        await tab.wait_for_function("window.cascades")
        await tab.wait_for_timeout(500)
        assert tab.url == url
        assert doors.sender.entries == []


async def test_it_waits_for_consent_where_that_is_required_and_stores_nothing(visitor):
    async with published('data-consent="required"') as (doors, url), visitor.tab(url, **people(1)) as tab:
        await tab.wait_for_function("window.cascades")
        await tab.wait_for_timeout(500)
        assert doors.sender.entries == []
        await tab.evaluate("cascades.consent()")
        await own_token(tab)
        assert len(doors.sender.entries) == 1
        assert await tab.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        assert await tab.context.cookies() == []


async def test_an_anchor_of_the_page_stays_as_it_is(visitor):
    async with published() as (_, url), visitor.tab(f"{url}#part", **people(1)) as tab:
        await own_token(tab)
        assert tab.url == f"{url}#part"


def test_the_script_is_small():
    from pipeline.ingest.links.door import SCRIPT

    assert 1000 <= len(SCRIPT.read_bytes()) <= 2000
