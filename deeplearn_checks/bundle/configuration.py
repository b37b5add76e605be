"""The settings of a recorded run: named in a bundle, not valued; and read again from it for a replay."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr, ValidationError, model_validator

from deeplearn_checks.bundle.contents import Configuration
from deeplearn_checks.redaction import TELEPHONE, identified_by
from deeplearn_checks.settings import ConfigurationError, Settings, variable

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

    from deeplearn_checks.redaction import Redactor

KEPT = frozenset(
    {
        "alert_attention_hours",
        "attempts",
        "clock_skew_seconds",
        "concurrency",
        "content_silence_hours",
        "currency",
        "deadline",
        "effects",
        "environment",
        "fail_on",
        "gateway_days",
        "latency_ms",
        "lead_silence_days",
        "settling_seconds",
        "timeout",
        "tls_days",
        "without",
    }
)
"""The settings that are kept with their values: a judgement depends on them, and they tell of nobody."""
ORIGINS = frozenset({"api_base_url", "pages_base_url", "razorpay_api_base_url"})
"""The base URLs, which every exchange names."""
_KEY_ID = "razorpay_key_id"
_MODE = len("rzp_test_")
_OF_AUDITS = frozenset({"cache", "d1_account", "d1_base_url", "d1_database", "payments_since", "payments_unit"})
NOT_KEPT = frozenset({"actor", "browser", "ca_file", "i_mean_it", "incidents"}) | _OF_AUDITS
"""The settings that a replay has no use for."""


class RecordedSettings(Settings):
    """Settings that come from a bundle and from nowhere else: no environment, no file."""

    @model_validator(mode="after")
    def _production_is_meant(self) -> Self:
        """Accept production: a replay writes to nobody."""
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is given, and nothing else."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def described(settings: Settings, redact: Redactor) -> Configuration:
    """Describe the settings of a run so that it can be judged again, without a secret or a person."""
    held = dict(settings)
    return Configuration(
        values={name: _plain(held[name], redact) for name in sorted(KEPT)},
        origins={name: redact(held[name]) for name in sorted(ORIGINS)},
        stand_ins=_stand_ins(settings, redact),
    )


def _plain(value: object, redact: Redactor) -> str | int | float | tuple[str, ...]:
    """Write a setting as a bundle holds it."""
    if isinstance(value, IntEnum):
        return redact(value.name.lower())
    if isinstance(value, frozenset):
        return tuple(sorted(redact(str(item)) for item in value))
    return value if isinstance(value, int | float) else redact(str(value))


def _stand_ins(settings: Settings, redact: Redactor) -> dict[str, str]:
    """Answer a stand-in for every secret that is set: the same for the same secret, spaced where it is."""
    numbers: dict[str, int] = {}
    stand_ins: dict[str, str] = {}
    for name, value in settings:
        if isinstance(value, SecretStr) and name != "known_lead" and (secret := value.get_secret_value()):
            number = numbers.setdefault(secret.strip(), len(numbers) + 1)
            stand_in = f"stand-in-{number}"
            stand_ins[name] = stand_in if secret == secret.strip() else f" {stand_in} "
    if key_id := settings.razorpay_key_id:
        stand_ins[_KEY_ID] = f"{key_id[:_MODE]}stand_in"
    if wanted := settings.known_lead.get_secret_value().strip():
        stand_ins["known_lead"] = _known_lead(wanted, redact)
    return stand_ins


def _known_lead(wanted: str, redact: Redactor) -> str:
    """Answer what stands for the known lead: a person's pseudonym, or the service's own id."""
    by, wanted = identified_by(wanted), wanted.removeprefix(TELEPHONE)
    if by == "lead_id":
        return redact(wanted)
    return f"{TELEPHONE if by == 'phone' else ''}{redact.person(wanted)}"


def recorded_settings(described: Configuration, overruled: dict[str, object]) -> RecordedSettings:
    """Read the settings of a recorded run; *overruled* (by field name, None where not given) beat it.

    Raises ConfigurationError where the bundle holds what no settings can.
    """
    given: dict[str, object] = {name: described.values[name] for name in described.values.keys() & KEPT}
    given |= {name: described.origins[name] for name in described.origins.keys() & ORIGINS}
    given |= {name: value for name, value in described.stand_ins.items() if name in Settings.model_fields}
    given |= {name: value for name, value in overruled.items() if value is not None}
    by_variable = {variable(name): value for name, value in given.items()}
    try:
        return RecordedSettings(**by_variable)  # type: ignore[arg-type]  # the keys are aliases, the values are validated here
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = str(first["loc"][0]) if first["loc"] else "its settings"
        raise ConfigurationError(f"the bundle holds settings that cannot be used: {where}: {first['msg']}") from None
