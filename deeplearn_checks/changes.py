"""Every kind of request that can change something, declared once: announced, sent, and listed in a ledger.

A request that is none of these reads. Source: the API page, sections Endpoints and Behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass

from deeplearn_checks.finding import Effects


@dataclass(frozen=True, slots=True)
class Change:
    """A kind of request that can change something.

    `request` is its method and path, `sends` what is sent, `leaves` what that leaves behind when all is well,
    `provokes` the event types of the alerts that the service may raise about it.
    """

    effects: Effects
    request: str
    sends: str
    leaves: str
    provokes: tuple[str, ...] = ()


_WEBHOOK = "POST /api/funnel/payment/razorpay/webhook"
_ORDER = "POST /api/funnel/payment/create-order"
_REFUSED = ("webhook_signature_invalid", "webhook_secret_missing")
_NOT_PROCESSED = (*_REFUSED, "webhook_processing_failed")
_NO_ORDER = ("razorpay_not_configured", "create_order_failed")
_NO_LEAD = ("lead_submit_failed", "lead_forward_failed", "lead_forward_error")

SIGNED_PROBE = Change(
    Effects.NONE,
    _WEBHOOK,
    "a correctly signed event of an unknown type",
    "nothing while the secrets agree, else a critical alert",
    _REFUSED,
)
COUNSELOR = Change(
    Effects.NONE,
    "POST /api/chat/counselor",
    "one question",
    "nothing; it costs one request to the language model",
    ("counselor_request_failed",),
)
UNSIGNED = Change(
    Effects.ALERTS,
    _WEBHOOK,
    "an event of an unknown type without a signature",
    "a critical alert, resolved at the end",
    ("webhook_signature_missing", "webhook_secret_missing"),
)
FORGED = Change(
    Effects.ALERTS,
    _WEBHOOK,
    "an event of an unknown type, signed with a secret that is not the webhook's",
    "a critical alert, resolved at the end",
    _REFUSED,
)
ALTERED = Change(
    Effects.ALERTS,
    _WEBHOOK,
    "an event of an unknown type under the signature of another body",
    "a critical alert, resolved at the end",
    _REFUSED,
)
CALLBACK = Change(
    Effects.ALERTS,
    "POST /api/funnel/payment/success",
    "a payment callback without a token, for a lead that does not exist",
    "an alert, resolved at the end",
    ("manual_callback_unauthorized", "manual_callback_failed"),
)
ALERT_STATUS = Change(
    Effects.ALERTS,
    "POST /api/admin/alerts/:alertId/status",
    "the status resolved, for an alert that this run raised itself",
    "a resolved alert",
)
OPERATORS_STATUS = Change(
    Effects.ALERTS,
    "POST /api/admin/alerts/:alertId/status",
    "the status acknowledged or resolved, for an alert that the operator named",
    "the alert with that status",
)
FORM_WITHOUT_TOKEN = Change(
    Effects.DATA,
    "POST /api/lead/submit",
    "a lead of nobody's without a Turnstile token",
    "nothing where the form is protected, else a lead row",
    _NO_LEAD,
)
LEAD = Change(
    Effects.DATA,
    "POST /api/lead/submit",
    "the synthetic learner's lead, if it is not there yet",
    "one lead row, its copy in the bucket and a registration event",
    _NO_LEAD,
)
STAGE = Change(
    Effects.DATA,
    "POST /api/admin/crm/leads/:leadId",
    "the CRM stage qualified, for the synthetic lead",
    "that stage, until the payment moves it",
)
ORDER = Change(
    Effects.DATA,
    _ORDER,
    "an order for the synthetic lead's course",
    "an order at Razorpay that is never paid",
    _NO_ORDER,
)
ONE_RUPEE_ORDER = Change(
    Effects.DATA,
    _ORDER,
    "an order for one rupee, for the synthetic lead",
    "an order at Razorpay that is never paid",
    _NO_ORDER,
)
CAPTURED = Change(
    Effects.DATA,
    _WEBHOOK,
    "payment.captured for the synthetic lead, signed; no money moves",
    "the synthetic lead paid, its learner, its enrollment and its place; a payment event in the funnel",
    _NOT_PROCESSED,
)
REPEATED = Change(
    Effects.DATA,
    _WEBHOOK,
    "payment.captured once more, and order.paid beside it",
    "nothing new; a payment event in the funnel where the service counts repeats",
    _NOT_PROCESSED,
)
OPERATORS_EVENT = Change(
    Effects.DATA,
    _WEBHOOK,
    "an event that the operator built or brought",
    "what the service makes of it",
    (*_NOT_PROCESSED, "webhook_signature_missing"),
)
COMPLETION = Change(
    Effects.DATA,
    "POST /api/admin/courses/:courseId/enroll/:userId/complete",
    "the synthetic learner's completion",
    "a completed enrollment and its certificate",
)
REISSUE = Change(
    Effects.DATA,
    COMPLETION.request,
    "a learner's completion, once more",
    "the enrollment completed anew, and its certificate written over",
)
REISSUE_IN_COHORT = Change(
    Effects.DATA,
    "POST /api/admin/cohorts/:cohortId/enroll/:userId/complete",
    REISSUE.sends,
    "the place in the cohort and the enrollment completed anew, and the certificate written over",
)
REFUNDED = Change(
    Effects.DATA,
    _WEBHOOK,
    "refund.processed for the synthetic lead, signed; no money moves",
    "the synthetic lead refunded",
    _NOT_PROCESSED,
)
