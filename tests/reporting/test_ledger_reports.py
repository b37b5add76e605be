"""What a run has sent that can change something, and what it left, in every report that people or programs read."""

from __future__ import annotations

import json
import re

import pytest
from examples import CHANGING, HEALTHY

from deeplearn_checks import changes
from deeplearn_checks.reporting.formats import render
from deeplearn_checks.reporting.html import html
from deeplearn_checks.reporting.markdown import markdown
from deeplearn_checks.reporting.text import text
from deeplearn_checks.reporting.wording import planned

LEFT_OPEN = "alert payment_webhook/webhook_signature_invalid 7 is still open: it broke"

TOLD = """\
WHAT THIS RUN SENT THAT CAN CHANGE SOMETHING: 2 requests
  POST /api/lead/submit · 200: a lead
    left one lead row
  POST /api/lead/submit · no answer: a lead
    left unknown: no answer came
"""


def test_the_terminal_lists_what_was_sent() -> None:
    """With its answer and what it left; what changes nothing is not among it."""
    ending = text(CHANGING)

    assert TOLD in ending


def test_markdown_has_a_table_of_what_was_sent() -> None:
    """A row for each request."""
    rows = [line for line in markdown(CHANGING).splitlines() if "/api/lead/submit" in line]

    assert rows == [
        "| `POST /api/lead/submit` | 200 | a lead | one lead row |",
        r"| `POST /api/lead/submit` | none | a lead | unknown: no answer came |",
    ]


def test_the_page_lists_what_was_sent() -> None:
    """Each links to its request."""
    page = html(CHANGING)

    told = re.findall(r'href="#request-(\d+)">POST /api/lead/submit</a> <span class="soft">\(([^)]+)\)', page)
    assert told == [("2", "200"), ("2", "no answer")]
    assert 'id="request-2"' in page


def test_programs_get_the_whole_ledger() -> None:
    """Also what changes nothing, and an alert that was left open."""
    run = json.loads(render("json", CHANGING))

    assert [(one["exchange"], one["effects"], one["status"], one["left"]) for one in run["ledger"]] == [
        (1, "none", 200, "nothing"),
        (2, "data", 200, "one lead row"),
        (2, "data", 0, "unknown: no answer came"),
    ]
    assert ({*run["ledger"][0]} - {"exchange", "effects", "status", "left"}, run["left_open"]) == (
        {"request", "sent"},
        [LEFT_OPEN],
    )


@pytest.mark.parametrize("name", ["text", "json", "html", "markdown"])
def test_an_alert_that_was_left_open_is_named(name: str) -> None:
    """As a reason why the run has not passed."""
    shown = render(name, CHANGING).replace("\\", "")

    assert (LEFT_OPEN in shown, CHANGING.gate) == (True, "failed")


@pytest.mark.parametrize("name", ["text", "html", "markdown"])
def test_where_nothing_was_sent_nothing_is_listed(name: str) -> None:
    """A run that only reads has no such part."""
    shown = render(name, HEALTHY)

    assert "can change something" not in shown.lower()


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ((), "0 kinds of requests to api.example.com can change something; nothing was sent\n"),
        (
            (changes.FORM_WITHOUT_TOKEN,),
            (
                "1 kind of requests to api.example.com can change something; nothing was sent\n"
                "  data   POST /api/lead/submit: a lead of nobody's without a Turnstile token; "
                "leaves nothing where the form is protected, else a lead row\n"
            ),
        ),
    ],
)
def test_a_plan_is_a_line_for_each_kind(listed: tuple[changes.Change, ...], told: str) -> None:
    """What would be sent, and what it would leave."""
    assert planned(listed, "api.example.com") == told
