"""Speed, forecast, over-performance, state and alerts of one content, as a person meets them on the page."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect
from support.alert_rows import tell
from support.clock_rows import figured
from support.folding import cascade, now_ms, record
from support.page import served
from support.receivers import alert

from pipeline.clickhouse import client

expect.set_options(timeout=20_000)  # milliseconds: the machine is shared by several test processes

PHONE = {"width": 375, "height": 812, "is_mobile": True, "has_touch": True}
UNKNOWN = {"doubling_s": -1, "expected_shares": -1, "viral_score": -1, "half_s": -1, "ninety_s": -1}


def put(settings, content="c", **changes):
    with client(settings) as writer:
        figured(writer, content, **changes)


def figure(tab, key):
    """A figure with what stands below it."""
    return tab.locator(".figure").filter(has=tab.locator(f"[data-figure={key}]"))


def says(tab, key, value, note):
    return asyncio.gather(
        expect(figure(tab, key).locator(".figure-value")).to_have_text(value),
        expect(figure(tab, key).locator(".figure-note")).to_have_text(note),
    )


async def test_what_comes_next_is_told_with_its_range_and_units(visitor, stack):
    settings, worker = stack
    worker.take([record("old", "c", minutes_ago=30.0), *cascade()], now_ms())
    put(settings)
    async with served(settings) as page, visitor.tab(f"{page.url}/#/content/c") as tab:
        await says(tab, "final_size", "2,104", "1,300 to 3,400, 8 times of 10")
        await says(tab, "half_time", "after 12 min", "90% roughly in 2 days")
        await says(tab, "over_performance", "6.4×", "12 shares expected at this age")
        await says(tab, "doubling", "12 min", "at the pace of the last hour")
        await expect(figure(tab, "velocity").locator(".figure-note")).to_contain_text("over 1 h, up 0.8/min")
        await expect(figure(tab, "velocity").locator(".figure-value")).to_contain_text("/min")
        await expect(figure(tab, "virality").locator(".figure-value")).to_have_text("2.07")
        await expect(tab.locator(".content-head .state")).to_have_text("viral, severity 8")
        put(settings, half_s=14_400.0)
        await says(tab, "half_time", "roughly in 3.5 h", "90% roughly in 2 days")
        await says(tab, "r", "0.80", "0.60 so far")
        await tab.get_by_role("button", name="R", exact=True).first.hover()
        await expect(tab.get_by_role("tooltip")).to_contain_text("too low while a cascade is young")
        await tab.get_by_role("button", name="Expected final size").hover()
        await expect(tab.get_by_role("tooltip")).to_contain_text("8 of 10 cases")


async def test_while_it_accelerates_only_a_least_number_is_told_and_no_time(visitor, stack):
    settings, worker = stack
    worker.take([*(record(f"before {n}", minutes_ago=8.0) for n in range(14)), *cascade()], now_ms())
    put(settings, accelerating=True, predicted_high=-1)
    async with served(settings) as page, visitor.tab(f"{page.url}/#/content/c") as tab:
        await says(tab, "final_size", "≥ 1,300", "still accelerating, at least 1,300")
        await says(tab, "half_time", "–", "cannot be told while it accelerates")
        await expect(figure(tab, "velocity").locator(".figure-note")).to_contain_text("down 2/min")
        put(settings)
        await expect(figure(tab, "final_size").locator(".figure-value")).to_have_text("2,104")


async def test_what_is_not_known_is_a_dash_with_the_reason(visitor, stack):
    settings, worker = stack
    worker.take(cascade(minutes_ago=90.0), now_ms())
    async with served(settings) as page, visitor.tab(f"{page.url}/#/content/c") as tab:
        for key in ("final_size", "half_time", "over_performance", "doubling"):
            await says(tab, key, "–", "not worked out yet")
        await says(tab, "r", "0.75", "so far, young shares count in full")
        await expect(tab.locator(".content-head .state")).to_be_hidden()
        put(settings, **UNKNOWN, state="quiet", severity=0)
        await says(tab, "over_performance", "–", "too few like it to compare with")
        await says(tab, "doubling", "–", "no share in the last hour")
        await expect(tab.locator(".content-head .state")).to_be_hidden()


async def test_the_list_shows_state_severity_and_how_far_ahead_a_content_is(visitor, stack):
    settings, worker = stack
    worker.take([*cascade("hot"), *cascade("calm")], now_ms())
    put(settings, "hot")
    put(settings, "calm", state="quiet", severity=0, viral_score=1.1)
    async with served(settings) as page, visitor.tab(page.url) as tab:
        hot, calm = (tab.locator(".rows .row").filter(has_text=name) for name in ("hot", "calm"))
        await expect(hot.locator(".state")).to_have_text("viral, severity 8")
        await expect(hot.locator(".ahead")).to_have_text("6.4×")
        await expect(calm.locator(".state")).to_be_hidden()
        await expect(calm.locator(".ahead")).to_be_hidden()


async def test_a_content_and_its_campaign_show_their_own_alerts_and_no_others(visitor, stack):
    settings, worker = stack
    worker.take([*cascade("content-1", campaign_id="spring-launch"), *cascade("content-2", campaign_id="x")], now_ms())
    with client(settings) as writer:
        tell(writer, alert(1), alert(2, campaign_id="x", severity=3))
    async with served(settings) as page:
        for query, number in (("?content=content-1", 1), ("?campaign=x", 2)):
            _, told = await page.get(f"/api/alerts{query}")
            assert [one["alert_id"] for one in told["open"]] == [alert(number).alert_id]
        async with visitor.tab(f"{page.url}/#/content/content-1") as tab:
            await expect(tab.locator(".alert")).to_have_count(1)
            await expect(tab.locator(".alert-severity")).to_have_text("severity 8")
            await expect(tab.locator(".alert-severity")).to_have_attribute("data-level", "grave")
            await expect(tab.get_by_role("button", name="Acknowledge")).to_be_visible()
        async with visitor.tab(f"{page.url}/#/campaign/x") as tab:
            await expect(tab.locator(".alert")).to_have_attribute("data-alert", alert(2).alert_id)
            await expect(tab.locator(".alert-severity")).to_have_text("severity 3")
        async with visitor.tab(f"{page.url}/#/content/nothing") as tab:
            await expect(tab.get_by_text("Not seen yet")).to_be_visible()
            await expect(tab.locator(".alerts")).to_be_hidden()


async def test_many_open_alerts_leave_room_for_the_list_and_can_all_be_shown(visitor, stack):
    settings, _ = stack
    with client(settings) as writer:
        tell(writer, *(alert(number, severity=number + 1) for number in range(8)))
    async with served(settings) as page, visitor.tab(page.url) as tab:
        rows = tab.locator(".alert")
        await expect(rows).to_have_count(5)
        await expect(tab.locator(".alert-count")).to_have_text("8")
        await expect(rows.first).to_contain_text("severity 8")
        await tab.get_by_role("button", name="Show all 8").click()
        await expect(rows).to_have_count(8)
        await tab.get_by_role("button", name="Only the 5 most severe").click()
        await expect(rows).to_have_count(5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_comes_next_fits_a_phone(visitor, stack, scheme):
    settings, worker = stack
    worker.take(cascade("content-1", campaign_id="spring-launch"), now_ms())
    put(settings, "content-1", predicted_size=2.1e9, predicted_low=1.3e9, predicted_high=3.4e9, viral_score=1234.5)
    with client(settings) as writer:
        tell(writer, alert(1, summary="w" * 400))
    async with (
        served(settings) as page,
        visitor.tab(f"{page.url}/#/content/content-1", **PHONE, color_scheme=scheme) as tab,
    ):
        await says(tab, "final_size", "2.1B", "1.3B to 3.4B, 8 times of 10")
        await expect(tab.locator(".alert")).to_have_count(1)
        assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
