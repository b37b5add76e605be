"""Secrets by the names of their variables, for commands that have no target: the environment, then `.env`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from deeplearn_checks.settings import ConfigurationError, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WEBHOOK_SECRET = "RAZORPAY_WEBHOOK_SECRET"  # noqa: S105  the name of a variable
KNOWN = (
    WEBHOOK_SECRET,
    "RAZORPAY_WEBHOOK_SECRET_PREVIOUS",
    "RAZORPAY_KEY_SECRET",
    "RAZORPAY_KEY_ID",
    "ADMIN_API_TOKEN",
    "PAYMENT_WEBHOOK_TOKEN",
    "CERTIFICATE_SIGNING_SECRET",
)
"""The variables whose values may have been set in place of the webhook's secret, the likelier first."""


def known_secrets(names: Sequence[str] = KNOWN) -> dict[str, SecretStr]:
    """Answer those of the named variables that are set; read from the same places as the settings.

    Raises ConfigurationError for a `.env` that cannot be read and for a value that is no text.
    """
    try:
        held: Mapping[str, str | None] = {
            **DotEnvSettingsSource(Settings).env_vars,
            **EnvSettingsSource(Settings).env_vars,
        }
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f".env cannot be read: {problem}; mend or remove it") from None
    values = {name: held.get(name.lower()) or "" for name in names}
    for name, value in values.items():
        if value != value.encode("utf-8", "ignore").decode():
            raise ConfigurationError(f"{name} is not UTF-8: copy it again")
    return {name: SecretStr(value) for name, value in values.items() if value}


def known_secret(name: str) -> SecretStr:
    """Answer one secret by the name of its variable; raises ConfigurationError where it is not set."""
    found = known_secrets((name,))
    if name not in found:
        raise ConfigurationError(
            f"{name} is not set: set it in the environment or in .env, or name another variable with --secret"
        )
    return found[name]
