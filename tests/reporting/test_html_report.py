"""The one-file page."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from examples import EVERY_OUTCOME, HEALTHY, HOSTILE_RUN, exchange, passing, report

from deeplearn_checks.finding import Attachment
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting.html import html

if TYPE_CHECKING:
    from pathlib import Path

PAGE = html(EVERY_OUTCOME)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


@pytest.mark.parametrize(
    "words",
    [
        "<h1>NOT READY</h1>",
        "the service refuses webhooks that are signed with our secret",
        "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET",
        "person-0123456789",
        'href="#runbook-payment-failure-playbook-2"',
        "set ADMIN_API_TOKEN (or leave it out on purpose: --without admin)",
        'id="request-3"',
    ],
)
def test_the_page_says_what_an_operator_needs(words: str) -> None:
    """Verdict, root cause, remedy, who is hit, the runbook, what was not asked, and the requests."""
    page = PAGE

    assert words in page


def test_every_link_of_the_page_leads_somewhere() -> None:
    """The page links only to itself, and only to what is there."""
    targets = set(re.findall(r'href="#([^"]+)"', PAGE))

    assert targets <= set(re.findall(r'id="([^"]+)"', PAGE))


def test_the_page_asks_nothing_of_any_host() -> None:
    """No address stands where a browser would fetch it."""
    fetched = re.findall(r"""(?:src|href|action|data|poster)=["'](?!#|data:)([^"']*)|url\(|@import|fetch\(""", PAGE)

    assert fetched == []


def test_a_healthy_page_is_short() -> None:
    """Where nothing is wrong nothing is explained."""
    headings = re.findall(r"<h2[^>]*>([^<]+?) *<", html(HEALTHY))

    assert headings == ["Every diagnostic", "Requests", "The runbook"]


def test_a_run_without_requests_has_no_time_line() -> None:
    """Nothing asked, nothing to show."""
    page = html(report(passing()))

    assert 'id="requests"' not in page


def test_sixty_large_exchanges_still_fit_in_a_mail() -> None:
    """Bodies are cut so that the page stays below 500 kB."""
    large = Redacted('{"key": "value"}' * 1_250)
    exchanges = tuple(replace(exchange(number, "/"), response_body=large) for number in range(1, 61))

    page = html(report(*(passing(f"platform.{n}", (n,)) for n in range(1, 61)), exchanges=exchanges))

    assert len(page.encode()) < 500_000


def test_a_picture_is_inside_the_page() -> None:
    """A screenshot is shown from the page itself, under its escaped name."""
    picture = Attachment('"><script>', "image/png", b"\x89PNG")

    page = html(report(passing(attachments=(picture,))))

    assert '<img src="data:image/png;base64,iVBORw==" alt="screenshot of &#34;&gt;&lt;script&gt;">' in page


def test_hostile_text_stays_text() -> None:
    """No tag of a service's making reaches the page, and every character can be encoded."""
    page = html(HOSTILE_RUN).encode().decode()

    assert "<script>alert" not in page


@pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")
def test_the_page_s_script_runs_in_a_browser(tmp_path: Path) -> None:
    """The search field, which only the script shows, is there: the script ran without an error."""
    (tmp_path / "page.html").write_text(html(HOSTILE_RUN), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += f" --disable-component-update --disable-sync --user-data-dir={tmp_path}/profile --dump-dom"

    browser = subprocess.run(  # noqa: S603  our own page in the browser of this machine
        [CHROMIUM, *flags.split(), (tmp_path / "page.html").as_uri()], capture_output=True, text=True, check=True
    )

    assert 'aria-label="Search the diagnostics"' in browser.stdout
