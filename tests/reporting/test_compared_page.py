"""What changed since an earlier run, on the one-file page."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from examples import COMPARED, EVERY_OUTCOME, HEALTHY, HOSTILE, THEN

from deeplearn_checks.reporting.html import LARGEST, html
from deeplearn_checks.results import Comparison, OutcomeChange

PAGE = html(COMPARED)


def words(page: str) -> str:
    """Answer what a reader sees, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<body>")[2])).split())


def changed(page: str) -> str:
    """Answer what the section of the comparison says."""
    return words(page.partition('<h2 id="compared">')[2].partition("<h2")[0].join(("<body>", "")))


def test_the_verdict_is_followed_by_what_changed() -> None:
    """In one line that leads to the whole."""
    line = re.search(r'<a href="#compared">([^<]+: [^<]+)</a>', PAGE.partition("</header>")[0])

    assert line is not None
    assert line[1] == f"Since the run of {THEN}: 2 new, 1 fixed, 1 still failing, 1 not asked again, 1 slower"


@pytest.mark.parametrize(
    "said",
    [
        "2 new payment.webhook-accepts-our-signature webhook-refused 1 symptom funnel.paid-is-won",
        "1 fixed platform.root was not-found",
        "1 still failing payment.gateway-keys-accepted timeout (could not find out), was keys-rejected",
        "1 not asked again platform.gone was slow",
        "1 slower platform.health 0.10 s, now 0.90 s",
        "The earlier run was asked with effects data",
    ],
)
def test_everything_that_changed_is_named(said: str) -> None:
    """By how it did, each with its words; symptoms apart, and what keeps the runs from being alike."""
    assert said in changed(PAGE)


def test_every_link_leads_somewhere() -> None:
    """What was asked then and is not now stands there without one."""
    links = set(re.findall(r'href="#([^"]+)"', PAGE))

    assert links <= set(re.findall(r'id="([^"]+)"', PAGE))
    assert "platform.gone" not in links


def test_a_root_cause_says_whether_it_is_new() -> None:
    """Beside its severity, in a word."""
    cards = re.findall(r'<h3>(<span class="tag.*?)</h3>', PAGE)

    told = [re.findall(r'<span class="tag ([\w-]+)">', card) for card in cards]
    assert told == [["critical", "new"], ["warning", "still-failing"]]


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (
            Comparison(THEN),
            f"What changed since the run of {THEN} Nothing: every diagnostic ended as it did then.",
        ),
        (Comparison("", ("there is no last.json yet",)), "What changed There is no last.json yet"),
    ],
)
def test_where_nothing_changed_that_is_said(since: Comparison, said: str) -> None:
    """And where there was nothing to compare with, why."""
    page = html(replace(HEALTHY, comparison=since))

    assert said in changed(page)


def test_a_run_that_is_compared_with_none_says_nothing_of_it() -> None:
    """No empty section, and no link to one."""
    assert "compared" not in re.sub(r"<style>.*?</style>", "", html(EVERY_OUTCOME), flags=re.DOTALL)


def test_hostile_words_of_a_comparison_stay_words() -> None:
    """No tag of a file's making reaches the page."""
    page = html(replace(HEALTHY, comparison=Comparison("", (HOSTILE,)))).encode().decode()

    assert "<script>alert" not in page


def test_many_changes_fit_in_the_page() -> None:
    """It stays small enough to send."""
    many = tuple(OutcomeChange(f"area.number-{number}", "passed", "failed", "", "so") for number in range(500))

    page = html(replace(EVERY_OUTCOME, comparison=Comparison(THEN, new=many)))

    assert (len(page.encode()) < LARGEST, page.count("area.number-")) == (True, 500)
