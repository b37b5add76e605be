"""Amounts and times as Razorpay's CSV exports write them, and how the unit of an export's amounts is told.

Some exports give amounts in the currency's unit (`4999.00`), others in its hundredth (`499900`), and nothing in them
says which. An export is of the first kind where any amount has a fraction other than `.0`; of the second where all are
whole and it has times as the API writes them (epoch seconds), or a column says `paise`. Otherwise it cannot be told.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum

IST = timezone(timedelta(hours=5, minutes=30))
"""The time of the dashboard, and so of its exports."""

_AMOUNT = re.compile(r"(?:\d+|\d{1,3}(?:,\d{2,3})*,\d{3})(?:\.\d+)?")
_SYMBOLS = re.compile(r"^(?:₹|Rs\.?|INR)\s*", re.IGNORECASE)
_SECONDS = re.compile(r"\d{9,10}")
_DASHBOARD = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)", re.ASCII)
_FORMS = (
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
)
_WITHOUT_HUNDREDTHS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_WITH_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


class Unit(Enum):
    """What the amounts of an export count."""

    WHOLE = "rupees"
    SMALLEST = "paise"


def number(text: str) -> Decimal:
    """Read an amount as it is written, also with a symbol and separators; raises ValueError."""
    bare = _SYMBOLS.sub("", text.strip())
    if not bare.isascii() or not _AMOUNT.fullmatch(bare):
        raise ValueError("is no amount")
    return Decimal(bare.replace(",", ""))


def has_fraction(text: str) -> bool:
    """Whether an amount proves that it counts whole units: it has a fraction, and not merely `.0`.

    A program that read whole numbers as floating ones writes `499900.0`; an amount in rupees has two places.
    """
    fraction = text.partition(".")[2].strip()
    return len(fraction) > 1 or fraction not in {"", "0"}


def in_smallest(text: str, unit: Unit, currency: str) -> int:
    """Answer an amount in the smallest unit of its currency; raises ValueError where it is none of it."""
    value = number(text)
    if unit is Unit.WHOLE:
        value = value.scaleb(_places(currency))
    if value != value.to_integral_value():
        raise ValueError(f"is no whole number of the smallest unit of {currency}")
    return int(value)


def _places(currency: str) -> int:
    """Answer the places of a currency's amounts (ISO 4217)."""
    return 0 if currency in _WITHOUT_HUNDREDTHS else 3 if currency in _WITH_THOUSANDTHS else 2


def is_epoch(text: str) -> bool:
    """Whether a time is in seconds since the epoch."""
    return text.isascii() and _SECONDS.fullmatch(text) is not None


def milliseconds(text: str) -> int:
    """Answer a time in milliseconds since the epoch; raises ValueError.

    Read are seconds since the epoch, times with the day first (in IST), and ISO 8601 (in IST where it has no zone).
    """
    if is_epoch(text):
        return int(text) * 1000
    if found := _DASHBOARD.fullmatch(text):
        day, month, year, hour, minute, second = map(int, found.groups())
        return _since_1970(datetime(year, month, day, hour, minute, second, tzinfo=IST))
    for form in _FORMS:
        try:
            return _since_1970(datetime.strptime(text, form).replace(tzinfo=IST))
        except ValueError:
            continue
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no time: neither seconds since 1970 nor DD/MM/YYYY HH:MM:SS") from None
    return _since_1970(read if read.tzinfo else read.replace(tzinfo=IST))


def _since_1970(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
