"""The terminal's ending."""

from __future__ import annotations

from dataclasses import replace

import pytest
from examples import EVERY_OUTCOME, HEALTHY, HOSTILE_RUN, erring, failing, report

from deeplearn_checks.finding import Severity
from deeplearn_checks.reporting.text import explanation, text

ENDING = """\
WHAT IS WRONG: 2 root causes

CRITICAL the service refuses webhooks that are signed with our secret
  cause    webhook-secret-mismatch, found by payment.webhook-accepts-our-signature
  hit      status: 401; leads: person-0123456789, person-abcdefabcd
  means    No payment is activated.
  next     npx wrangler secret put RAZORPAY_WEBHOOK_SECRET
  runbook  Payment Failure Playbook · 2. Verify configuration
  blocks   funnel.paid-is-won

WARNING no connection
  cause    unreachable (could not find out), found by payment.gateway-keys-accepted
  hit      status: 401; leads: person-0123456789, person-abcdefabcd
  means    No payment is activated.
  next     npx wrangler secret put RAZORPAY_WEBHOOK_SECRET
  runbook  Payment Failure Playbook · 2. Verify configuration

NOT ASKED: 2 questions
  not-configured: set ADMIN_API_TOKEN (or leave it out on purpose: --without admin)
    payment.known-lead
  effects-not-permitted: needs --effects data
    journey.enrolled

WHY IT IS NOT READY (fails on critical)
  payment.webhook-accepts-our-signature failed: webhook-secret-mismatch
  payment.known-lead was not asked: set ADMIN_API_TOKEN (or leave it out on purpose: --without admin)
  1 symptom of what is wrong: funnel.paid-is-won

https://api.example.com (staging) · effects none
2 passed, 1 failed, 1 error, 1 blocked, 2 skipped · 4 requests · 0.40 s
NOT READY
"""


def test_the_ending_leads_with_what_is_wrong() -> None:
    """Root causes, what was not asked, why it is not ready, the counts and the verdict, in this order."""
    ending = text(EVERY_OUTCOME)

    assert ending == ENDING


def test_a_healthy_run_ends_in_three_lines() -> None:
    """Where nothing is wrong nothing is explained."""
    ending = text(replace(HEALTHY, environment=""))

    assert ending == "https://api.example.com · effects none\n2 passed · 2 requests · 0.40 s\nREADY\n"


def test_the_most_severe_root_cause_comes_first() -> None:
    """An operator reads from the top."""
    run = report(erring(severity=Severity.INFO), failing(summary="the worst"))

    ending = text(run)

    assert ending.splitlines()[2] == "CRITICAL the worst"


def test_the_verbose_ending_lists_every_result() -> None:
    """Whoever asks for more gets every diagnostic with what was found."""
    ending = text(EVERY_OUTCOME, verbose=True)

    assert [line.split()[:2] for line in ending.splitlines()[:7]] == [
        ["ok", "platform.root"],
        ["ok", "platform.health"],
        ["FAILED", "payment.webhook-accepts-our-signature"],
        ["ERROR", "payment.gateway-keys-accepted"],
        ["blocked", "funnel.paid-is-won"],
        ["skipped", "payment.known-lead"],
        ["skipped", "journey.enrolled"],
    ]


@pytest.mark.parametrize(("colour", "marked"), [(True, "\x1b[1;31mNOT READY\x1b[0m"), (False, "\nNOT READY")])
def test_colour_is_the_callers_choice(*, colour: bool, marked: str) -> None:
    """Escape sequences appear only where they are asked for."""
    ending = text(EVERY_OUTCOME, colour=colour)

    assert ending.rstrip("\n").endswith(marked)


def test_a_service_cannot_write_to_the_terminal() -> None:
    """Control characters of an answer never reach the screen."""
    ending = text(HOSTILE_RUN, verbose=True)

    assert ending.replace("\n", "").isprintable()


def test_a_failing_check_explains_itself() -> None:
    """Below the failing line stand the rule, its meaning and the runbook's step."""
    told = explanation(failing())

    assert told.splitlines()[1:] == [
        "rule     The service verifies webhooks with the secret that we hold.",
        "means    No payment is activated.",
        "runbook  Payment Failure Playbook · 2. Verify configuration",
    ]
