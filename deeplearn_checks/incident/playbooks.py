"""Which playbook an alert calls for, how severe it is by the runbook's table, and whom it hits.

Sources: runbook, Severity Levels and the playbooks; API page, the table of alerts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.alerting import Playbook
from deeplearn_checks.causes.cause import ACT, CTO_TAB
from deeplearn_checks.diagnostics import access, certificates, forms, funnel, refusals
from deeplearn_checks.diagnostics.alerts import PLAYBOOKS
from deeplearn_checks.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

PAYMENT = "payment-failure-playbook"
CERTIFICATION = "certification-failure-playbook"
_CLASSIFY = "alert-workflow/2"
_ACTIVATION = (funnel.paid_has_user, funnel.paid_is_won, funnel.paid_has_enrollment)
_ORDERS = frozenset({forms.order_can_be_created.id})
"""The Worker's own gateway keys show only when it creates an order: ours being accepted says nothing of them."""
FORM = forms.capture_works.id
"""A form that fails shows only in a submission, ours or somebody's since."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One source and event type of alerts: severity by the runbook's table, whom it hits, and what to do about it."""

    source: str
    event_type: str
    severity: Severity
    impact: str
    playbook: Playbook
    known: bool = True


_CHECKOUT = Playbook(PAYMENT, (*PLAYBOOKS["payment_verify"], *_ACTIVATION))
_WEBHOOK = Playbook(PAYMENT, (*PLAYBOOKS["payment_webhook"], *_ACTIVATION))
_GATEWAY = Playbook(PAYMENT, (*PLAYBOOKS["payment_gateway"], forms.order_can_be_created), _ORDERS)
_CALLBACK = Playbook(PAYMENT, (*PLAYBOOKS["payment_callback"], refusals.callback_closed))
_LEADS = Playbook(ACT, (*PLAYBOOKS["lead_capture"], forms.capture_works), frozenset({FORM}))
_COPIES = Playbook(ACT, PLAYBOOKS["crm_webhook"])
_COUNSELOR = Playbook(ACT, PLAYBOOKS["counselor_chat"])
_CONTENT = Playbook(CTO_TAB, PLAYBOOKS["scheduled_job"])
_NONE = Playbook(_CLASSIFY, ())
_BY_WORD = (
    ("certificat", Severity.CRITICAL, Playbook(CERTIFICATION, (certificates.completed_has_url, certificates.verifies))),
    ("admin", Severity.CRITICAL, Playbook(ACT, (access.admin_token_accepted, access.admin_refuses_missing_token))),
    ("auth", Severity.CRITICAL, Playbook(ACT, (access.admin_token_accepted, access.admin_refuses_missing_token))),
    ("payment", Severity.CRITICAL, _WEBHOOK),
    ("lead", Severity.WARNING, _LEADS),
    ("counselor", Severity.WARNING, _COUNSELOR),
    ("content", Severity.WARNING, _CONTENT),
)
"""By a word of its name, what the runbook's table makes of a source that the API page does not list."""

_UNKNOWN = "deeplearn-checks does not know this event type: read its message to learn whom it hits"


def _of(source: str, severity: Severity, playbook: Playbook, impacts: Mapping[str, str]) -> tuple[Kind, ...]:
    return tuple(Kind(source, event, severity, impact, playbook) for event, impact in impacts.items())


_ALL = (
    *_of(
        "payment_webhook",
        Severity.CRITICAL,
        _WEBHOOK,
        {
            "webhook_secret_missing": "no webhook is accepted: whoever pays is not enrolled",
            "webhook_signature_missing": "a webhook came unsigned: a forgery, or payments that are not activated",
            "webhook_signature_invalid": "a webhook's signature is wrong: a forgery, or nobody who pays is enrolled",
            "webhook_processing_failed": "a payment event failed half-way: its learner may have paid for nothing",
        },
    ),
    *_of(
        "payment_gateway",
        Severity.CRITICAL,
        _GATEWAY,
        {
            "razorpay_not_configured": "the service has no Razorpay keys: nobody can pay",
            "create_order_failed": "an order could not be created: a learner wanted to pay and could not",
        },
    ),
    *_of(
        "payment_verify",
        Severity.CRITICAL,
        _CHECKOUT,
        {
            "invalid_checkout_signature": "a checkout was signed wrongly: a forgery, or learners who paid are refused",
            "verify_failed": "a checkout could not be verified: its learner may have paid for nothing",
        },
    ),
    *_of(
        "payment_callback",
        Severity.CRITICAL,
        _CALLBACK,
        {
            "manual_callback_unauthorized": "somebody without the token tried to mark a lead paid, and was refused",
            "manual_callback_failed": "a payment that was reported by hand is not booked: its learner is not enrolled",
        },
    ),
    *_of(
        "lead_capture",
        Severity.WARNING,
        _LEADS,
        {
            "lead_submit_failed": "a lead was lost: somebody wanted to be called and will not be",
            "funnel_register_failed": "a registration was lost: somebody wanted to take part and is not on the list",
        },
    ),
    *_of(
        "crm_webhook",
        Severity.WARNING,
        _COPIES,
        {
            "lead_forward_failed": "a lead's copy was refused by the CRM: sales does not see it there",
            "lead_forward_error": "a lead's copy did not reach the CRM: sales does not see it there",
        },
    ),
    *_of(
        "counselor_chat",
        Severity.WARNING,
        _COUNSELOR,
        {"counselor_request_failed": "a visitor asked the counselor and got no answer"},
    ),
    *_of(
        "scheduled_job",
        Severity.WARNING,
        _CONTENT,
        {"daily_content_generation_failed": "no new post was written: readers find yesterday's"},
    ),
    *_of(
        "knowledge_ingestion",
        Severity.INFO,
        _NONE,
        {"ingest_failed": "new material is not in the knowledge base: answers rest on the older one"},
    ),
)
KINDS: Mapping[tuple[str, str], Kind] = {(kind.source, kind.event_type): kind for kind in _ALL}
"""Every kind of alert that the API page lists."""

_SOURCES = {kind.source: kind for kind in _ALL}


def kind_of(source: str, event_type: str) -> Kind:
    """Answer the kind of an alert; one that the API page does not list goes by its source, or by a word of its name."""
    if (source, event_type) in KINDS:
        return KINDS[(source, event_type)]
    if source in _SOURCES:
        alike = _SOURCES[source]
        return Kind(source, event_type, alike.severity, _UNKNOWN, alike.playbook, known=False)
    name = f"{source} {event_type}".lower()
    for word, severity, playbook in _BY_WORD:
        if word in name:
            return Kind(source, event_type, severity, _UNKNOWN, playbook, known=False)
    return Kind(source, event_type, Severity.INFO, _UNKNOWN, _NONE, known=False)
