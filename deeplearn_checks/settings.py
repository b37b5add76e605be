"""What the operator configures: flag beats environment beats `.env` beats `deeplearn-checks.toml` beats default.

A setting that cannot be used is a `ConfigurationError`: one line that names it and says what to do.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from deeplearn_checks.authorities import authorities_file
from deeplearn_checks.browser import program
from deeplearn_checks.finding import Effects, Severity
from deeplearn_checks.redaction import Redactor
from deeplearn_checks.setting_access import Access
from deeplearn_checks.setting_types import (
    D1Origin,
    EffectsLevel,
    Gate,
    HeaderSecret,
    on_this_machine,
    own,
    words,
)
from deeplearn_checks.settings_audit_money import MoneySettings

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIGURATION_FILE = "deeplearn-checks.toml"


class ConfigurationError(Exception):
    """A setting or an option that cannot be used; the text is one line with the remedy."""


class Part(StrEnum):
    """A part of the target that an operator may leave out on purpose, with `--without`."""

    ADMIN = "admin"
    WEBHOOK_SECRET = "webhook-secret"  # noqa: S105  the name of a part
    GATEWAY = "gateway"
    PAGES = "pages"
    COUNSELOR = "counselor"
    KNOWN_LEAD = "known-lead"
    TURNSTILE = "turnstile"
    CERTIFICATE_HOSTS = "certificate-hosts"
    BROWSER = "browser"


VARIABLES: Mapping[Part, tuple[str, ...]] = {
    Part.ADMIN: ("ADMIN_API_TOKEN",),
    Part.WEBHOOK_SECRET: ("RAZORPAY_WEBHOOK_SECRET",),
    Part.GATEWAY: ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET"),
    Part.PAGES: ("DEEPLEARN_PAGES_BASE_URL",),
    Part.TURNSTILE: ("DEEPLEARN_CHECKS_TURNSTILE_TOKEN",),
}
"""The variables without which a part cannot be asked; the other parts need none."""


_NAMED = r"^[\w-]*$"
"""What the id of an account or a database looks like: it becomes part of a path."""
_PRODUCTION = ("prod", "live")
"""How names of production begin."""


class Settings(Access, MoneySettings):
    """Everything a run depends on. Durations are in seconds unless their name says otherwise."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    environment: str = Field(
        "",
        validation_alias=own("environment"),
        pattern=r"^[\w.-]*$",
        description="Name of the environment, and its section of the file; prod... and live... need live keys.",
    )
    effects: EffectsLevel = Field(
        Effects.NONE,
        validation_alias=own("effects"),
        description="What a run may do to the target: none, alerts, data.",
    )
    i_mean_it: str = Field(
        "",
        validation_alias=AliasChoices("--i-mean-it"),
        description="Host of a production target that data may be written to; as a flag only.",
    )
    fail_on: Gate = Field(
        Severity.CRITICAL,
        validation_alias=own("fail_on"),
        description="The least severity that fails the gate: critical, warning, info.",
    )
    without: Annotated[frozenset[Part], NoDecode, BeforeValidator(words)] = Field(
        frozenset[Part](),
        validation_alias=own("without"),
        description="Parts left out on purpose, separated by commas.",
    )
    deadline: float = Field(
        30.0, gt=0, le=3600, validation_alias=own("deadline"), description="Seconds after which the whole run ends."
    )
    timeout: float = Field(
        10.0, gt=0, le=600, validation_alias=own("timeout"), description="Seconds for one attempt of one request."
    )
    concurrency: int = Field(
        16, ge=1, le=256, validation_alias=own("concurrency"), description="Requests under way at once."
    )
    attempts: int = Field(
        3, ge=1, le=10, validation_alias=own("attempts"), description="Attempts of a request that may be repeated."
    )
    ca_file: Annotated[str, AfterValidator(authorities_file)] = Field(
        "", validation_alias=own("ca_file"), description="PEM file of authorities to trust besides the usual."
    )
    browser: Annotated[str, AfterValidator(program)] = Field(
        "", validation_alias=own("browser"), description="The Chromium that looks at the site: a name or a path."
    )

    gateway_days: int = Field(
        7,
        ge=1,
        le=90,
        validation_alias=own("gateway_days"),
        description="Days of Razorpay's payments that are held against the leads.",
    )
    settling_seconds: float = Field(
        120.0,
        ge=0,
        validation_alias=own("settling_seconds"),
        description="Age in seconds from which a captured payment must have made its lead paid.",
    )
    currency: str = Field(
        "INR",
        pattern=r"^[A-Z]{3}$",
        validation_alias=own("currency"),
        description="The currency in which courses are sold.",
    )
    latency_ms: float = Field(
        2000.0, gt=0, validation_alias=own("latency_ms"), description="Milliseconds that a plain request may take."
    )
    clock_skew_seconds: float = Field(
        60.0,
        gt=0,
        validation_alias=own("clock_skew_seconds"),
        description="Seconds by which the service's clock may differ from ours.",
    )
    tls_days: float = Field(
        14.0,
        ge=0,
        validation_alias=own("tls_days"),
        description="Days that the server's certificate must still be valid.",
    )
    lead_silence_days: float = Field(
        7.0,
        gt=0,
        validation_alias=own("lead_silence_days"),
        description="Days without a new lead that are still normal.",
    )
    alert_attention_hours: float = Field(
        24.0,
        gt=0,
        validation_alias=own("alert_attention_hours"),
        description="Hours that a lesser alert may be open without being acknowledged.",
    )
    content_silence_hours: float = Field(
        26.0,
        gt=0,
        validation_alias=own("content_silence_hours"),
        description="Hours without a content run that are still normal.",
    )

    d1_account: str = Field(
        "", validation_alias=own("d1_account"), pattern=_NAMED, description="Cloudflare account id, for `audit d1`."
    )
    d1_database: str = Field(
        "", validation_alias=own("d1_database"), pattern=_NAMED, description="D1 database id, for `audit d1`."
    )
    d1_token: HeaderSecret = Field(
        SecretStr(""),
        validation_alias=own("d1_token"),
        description="Cloudflare API token that may read D1 and nothing else, for `audit d1`.",
    )
    d1_base_url: D1Origin = Field(
        "https://api.cloudflare.com", validation_alias=own("d1_base_url"), description="Cloudflare's API."
    )

    incidents: str = Field("incidents", validation_alias=own("incidents"), description="Folder of the journals.")
    actor: str = Field("", validation_alias=own("actor"), description="Who writes journals; else the login name.")

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        """Refuse half a credential."""
        if bool(self.razorpay_key_id) != bool(self.razorpay_key_secret.get_secret_value()):
            missing, given = ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET")
            if self.razorpay_key_id:
                missing, given = given, missing
            raise ValueError(f"{given} is set but {missing} is not; set both, or neither")
        if self.razorpay_key_id and not self.razorpay_key_id.startswith(("rzp_test_", "rzp_live_")):
            raise ValueError(
                "RAZORPAY_KEY_ID is no Razorpay key id; copy the one that starts with rzp_test_ or rzp_live_"
            )
        return self

    @model_validator(mode="after")
    def _production_is_meant(self) -> Self:
        """Refuse to write to what says of itself that it is production, unless its host is named."""
        reason = self.says_production
        if self.effects is Effects.DATA and reason and self.i_mean_it.strip().lower() != self.host:
            raise ValueError(f"--effects data would write to {self.host}, and {reason}; add: --i-mean-it {self.host}")
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
        """Order the sources: flags, environment, `.env`, file."""
        del file_secret_settings
        return init_settings, env_settings, dotenv_settings, ConfigurationFile(settings_cls, init_kwargs={})

    def missing(self, part: Part) -> tuple[str, ...]:
        """Name the variables without which the part cannot be asked and that are not set."""
        held = {
            "ADMIN_API_TOKEN": self.admin_token.get_secret_value(),
            "RAZORPAY_WEBHOOK_SECRET": self.razorpay_webhook_secret.get_secret_value(),
            "RAZORPAY_KEY_ID": self.razorpay_key_id,
            "RAZORPAY_KEY_SECRET": self.razorpay_key_secret.get_secret_value(),
            "DEEPLEARN_PAGES_BASE_URL": self.pages_base_url,
            "DEEPLEARN_CHECKS_TURNSTILE_TOKEN": self.turnstile_token.get_secret_value(),
        }
        return tuple(name for name in VARIABLES.get(part, ()) if not held[name])

    def secrets(self) -> tuple[str, ...]:
        """Answer every secret that is set, for the redactor."""
        values = [value for name, value in self if isinstance(value, SecretStr) and name != "known_lead" and value]
        return tuple(value.get_secret_value() for value in values)

    @property
    def host(self) -> str:
        """The host of the target, lower case."""
        return urlsplit(self.api_base_url).hostname or ""

    @property
    def says_production(self) -> str:
        """What says that the target is production: its environment, its keys or its host; empty where nothing does."""
        if self.environment.lower().startswith(_PRODUCTION):
            return f"its environment is {self.environment}"
        if self.razorpay_key_id.startswith("rzp_live_"):
            return "RAZORPAY_KEY_ID is a live key"
        if any(label.startswith(_PRODUCTION) for label in re.split(r"[.-]", self.host)):
            return "its name says production"
        return ""

    @property
    def on_loopback(self) -> bool:
        """Whether the target is this machine: then no other host is ever contacted."""
        return on_this_machine(self.host)


