"""The page in Chromium: on a desk, on a phone, in the dark, without scripts; one browser for all tests."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from chromium import launched, needs_browser
from shelf import NOW_MS, Shelf, Site, configured, outage
from waiting import PATIENCE

from deeplearn_checks.monitor.page.serving import listener, serve
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = needs_browser

HOSTILE = Redacted("<img src=x onerror=alert(1)>" + "unbroken" * 40)
PATHS = ("/", "/target/production", "/nowhere")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with all there can be on it: up, down, flapping, never looked at; hostile texts."""
    config = configured(tmp_path_factory.mktemp("page"), "production", "staging", "preview")
    shelf = Shelf()
    shelf.observe(config, "production", {"platform.database": "F", "access.admin-token-accepted": "B"})
    shelf.observe(config, "staging", {})
    shelf.fill(
        config, "production", [(NOW_MS - 2 * HOUR_MS, NOW_MS, "F"), (NOW_MS - 9 * DAY_MS, NOW_MS - 8 * DAY_MS, "E")]
    )
    shelf.change("production", "platform.database", summary=HOSTILE, remedy=HOSTILE)
    shelf.change("staging", "platform.latency", is_flapping=True)
    shelf.past = [outage("production", NOW_MS - 2 * HOUR_MS, 0, HOSTILE)]
    with _served(Site(shelf, config)) as where:
        yield where


@contextmanager
def _served(site: Site) -> Iterator[str]:
    """Serve a page on a thread of its own."""
    loop = asyncio.new_event_loop()
    ready, told = threading.Event(), list[str]()
    taken = listener("127.0.0.1:0")

    async def serving() -> None:
        def listening(where: str) -> None:
            told.append(where)
            ready.set()

        await serve(site.app, taken, listening)

    task = loop.create_task(serving())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    ready.wait(60)
    yield told[0]
    loop.call_soon_threadsafe(task.cancel)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium, for all tests here."""
    with launched() as started:
        yield started


@contextmanager
def opened(
    browser: Browser, address: str, *, width: int = 1200, dark: bool = False, scripts: bool = True
) -> Iterator[tuple[Page, list[str], list[str]]]:
    """Open a page: it, what the console said, and what was asked for."""
    context = browser.new_context(
        viewport={"width": width, "height": 740},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
    )
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    said, asked = list[str](), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page, said, asked
    context.close()


@pytest.mark.parametrize("path", PATHS[:2])
def test_a_browser_has_nothing_to_complain_of(browser: Browser, url: str, path: str) -> None:
    """The policy forbids nothing that the page has, no script throws, and nothing is asked for but the page."""
    with opened(browser, f"{url}{path}") as (_, said, asked):
        found = [one for one in asked if not one.startswith("data:")]

    assert (said, found) == ([], [f"{url}{path}"])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [360, 800, 1200])
def test_nobody_needs_to_scroll_sideways(browser: Browser, url: str, path: str, width: int) -> None:
    """From a phone's 360 pixels on everything fits: a long word of a hostile text, and what is folded, too."""
    with opened(browser, f"{url}{path}", width=width) as (page, _, _):
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        wide = page.evaluate("document.documentElement.scrollWidth")

    assert wide == width


def test_the_dark_is_dark(browser: Browser, url: str) -> None:
    """The reader's system says which."""
    paper = []
    for dark in (False, True):
        with opened(browser, url, dark=dark) as (page, _, _):
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            paper.append(sum(map(int, re.findall(r"\d+", colour)[:3])))

    assert (paper[0] > 700, paper[1] < 100) == (True, True)


def test_a_reader_without_scripts_sees_all(browser: Browser, url: str) -> None:
    """What is folded opens, links lead on and back."""
    with opened(browser, url, scripts=False) as (page, _, _):
        headline = page.locator("h1").inner_text()
        page.get_by_role("link", name="production", exact=True).first.click()
        page.get_by_text("diagnostics up").first.click()
        shown = page.get_by_text("The service answers at its address.").first.is_visible()
        page.get_by_role("link", name="All targets").click()
        back = page.locator("h1").inner_text()

    assert (headline, shown, back) == ("1 of 3 targets is down, 1 unknown", True, headline)


def test_a_hostile_text_is_shown_as_it_is(browser: Browser, url: str) -> None:
    """It becomes no picture and runs nothing."""
    with opened(browser, url) as (page, _, _):
        pictures = page.locator("img").count()
        text = page.locator("article h3").first.inner_text()

    assert (pictures, "<img src=x onerror=alert(1)>" in text) == (0, True)


def test_the_keyboard_reaches_everything(browser: Browser, url: str) -> None:
    """The first stop leads past the head of the page, and each stop is seen."""
    with opened(browser, url) as (page, _, _):
        page.keyboard.press("Tab")
        first = page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

    assert (first, outline) == ("To what is known", "solid")


def test_what_is_printed_is_on_white(browser: Browser, url: str) -> None:
    """A reader in the dark prints no black sheet."""
    with opened(browser, url, dark=True) as (page, _, _):
        page.emulate_media(media="print", color_scheme="dark")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert paper == "rgb(255, 255, 255)"
