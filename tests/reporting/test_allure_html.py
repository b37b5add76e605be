"""Allure's page, stripped: no request to another host, and still a report."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deeplearn_checks.reporting.allure_html import strip_analytics
from deeplearn_checks.reporting.allure_report import Plan, allure_command, build

ROOT = Path(__file__).parents[2]
ALLURE = ROOT / "node_modules/.bin/allure"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=10000",
)
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
    "descriptionHtml": '<img src="https://tracker.example/q.png">',
    "start": 1795415000000,
    "stop": 1795415000100,
    "labels": [{"name": "feature", "value": "Payments"}],
}

needs_allure = pytest.mark.skipif(
    not ALLURE.exists(), reason="the npm package allure is not installed (needs Node.js 18+ and npm)"
)
needs_browser = pytest.mark.skipif(
    BROWSER is None and not os.environ.get("BROWSER_REQUIRED"), reason="no chromium or google-chrome to look with"
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


def visit(page: Path, fragment: str) -> Visit:
    """Look at one view of *page* with a fresh browser; what the browser asks for its own business does not count."""
    log = page.with_suffix(".net.json")
    options = [*QUIET, f"--user-data-dir={page.with_suffix('')}", f"--log-net-log={log}", "--dump-dom"]
    command = [str(BROWSER), *options, f"{page.as_uri()}#{fragment}"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout  # noqa: S603  our page
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    of_the_page = [event for event in events if event.get("initiator", "not an origin") != "not an origin"]
    return Visit(shown, [event["url"] for event in of_the_page if event["url"].startswith("http")])


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
    """The view of the one result, in the page as it comes and in the page stripped."""
    result = hashlib.md5(str(RESULT["uuid"]).encode(), usedforsecurity=False).hexdigest()
    stripped = report.with_name("stripped.html")
    stripped.write_text(strip_analytics(report.read_text(encoding="utf-8")), encoding="utf-8")
    return visit(report, result), visit(stripped, result)


def test_scripts_that_load_or_configure_analytics_go() -> None:
    """Neither the loader nor its configuration is left."""
    html = f"<html><head></head><body>{ANALYTICS}</body></html>"

    stripped = strip_analytics(html)

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

    stripped = strip_analytics(html)

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

    stripped = strip_analytics(html)

    assert element in stripped


def test_the_policy_comes_first() -> None:
    """The browser knows the policy before it reads anything else."""
    html = '<html><head lang="en"><title>x</title></head></html>'

    stripped = strip_analytics(html)

    assert stripped.startswith('<html><head lang="en"><meta http-equiv="Content-Security-Policy"')


def test_stripping_twice_is_stripping_once() -> None:
    """A page that is already alone stays as it is."""
    once = strip_analytics(f"<html><head></head><body>{ANALYTICS}</body></html>")

    twice = strip_analytics(once)

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

    stripped = strip_analytics(page)

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
