"""The run as JSON."""

from __future__ import annotations

import json

from examples import EVERY_OUTCOME, HOSTILE_RUN

from deeplearn_checks.reporting.json_report import json_report

RUN = json.loads(json_report(EVERY_OUTCOME))


def test_the_run_has_the_promised_keys() -> None:
    """Programs rely on these names."""
    keys = set(RUN)

    assert keys == {
        *("target", "environment", "effects", "fail_on", "started_at", "seconds", "requests", "interrupted"),
        *("counts", "gate", "gate_reasons", "left_open", "ledger", "root_causes", "results", "comparison"),
    }


def test_a_root_cause_has_the_promised_keys() -> None:
    """What is wrong, what to do and what it blocks, by name."""
    root = RUN["root_causes"][0]

    assert root == {
        "id": "payment.webhook-accepts-our-signature",
        "cause": "webhook-secret-mismatch",
        "severity": "critical",
        "outcome": "failed",
        "summary": "the service refuses webhooks that are signed with our secret",
        "meaning": "No payment is activated.",
        "remedy": "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET",
        "runbook": "payment-failure-playbook/2",
        "blocks": ["funnel.paid-is-won"],
    }


def test_a_result_has_the_promised_keys() -> None:
    """Every diagnostic is there with its evidence, lists as lists."""
    result = RUN["results"][4]

    assert result == {
        "id": "funnel.paid-is-won",
        "title": "The service verifies webhooks with the secret that we hold.",
        "severity": "critical",
        "effects": "none",
        "outcome": "blocked",
        "cause": "paid-but-not-won",
        "summary": "the service refuses webhooks that are signed with our secret",
        "evidence": {"status": 401, "leads": ["person-0123456789", "person-abcdefabcd"]},
        "meaning": "No payment is activated.",
        "remedy": "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET",
        "runbook": "payment-failure-playbook/2",
        "blocked_by": ["payment.webhook-accepts-our-signature"],
        "seconds": 0.25,
        "attempts": 1,
    }


def test_every_outcome_is_counted() -> None:
    """A count of none is a number too."""
    counts = RUN["counts"]

    assert counts == {"passed": 2, "failed": 1, "error": 1, "blocked": 1, "skipped": 2}


def test_any_text_can_be_written_to_a_file() -> None:
    """Half a surrogate pair in an answer does not break the report."""
    written = json_report(HOSTILE_RUN)

    assert written.isascii()
