"""Amounts of money as people read them."""

from __future__ import annotations

_DIGITS = {"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLP": 0, "JPY": 0, "KRW": 0, "VND": 0}
"""Digits after the point, where they are not two (ISO 4217)."""


def amount(value: int, currency: str) -> str:
    """Write an amount that is given in the currency's smallest unit."""
    digits = _DIGITS.get(currency, 2)
    return f"{currency} {value / 10**digits:,.{digits}f}"
