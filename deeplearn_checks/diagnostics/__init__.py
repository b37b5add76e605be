"""The catalogue: every diagnostic, in the order in which reports show them, prerequisites first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.diagnostics import (
    access,
    alerts,
    certificates,
    console,
    content,
    funnel,
    leads,
    learning,
    money,
    payments,
    platform,
)

if TYPE_CHECKING:
    from deeplearn_checks.diagnostic import Diagnostic

CATALOG: tuple[Diagnostic, ...] = (
    platform.root,
    platform.health,
    platform.database,
    platform.endpoints,
    platform.latency,
    platform.tls,
    platform.clock,
    access.admin_token_accepted,
    access.admin_refuses_missing_token,
    access.admin_refuses_wrong_token,
    access.learner_endpoints_need_identity,
    access.staff_have_accounts,
    access.roles_do_not_conflict,
    payments.webhook_secret_configured,
    payments.webhook_accepts_our_signature,
    payments.gateway_keys_accepted,
    payments.gateway_mode,
    payments.gateway_not_degraded,
    payments.known_lead,
    money.references_exist,
    money.captured_is_paid,
    money.amounts_agree,
    money.refunds_show,
    money.not_paid_twice,
    funnel.paid_has_user,
    funnel.paid_is_won,
    funnel.paid_has_enrollment,
    funnel.paid_has_cohort_enrollment,
    funnel.paid_can_access,
    funnel.won_is_paid,
    funnel.modules_unlocked,
    leads.writes_recorded,
    leads.flow_alive,
    learning.open_cohort,
    learning.progress_consistent,
    certificates.unknown_learner_invalid,
    certificates.bucket_bound,
    certificates.completed_has_url,
    certificates.artifact_exists,
    certificates.verifies,
    certificates.url_reachable,
    content.last_run_succeeded,
    content.runs_daily,
    content.posts_served,
    content.counselor_replies,
    alerts.none_critical_open,
    alerts.none_unattended,
    console.page_served,
    console.learn_served,
    console.api_proxied,
    console.renders,
)
"""Every diagnostic, once."""
