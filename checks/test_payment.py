"""Payment incidents: validate Razorpay secret, webhook signature, and references (alert workflow, step 3)."""

from deeplearn_checks import Result, diagnoses
from deeplearn_checks.diagnostics import forms, money, payments, refusals


@diagnoses(payments.webhook_secret_configured)
def test_payment_webhook_secret_configured(finding: Result) -> None:
    """The service has a secret to verify webhooks with."""


@diagnoses(payments.webhook_accepts_our_signature)
def test_payment_webhook_accepts_our_signature(finding: Result) -> None:
    """The service verifies webhooks with the secret that we hold."""


@diagnoses(payments.gateway_keys_accepted)
def test_payment_gateway_keys_accepted(finding: Result) -> None:
    """Razorpay accepts our API key."""


@diagnoses(payments.gateway_mode)
def test_payment_gateway_mode(finding: Result) -> None:
    """The gateway's keys are of the mode that the environment calls for."""


@diagnoses(payments.gateway_not_degraded)
def test_payment_gateway_not_degraded(finding: Result) -> None:
    """Razorpay announces no downtime that is going on now."""


@diagnoses(payments.known_lead)
def test_payment_known_lead(finding: Result) -> None:
    """A known lead is found, and every endpoint tells the same about it."""


@diagnoses(money.references_exist)
def test_payment_references_exist(finding: Result) -> None:
    """Every paid lead was paid by a payment that Razorpay knows."""


@diagnoses(money.captured_is_paid)
def test_payment_captured_is_paid(finding: Result) -> None:
    """Every payment that Razorpay captured has made its lead paid."""


@diagnoses(money.amounts_agree)
def test_payment_amounts_agree(finding: Result) -> None:
    """Every captured amount is the price of the course or the fee of the cohort."""


@diagnoses(money.refunds_show)
def test_payment_refunds_show(finding: Result) -> None:
    """Whoever was refunded in full is no longer paid."""


@diagnoses(money.not_paid_twice)
def test_payment_not_paid_twice(finding: Result) -> None:
    """Nobody was charged twice for one course."""


@diagnoses(refusals.webhook_refuses_forgery)
def test_payment_webhook_refuses_forgery(finding: Result) -> None:
    """The webhook refuses what is signed with another secret."""


@diagnoses(refusals.webhook_refuses_missing_signature)
def test_payment_webhook_refuses_missing_signature(finding: Result) -> None:
    """The webhook refuses what nobody signed."""


@diagnoses(refusals.webhook_refuses_altered_body)
def test_payment_webhook_refuses_altered_body(finding: Result) -> None:
    """The webhook refuses a body that is not the one that was signed."""


@diagnoses(refusals.forgery_raises_alert)
def test_payment_forgery_raises_alert(finding: Result) -> None:
    """A forged event shows among the open alerts."""


@diagnoses(refusals.callback_closed)
def test_payment_callback_closed(finding: Result) -> None:
    """The manual payment callback is closed to those without its token."""


@diagnoses(forms.order_can_be_created)
def test_payment_order_can_be_created(finding: Result) -> None:
    """An order can be created for a lead."""


@diagnoses(forms.order_amount_is_ours)
def test_payment_order_amount_is_ours(finding: Result) -> None:
    """An order costs what the course costs, whatever the caller asks for."""
