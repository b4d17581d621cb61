"""The page as a person meets it, in headless Chromium."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from playwright.async_api import expect
from support.folding import cascade, now_ms, record
from support.page import NOWHERE, FakeReader, served

expect.set_options(timeout=20_000)  # milliseconds: the machine is shared by several test processes

HOSTILE = "<img src=x onerror=\"document.title='taken'\">'\"/..?a=%2F&b#c"
PHONE = {"width": 375, "height": 812, "is_mobile": True, "has_touch": True}


async def more(worker, *values):
    await asyncio.to_thread(worker.take, values, now_ms())


async def test_a_number_changes_by_itself_when_events_come(visitor, stack):
    settings, worker = stack
    worker.take(cascade(), now_ms())
    async with served(settings) as page, visitor.tab(page.url) as tab:
        shares = tab.locator(".rows .row .cell[data-label=Shares]")
        await expect(shares).to_have_text("4")
        await expect(tab.locator("#status .pill")).to_have_text("Live")
        await more(worker, record("5"), record("6"))
        await expect(shares).to_have_text("6")
        assert all(url.startswith(page.url) for url in visitor.asked)


async def test_a_click_leads_to_the_content_and_its_tree_grows(visitor, stack):
    settings, worker = stack
    worker.take(cascade(campaign_id="spring"), now_ms())
    async with served(settings) as page, visitor.tab(page.url) as tab:
        await tab.locator(".content-link").click()
        tree = tab.locator(".tree-canvas")
        await expect(tree).to_have_attribute("data-nodes", "4")
        await expect(tab.locator("[data-figure=depth]")).to_have_text("3")
        await expect(tab.locator(".generations tbody tr")).to_have_count(3)
        await expect(tab.locator(".amplifiers tbody tr").first).to_contain_text("actor of 1")
        await more(worker, record("5", parent_event_id="4", parent_basis="exact"))
        await expect(tree).to_have_attribute("data-nodes", "5")
        await expect(tab.locator("[data-figure=depth]")).to_have_text("4")
        await tab.go_back()
        await expect(tab.locator(".content-link")).to_have_text("c")


async def test_a_content_can_be_linked_to_and_appears_when_it_comes(visitor, stack):
    settings, worker = stack
    async with served(settings) as page, visitor.tab(f"{page.url}/#/content/c") as tab:
        await expect(tab.get_by_text("Not seen yet")).to_be_visible()
        await more(worker, *cascade())
        await expect(tab.locator(".tree-canvas")).to_have_attribute("data-nodes", "4")


async def test_the_open_page_of_a_content_that_is_merged_goes_on_to_the_other_one(visitor, stack):
    settings, worker = stack
    worker.take(cascade("old"), now_ms())
    async with served(settings) as page, visitor.tab(page.url) as tab:
        await tab.locator(".content-link").click()
        await expect(tab.locator(".content h1")).to_contain_text("old")
        await more(worker, record("moved", "old", "link", target_content_id=HOSTILE))
        await expect(tab.locator(".content h1")).to_contain_text(HOSTILE)
        await expect(tab.locator(".tree-canvas")).to_have_attribute("data-nodes", "4")
        await tab.go_back()
        await expect(tab.locator(".content-link")).to_have_text(HOSTILE)


async def test_the_list_can_be_searched_and_filtered_and_the_address_keeps_it(visitor, stack):
    settings, worker = stack
    worker.take([*cascade("spring tale", campaign_id="spring"), *cascade("autumn tale", platform="bluesky")], now_ms())
    async with served(settings) as page, visitor.tab(page.url) as tab:
        links = tab.locator(".content-link")
        await expect(links).to_have_count(2)
        await tab.get_by_role("searchbox").fill("autumn")
        await expect(links).to_have_text(["autumn tale"])
        await tab.reload()
        await expect(links).to_have_text(["autumn tale"])
        await tab.get_by_role("searchbox").fill("")
        await tab.get_by_label("Campaign", exact=True).select_option("spring")
        await expect(links).to_have_text(["spring tale"])
        await tab.get_by_label("Platform", exact=True).select_option("bluesky")
        await expect(tab.get_by_text("Nothing matches")).to_be_visible()


async def test_hostile_input_is_shown_and_never_run(visitor, stack):
    settings, worker = stack
    worker.take(
        [*cascade(HOSTILE, campaign_id=HOSTILE), b"<script>document.title='taken'</script>" + HOSTILE.encode()],
        now_ms(),
    )
    async with served(settings) as page, visitor.tab(page.url) as tab:
        await expect(tab.locator(".content-link")).to_have_text(HOSTILE)
        await tab.locator(".letter summary").first.click()
        await expect(tab.locator(".payload")).to_contain_text("<script>document.title='taken'</script>")
        await tab.locator(".content-link").click()
        await expect(tab.locator(".content h1")).to_contain_text(HOSTILE)
        await expect(tab.locator(".tree-canvas")).to_have_attribute("data-nodes", "4")
        assert tab.url == f"{page.url}/#/content/" + quote(HOSTILE, safe="!'()*")
        assert await tab.evaluate("document.images.length") == 0
        assert "taken" not in (await tab.title()).removeprefix(HOSTILE)


async def test_unknown_figures_are_a_dash(visitor, stack):
    settings, worker = stack
    worker.take([record("1"), record("2")], now_ms())
    async with served(settings) as page, visitor.tab(f"{page.url}/#/content/c") as tab:
        for figure in ("secondary_reach", "primary_reach", "potential_reach", "estimated_reach"):
            await expect(tab.locator(f"[data-figure={figure}]")).to_have_text("–")
        await expect(tab.locator("[data-figure=shares]")).to_have_text("2")


async def test_a_phone_never_scrolls_sideways(visitor, stack):
    settings, worker = stack
    long_id = "https://example.org/" + "a" * 300
    worker.take([*cascade(long_id, campaign_id="c" * 60), *cascade(HOSTILE), b"x" * 3000], now_ms())
    sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    async with served(settings) as page, visitor.tab(page.url, **PHONE) as tab:
        await expect(tab.locator(".content-link")).to_have_count(2)
        await tab.locator(".letter summary").first.click()
        assert not await tab.evaluate(sideways)
        await tab.locator(".content-link").filter(has_text="example.org").click()
        await expect(tab.locator(".tree-canvas")).to_have_attribute("data-nodes", "4")
        assert not await tab.evaluate(sideways)


async def test_the_page_comes_back_by_itself_after_the_server_was_gone(visitor, stack):
    settings, worker = stack
    worker.take(cascade(), now_ms())
    async with served(settings) as page, visitor.tab(page.url) as tab:
        port = int(page.url.rpartition(":")[2])
        shares, pill = tab.locator(".rows .row .cell[data-label=Shares]"), tab.locator("#status .pill")
        await expect(shares).to_have_text("4")
        await page.stop()
        await expect(pill).to_have_text("Reconnecting")
        await expect(shares).to_have_text("4")
        await more(worker, record("5"))
        async with served(settings, port):
            await expect(shares).to_have_text("5")
            await expect(pill).to_have_text("Live")
    visitor.errors[:] = [
        error for error in visitor.errors if "ERR_CONNECTION_REFUSED" not in error and "ERR_INCOMPLETE" not in error
    ]


async def test_without_events_the_page_says_what_to_do(visitor, stack):
    settings, _ = stack
    async with served(settings) as page, visitor.tab(page.url) as tab:
        await expect(tab.locator(".empty")).to_contain_text("cascades replay")


async def test_parts_that_are_down_are_named_and_the_page_recovers(visitor):
    reader = FakeReader({})
    reader.down = "ClickHouse does not answer at http://127.0.0.1:9: is it running?"
    async with served(NOWHERE, reader=reader) as page, visitor.tab(page.url) as tab:
        await expect(tab.locator("#banner")).to_contain_text("ClickHouse does not answer")
        await expect(tab.locator(".part").filter(has_text="ClickHouse")).to_contain_text("down")
        await expect(tab.locator(".part").filter(has_text="Worker")).to_contain_text("cascades worker")
        reader.down = ""
        await expect(tab.locator("#banner")).to_be_hidden()
        await expect(tab.locator(".empty")).to_contain_text("No events yet")


async def test_every_figure_explains_itself_to_pointer_and_keyboard(visitor, stack):
    settings, worker = stack
    worker.take(cascade(), now_ms())
    async with served(settings) as page, visitor.tab(f"{page.url}/#/content/c") as tab:
        terms = tab.locator("main .term:visible")
        await expect(terms.first).to_be_visible()
        for term in await terms.all():
            described = await term.get_attribute("aria-describedby")
            assert len(await tab.locator(f"#{described}").text_content()) > 20
        await tab.get_by_role("button", name="Potential reach").hover()
        await expect(tab.get_by_role("tooltip")).to_contain_text("upper bound")
        await tab.mouse.move(0, 0)
        await tab.get_by_role("button", name="R", exact=True).first.focus()
        await tab.keyboard.press("Tab")
        await tab.keyboard.press("Shift+Tab")
        await expect(tab.get_by_role("tooltip")).to_contain_text("each share brings on")
        await tab.keyboard.press("Escape")
        await expect(tab.locator("#tip")).to_be_hidden()


async def test_the_glossary_lists_every_figure(visitor):
    async with served(NOWHERE, reader=FakeReader({})) as page, visitor.tab(page.url) as tab:
        await tab.get_by_role("button", name="What the figures mean").click()
        glossary = tab.get_by_role("dialog")
        await expect(glossary.locator("dt").filter(has_text="Structural virality")).to_be_visible()
        assert await glossary.locator("dt").count() == await glossary.locator("dd").count() > 20
        await tab.keyboard.press("Escape")
        await expect(glossary).to_be_hidden()


async def test_the_tree_can_be_walked_with_the_keyboard(visitor, stack):
    settings, worker = stack
    worker.take(cascade(), now_ms())
    async with served(settings) as page, visitor.tab(f"{page.url}/#/content/c") as tab:
        tree, words = tab.locator(".tree-canvas"), tab.locator(".tree-words")
        await expect(tree).to_have_attribute("data-nodes", "4")
        for key, who in [
            ("ArrowDown", "actor of 1"),
            ("ArrowDown", "actor of 2"),
            ("ArrowRight", "actor of 3"),
            ("ArrowUp", "actor of 1"),
        ]:
            await tree.press(key)
            await expect(words).to_contain_text(who)
        await expect(words).to_contain_text("generation 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_from_its_ground(visitor, scheme):
    async with served(NOWHERE, reader=FakeReader({})) as page, visitor.tab(page.url, color_scheme=scheme) as tab:
        await expect(tab.locator(".empty")).to_contain_text("No events yet")
        for ground in ("--bg", "--surface", "--sunken"):
            for ink in ("--text", "--muted", "--accent", "--bad", "--warn"):
                assert await tab.evaluate(CONTRAST, [ink, ground]) >= 4.5, (ink, ground)


async def test_who_wants_no_motion_gets_none(visitor, stack):
    settings, worker = stack
    worker.take(cascade(), now_ms())
    async with served(settings) as page, visitor.tab(page.url, reduced_motion="reduce") as tab:
        shares = tab.locator(".rows .row .cell[data-label=Shares]")
        await expect(shares).to_have_text("4")
        await more(worker, record("5"))
        await expect(shares).to_have_text("5")
        assert await tab.evaluate("document.getAnimations().length") == 0


CONTRAST = """([ink, ground]) => {
  const style = getComputedStyle(document.documentElement);
  const light = (name) => {
    const value = parseInt(style.getPropertyValue(name).trim().slice(1), 16);
    const [r, g, b] = [value >> 16, (value >> 8) & 255, value & 255].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""
