"""What is asked for, in order, and the diagnostics that prove each answer: nothing is judged here anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from deeplearn_checks.diagnostics import access, console, payments, platform
from deeplearn_checks.settings import VARIABLES, Part, Settings, variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is asked for: its variables, the diagnostics that prove them, and what proving may cause.

    `part` is what goes unasked without it; only the target itself is none.
    """

    name: str
    variables: tuple[str, ...]
    proofs: tuple[Diagnostic, ...]
    part: Part | None = None
    consequence: str = ""


def _step(name: str, part: Part, *proofs: Diagnostic, consequence: str = "") -> Step:
    return Step(name, VARIABLES[part], proofs, part, consequence)


STEPS = (
    Step("target", ("DEEPLEARN_API_BASE_URL",), (platform.root, platform.health, platform.database)),
    _step("Pages site", Part.PAGES, console.page_served, console.api_proxied),
    _step("admin token", Part.ADMIN, access.admin_token_accepted),
    _step("Razorpay keys", Part.GATEWAY, payments.gateway_keys_accepted, payments.gateway_mode),
    _step(
        "webhook secret",
        Part.WEBHOOK_SECRET,
        payments.webhook_secret_configured,
        payments.webhook_accepts_our_signature,
        consequence="the webhook is sent a signed event of an unknown type, which the service ignores; where its "
        "secret is another one, it raises a critical alert (payment_webhook)",
    ),
)
"""Every step, in the order in which one stands on another."""

_BESIDE = ("RAZORPAY_API_BASE_URL", "DEEPLEARN_CHECKS_ENVIRONMENT", "DEEPLEARN_CHECKS_CA_FILE")
"""What is not asked for and yet kept where it is set: the answers hold only with it."""

FIELDS: Mapping[str, str] = {variable(name): name for name in Settings.model_fields}
"""The field of each variable."""

WRITTEN = (*(name for step in STEPS for name in step.variables), *_BESIDE)
"""The variables that are written, in the order of the file."""


def is_secret(name: str) -> bool:
    """Whether a variable holds what is never shown."""
    return isinstance(Settings.model_fields[FIELDS[name]].default, SecretStr)


def value(settings: Settings, name: str) -> str:
    """Answer what a variable is set to, in plain; empty where it has its default."""
    field = FIELDS[name]
    held: object = getattr(settings, field)
    if held == Settings.model_fields[field].default:
        return ""
    return held.get_secret_value() if isinstance(held, SecretStr) else str(held)
