"""A real browser before the real page. Without Chromium these tests skip and say so."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright
from support.folding import folded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
# A sandbox needs rights that containers lack; the rest keeps the browser from calling home.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


class Visitor:
    """Opens tabs, and remembers what went wrong in them and whom they asked."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.errors: list[str] = []
        self.asked: set[str] = set()

    @asynccontextmanager
    async def tab(self, url: str, width: int = 1280, height: int = 800, **options: object) -> AsyncIterator[Page]:
        """A tab at this address, in a context of its own."""
        context = await self._browser.new_context(viewport={"width": width, "height": height}, **options)
        try:
            page = await context.new_page()
            page.set_default_timeout(15_000)
            page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
            page.on("pageerror", lambda error: self.errors.append(str(error)))
            page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))
            page.on("request", lambda request: self.asked.add(request.url))
            await page.goto(url)
            yield page
        finally:
            await context.close()


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    """A visitor for whom nothing may go wrong."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is on the PATH")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        made = Visitor(browser)
        yield made
        await browser.close()
    assert made.errors == []


@pytest.fixture
def stack(clickhouse):
    """Settings of a fresh database, and a small worker that writes into it."""
    with folded(
        clickhouse.settings(page_interval_s=0.2, worker_status_url="http://127.0.0.1:9", kafka_bootstrap="127.0.0.1:9")
    ) as made:
        yield made
