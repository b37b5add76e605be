"""Do the public forms work, for those who should use them only? (runbook: Act: payment and CRM incidents)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deeplearn_checks import changes, models
from deeplearn_checks.causes.cause import ACT, PAYMENT_CONFIGURATION
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, journey, journey_steps, payments, platform
from deeplearn_checks.finding import Effects, Finding, Severity, Skip, error, failed, passed, skipped
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from deeplearn_checks.target import Target


@diagnostic(
    "lead.capture-works",
    severity=Severity.WARNING,
    effects=Effects.DATA,
    runbook=ACT,
    requires=[platform.database, platform.health, access.admin_token_accepted],
    needs=[Part.ADMIN, Part.TURNSTILE],
    changes=[changes.LEAD],
)
async def capture_works(target: Target) -> Finding:
    """The lead form takes a lead.

    Submitted once per target and environment: a lead that is there already is not submitted again, for every
    submission adds a row.
    """
    answer = await journey_steps.submitted(target)
    if answer is None:
        text = "the synthetic lead is there from an earlier run; submitting it again would add a row"
        return skipped(Skip.DOES_NOT_APPLY, target.redact(text))
    refusal = target.refusal(answer)
    said = f"{answer.status}: {refusal.error} {refusal.details}".rstrip() if refusal else f"{answer.status}"
    if refusal and "DEEPLEARN_LEADS" in refusal.details:
        return failed("lead-storage-not-bound", target.redact(f"the lead form answered {said}"))
    if refusal and "turnstile" in refusal.error.lower():
        return error("turnstile-token-rejected", target.redact(f"the lead form answered {said}"))
    lead = target.read(answer, models.SubmittedLead)
    return passed(target.redact(f"the lead form took lead {lead.lead_id}"))


@diagnostic(
    "lead.form-is-protected",
    severity=Severity.WARNING,
    effects=Effects.DATA,
    runbook=ACT,
    requires=[platform.database, platform.health, access.admin_token_accepted],
    needs=[Part.ADMIN],
    changes=[changes.FORM_WITHOUT_TOKEN],
)
async def form_is_protected(target: Target) -> Finding:
    """The lead form refuses whoever brings no Turnstile token."""
    probe = target.synthetic("form-probe")
    answer = await target.submit_lead(probe.form, changes.FORM_WITHOUT_TOKEN)
    refusal = target.refusal(answer)
    if answer.ok:
        lead = target.read(answer, models.SubmittedLead)
        target.left(answer, f"lead row {lead.lead_id} of {probe.email}")
        text = f"the lead form took lead {lead.lead_id} without a Turnstile token"
        return failed("lead-form-unprotected", target.redact(text))
    server_error = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if refusal is None or server_error or "turnstile" not in refusal.error.lower():
        target.refuse(answer)
    return passed(target.redact("refused a lead without a Turnstile token"))


_ORDERS = (journey.lead_captured, payments.gateway_keys_accepted)


@diagnostic(
    "payment.order-can-be-created",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=PAYMENT_CONFIGURATION,
    requires=_ORDERS,
    needs=[Part.ADMIN, Part.WEBHOOK_SECRET],
    changes=[*journey.lead_captured.changes, changes.REFUNDED, changes.STAGE, changes.ORDER],
)
async def order_can_be_created(target: Target) -> Finding:
    """An order can be created for a lead.

    It is never paid.
    """
    answer = await journey_steps.order(target)
    refusal = target.refusal(answer)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and refusal and "not configured" in refusal.error:
        return failed(
            "gateway-not-configured", target.redact(f"create-order answered {answer.status}: {refusal.error}")
        )
    if not answer.ok and refusal:
        said = f"{answer.status}: {refusal.error} {refusal.details}".rstrip()
        return failed("order-not-created", target.redact(f"create-order answered {said}"))
    created = target.read(answer, models.CreatedOrder)
    if created.mode != "razorpay":
        text = f"create-order answers in mode {created.mode}: nobody can pay"
        return failed("gateway-not-configured", target.redact(text))
    target.left(answer, f"order {created.order.id} at Razorpay, never paid")
    return passed(
        target.redact(f"order {created.order.id} was created, for {created.order.amount_cents} of the smallest unit")
    )


@diagnostic(
    "payment.order-amount-is-ours",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=ACT,
    requires=[*_ORDERS, order_can_be_created],
    needs=[Part.ADMIN, Part.WEBHOOK_SECRET],
    changes=[*order_can_be_created.changes, changes.ONE_RUPEE_ORDER],
)
async def order_amount_is_ours(target: Target) -> Finding:
    """An order costs what the course costs, whatever the caller asks for.

    An order for one rupee is asked for, and is never paid.
    """
    answer = await journey_steps.cheap_order(target)
    refusal = target.refusal(answer)
    if refusal and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return passed(target.redact(f"an order for one rupee was refused: {refusal.error}"))
    order = target.read(answer, models.CreatedOrder).order
    target.left(answer, f"order {order.id} at Razorpay, never paid")
    if order.amount_cents == journey_steps.ONE_RUPEE:
        return failed("caller-sets-amount", target.redact(f"order {order.id} was created for one rupee, as asked"))
    return passed(
        target.redact(f"one rupee was asked for, and the order is for {order.amount_cents} of the smallest unit")
    )
