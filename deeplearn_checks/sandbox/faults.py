"""Every way the sandbox can be broken, and the root cause that a run against it must name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Effects, Severity
from deeplearn_checks.sandbox import fault_behaviour as behaviour
from deeplearn_checks.sandbox import fault_gateway as gateway
from deeplearn_checks.sandbox import fault_rows as rows
from deeplearn_checks.sandbox import fault_settings as settings
from deeplearn_checks.sandbox import fault_wire as wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deeplearn_checks.sandbox.world import World

CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
NONE, ALERTS, DATA = Effects.NONE, Effects.ALERTS, Effects.DATA


@dataclass(frozen=True, slots=True)
class Fault:
    """One way the target can be broken.

    `severity` is that of the diagnostic that reports it, `effects` what a run must be allowed in order to see it,
    `environment` the `--environment` that it needs (empty: any). `apply` breaks a seeded world, and raises
    LookupError where the world has not what the fault needs.
    """

    name: str
    root_cause: str
    severity: Severity
    effects: Effects
    title: str
    apply: Callable[[World], None]
    environment: str = ""


def known_faults(others: Iterable[object] = ()) -> tuple[Fault, ...]:
    """Answer our faults and then *others*; raises ValueError, one line, for what is none, or has a name of another."""
    by_name = {one.name: one for one in FAULTS}
    for one in others:
        if not isinstance(one, Fault):
            raise ValueError(f"FAULTS holds {one!r}, which is no Fault of deeplearn_checks.sandbox.faults")  # noqa: TRY004  what is in a tuple is a value
        if one.name in by_name:
            raise ValueError(f"there are two faults {one.name!r}: give yours another name")
        by_name[one.name] = one
    return tuple(by_name.values())


def fault(name: str, among: Iterable[Fault] | None = None) -> Fault:
    """Answer the fault of that name; raises LookupError, naming the nearest, where there is none."""
    by_name = {one.name: one for one in (FAULTS if among is None else among)}
    if name in by_name:
        return by_name[name]
    near = get_close_matches(name, by_name, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "--list-faults names them all."
    raise LookupError(f"there is no fault {name!r}: {hint}")


def _fault(
    name: str, root_cause: str, severity: Severity, apply: Callable[[World], None], effects: Effects = NONE
) -> Fault:
    """Build a fault whose title is the first line of what applies it."""
    title = (apply.__doc__ or "").partition("\n")[0]
    return Fault(name, root_cause, severity, effects, title, apply)


FAULTS: tuple[Fault, ...] = (
    _fault("admin-token-unset", "admin-token-not-configured", CRITICAL, settings.admin_token_unset),
    _fault("admin-token-differs", "admin-token-rejected", CRITICAL, settings.admin_token_differs),
    _fault("admin-accepts-any-token", "admin-accepts-wrong-token", CRITICAL, behaviour.admin_accepts_any_token),
    _fault("admin-open", "admin-open-to-anyone", CRITICAL, settings.admin_open),
    _fault("webhook-secret-unset", "webhook-secret-not-configured", CRITICAL, settings.webhook_secret_unset),
    _fault("webhook-secret-differs", "webhook-secret-mismatch", CRITICAL, settings.webhook_secret_differs),
    _fault(
        "webhook-secret-is-key-secret", "webhook-secret-is-key-secret", CRITICAL, settings.webhook_secret_is_key_secret
    ),
    _fault("webhook-accepts-anything", "webhook-accepts-forgery", CRITICAL, behaviour.webhook_accepts_anything, ALERTS),
    _fault("webhook-accepts-unsigned", "webhook-accepts-forgery", CRITICAL, behaviour.webhook_accepts_unsigned, ALERTS),
    _fault(
        "webhook-trusts-known-signatures",
        "webhook-accepts-forgery",
        CRITICAL,
        behaviour.webhook_trusts_known_signatures,
        ALERTS,
    ),
    _fault("alerts-lost", "forgery-raises-no-alert", CRITICAL, behaviour.alerts_lost, ALERTS),
    _fault("payments-ignored", "payment-not-activated", CRITICAL, behaviour.payments_ignored, DATA),
    _fault("places-forgotten", "paid-without-enrollment", CRITICAL, behaviour.places_forgotten, DATA),
    _fault("completions-forgotten", "completion-not-recorded", CRITICAL, behaviour.completions_forgotten, DATA),
    _fault("certificates-signed-wrongly", "certificate-altered", CRITICAL, behaviour.certificates_signed_wrongly, DATA),
    _fault("crm-lags", "lead-not-captured", CRITICAL, behaviour.crm_lags, DATA),
    _fault("leads-multiply", "learner-multiplied", CRITICAL, behaviour.leads_multiply, DATA),
    _fault("gateway-keys-unset", "gateway-not-configured", CRITICAL, settings.gateway_keys_unset, DATA),
    _fault("gateway-keys-rejected", "gateway-keys-rejected", CRITICAL, gateway.gateway_keys_rejected),
    replace(
        _fault("gateway-test-mode", "gateway-in-test-mode", CRITICAL, gateway.gateway_test_mode),
        environment="production",
    ),
    _fault("gateway-down", "gateway-unreachable", CRITICAL, gateway.gateway_down),
    _fault("gateway-downtime", "gateway-downtime", WARNING, gateway.gateway_downtime),
    _fault("demo-payments-open", "payment-callback-open", CRITICAL, settings.demo_payments_open, ALERTS),
    _fault("learner-auth-off", "learner-auth-not-enforced", CRITICAL, settings.learner_auth_off),
    _fault("turnstile-off", "lead-form-unprotected", WARNING, settings.turnstile_off, DATA),
    _fault("database-unbound", "database-not-bound", CRITICAL, settings.database_unbound),
    _fault("lead-storage-unbound", "lead-storage-not-bound", WARNING, settings.lead_storage_unbound, DATA),
    _fault("certificate-bucket-unbound", "certificate-bucket-not-bound", CRITICAL, settings.certificate_bucket_unbound),
    _fault("model-key-unset", "counselor-not-configured", WARNING, settings.model_key_unset),
    _fault("model-key-rejected", "counselor-model-rejected", WARNING, settings.model_key_rejected),
    _fault("enrollment-lost", "paid-without-enrollment", CRITICAL, rows.enrollment_lost),
    _fault("enrollment-dropped", "paid-without-access", CRITICAL, rows.enrollment_dropped),
    _fault("cohort-enrollment-lost", "paid-without-cohort-enrollment", CRITICAL, rows.cohort_enrollment_lost),
    _fault("paid-without-user", "paid-without-user", CRITICAL, rows.paid_without_user),
    _fault("stage-stuck", "paid-but-not-won", CRITICAL, rows.stage_stuck),
    _fault("won-unpaid", "won-but-not-paid", WARNING, rows.won_unpaid),
    _fault("modules-locked", "no-module-unlocked", WARNING, rows.modules_locked),
    _fault("progress-inconsistent", "progress-inconsistent", WARNING, rows.progress_inconsistent),
    _fault("webhook-lost", "captured-but-not-paid", CRITICAL, gateway.webhook_lost),
    _fault("refund-ignored", "refunded-but-paid", WARNING, gateway.refund_ignored),
    _fault("payment-unknown", "paid-without-payment", CRITICAL, gateway.payment_unknown),
    _fault("amount-differs", "amount-mismatch", CRITICAL, gateway.amount_differs),
    _fault("paid-twice", "paid-twice", WARNING, gateway.paid_twice),
    _fault("certificate-url-missing", "certificate-url-missing", CRITICAL, rows.certificate_url_missing),
    _fault("certificate-url-unreachable", "certificate-url-unreachable", WARNING, rows.certificate_url_unreachable),
    _fault("certificate-artifact-missing", "certificate-artifact-missing", CRITICAL, rows.certificate_artifact_missing),
    _fault("certificate-altered", "certificate-altered", CRITICAL, rows.certificate_altered),
    _fault("certificate-secret-rotated", "certificate-secret-rotated", CRITICAL, settings.certificate_secret_rotated),
    _fault("certificates-for-anyone", "certificate-of-nobody", CRITICAL, behaviour.certificates_for_anyone),
    _fault("known-lead-lost", "known-lead-missing", CRITICAL, gateway.known_lead_lost),
    _fault("lead-rows-lost", "lead-writes-lost", WARNING, rows.lead_rows_lost),
    _fault("leads-stalled", "no-recent-leads", WARNING, rows.leads_stalled),
    _fault("course-without-cohort", "no-open-cohort", WARNING, rows.course_without_cohort),
    _fault("staff-without-account", "staff-without-account", WARNING, rows.staff_without_account),
    _fault("roles-conflict", "roles-conflict", INFO, rows.roles_conflict),
    _fault("content-run-failed", "content-run-failed", WARNING, rows.content_run_failed),
    _fault("content-runs-stopped", "content-runs-stopped", WARNING, rows.content_runs_stopped),
    _fault("posts-lost", "server-error", WARNING, rows.posts_lost),
    _fault("critical-alert-open", "critical-alert-open", CRITICAL, rows.critical_alert_open),
    _fault("alert-unattended", "alert-unattended", WARNING, rows.alert_unattended),
    _fault("health-not-ok", "service-not-ok", CRITICAL, behaviour.health_not_ok),
    _fault("endpoint-missing", "endpoint-missing", CRITICAL, behaviour.endpoint_missing),
    _fault("answers-slowly", "slow-answers", WARNING, behaviour.answers_slowly),
    _fault("clock-skewed", "clock-skewed", WARNING, settings.clock_skewed),
    _fault("console-missing", "console-page-missing", WARNING, settings.console_missing),
    _fault("console-broken", "console-broken", WARNING, settings.console_broken),
    _fault("learn-page-missing", "learn-page-missing", WARNING, settings.learn_page_missing),
    _fault("proxy-broken", "api-proxy-broken", WARNING, settings.proxy_broken),
    _fault("unreachable", "unreachable", CRITICAL, wire.unreachable),
    _fault("slow", "timed-out", CRITICAL, wire.slow),
    _fault("server-errors", "server-error", CRITICAL, wire.server_errors),
    _fault("not-json", "not-the-api", CRITICAL, wire.not_json),
    _fault("malformed-json", "malformed-answer", CRITICAL, wire.malformed_json),
    _fault("rate-limited", "rate-limited", CRITICAL, wire.rate_limited),
    _fault("redirects-away", "redirected-away", CRITICAL, wire.redirects_away),
    _fault("connection-reset", "connection-lost", CRITICAL, wire.connection_reset),
    _fault("oversized-answer", "answer-too-large", CRITICAL, wire.oversized_answer),
    _fault("gzip-bomb", "answer-too-large", CRITICAL, wire.gzip_bomb),
    _fault("field-missing", "unexpected-answer", CRITICAL, wire.field_missing),
    _fault("tls-expired", "tls-invalid", CRITICAL, wire.tls_expired),
    _fault("tls-expiring", "tls-expiring", WARNING, wire.tls_expiring),
    _fault(
        "redelivery-undoes-completion",
        "redelivery-undoes-completion",
        CRITICAL,
        behaviour.redelivery_undoes_completion,
        DATA,
    ),
    _fault("refund-never-shows", "refund-never-shows", CRITICAL, behaviour.refund_never_shows, DATA),
    _fault(
        "stored-stage-outlives-payment",
        "stored-stage-outlives-payment",
        CRITICAL,
        behaviour.stored_stage_outlives_payment,
        DATA,
    ),
    _fault("caller-sets-amount", "caller-sets-amount", CRITICAL, behaviour.caller_sets_amount, DATA),
)
"""Every fault; those of the wire show on a network, which `server.connect()` and `server.serve()` provide."""
