"""The one-file page of an audit."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from audited import EVERY_OUTCOME, HEALTHY, HOSTILE_AUDIT, audit, quiet, result

from deeplearn_checks.reporting.audit_html import audit_html, ticks

if TYPE_CHECKING:
    from pathlib import Path

PAGE = audit_html(EVERY_OUTCOME)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


@pytest.mark.parametrize(
    "words",
    [
        "<h1>NOT READY</h1>",
        "2 rules found 1,207 rows",
        "2 of 7 rules were NOT JUDGED: give --payments FILE or --payments razorpay",
        "INR 34,993.00",
        "<title>week of 2026-02-23: 5</title>",
        "week of 2026-02-09 (1), most in the week of 2026-02-23 (5)",
        "7 rows, 2 of them known and 5 new",
        "the first 100 of 1,200 by email / phone",
        "Payment Failure Playbook · 4. Confirm activation",
        "no answer within 300 s",
        "lead_registrations has no column paid_at_ms",
    ],
)
def test_the_page_says_what_an_operator_needs(words: str) -> None:
    """Verdict, what was left out, money, when it began, what is known, the remedy's place, what broke and why."""
    page = PAGE

    assert words in page


def test_every_link_of_the_page_leads_somewhere() -> None:
    """The page links only to itself, and only to what is there."""
    targets = set(re.findall(r'href="#([^"]+)"', PAGE))

    assert targets <= set(re.findall(r'id="([^"]+)"', PAGE))


def test_the_page_asks_nothing_of_any_host() -> None:
    """No address stands where a browser would fetch it, and no script runs."""
    fetched = re.findall(r"""(?:src|href|action|data)=["'](?!#|data:)[^"']*|url\(|@import|<script""", PAGE)

    assert fetched == []


def test_a_healthy_page_is_short() -> None:
    """Where nothing is wrong nothing is explained."""
    headings = re.findall(r"<h2[^>]*>([^<]+?) *<", audit_html(HEALTHY))

    assert headings == ["What was judged", "Every rule"]


def test_without_times_there_is_no_chart_of_weeks() -> None:
    """A rule that knows no times is in the chart by rule alone."""
    page = audit_html(audit(result(weeks={}, first_at_ms=None, last_at_ms=None)))

    assert ('id="by-rule"' in page, 'id="by-week"' in page) == (True, False)


def test_a_rule_that_found_nothing_new_is_shown_as_known() -> None:
    """A baseline that covers all does not hide what it covers."""
    page = audit_html(audit(result(known=7), quiet("won-but-not-paid")))

    assert ("<h1>READY</h1>" in page, "7 of them known and none new" in page) == (True, True)


def test_hostile_text_stays_text() -> None:
    """No tag, template or control character of a database's making reaches the page."""
    page = audit_html(HOSTILE_AUDIT)

    assert ("<script>" in page, "{{ 7 * 7 }}" in page, "\x1b" in page, "\u202e" in page) == (False, True, False, False)


def test_the_axis_names_few_weeks() -> None:
    """The first week and some others; none where there are none."""
    many = ticks([f"week {number}" for number in range(104)])

    assert ([tick.week for tick in many], many[0].at, ticks([])) == (
        [f"week {number}" for number in range(0, 104, 18)],
        0.0,
        (),
    )


@pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")
def test_the_page_fits_a_phone(tmp_path: Path) -> None:
    """At the width of a phone nothing stands outside of the window: a browser measures it."""
    measuring = "<script>document.title = document.documentElement.scrollWidth - innerWidth</script></body>"
    page = PAGE.replace("script-src 'none'", "script-src 'unsafe-inline'")
    (tmp_path / "page.html").write_text(page.replace("</body>", measuring), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += f" --disable-component-update --disable-sync --user-data-dir={tmp_path}/profile --dump-dom"

    browser = subprocess.run(  # noqa: S603  our own page in the browser of this machine
        [CHROMIUM, *flags.split(), "--window-size=500,900", (tmp_path / "page.html").as_uri()],
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(browser.stdout.partition("<title>")[2].partition("</title>")[0]) <= 0
