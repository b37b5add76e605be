"""The faults of the service's own code: what a bad deployment does, whatever its settings and its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import World

SLOW_SECONDS = 2.1
UNANNOUNCED = "/api/admin/access/audit"


def webhook_accepts_anything(world: World) -> None:
    """Let the webhook believe every delivery, whatever its signature."""
    world.behaviour = replace(world.behaviour, accepts_any_signature=True)


def webhook_accepts_unsigned(world: World) -> None:
    """Let the webhook believe a delivery that has no signature at all."""
    world.behaviour = replace(world.behaviour, accepts_no_signature=True)


def webhook_trusts_known_signatures(world: World) -> None:
    """Let the webhook believe a signature that it has verified before, whatever the body under it."""
    world.behaviour = replace(world.behaviour, trusts_known_signatures=True)


def alerts_lost(world: World) -> None:
    """Let no alert be written, whatever happens."""
    world.behaviour = replace(world.behaviour, raises_alerts=False)


def leads_multiply(world: World) -> None:
    """Let every payment of a lead insert another lead of the same person."""
    world.behaviour = replace(world.behaviour, multiplies_leads=True)


def crm_lags(world: World) -> None:
    """Let the CRM show a lead a minute after it came."""
    world.behaviour = replace(world.behaviour, crm_lags=True)


def payments_ignored(world: World) -> None:
    """Let the webhook answer a paid event with 200, and do nothing."""
    world.behaviour = replace(world.behaviour, activates=False)


def places_forgotten(world: World) -> None:
    """Let a payment make its lead paid, and give it no place in the course."""
    world.behaviour = replace(world.behaviour, gives_place=False)


def completions_forgotten(world: World) -> None:
    """Let the completion action answer ok, and leave the enrollment as it was."""
    world.behaviour = replace(world.behaviour, records_completion=False)


def certificates_signed_wrongly(world: World) -> None:
    """Let new certificates be signed with another secret than they are verified with."""
    world.behaviour = replace(world.behaviour, signs_certificates=False)


def certificates_for_anyone(world: World) -> None:
    """Let the verification say of everybody that their certificate is valid."""
    world.behaviour = replace(world.behaviour, verifies_anyone=True)


def admin_accepts_any_token(world: World) -> None:
    """Let any token in the header open the admin endpoints."""
    world.behaviour = replace(world.behaviour, accepts_any_token=True)


def health_not_ok(world: World) -> None:
    """Let the service say of itself that it is degraded."""
    world.behaviour = replace(world.behaviour, status="degraded")


def endpoint_missing(world: World) -> None:
    """Deploy a version that does not have the access audit yet."""
    world.missing_endpoints.add(UNANNOUNCED)


def answers_slowly(world: World) -> None:
    """Let the plainest answers of the service take more than two seconds."""
    world.delays |= dict.fromkeys(("/", "/health", "/api/analytics/funnel"), SLOW_SECONDS)


def redelivery_undoes_completion(world: World) -> None:
    """Let a second delivery of a paid event set a completed learner back."""
    world.behaviour = replace(world.behaviour, redelivery_undoes_completion=True)


def refund_never_shows(world: World) -> None:
    """Let a paid lead stay paid after a refund."""
    world.behaviour = replace(world.behaviour, refund_never_shows=True)


def stored_stage_outlives_payment(world: World) -> None:
    """Let the stage that an operator stored win over the payment."""
    world.behaviour = replace(world.behaviour, stored_stage_outlives_payment=True)


def caller_sets_amount(world: World) -> None:
    """Let the caller choose what an order costs."""
    world.behaviour = replace(world.behaviour, caller_sets_amount=True)
