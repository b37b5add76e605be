"""The one-file page."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from chromium import launched, needs_browser
from examples import API, COMPARED, EVERY_OUTCOME, HEALTHY, HOSTILE_RUN, exchange, failing, passing, report
from waiting import PATIENCE

from deeplearn_checks.finding import Attachment
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting.html import LARGEST, html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PAGE = html(EVERY_OUTCOME)


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


def test_bodies_are_cut_shorter_before_the_page_grows_too_large() -> None:
    """A run of three hundred requests with large answers keeps all its requests, and stays small enough to send."""
    large = Redacted("<&>" * 6_000)
    exchanges = tuple(replace(exchange(number, "/"), response_body=large) for number in range(1, 301))

    page = html(report(passing(), exchanges=exchanges))

    assert (len(page.encode()) < LARGEST, page.count('<details id="request-')) == (True, 300)


def test_a_picture_that_is_too_large_is_left_out_and_named() -> None:
    """What was seen is said still; only the picture is missing, and why."""
    picture = Attachment("the console", "image/png", b"\x89PNG" * 200_000)

    page = html(report(passing(attachments=(picture,))))

    assert (len(page.encode()) < LARGEST, "<dt>the console</dt><dd>left out: the page would be too large" in page) == (
        True,
        True,
    )


def test_endless_texts_of_a_service_are_cut_before_the_page_grows_too_large() -> None:
    """A hundred kilobytes wherever a word belongs do not make the page too large to send."""
    endless = Redacted("A" * 100_000)
    broken = failing(summary=endless, evidence={"said": endless, "seen": (endless, endless)})
    asked = replace(exchange(3, f"/{endless}"), response_headers=(("server", endless),))

    page = html(report(broken, exchanges=(asked,)))

    assert (len(page.encode()) < LARGEST, "A" * 3_900 in page) == (True, True)


def test_many_long_findings_are_cut_shorter_and_all_there() -> None:
    """Seventy findings that fill their bounds still make a page that can be sent."""
    long = Redacted("A" * 2_000)
    results = [failing(f"platform.n{n}", summary=long, evidence={"said": long, "seen": long}) for n in range(70)]

    page = html(report(*results))

    assert (len(page.encode()) < LARGEST, page.count('<span class="said">')) == (True, 70)


def test_no_finding_is_left_out_for_want_of_room() -> None:
    """A page that cannot be small is large: with all that was asked and found."""
    page = html(EVERY_OUTCOME, largest=1)

    assert [result.id for result in EVERY_OUTCOME.results if f'<details id="{result.id}"' not in page] == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"{API}/health", "GET /health<"),
        ("https://api.example.community/health", "GET https://api.example.community/health<"),
    ],
)
def test_what_is_asked_of_the_target_is_named_by_its_path(url: str, shown: str) -> None:
    """The address of the target stands at the top of the page; those of others are whole."""
    asked = replace(exchange(1, "/"), url=Redacted(url))

    page = html(report(passing(), exchanges=(asked,)))

    assert shown in page


def test_the_picture_can_be_read_as_a_list() -> None:
    """What the drawing shows to the eye stands in words too."""
    words = re.sub(r"<[^>]+>", "", PAGE)

    assert "funnel.paid-is-won stands on payment.webhook-accepts-our-signature" in words


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, for all tests here."""
    with launched() as chromium:
        yield chromium


@contextmanager
def looking(browser: Browser, written: str, folder: Path, *, width: int = 1280, script: bool = True) -> Iterator[Page]:
    """Look at a page; whatever the browser complains of fails the test."""
    (folder / "page.html").write_text(written, encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    context.set_default_timeout(PATIENCE * 1000)
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    page.goto((folder / "page.html").as_uri())
    yield page
    context.close()
    assert complaints == []


def shown(page: Page) -> list[str]:
    """Answer the ids of the diagnostics that are on the page, as a reader sees it."""
    rows = page.locator(".diagnostics details")
    return [str(row.get_attribute("id")) for row in rows.all() if row.is_visible()]


@needs_browser
def test_the_policy_lets_the_page_be_itself(browser: Browser, tmp_path: Path) -> None:
    """Style and script are applied, and no browser complains, whatever a hostile service answered."""
    with looking(browser, html(HOSTILE_RUN), tmp_path) as page:
        seen = (
            page.locator("#filters").is_visible(),
            page.locator("header").evaluate("e => getComputedStyle(e).paddingTop"),
        )

    assert seen == (True, "28px")


@needs_browser
def test_a_word_narrows_the_diagnostics(browser: Browser, tmp_path: Path) -> None:
    """It is looked for in all that is said of each, and the number of what is left is told."""
    with looking(browser, PAGE, tmp_path) as page:
        page.get_by_label("Search the diagnostics").fill("wrangler webhook-accepts")
        seen = (shown(page), page.locator("#told").inner_text())

    assert seen == (["payment.webhook-accepts-our-signature", "funnel.paid-is-won"], "2 of 7 shown")


@needs_browser
def test_outcomes_and_severities_filter_and_come_back(browser: Browser, tmp_path: Path) -> None:
    """By keyboard too; one press shows all again."""
    with looking(browser, PAGE, tmp_path) as page:
        page.get_by_label("passed (2)").press("Space")
        page.get_by_label("critical (6)").press("Space")
        narrowed = shown(page)
        page.get_by_role("button", name="Show all").press("Enter")
        page.locator("#told", has_text="7 of 7").wait_for()
        seen = (narrowed, len(shown(page)))

    assert seen == (["payment.gateway-keys-accepted"], 7)


@needs_browser
def test_a_link_opens_what_it_leads_to(browser: Browser, tmp_path: Path) -> None:
    """From a root cause to its diagnostic, with the evidence."""
    with looking(browser, PAGE, tmp_path) as page:
        page.locator("article a", has_text="payment.webhook-accepts-our-signature").click()
        opened = page.locator("details[open]").evaluate_all("all => all.map(e => e.id)")

    assert opened == ["payment.webhook-accepts-our-signature"]


@needs_browser
def test_without_scripts_everything_can_be_read(browser: Browser, tmp_path: Path) -> None:
    """No row is hidden, each opens, and no field is shown that would do nothing."""
    with looking(browser, PAGE, tmp_path, script=False) as page:
        row = page.locator("[id='payment.webhook-accepts-our-signature']")
        row.locator("summary").click()
        seen = (
            page.locator("#filters").is_visible(),
            len(shown(page)),
            row.get_by_text("No payment is activated.").is_visible(),
        )

    assert seen == (False, 7, True)


@needs_browser
def test_the_page_fits_a_phone(browser: Browser, tmp_path: Path) -> None:
    """At 320 pixels nothing stands outside of the window; what is wider scrolls in its own box."""
    with looking(browser, html(COMPARED), tmp_path, width=320) as page:
        outside = page.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert outside <= 0


@needs_browser
def test_what_is_broken_is_printed_open(browser: Browser, tmp_path: Path) -> None:
    """Paper cannot be clicked: evidence of what is wrong is on it, and the rest stays in one line each."""
    with looking(browser, PAGE, tmp_path) as page:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        opened = page.locator(".diagnostics details[open]").evaluate_all("all => all.map(e => e.id)")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        seen = (opened, page.locator("details[open]").count())

    assert seen == (["payment.webhook-accepts-our-signature", "payment.gateway-keys-accepted", "funnel.paid-is-won"], 0)
