"""The settings of an audit's money and certificates, as a part of `Settings`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings


def _day(text: str) -> str:
    """Accept a date such as 2024-01-31, or nothing."""
    from datetime import date  # noqa: PLC0415  most runs give none

    if text:
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError("is no date; write it as 2024-01-31") from None
    return text


def _folded(text: object) -> object:
    return text.strip().lower() if isinstance(text, str) else text


class MoneySettings(BaseSettings):
    """What an audit is told of Razorpay's payments and of the certificates."""

    cache: str = Field(
        "",
        validation_alias=AliasChoices("DEEPLEARN_CHECKS_CACHE"),
        description="Folder where audits keep what they fetched (it holds e-mails and phones); else the user's cache.",
    )
    payments_since: Annotated[str, AfterValidator(_day)] = Field(
        "",
        validation_alias=AliasChoices("DEEPLEARN_CHECKS_PAYMENTS_SINCE"),
        description="First day (UTC, 2024-01-31) of the payments that an audit fetches; else the account's first.",
    )
    payments_unit: Annotated[Literal["", "rupees", "paise"], BeforeValidator(_folded)] = Field(
        "",
        validation_alias=AliasChoices("DEEPLEARN_CHECKS_PAYMENTS_UNIT"),
        description="Unit of the amounts in CSV exports of payments that do not tell it themselves: rupees, paise.",
    )
    certificate_signing_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("CERTIFICATE_SIGNING_SECRET"),
        description="The service's key of certificate signatures; with it an audit judges a folder of certificates.",
    )
