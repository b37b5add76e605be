"""The incident runbook's sections and steps, for those who print a reference such as `payment-failure-playbook/2`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "DeepLearn incident runbook"


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the runbook; each step is its heading and the lines below it."""

    slug: str
    title: str
    steps: tuple[tuple[str, tuple[str, ...]], ...]


_SECTIONS = (
    Section(
        "severity-levels",
        "Severity Levels",
        (
            (
                "critical",
                (
                    "Payment verification/webhook failures",
                    "API auth failures for admin controls",
                    "Certificate issuance/verification failures for completed learners",
                ),
            ),
            (
                "warning",
                ("Lead capture failures", "Content generation job failures", "Counselor response pipeline failures"),
            ),
            ("info", ("Non-blocking operational notices",)),
        ),
    ),
    Section(
        "primary-console-views",
        "Primary Console Views",
        (
            ("/console -> CTO tab", ("Open alerts", "Access and content ops audit")),
            (
                "/console -> Coordinator tab",
                ("CRM pipeline", "Cohort/session operations", "Lab ops and capstone review"),
            ),
        ),
    ),
    Section(
        "alert-workflow",
        "Alert Workflow",
        (
            ("Detect", ("Poll GET /api/admin/alerts?status=open&limit=100",)),
            ("Classify", ("Identify source + event type", "Determine severity and learner/business impact")),
            (
                "Act",
                (
                    "Payment incidents: validate Razorpay secret, webhook signature, and order/payment references",
                    "CRM/funnel incidents: verify lead registration writes in lead_registrations",
                    "Learning incidents: verify enrollment/module progress and assignment/certificate artifacts",
                ),
            ),
            (
                "Update status",
                (
                    "POST /api/admin/alerts/:alertId/status with:",
                    "acknowledged when triage starts",
                    "resolved after fix and verification",
                ),
            ),
            ("Verify recovery", ("Re-run npm run readiness:check", "Confirm no critical open alerts remain")),
        ),
    ),
    Section(
        "payment-failure-playbook",
        "Payment Failure Playbook",
        (
            ("Confirm latest webhook call path", ("/api/funnel/payment/razorpay/webhook",)),
            (
                "Verify configuration",
                ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET", "ADMIN_API_TOKEN"),
            ),
            ("Validate a known lead", ("GET /api/admin/crm/leads?q=<email_or_phone>",)),
            (
                "Confirm activation",
                (
                    "payment status should move to paid",
                    "CRM stage should move to won",
                    "enrollment should exist for user/course",
                ),
            ),
        ),
    ),
    Section(
        "certification-failure-playbook",
        "Certification Failure Playbook",
        (
            ("Confirm enrollment status is completed", ()),
            ("Check certificate URL in enrollment record", ()),
            ("Verify with", ("GET /api/certificates/verify?course_id=...&user_id=...",)),
            ("If invalid/missing, re-run completion action from coordinator admin endpoint", ()),
        ),
    ),
)
SECTIONS: Mapping[str, Section] = {section.slug: section for section in _SECTIONS}
"""The sections that hold steps, by slug, in the runbook's order."""


def section_slug(reference: str) -> str:
    """Answer the slug of the section that a reference points into."""
    return reference.partition("/")[0]


def section_title(reference: str) -> str:
    """Answer the heading of the section; one that the runbook does not have is made from its slug."""
    slug = section_slug(reference)
    return SECTIONS[slug].title if slug in SECTIONS else slug.replace("-", " ").title()


def step_title(reference: str) -> str:
    """Answer number and heading of the step, such as `2. Verify configuration`; empty without a step."""
    number = reference.partition("/")[2]
    heading = _step(reference)[0]
    return f"{number}. {heading}" if heading else number and f"step {number}"


def step_lines(reference: str) -> tuple[str, ...]:
    """Answer what the runbook says below the step's heading."""
    return _step(reference)[1]


def place(reference: str) -> str:
    """Answer section and step in one line; empty for an empty reference."""
    return " · ".join(filter(None, (section_title(reference), step_title(reference))))


def _step(reference: str) -> tuple[str, tuple[str, ...]]:
    slug, _, number = reference.partition("/")
    steps = SECTIONS[slug].steps if slug in SECTIONS else ()
    inside = number.isdecimal() and 1 <= int(number) <= len(steps)
    return steps[int(number) - 1] if inside else ("", ())
