"""One campaign as a person meets it, in headless Chromium."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from playwright.async_api import expect
from support.folding import cascade, folded, now_ms, record
from support.page import served

expect.set_options(timeout=20_000)  # milliseconds: the machine is shared by several test processes

HOSTILE = "<img src=x onerror=\"document.title='taken'\">'\"/..?a=%2F&b#c"
PHONE = {"width": 375, "height": 812, "is_mobile": True, "has_touch": True}


def events(campaign="spring"):
    """Two contents with a sharer in both, an answer, views, and a quiet content of another campaign."""
    yield from cascade("first", campaign_id=campaign)
    yield from cascade("second", campaign_id=campaign)
    yield record("m", "first", "mention", actor_id="author", parent_actor_id="actor of 1")
    for view in range(8):
        yield record(f"v{view}", "first", "view")
    yield from cascade("elsewhere", campaign_id="autumn")


async def take(worker, *values):
    await asyncio.to_thread(worker.take, values, now_ms())


@pytest.fixture
def owned(clickhouse):
    """As `stack`, where the campaign owns an account."""
    with folded(
        clickhouse.settings(
            page_interval_s=0.2,
            worker_status_url="http://127.0.0.1:9",
            kafka_bootstrap="127.0.0.1:9",
            owned_accounts={"spring": ["twitter:author"]},
        )
    ) as made:
        yield made


async def test_the_list_leads_to_the_campaign_with_each_person_once(visitor, owned):
    settings, worker = owned
    await take(worker, *events())
    async with served(settings) as page, visitor.tab(page.url) as tab:
        await tab.locator(".row", has_text="second").locator("a.campaign").click()
        await expect(tab.locator("h1")).to_have_text("spring")
        await expect(tab.locator("[data-figure=campaign_contents]")).to_have_text("2")
        await expect(tab.locator("[data-figure=shares]")).to_have_text("8")
        await expect(tab.locator("[data-figure=campaign_secondary]")).to_have_text("35")
        await expect(tab.locator("[data-figure=campaign_primary]")).to_have_text("1,000")
        await expect(tab.locator("[data-figure=shares_per_view]")).to_have_text("1")
        await expect(tab.locator("[data-figure=shares_per_click]")).to_have_text("–")
        await expect(tab.locator("[data-figure=viral_contents]")).to_have_text("–")
        await expect(tab.locator(".list .content-link")).to_have_text(["first", "second"])
        leader = tab.locator(".amplifiers tbody tr").first
        await expect(leader).to_contain_text("actor of 1")
        await expect(leader.locator(".contents")).to_have_text("2")
        await expect(leader.locator(".downstream_reach")).to_have_text("50")
        await take(worker, record("5", "second", parent_event_id="4", parent_basis="exact"))
        await expect(tab.locator("[data-figure=shares]")).to_have_text("9")
        await tab.locator(".content-link", has_text="first").click()
        await expect(tab.locator("h1")).to_have_text("first")
        await expect(tab.locator(".amplifiers tbody tr", has_text="actor of 1").locator(".first")).to_be_visible()
        await tab.locator("a.campaign").click()
        await expect(tab.locator("h1")).to_have_text("spring")


async def test_the_conversation_of_the_campaigns_own_accounts_is_shown(visitor, owned):
    settings, worker = owned
    await take(worker, *events())
    async with served(settings) as page, visitor.tab(f"{page.url}/#/campaign/spring") as tab:
        row = tab.locator(".conversation tbody tr")
        await expect(row).to_have_count(1)
        await expect(row.locator(".created_shared")).to_have_text("3 : 0")
        await expect(row.locator(".one_two_way")).to_have_text("2 : 1")
        await expect(row.locator(".account_sharers")).to_have_text("4")
        await expect(row.locator(".reciprocity")).to_have_text("25%")
        await expect(row.locator(".sharers_audience")).to_have_text("10")


async def test_without_owned_accounts_the_page_says_how_to_name_them(visitor, stack):
    settings, worker = stack
    await take(worker, *events())
    async with served(settings) as page, visitor.tab(f"{page.url}/#/campaign/spring") as tab:
        await expect(tab.locator(".conversation")).to_contain_text("CASCADES_OWNED_ACCOUNTS")
        await expect(tab.locator(".conversation table")).to_be_hidden()


async def test_a_campaign_can_be_linked_to_and_appears_when_it_comes_whatever_its_name(visitor, stack):
    settings, worker = stack
    async with served(settings) as page, visitor.tab(f"{page.url}/#/campaign/{quote(HOSTILE, safe='')}") as tab:
        await expect(tab.get_by_text("Not seen yet")).to_be_visible()
        await take(worker, *events(HOSTILE))
        await expect(tab.locator("[data-figure=campaign_contents]")).to_have_text("2")
        await expect(tab.locator("h1")).to_have_text(HOSTILE)
        assert await tab.title() == f"{HOSTILE} · Share Cascades"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_campaign_fits_a_phone(visitor, owned, scheme):
    settings, worker = owned
    await take(worker, *events())
    async with (
        served(settings) as page,
        visitor.tab(f"{page.url}/#/campaign/spring", **PHONE, color_scheme=scheme) as tab,
    ):
        await expect(tab.locator(".conversation tbody tr")).to_have_count(1)
        assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
