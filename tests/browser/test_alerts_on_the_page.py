"""Alerts as a person meets them on the page: why, how bad, and two answers that work."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect
from support.alert_rows import tell
from support.folding import cascade, now_ms
from support.notify_process import own
from support.page import NOWHERE, FakeReader, served
from support.receivers import alert

from pipeline import control_log
from pipeline.clickhouse import client
from pipeline.kafka import alert_topic_specs, ensure_topics
from schemas.alert import Control

expect.set_options(timeout=20_000)  # milliseconds: the machine is shared by several test processes

HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
PHONE = {"width": 375, "height": 812, "is_mobile": True, "has_touch": True}


def told(settings, *alerts):
    with client(settings) as writer:
        tell(writer, *alerts)


@asynccontextmanager
async def page_with(stack, *alerts, **changes):
    settings, _worker = stack
    told(settings, *alerts)
    async with served(settings.model_copy(update=changes)) as page:
        yield page


@pytest.fixture
async def topics(kafka):
    """Settings for topics on a real broker, there already."""
    settings = own(kafka)
    await ensure_topics(settings, alert_topic_specs(settings))
    names = ("kafka_bootstrap", "alerts_topic", "control_topic", "alert_dead_letter_topic")
    return {name: getattr(settings, name) for name in names}


async def test_an_alert_says_why_and_leads_to_its_content(visitor, stack):
    stack[1].take(cascade("content-1"), now_ms())
    async with page_with(stack, alert(1)) as page, visitor.tab(page.url) as tab:
        row = tab.locator(".alert")
        await expect(row).to_contain_text("82 shares in 5 min, 14× its own pace")
        await expect(row.locator(".alert-state")).to_have_text("viral")
        await expect(row).to_contain_text("severity 8")
        await row.get_by_text("Evidence").click()
        await expect(row.locator(".alert-evidence")).to_contain_text(
            "did:plc:ada on Bluesky: 61 shares below, audience 1.2M"
        )
        await expect(row.locator(".alert-evidence")).to_contain_text("expected_per_minute")
        await row.locator(".alert-content").click()
        await expect(tab.locator(".content h1")).to_contain_text("content-1")


async def test_a_new_alert_appears_by_itself_and_goes_when_it_is_over(visitor, stack):
    settings, _ = stack
    async with page_with(stack) as page, visitor.tab(page.url) as tab:
        await expect(tab.get_by_text("No alert is open")).to_be_visible()
        opened = alert(1)
        await asyncio.to_thread(told, settings, opened)
        await expect(tab.locator(".alert")).to_have_count(1)
        now = datetime.now(UTC)
        ended = {"sequence": 1, "kind": "closed", "state": "cooling", "closed_at": now, "at": now}
        await asyncio.to_thread(told, settings, opened.model_copy(update=ended))
        await expect(tab.get_by_text("No alert is open")).to_be_visible()
        await tab.get_by_text("1 alert of the last 24 hours is over").click()
        await expect(tab.locator(".alerts-over .alert-state")).to_have_text("over")


async def test_muting_reaches_kafka_shows_at_once_and_can_be_lifted(visitor, stack, topics):
    settings = stack[0].model_copy(update=topics)
    async with page_with(stack, alert(1), **topics) as page, visitor.tab(page.url) as tab:
        row = tab.locator(".alert")
        await row.get_by_text("Mute", exact=True).click()
        await row.get_by_role("button", name="This content for 1 hour").click()
        await expect(row.locator(".alert-badge")).to_have_text(re.compile("^muted until .* by somebody on the page$"))
        await expect(tab.locator(".mutes")).to_contain_text("Muted: content content-1, until")
        (control,) = [one async for one in control_log.read(settings)]
        assert (control.action, control.scope.content_id) == ("mute", "content-1")
        assert 3500 < (control.until - datetime.now(UTC)).total_seconds() <= 3600
        await tab.get_by_role("button", name="Unmute").click()
        await expect(row.locator(".alert-badge")).to_be_hidden()
        await expect(tab.locator(".mutes li")).to_have_count(0)


async def test_acknowledging_by_keyboard_reaches_kafka_and_every_other_visitor(visitor, stack, topics):
    settings = stack[0].model_copy(update=topics)
    async with (
        page_with(stack, alert(1), **topics) as page,
        served(settings) as other,
        visitor.tab(page.url) as mine,
        visitor.tab(other.url) as theirs,
    ):
        await mine.get_by_role("button", name="Acknowledge").focus()
        await mine.keyboard.press("Enter")
        for tab in (mine, theirs):
            await expect(tab.locator(".alert-badge")).to_have_text("acknowledged by somebody on the page")
            await expect(tab.get_by_role("button", name="Acknowledge")).to_be_hidden()
        (control,) = [one async for one in control_log.read(settings)]
        assert (control.action, control.scope.alert_id) == ("acknowledge", alert(1).alert_id)


async def test_who_saw_to_an_alert_and_why_reaches_every_visitor_as_plain_text(visitor, stack, topics):
    settings = stack[0].model_copy(update=topics)
    word = {"by": f"ada {HOSTILE}", "note": f"Ana is on it {HOSTILE}", "at": datetime.now(UTC)}
    await control_log.send(settings, Control(action="acknowledge", scope={"alert_id": alert(1).alert_id}, **word))
    await control_log.send(settings, Control(action="mute", scope={"rule": "velocity"}, **word))
    async with page_with(stack, alert(1), alert(2), **topics) as page, visitor.tab(page.url) as tab:
        signed = f"by {word['by']}: {word['note']}"
        both, one = (tab.locator(f"[data-alert='{alert(number).alert_id}'] .alert-badge") for number in (1, 2))
        await expect(both).to_have_text(f"acknowledged {signed} · muted until it is lifted {signed}")
        await expect(one).to_have_text(f"muted until it is lifted {signed}")
        await expect(tab.locator(".mutes")).to_contain_text(f"Muted: rule velocity, until it is lifted {signed}")
        assert await tab.evaluate("document.images.length") == 0


async def test_notices_of_the_last_hour_are_seen_without_a_click(visitor, stack):
    now, before = (datetime.now(UTC) - timedelta(minutes=minutes) for minutes in (0, 61))
    fresh, old = (
        alert(number, rule="depth", opened_at=at, at=at, closed_at=at, summary=f"notice {number}")
        for number, at in enumerate((now, before), 1)
    )
    async with page_with(stack, fresh, old) as page, visitor.tab(page.url) as tab:
        await expect(tab.locator(".notices .alert-state")).to_have_text("notice")
        await expect(tab.get_by_text("notice 1")).to_be_visible()
        await expect(tab.get_by_text("notice 2")).to_be_hidden()
        await tab.get_by_text("1 alert of the last 24 hours is over").click()
        await expect(tab.get_by_text("notice 2")).to_be_visible()


async def test_what_did_not_work_is_said_beside_the_button(visitor, stack):
    async with page_with(stack, alert(1)) as page, visitor.tab(page.url) as tab:
        await tab.get_by_role("button", name="Acknowledge").click()
        await expect(tab.locator(".alert-told")).to_contain_text("Not done: ")
        await expect(tab.get_by_role("button", name="Acknowledge")).to_be_visible()
    visitor.errors[:] = [error for error in visitor.errors if "503" not in error]


async def test_a_page_that_only_shows_has_no_buttons(visitor, stack):
    async with page_with(stack, alert(1), page_may_mute=False) as page, visitor.tab(page.url) as tab:
        await expect(tab.locator(".alert")).to_have_count(1)
        await expect(tab.get_by_role("button", name="Acknowledge")).to_be_hidden()
        await expect(tab.get_by_text("Mute", exact=True)).to_be_hidden()


async def test_strangers_words_are_shown_and_never_run(visitor, stack):
    spreader = {"platform": "bluesky", "actor_id": HOSTILE, "downstream_shares": 1, "downstream_reach": 1}
    enemy = alert(1, content_id=HOSTILE, campaign_id=HOSTILE, summary=HOSTILE, top_spreaders=[spreader])
    async with page_with(stack, enemy) as page, visitor.tab(page.url) as tab:
        row = tab.locator(".alert")
        await expect(row.locator(".alert-content")).to_have_text(HOSTILE)
        await row.get_by_text("Evidence").click()
        await expect(row.locator(".alert-why")).to_have_text(HOSTILE)
        assert await tab.evaluate("document.images.length") == 0
        assert await tab.title() == "Share Cascades"


async def test_alerts_fit_a_phone(visitor, stack):
    long = alert(1, content_id="https://example.org/" + "a" * 300, campaign_id="c" * 100, summary="w" * 400)
    async with page_with(stack, long, alert(2)) as page, visitor.tab(page.url, **PHONE) as tab:
        await expect(tab.locator(".alert")).to_have_count(2)
        await tab.locator(".alert").first.get_by_text("Mute", exact=True).tap()
        await expect(tab.get_by_role("button", name="This rule for 24 hours").first).to_be_visible()
        assert not await tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


async def test_a_menu_that_is_open_stays_open_while_figures_move(visitor, stack):
    settings, _ = stack
    async with page_with(stack, alert(1)) as page, visitor.tab(page.url) as tab:
        row = tab.locator(".alert").filter(has_text="content-1")
        await row.get_by_text("Mute", exact=True).click()
        await asyncio.to_thread(told, settings, alert(2, severity=10))
        await expect(tab.locator(".alert")).to_have_count(2)
        await expect(row.get_by_role("button", name="This content for 1 hour")).to_be_visible()


async def test_alerts_that_cannot_be_read_say_so_and_the_rest_goes_on(visitor):
    reader = FakeReader({})
    reader.down = "ClickHouse does not answer"
    async with served(NOWHERE, reader=reader) as page, visitor.tab(page.url) as tab:
        await expect(tab.locator(".alerts")).to_contain_text("Alerts cannot be read: ClickHouse does not answer")
        reader.down = ""
        await expect(tab.get_by_text("No alert is open")).to_be_visible()