NO_TARGET = (
    "no target: set DEEPLEARN_API_BASE_URL, give --target URL, or try --sandbox; a run against nothing proves nothing"
)


class ConfigurationFile(InitSettingsSource):
    """`deeplearn-checks.toml` of the working folder; the section `[environments.NAME]` overlays its top level."""

    def __call__(self) -> dict[str, object]:
        """Answer the file's values under the names of their variables; raises ConfigurationError."""
        path = Path(CONFIGURATION_FILE)
        if not path.is_file():
            return {}
        import tomllib  # noqa: PLC0415  most runs have no file

        try:
            whole = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            raise ConfigurationError(f"{path} cannot be read: {problem}; mend or remove it") from problem
        sections = whole.pop("environments", {})
        selected = str(self.current_state.get(variable("environment")) or whole.get("environment"))
        overlay = sections.get(selected, {}) if isinstance(sections, dict) else None
        if not isinstance(overlay, dict):
            raise ConfigurationError(f"{path}: settings of one environment stand under [environments.NAME]")
        return {variable(key): value for key, value in {**whole, **overlay}.items() if _may_be_filed(key)}


def _may_be_filed(key: str) -> bool:
    """Refuse a key of the file that is unknown, or that is a secret; raises ConfigurationError."""
    if key not in Settings.model_fields:
        raise ConfigurationError(f"{CONFIGURATION_FILE} holds the unknown setting {key!r}; see docs/configuration.md")
    if variable(key).startswith("--"):
        raise ConfigurationError(f"{CONFIGURATION_FILE} holds {key}: it is said with each run, with {variable(key)}")
    default = Settings.model_fields[key].default
    if isinstance(default, SecretStr) and key != "known_lead":
        raise ConfigurationError(f"{CONFIGURATION_FILE} holds {key}: secrets belong in the environment or in .env")
    return True


