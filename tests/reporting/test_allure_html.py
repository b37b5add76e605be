"""Allure's page, stripped: no request to another host, and still a report."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from chromium import launched, needs_browser
from waiting import PATIENCE, until

from deeplearn_checks.reporting.allure_html import DATA_FOLLOWS, self_contained
from deeplearn_checks.reporting.allure_report import Plan, allure_command, build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
ALLURE = ROOT / "node_modules/.bin/allure"
PIXEL = "https://tracker.example/q.png"
ANALYTICS = """<script async src="https://www.googletagmanager.com/gtag/js?id=G-X"></script>
<script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);}
gtag('config', 'G-X', {"report": "awesome"});</script>"""
RESULT = {
    "uuid": "0d7c4b9e-0000-4000-8000-000000000001",
    "historyId": "payment.captured-is-paid",
    "name": "Every captured payment is paid",
    "status": "failed",
    "statusDetails": {"message": "captured-but-not-paid", "trace": "one payment"},
    "description": "![pixel](https://tracker.example/p.png)",
    "descriptionHtml": f'<img src="{PIXEL}">',
    "start": 1795415000000,
    "stop": 1795415000100,
    "labels": [{"name": "feature", "value": "Payments"}],
}
VIEW = hashlib.md5(str(RESULT["uuid"]).encode(), usedforsecurity=False).hexdigest()
"""What Allure calls the view of the one result."""

needs_allure = pytest.mark.skipif(
    not ALLURE.exists(), reason="the npm package allure is not installed (needs Node.js 18+ and npm)"
)


class Loading(HTMLParser):
    """Collects the addresses that a browser requests while it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note every loading attribute; a link that waits for a click (`a`, `area`) loads nothing."""
        if tag not in {"a", "area"}:
            self.addresses += [value for name, value in attrs if value and name in {"src", "href", "data", "poster"}]


def foreign(html: str) -> list[str]:
    """Answer the addresses on another host that *html* loads."""
    loading = Loading()
    loading.feed(html)
    return [address for address in loading.addresses if not address.startswith(("data:", "#"))]


@dataclass(frozen=True)
class Visit:
    """What a browser made of a page: what it shows in the end, and what it asked other hosts for on the way."""

    shown: str
    asked: list[str]


@contextmanager
def looking(*options: str) -> Iterator[Page]:
    """Open a tab of a fresh browser."""
    with launched(*options) as browser:
        tab = browser.new_page()
        tab.set_default_timeout(PATIENCE * 1000)
        yield tab


def visit(page: Path) -> Visit:
    """Look at the view of the one result until it is there and the browser is done with the image in it.

    What the browser asks for its own business does not count.
    """
    log = page.with_suffix(".net.json")
    with looking(f"--log-net-log={log}") as tab:
        tab.goto(f"{page.as_uri()}#{VIEW}")
        tab.get_by_text(str(RESULT["name"]), exact=True).first.wait_for()
        image = tab.frame_locator("iframe").locator(f"img[src='{PIXEL}']")
        until(lambda: bool(image.evaluate("image => image.complete")))
        shown = tab.content()
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    of_the_page = [event for event in events if event.get("initiator", "not an origin") != "not an origin"]
    return Visit(shown, [event["url"] for event in of_the_page if event["url"].startswith("http")])


@contextmanager
def slowly(page: str) -> Iterator[tuple[str, threading.Event]]:
    """Serve *page* in two pieces, before and behind Allure's program: its address, and what lets the second go."""
    release = threading.Event()
    whole = page.encode()
    program, found, data = whole.partition(b"<script async>")
    assert found

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(program)
            release.wait(PATIENCE)
            self.wfile.write(found + data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", release
    finally:
        release.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Allure's own report over one failed result, as it comes."""
    folder = tmp_path_factory.mktemp("allure")
    results = folder / "results"
    results.mkdir()
    (results / f"{RESULT['uuid']}-result.json").write_text(json.dumps(RESULT))
    page = folder / "page.html"
    page.write_text(build(Plan((results,)), allure_command(ROOT, os.environ), folder).page, encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def visited(report: Path) -> tuple[Visit, Visit]:
    """The view of the one result, in the page as it comes, but for its race, and in the page stripped."""
    page = report.read_text(encoding="utf-8")
    promised, stripped = report.with_name("promised.html"), report.with_name("stripped.html")
    promised.write_text(page.replace("<head>", f"<head>{DATA_FOLLOWS}"), encoding="utf-8")
    stripped.write_text(self_contained(page), encoding="utf-8")
    return visit(promised), visit(stripped)


def test_scripts_that_load_or_configure_analytics_go() -> None:
    """Neither the loader nor its configuration is left."""
    html = f"<html><head></head><body>{ANALYTICS}</body></html>"

    stripped = self_contained(html)

    assert not any(word in stripped for word in ("googletagmanager", "gtag", "dataLayer"))


@pytest.mark.parametrize(
    "element",
    [
        '<script src="//cdn.example/x.js"></script>',
        '<link rel="preconnect" href="https://fonts.example">',
        "<img alt='' src=https://tracker.example/p.png>",
        '<iframe src="https://viewer.example/"></iframe>',
        '<SCRIPT ASYNC SRC="HTTPS://cdn.example/x.js"></SCRIPT >',
    ],
)
def test_what_another_host_would_serve_goes(element: str) -> None:
    """An element that loads from another host is removed, however it is written."""
    html = f"<html><head>{element}</head><body>{element}</body></html>"

    stripped = self_contained(html)

    assert "example" not in stripped


@pytest.mark.parametrize(
    "element",
    [
        '<a href="https://runbook.example/step">the step</a>',
        '<script src="data:text/javascript;base64,Ly8gaHR0cHM6Ly94"></script>',
        '<script>d("data/x.json", "e30=")</script>',
        "<link rel='icon' href='data:image/svg+xml,%3Csvg xmlns=\"http://www.w3.org/2000/svg\"%3E'>",
    ],
)
def test_what_the_page_holds_stays(element: str) -> None:
    """A link to click and whatever is inside the file are left alone."""
    html = f"<html><head></head><body>{element}</body></html>"

    stripped = self_contained(html)

    assert element in stripped


def test_the_policy_comes_first() -> None:
    """The browser knows the policy before it reads anything else."""
    html = '<html><head lang="en"><title>x</title></head></html>'

    stripped = self_contained(html)

    assert stripped.startswith('<html><head lang="en"><meta http-equiv="Content-Security-Policy"')


def test_stripping_twice_is_stripping_once() -> None:
    """A page that is already alone stays as it is."""
    once = self_contained(f"<html><head></head><body>{ANALYTICS}</body></html>")

    twice = self_contained(once)

    assert twice == once


@needs_allure
def test_allures_own_page_loads_from_another_host(report: Path) -> None:
    """There is something to strip: should this fail, Allure has stopped embedding analytics."""
    page = report.read_text(encoding="utf-8")

    found = foreign(page)

    assert found


@needs_allure
def test_the_stripped_page_refers_to_no_other_host(report: Path) -> None:
    """Nothing that the real page loads lies outside of the file."""
    page = report.read_text(encoding="utf-8")

    stripped = self_contained(page)

    assert foreign(stripped) == []


@needs_allure
@needs_browser
def test_a_browser_asks_other_hosts_for_the_page_as_it_comes(visited: tuple[Visit, Visit]) -> None:
    """The way of looking sees requests where there are some, those of a description's images among them."""
    asked = visited[0].asked

    assert {urlsplit(url).hostname for url in asked} >= {"www.googletagmanager.com", "tracker.example"}


@needs_allure
@needs_browser
def test_a_browser_asks_no_other_host_for_the_stripped_page(visited: tuple[Visit, Visit]) -> None:
    """Neither the page nor what a result brings into it makes a request."""
    asked = visited[1].asked

    assert asked == []


@needs_allure
@needs_browser
def test_the_stripped_page_still_shows_the_result(visited: tuple[Visit, Visit]) -> None:
    """The report renders from the file alone."""
    shown = visited[1].shown

    assert f">{RESULT['name']}<" in shown


@needs_allure
@needs_browser
def test_a_page_that_arrives_slowly_shows_the_result(report: Path) -> None:
    """Allure's program waits for the data behind it: as it comes the page said "Failed to fetch", and stayed so."""
    with slowly(self_contained(report.read_text(encoding="utf-8"))) as (address, release), looking() as tab:
        tab.goto(f"{address}#{VIEW}", wait_until="commit")
        tab.wait_for_selector("html[data-active-pane]", state="attached")  # the program runs
        release.set()
        told = (
            tab.get_by_text(str(RESULT["name"]), exact=True).first.or_(tab.get_by_text("Failed to fetch")).inner_text()
        )

    assert told == RESULT["name"]
