"""The words that several reports share."""

from __future__ import annotations

import pytest
from examples import EVERY_OUTCOME, HOSTILE, blocked, exchange, failing, report

from deeplearn_checks.finding import Fact, Outcome
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.reporting import runbook, wording


@pytest.mark.parametrize(
    ("fact", "written"),
    [
        (3, "3"),
        (0.25, "0.25"),
        (Redacted("one"), "one"),
        ((Redacted("one"), Redacted("two")), "one, two"),
        ((), "none"),
    ],
)
def test_a_fact_is_written_as_it_is(fact: Fact, written: str) -> None:
    """Numbers, texts and lists of texts read as an operator expects."""
    text = wording.fact_text(fact)

    assert text == written


def test_a_line_is_printable() -> None:
    """Nothing that a service says can move the cursor, break a line or fail to be encoded."""
    line = wording.line(HOSTILE)

    assert line.isprintable()


def test_longer_texts_keep_their_lines() -> None:
    """A body keeps its line breaks and loses its control characters."""
    text = wording.lines("one\n\ttwo\x1b[31m")

    assert text == "one\n\ttwo[31m"


def test_many_ids_are_counted() -> None:
    """A long list names the first six and says how many follow."""
    ids = [f"area.{number}" for number in range(8)]

    text = wording.ids_line(ids)

    assert text == "area.0, area.1, area.2, area.3, area.4, area.5 and 2 more"


def test_a_failing_line_says_what_whom_and_what_next() -> None:
    """One line is enough at three in the morning."""
    line = wording.failing_line(failing())

    assert line == (
        "critical webhook-secret-mismatch: the service refuses webhooks that are signed with our secret"
        " [status: 401; leads: person-0123456789, person-abcdefabcd]"
        " Next: npx wrangler secret put RAZORPAY_WEBHOOK_SECRET"
    )


def test_a_symptom_points_at_its_root_cause() -> None:
    """Nobody starts by mending a symptom."""
    line = wording.failing_line(blocked())

    assert line.startswith("symptom of payment.webhook-accepts-our-signature: see there.")


def test_what_was_not_asked_is_grouped_by_its_remedy() -> None:
    """Questions that the same setting enables stand together, the ones that count against the gate first."""
    groups = wording.not_asked(EVERY_OUTCOME)

    assert [(reason, ids) for reason, _, ids in groups] == [
        ("not-configured", ("payment.known-lead",)),
        ("effects-not-permitted", ("journey.enrolled",)),
    ]


def test_a_reason_of_another_version_comes_last() -> None:
    """A reason that this version does not know is shown all the same."""
    run = report(EVERY_OUTCOME.results[5], failing(outcome=Outcome.SKIPPED, cause="of-tomorrow"))

    groups = wording.not_asked(run)

    assert [reason for reason, _, _ in groups] == ["not-configured", "of-tomorrow"]


@pytest.mark.parametrize(("status", "words"), [(200, "200"), (0, "no answer in time")])
def test_an_exchange_says_what_came_back(status: int, words: str) -> None:
    """A status, or the reason why there is none."""
    answered = wording.answered(exchange(1, "/", status))

    assert answered == words


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("payment-failure-playbook/2", "Payment Failure Playbook · 2. Verify configuration"),
        ("payment-failure-playbook/9", "Payment Failure Playbook · step 9"),
        ("payment-failure-playbook", "Payment Failure Playbook"),
        ("a-new-playbook/1", "A New Playbook · step 1"),
        ("", ""),
    ],
)
def test_a_reference_names_its_place_in_the_runbook(reference: str, place: str) -> None:
    """Section and step in the runbook's own words, also where it has grown since."""
    text = runbook.place(reference)

    assert text == place


def test_a_step_says_what_the_runbook_says() -> None:
    """The lines below a step's heading are at hand."""
    lines = runbook.step_lines("payment-failure-playbook/3")

    assert lines == ("GET /api/admin/crm/leads?q=<email_or_phone>",)