def variable(name: str) -> str:
    """Answer the environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else name


def _one_line(problem: ValidationError) -> str:
    """Say the first thing that is wrong, with the name of its setting, never with its value."""
    first = problem.errors(include_url=False, include_input=False)[0]
    where = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "missing":
        return NO_TARGET
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def load_settings(flags: Mapping[str, object] | None = None, *, variables: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; *flags* (by field name, None where not given) beat every other source.

    *variables* stand in for the environment's, as a sandbox names them. Raises ConfigurationError, one line, when
    there is no target or a value cannot be used.
    """
    given: dict[str, object] = dict(variables or {})
    given |= {variable(name): value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # the keys are aliases, the values are validated here
    except ValidationError as problem:
        raise ConfigurationError(_one_line(problem)) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f".env cannot be read: {problem}; mend or remove it") from None


def redactor(settings: Settings) -> Redactor:
    """Make the redactor of a run; pseudonyms are keyed by the operator's own secret, so they last from run to run.

    Where there is no such secret, they are keyed for this run alone: a known key would let anybody guess the names.
    """
    key = settings.pseudonym_key.get_secret_value() or settings.admin_token.get_secret_value() or token_hex()
    return Redactor(settings.secrets(), f"deeplearn-checks pseudonyms {key}".encode())
