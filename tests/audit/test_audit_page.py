"""The one-file page of an audit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from audited import EVERY_OUTCOME, HEALTHY, HOSTILE_AUDIT, audit, quiet, result
from chromium import launched, needs_browser

from deeplearn_checks.reporting.audit_html import audit_html, ticks

if TYPE_CHECKING:
    from pathlib import Path

PAGE = audit_html(EVERY_OUTCOME)


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


@needs_browser
def test_the_page_fits_a_phone(tmp_path: Path) -> None:
    """At the width of a phone nothing stands outside of the window: a browser measures it."""
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")

    with launched() as browser:
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.goto((tmp_path / "page.html").as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")

    assert wide == 360
