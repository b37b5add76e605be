"""Does the service refuse what it must? (runbook: Payment Failure Playbook; Act: payment incidents).

Every request here is one that a healthy service refuses, most with a critical alert, which the run resolves at its end.
The events are of a type that the service ignores, and the callback names a lead that does not exist: were they
accepted, they would still change nothing.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import SecretStr

from deeplearn_checks import changes
from deeplearn_checks.causes.cause import PAYMENT_CONFIGURATION, WEBHOOK_PATH
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import access, payments, platform
from deeplearn_checks.finding import Effects, Finding, Severity, error, failed, passed
from deeplearn_checks.settings import Part
from deeplearn_checks.signatures import sign_webhook
from deeplearn_checks.target import ALERTS_LIMIT, PROBE_EVENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.changes import Change
    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Answer

_NOBODYS = SecretStr("deeplearn-checks: a secret that is nobody's")
_OTHER_EVENT = b'{"event":"deeplearn.checks.other"}'
_TO_BE_RESOLVED = (platform.database, platform.health, access.admin_token_accepted)
"""What must hold so that the alerts that are provoked can be resolved again."""


async def _delivered(target: Target, signature: str, change: Change, body: bytes = PROBE_EVENT) -> Answer:
    """Deliver a harmless event under a signature, once per run."""
    return await target.once(
        ("refusal", signature, body), lambda view: view.deliver(body, signature, change, "evt_deeplearnchecks")
    )


async def _forged(target: Target) -> Answer:
    """Deliver the harmless event signed with a secret that is nobody's."""
    return await _delivered(target, sign_webhook(PROBE_EVENT, _NOBODYS), changes.FORGED)


def _refused(target: Target, answer: Answer) -> bool:
    """Whether a delivery was refused for its signature; raises UnansweredError for an answer that is neither."""
    if answer.status == HTTPStatus.UNAUTHORIZED and target.refusal(answer):
        return True
    if not answer.ok:
        target.refuse(answer)
    return False


def _accepted(target: Target, answers: Mapping[str, Answer]) -> Finding:
    """Say what the webhook accepts, by what the event was signed with."""
    for answer in answers.values():
        target.left(answer, "nothing: the event was accepted, and ignored")
    evidence = target.evidence(answers=[f"{answer.status} to an event {what}" for what, answer in answers.items()])
    text = f"the webhook accepts an event {next(iter(answers))}"
    return failed("webhook-accepts-forgery", target.redact(text), evidence)


@diagnostic(
    "payment.webhook-refuses-forgery",
    severity=Severity.CRITICAL,
    effects=Effects.ALERTS,
    runbook=WEBHOOK_PATH,
    requires=[*_TO_BE_RESOLVED, payments.webhook_accepts_our_signature],
    needs=[Part.ADMIN],
    changes=[changes.FORGED],
)
async def webhook_refuses_forgery(target: Target) -> Finding:
    """The webhook refuses what is signed with another secret.

    With a secret that is nobody's and, where it is set, with the API key secret.
    """
    forged = {"signed with a secret that is nobody's": await _forged(target)}
    key_secret = target.settings.razorpay_key_secret
    if key_secret.get_secret_value() and key_secret != target.settings.razorpay_webhook_secret:
        signature = sign_webhook(PROBE_EVENT, key_secret)
        forged["signed with RAZORPAY_KEY_SECRET"] = await _delivered(target, signature, changes.FORGED)
    accepted = {what: answer for what, answer in forged.items() if not _refused(target, answer)}
    if accepted:
        return _accepted(target, accepted)
    return passed(target.redact(f"refused an event {' and one '.join(forged)}"))


@diagnostic(
    "payment.webhook-refuses-missing-signature",
    severity=Severity.CRITICAL,
    effects=Effects.ALERTS,
    runbook=WEBHOOK_PATH,
    requires=[*_TO_BE_RESOLVED, payments.webhook_secret_configured, webhook_refuses_forgery],
    needs=[Part.ADMIN],
    changes=[changes.UNSIGNED],
)
async def webhook_refuses_missing_signature(target: Target) -> Finding:
    """The webhook refuses what nobody signed."""
    answer = await _delivered(target, "", changes.UNSIGNED)
    if not _refused(target, answer):
        return _accepted(target, {"without a signature": answer})
    return passed(target.redact("refused an event without a signature"))


@diagnostic(
    "payment.webhook-refuses-altered-body",
    severity=Severity.CRITICAL,
    effects=Effects.ALERTS,
    runbook=WEBHOOK_PATH,
    requires=[*_TO_BE_RESOLVED, payments.webhook_accepts_our_signature, webhook_refuses_forgery],
    needs=[Part.ADMIN, Part.WEBHOOK_SECRET],
    changes=[changes.ALTERED],
)
async def webhook_refuses_altered_body(target: Target) -> Finding:
    """The webhook refuses a body that is not the one that was signed.

    The signature is one that the service has verified before, of another body.
    """
    signature = sign_webhook(PROBE_EVENT, target.settings.razorpay_webhook_secret)
    answer = await _delivered(target, signature, changes.ALTERED, _OTHER_EVENT)
    if not _refused(target, answer):
        return _accepted(target, {"under the signature of another body": answer})
    return passed(target.redact("refused an event under the signature of another body"))


@diagnostic(
    "payment.forgery-raises-alert",
    severity=Severity.CRITICAL,
    effects=Effects.ALERTS,
    runbook="alert-workflow/1",
    requires=[*_TO_BE_RESOLVED, payments.webhook_accepts_our_signature, webhook_refuses_forgery],
    needs=[Part.ADMIN],
    changes=[changes.FORGED],
)
async def forgery_raises_alert(target: Target) -> Finding:
    """A forged event shows among the open alerts.

    Closes the loop: whoever forges payments is seen. A repeat of an alert that is open already refreshes it.
    """
    await _forged(target)
    began, answer = await target.now_ms(), await target.alerts_now()
    raised = [a for a in answer.alerts if a.event_type == "webhook_signature_invalid" and a.updated_at_ms >= began]
    if raised:
        new = "raised" if raised[0].created_at_ms >= began else "open before, and refreshed"
        return passed(target.redact(f"alert {raised[0].source}/{raised[0].event_type} {raised[0].id} ({new})"))
    if len(answer.alerts) >= ALERTS_LIMIT:
        text = f"the newest {ALERTS_LIMIT} open alerts do not hold it, and there are more that are not shown"
        return error("cannot-tell", target.redact(text))
    return failed("forgery-raises-no-alert", target.redact("a forged event was delivered, and no alert tells of it"))


@diagnostic(
    "payment.callback-closed",
    severity=Severity.CRITICAL,
    effects=Effects.ALERTS,
    runbook=PAYMENT_CONFIGURATION,
    requires=_TO_BE_RESOLVED,
    needs=[Part.ADMIN],
    changes=[changes.CALLBACK],
)
async def callback_closed(target: Target) -> Finding:
    """The manual payment callback is closed to those without its token."""
    answer = await target.call_back()
    refused_as_unknown = answer.status == HTTPStatus.NOT_FOUND and target.refusal(answer)
    if answer.ok or refused_as_unknown:
        target.left(answer, "unknown: it was let in" if answer.ok else "nothing: it names a lead that does not exist")
        text = f"a payment callback without a token was let in: {answer.status}, it looked for the lead"
        return failed("payment-callback-open", target.redact(text))
    if answer.status != HTTPStatus.UNAUTHORIZED or not target.refusal(answer):
        target.refuse(answer)
    return passed(target.redact("refused a payment callback without a token"))
