"""Does money arrive, and only the right money? (runbook: Payment Failure Playbook; Act: payment incidents)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import SecretStr

from deeplearn_checks import changes, models
from deeplearn_checks.causes.cause import PAYMENT_CONFIGURATION, PAYMENT_LEAD
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, platform, population
from deeplearn_checks.finding import Finding, Severity, error, failed, passed
from deeplearn_checks.gateway import Gateway
from deeplearn_checks.questions import together
from deeplearn_checks.redaction import TELEPHONE, identified_by
from deeplearn_checks.settings import Part
from deeplearn_checks.target import LEADS_LIMIT

if TYPE_CHECKING:
    from deeplearn_checks.target import Target

_NATIONAL = 10
"""Digits of a phone number without its country code."""

_RAISED = (
    "this probe raised (or refreshed) the critical alert payment_webhook/{}; after the fix close it with "
    "POST /api/admin/alerts/ALERT_ID/status"
)


@diagnostic(
    "payment.webhook-secret-configured",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_CONFIGURATION,
    requires=[platform.database],
    needs=[Part.WEBHOOK_SECRET],
    changes=[changes.SIGNED_PROBE],
)
async def webhook_secret_configured(target: Target) -> Finding:
    """The service has a secret to verify webhooks with.

    Asked with a correctly signed event of an unknown type, which the service ignores.
    """
    answer = await target.probe_webhook(target.settings.razorpay_webhook_secret)
    refusal = target.refusal(answer)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and refusal and "webhook secret" in refusal.error:
        evidence = target.evidence(alert=_RAISED.format("webhook_secret_missing"))
        return failed("webhook-secret-not-configured", target.redact(f"the webhook says: {refusal.error}"), evidence)
    if not answer.ok and not (refusal and answer.status == HTTPStatus.UNAUTHORIZED):
        target.refuse(answer)
    return passed(target.redact("the webhook has a secret"))


@diagnostic(
    "payment.webhook-accepts-our-signature",
    severity=Severity.CRITICAL,
    runbook="payment-failure-playbook/2",
    requires=[platform.database, webhook_secret_configured],
    needs=[Part.WEBHOOK_SECRET],
    changes=[changes.SIGNED_PROBE],
)
async def webhook_accepts_our_signature(target: Target) -> Finding:
    """The service verifies webhooks with the secret that we hold.

    When it does not, the same event is signed with the API key secret, the most common mistake.
    """
    answer = await target.probe_webhook(target.settings.razorpay_webhook_secret)
    if answer.status == HTTPStatus.UNAUTHORIZED and target.refusal(answer):
        return await _explain_refusal(target)
    receipt = target.read(answer, models.WebhookReceipt)
    if not receipt.ignored or receipt.reason != "event_not_handled":
        text = f"the webhook took an event of an unknown type for something else: {receipt.reason!r}"
        return failed("webhook-ignores-events", target.redact(text))
    return passed(target.redact("a signed event of an unknown type is verified and ignored"))


async def _explain_refusal(target: Target) -> Finding:
    """Say which other secret the service holds."""
    evidence = target.evidence(alert=_RAISED.format("webhook_signature_invalid"))
    key_secret = target.settings.razorpay_key_secret
    if key_secret.get_secret_value() and (await target.probe_webhook(key_secret)).ok:
        text = "the webhook accepts what is signed with RAZORPAY_KEY_SECRET and refuses RAZORPAY_WEBHOOK_SECRET"
        return failed("webhook-secret-is-key-secret", target.redact(text), evidence)
    text = "the webhook refuses an event signed with our RAZORPAY_WEBHOOK_SECRET (401)"
    previous = target.settings.razorpay_webhook_secret_previous
    if previous.get_secret_value() and (await target.probe_webhook(previous)).ok:
        text += (
            ", and accepts RAZORPAY_WEBHOOK_SECRET_PREVIOUS: the service still holds the secret of before the change"
        )
        return failed("webhook-secret-mismatch", target.redact(text), evidence)
    stripped = target.settings.razorpay_webhook_secret.get_secret_value().strip()
    if stripped != target.settings.razorpay_webhook_secret.get_secret_value():
        spaced = (await target.probe_webhook(SecretStr(stripped))).ok
        text += "; our setting has white space around it" + (", and without it the event is accepted" if spaced else "")
    return failed("webhook-secret-mismatch", target.redact(text), evidence)


@diagnostic(
    "payment.gateway-keys-accepted",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_CONFIGURATION,
    needs=[Part.GATEWAY],
)
async def gateway_keys_accepted(target: Target) -> Finding:
    """Razorpay accepts our API key."""
    payments = await Gateway(target).payments()
    text = (
        f"Razorpay accepts the key and lists {len(payments)} payments of the last {target.settings.gateway_days} days"
    )
    return passed(target.redact(text), target.evidence(payments=len(payments), days=target.settings.gateway_days))


@diagnostic("payment.gateway-mode", severity=Severity.CRITICAL, runbook=PAYMENT_CONFIGURATION, needs=[Part.GATEWAY])
async def gateway_mode(target: Target) -> Finding:
    """The gateway's keys are of the mode that the environment calls for.

    An environment whose name begins with `prod` or `live` needs live keys (rzp_live_); others may use either.
    """
    settings = target.settings
    live = settings.razorpay_key_id.startswith("rzp_live_")
    mode, environment = "live" if live else "test", settings.environment or "not named"
    evidence = target.evidence(mode=mode, environment=environment)
    if settings.environment.lower().startswith(("prod", "live")) and not live:
        text = f"environment {settings.environment} uses test keys (rzp_test_): no money moves"
        return failed("gateway-in-test-mode", target.redact(text), evidence)
    return passed(target.redact(f"{mode} keys; the environment is {environment}"), evidence)


@diagnostic(
    "payment.gateway-not-degraded",
    severity=Severity.WARNING,
    runbook=PAYMENT_CONFIGURATION,
    requires=[gateway_keys_accepted],
    needs=[Part.GATEWAY],
)
async def gateway_not_degraded(target: Target) -> Finding:
    """Razorpay announces no downtime that is going on now."""
    downtimes = [one for one in await Gateway(target).downtimes() if one.status == "started"]
    texts = [f"{one.method} ({one.severity or 'unknown'} severity) {one.id}" for one in downtimes]
    if downtimes:
        text = f"Razorpay announces a downtime: {', '.join(texts)}"
        return failed("gateway-downtime", target.redact(text), target.evidence(downtimes=texts))
    return passed(target.redact("no downtime is announced"))


@diagnostic(
    "payment.known-lead",
    severity=Severity.CRITICAL,
    runbook=PAYMENT_LEAD,
    requires=[platform.database, access.admin_token_accepted],
    needs=[Part.ADMIN, Part.KNOWN_LEAD],
)
async def known_lead(target: Target) -> Finding:
    """A known lead is found, and every endpoint tells the same about it.

    The lead of DEEPLEARN_KNOWN_LEAD (e-mail, phone or lead id); where that is not set, the newest paid lead.
    """
    wanted = target.settings.known_lead.get_secret_value().strip()
    by, wanted = identified_by(wanted), wanted.removeprefix(TELEPHONE)
    if not wanted:
        paid = (await population.leads(target)).paid
        if not paid:
            return passed(target.redact("no lead has paid yet and DEEPLEARN_KNOWN_LEAD is not set: nothing to judge"))
        newest = max(paid, key=lambda lead: lead.paid_at_ms)
        wanted, by = (newest.email, "email") if newest.email else (newest.lead_id, "lead_id")
    found, listed = await together(target.search_leads(wanted), target.leads())
    searched, shown = (next((lead for lead in rows.leads if is_wanted(wanted, lead)), None) for rows in (found, listed))
    if shown and not searched and by == "email":
        text = "the CRM lists the known lead, and its search does not find it"
        return failed("lead-answers-differ", target.redact(text))
    lead = searched or shown
    reference = {"lead_id": lead.lead_id} if lead else {by: wanted} if by != "phone" else {}
    if not reference and len(listed.leads) >= LEADS_LIMIT:
        text = (
            f"the known lead is not among the newest {LEADS_LIMIT}, and an older one cannot be found by its phone "
            "number: set DEEPLEARN_KNOWN_LEAD to the e-mail address or the lead id"
        )
        return error("cannot-tell", target.redact(text))
    return _known(target, lead, await target.payment_status(**reference) if reference else None)


def is_wanted(wanted: str, lead: models.Lead) -> bool:
    """Whether a lead is the wanted one: by e-mail, phone number or id, never by a part of them."""
    if wanted.lower() == lead.email.lower() or wanted in {lead.lead_id, lead.phone}:
        return True
    return bool(_number(wanted)) and _number(wanted) == _number(lead.phone)


def _number(text: str) -> str:
    """Answer the last ten digits of a phone number, however it is written; empty where the text is none."""
    digits = "".join(filter(str.isdigit, text))
    return digits[-_NATIONAL:] if len(digits) >= _NATIONAL and not set(text) - set("+ ()-.0123456789") else ""


def status_reference(wanted: str) -> dict[str, str]:
    """How the payment status is asked for a lead that the CRM does not show; by phone it cannot be."""
    if "@" in wanted:
        return {"email": wanted}
    return {} if _number(wanted) else {"lead_id": wanted}


def _known(target: Target, lead: models.Lead | None, status: models.PaymentStatus | None) -> Finding:
    """Compare what the CRM and the payment status tell of one lead."""
    if lead is None and status is None:
        text = "the known lead is not found: neither the CRM search nor the payment status has it"
        return failed("known-lead-missing", target.redact(text))
    seen = {
        "CRM": lead.payment_status if lead else "out of the CRM's reach",
        "payment status": status.payment.status if status else "not found",
    }
    evidence = target.evidence(stage=lead.crm.stage if lead else "", **seen)
    told = ", ".join(f"{name}: {text}" for name, text in seen.items())
    if lead is not None and (status is None or status.payment.status != lead.payment_status):
        return failed(
            "lead-answers-differ", target.redact(f"the answers about the known lead differ ({told})"), evidence
        )
    return passed(target.redact(f"the known lead is found ({told})"), evidence)
