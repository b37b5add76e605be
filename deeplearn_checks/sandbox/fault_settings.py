"""The faults of a deployment: settings, bindings, pages and the clock.

The settings that change are the Worker's own; what the checks were configured with stays as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import World

CLOCK_SKEW_SECONDS = 15 * 60


def admin_token_unset(world: World) -> None:
    """Deploy without an admin token."""
    world.variables.pop("ADMIN_API_TOKEN", None)


def admin_token_differs(world: World) -> None:
    """Deploy with another admin token than operators hold."""
    world.variables["ADMIN_API_TOKEN"] = "rotated-admin-token"  # noqa: S105  of the sandbox


def admin_open(world: World) -> None:
    """Deploy without an admin token, and open the admin endpoints to anyone."""
    world.variables.pop("ADMIN_API_TOKEN", None)
    world.variables["ALLOW_OPEN_ADMIN"] = "true"


def webhook_secret_unset(world: World) -> None:
    """Deploy without a webhook secret."""
    world.variables.pop("RAZORPAY_WEBHOOK_SECRET", None)


def webhook_secret_differs(world: World) -> None:
    """Deploy with another webhook secret than Razorpay signs with."""
    world.variables["RAZORPAY_WEBHOOK_SECRET"] = "stale-webhook-secret"  # noqa: S105  of the sandbox


def webhook_secret_is_key_secret(world: World) -> None:
    """Deploy with the API key's secret as webhook secret."""
    world.variables["RAZORPAY_WEBHOOK_SECRET"] = world.variables["RAZORPAY_KEY_SECRET"]


def gateway_keys_unset(world: World) -> None:
    """Deploy without Razorpay's keys."""
    for name in ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET"):
        world.variables.pop(name, None)


def demo_payments_open(world: World) -> None:
    """Leave demo payments on in a deployment whose payment callback has no token."""
    world.variables.pop("PAYMENT_WEBHOOK_TOKEN", None)
    world.variables["ALLOW_DEMO_PAYMENTS"] = "true"


def learner_auth_off(world: World) -> None:
    """Let the learner endpoints believe a bare `x-user-id` header."""
    world.variables["ENFORCE_FIREBASE_AUTH"] = "false"


def turnstile_off(world: World) -> None:
    """Let the lead forms take leads without a Turnstile token."""
    world.variables["TURNSTILE_REQUIRED"] = "false"


def database_unbound(world: World) -> None:
    """Deploy without the database."""
    world.bindings.discard("DEEPLEARN_DB")


def lead_storage_unbound(world: World) -> None:
    """Deploy without the bucket that keeps a copy of each lead."""
    world.bindings.discard("DEEPLEARN_LEADS")


def certificate_bucket_unbound(world: World) -> None:
    """Deploy without the bucket of the certificates."""
    world.bindings.discard("DEEPLEARN_CERTIFICATES")


def certificate_secret_rotated(world: World) -> None:
    """Change the secret that every certificate was signed with."""
    world.variables["CERTIFICATE_SIGNING_SECRET"] = "rotated-certificate-secret"  # noqa: S105  of the sandbox


def model_key_unset(world: World) -> None:
    """Deploy without a language model key."""
    world.variables.pop("GROQ_API_KEY", None)


def model_key_rejected(world: World) -> None:
    """Let the language model have another key than the service holds."""
    world.model_key = "rotated-groq-key"


def clock_skewed(world: World) -> None:
    """Put the Worker's clock 15 minutes ahead."""
    world.clock_offset += CLOCK_SKEW_SECONDS


def console_missing(world: World) -> None:
    """Publish the site without the console."""
    world.site.pages.pop("/console/", None)


def console_broken(world: World) -> None:
    """Publish the console without the script that draws it."""
    world.site.pages.pop("/assets/console.js", None)


def learn_page_missing(world: World) -> None:
    """Publish the site without the learners' page."""
    world.site.pages.pop("/learn/", None)


def proxy_broken(world: World) -> None:
    """Publish the site without the proxy in front of the Worker."""
    world.site.proxies_api = False
