"""Does the whole chain work, today, for somebody new? (runbook: Payment Failure and Certification Failure Playbooks).

One synthetic learner per target and environment is driven from lead to refund; no money moves. Its lead, its
enrollment and its certificate stay, and the next run uses them again. What it leaves is listed in the run's ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks import changes
from deeplearn_checks.causes.cause import CERTIFICATE_VERIFY, COMPLETION, PAYMENT_ACTIVATION, PAYMENT_LEAD, WEBHOOK_PATH
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, certificates, journey_steps, payments, platform
from deeplearn_checks.finding import Effects, Finding, Severity, error, failed, passed
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from deeplearn_checks.target import Target

_FIRST = (platform.database, platform.health, access.admin_token_accepted, payments.webhook_accepts_our_signature)
_NEEDS = (Part.ADMIN, Part.WEBHOOK_SECRET)


def _cannot_tell(target: Target) -> Finding:
    """Say that a lead that stays paid after a refund cannot be paid again: a symptom of the refund that never shows."""
    text = "the lead was paid before, stayed so after a refund, and this payment changed nothing: it cannot be judged"
    return error("cannot-tell", target.redact(text), explained_by=(frozenset({"journey.refund-shows"}),))


@diagnostic(
    "journey.lead-captured",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=PAYMENT_LEAD,
    requires=_FIRST,
    needs=_NEEDS,
    changes=[changes.LEAD, changes.CAPTURED, changes.STAGE],
)
async def lead_captured(target: Target) -> Finding:
    """The synthetic learner's lead is in the CRM.

    Taken by the lead form where DEEPLEARN_CHECKS_TURNSTILE_TOKEN is set, else by a signed payment that names it; or
    left by an earlier run.
    """
    learner = await journey_steps.captured(target)
    how = f"taken {learner.captured}" if learner.captured else "left by an earlier run"
    text = f"{learner.lead.email} is in the CRM as lead {learner.lead.lead_id}, {how}"
    return passed(target.redact(text), target.evidence(lead=learner.lead.lead_id, course=learner.purchase.course_id))


@diagnostic(
    "journey.payment-activates",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=PAYMENT_ACTIVATION,
    requires=[*_FIRST, lead_captured],
    needs=_NEEDS,
    changes=[changes.REFUNDED, changes.STAGE, changes.ORDER, changes.ONE_RUPEE_ORDER, changes.CAPTURED],
)
async def payment_activates(target: Target) -> Finding:
    """A signed payment makes the lead paid."""
    learner = await journey_steps.paid(target)
    if not learner.activated:
        return _cannot_tell(target)
    text = f"the lead is paid by {learner.purchase.payment_id}"
    return passed(target.redact(text), target.evidence(amount_cents=learner.purchase.amount))


@diagnostic(
    "journey.paid-is-won",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=PAYMENT_ACTIVATION,
    requires=[*_FIRST, payment_activates],
    needs=_NEEDS,
    changes=payment_activates.changes,
)
async def paid_is_won(target: Target) -> Finding:
    """A lead that an operator had moved to `qualified` is won when it is paid."""
    learner = await journey_steps.paid(target)
    if not learner.activated:
        return _cannot_tell(target)
    lead = learner.lead
    if lead.crm.stage != "won":
        text = f"the lead was qualified before, it is {lead.payment_status} now, and its stage is {lead.crm.stage}"
        return failed("stored-stage-outlives-payment", target.redact(text))
    return passed(target.redact("the lead was qualified before, and is won now"))


@diagnostic(
    "journey.enrolled",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=PAYMENT_ACTIVATION,
    requires=[*_FIRST, payment_activates],
    needs=_NEEDS,
    changes=payment_activates.changes,
)
async def enrolled(target: Target) -> Finding:
    """Who has paid is enrolled, has a place in the cohort, and a module to open."""
    place = await journey_steps.enrolled(target)
    opened = sum(module.is_unlocked for module in place.modules)
    text = (
        f"{place.enrollment_status} in the course, {place.cohort.status or 'without a cohort'}, {opened} modules open"
    )
    return passed(target.redact(text))


@diagnostic(
    "journey.completes",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=COMPLETION,
    requires=[*_FIRST, enrolled],
    needs=_NEEDS,
    changes=[*payment_activates.changes, changes.REPEATED, changes.COMPLETION],
)
async def completes(target: Target) -> Finding:
    """The completion action completes the enrollment and gives it a certificate URL."""
    row = await journey_steps.completed(target)
    return passed(target.redact(f"completed, with the certificate {row.certificate_url}"))


@diagnostic(
    "journey.certificate-verifies",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=CERTIFICATE_VERIFY,
    requires=[*_FIRST, certificates.bucket_bound, completes],
    needs=_NEEDS,
    changes=completes.changes,
)
async def certificate_verifies(target: Target) -> Finding:
    """The certificate that was just issued verifies."""
    said = await journey_steps.verified(target)
    if said.valid is None:
        return failed("certificate-bucket-not-bound", target.redact(f"the service cannot tell: {said.reason}"))
    if not said.valid:
        cause = "certificate-artifact-missing" if "missing" in said.reason else "certificate-altered"
        text = f"the certificate that was just issued does not verify: {said.reason or 'its signature does not hold'}"
        return failed(cause, target.redact(text))
    return passed(target.redact("the certificate that was just issued verifies"))


@diagnostic(
    "journey.redelivery-is-harmless",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=WEBHOOK_PATH,
    requires=[*_FIRST, completes],
    needs=_NEEDS,
    changes=completes.changes,
)
async def redelivery_is_harmless(target: Target) -> Finding:
    """A payment that is reported again changes nothing.

    The same payment.captured twice, order.paid beside it, and once more after completion: Razorpay delivers at least
    once, and both events arrive for one payment.
    """
    await journey_steps.repeated(target)
    before, after = await journey_steps.completed(target), await journey_steps.redelivered(target)
    if after is None or (after.status, after.certificate_url) != (before.status, before.certificate_url):
        now = f"{after.status}, certificate {after.certificate_url or 'gone'}" if after else "gone"
        text = f"the learner had completed; payment.captured was delivered once more, and the enrollment is {now}"
        return failed("redelivery-undoes-completion", target.redact(text))
    return passed(target.redact("three repeats of the payment changed nothing"))


@diagnostic(
    "journey.refund-shows",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=PAYMENT_ACTIVATION,
    requires=[*_FIRST, lead_captured],
    needs=_NEEDS,
    changes=completes.changes,
)
async def refund_shows(target: Target) -> Finding:
    """A refund shows in the lead's payment status."""
    payment = await journey_steps.refunded(target)
    if payment.status != "refunded":
        text = f"refund.processed was accepted, and the lead is still {payment.status}"
        return failed("refund-never-shows", target.redact(text))
    return passed(target.redact("the lead is refunded"))


@diagnostic(
    "journey.learner-stays-one",
    severity=Severity.CRITICAL,
    effects=Effects.DATA,
    runbook=PAYMENT_ACTIVATION,
    requires=[*_FIRST, payment_activates],
    needs=_NEEDS,
    changes=refund_shows.changes,
)
async def learner_stays_one(target: Target) -> Finding:
    """However often it is driven, there is one synthetic lead, one enrollment and one place in the cohort."""
    learner = await journey_steps.paid(target)
    rows = await journey_steps.rows_left(target)
    told = ", ".join(f"{count} {name}" for name, count in rows.items())
    evidence = target.evidence(email=target.synthetic().email, **rows)
    if any(count > 1 for count in rows.values()):
        return failed("learner-multiplied", target.redact(f"the synthetic learner has {told}"), evidence)
    new = f"taken {learner.captured}" if learner.captured else "none of them new"
    return passed(target.redact(f"the synthetic learner has {told}, {new}"), evidence)
