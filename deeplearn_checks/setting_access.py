"""The settings that say who is asked and with which credentials; `settings` has the rest."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings

from deeplearn_checks.setting_types import GatewayOrigin, HeaderSecret, OptionalOrigin, Origin, own


class Access(BaseSettings):
    """The target and its gateway: addresses, credentials, and what is known of its people."""

    api_base_url: Origin = Field(
        validation_alias=AliasChoices("DEEPLEARN_API_BASE_URL"), description="Base URL of the API (the Worker)."
    )
    pages_base_url: OptionalOrigin = Field(
        "", validation_alias=AliasChoices("DEEPLEARN_PAGES_BASE_URL"), description="Base URL of the Pages site."
    )
    admin_token: HeaderSecret = Field(
        SecretStr(""),
        validation_alias=AliasChoices("ADMIN_API_TOKEN", "DEEPLEARN_ADMIN_TOKEN"),
        description="The service's admin token (or DEEPLEARN_ADMIN_TOKEN).",
    )
    razorpay_key_id: str = Field(
        "",
        validation_alias=AliasChoices("RAZORPAY_KEY_ID"),
        description="Razorpay API key id; with its secret, or not at all.",
    )
    razorpay_key_secret: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("RAZORPAY_KEY_SECRET"), description="Razorpay API key secret."
    )
    razorpay_webhook_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("RAZORPAY_WEBHOOK_SECRET"),
        description="The webhook's own secret, not the key secret.",
    )
    razorpay_api_base_url: GatewayOrigin = Field(
        "https://api.razorpay.com",
        validation_alias=AliasChoices("RAZORPAY_API_BASE_URL"),
        description="Razorpay's API.",
    )
    razorpay_webhook_secret_previous: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("RAZORPAY_WEBHOOK_SECRET_PREVIOUS"),
        description="The webhook secret before the last change; explains deliveries that are still signed with it.",
    )
    turnstile_token: SecretStr = Field(
        SecretStr(""),
        validation_alias=own("turnstile_token"),
        description="A Turnstile token that the lead forms accept; without it no form is submitted.",
    )
    known_lead: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("DEEPLEARN_KNOWN_LEAD"),
        description="E-mail, phone or id of a lead that is known to be there.",
    )
    pseudonym_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=own("pseudonym_key"),
        description="Keys the pseudonyms of people; the admin token where not set.",
    )
