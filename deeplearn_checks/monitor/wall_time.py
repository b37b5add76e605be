"""Spans and times of day as people write them, and the instants they mean, whatever clocks are put forward or back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DAY_MINUTES = 24 * 60

_UNITS = {"ms": 1, "s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_SPAN = re.compile(r"(\d{1,9})(ms|s|m|h|d)")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def span_ms(text: str) -> int:
    """Answer the milliseconds of a span such as `30s`, `5m`, `1h`, `2d`; raises ValueError with what to write."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no span of time; write a whole number and ms, s, m, h or d, such as 30s or 5m")
    return int(found[1]) * _UNITS[found[2]]


def minute_of_day(text: str) -> int:
    """Answer the minutes since midnight of a time such as `08:30`; raises ValueError with what to write."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time of day; write hours and minutes from 00:00 to 23:59, such as 08:30")
    return int(found[1]) * 60 + int(found[2])


def zone(name: str) -> ZoneInfo:
    """Answer the time zone of that IANA name; raises ValueError with the nearest one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), n=1)
        meant = f"did you mean {near[0]}?" if near else "write one such as Asia/Kolkata"
        raise ValueError(f"there is no time zone {name!r} here; {meant}") from None


def instant(day: date, minute: int, where: ZoneInfo) -> int:
    """Answer when it is that local time on that day, in milliseconds since 1970 UTC.

    A time that the clock skips is the one that would have been; of one that comes twice it is the first (PEP 495).
    """
    local = datetime(day.year, day.month, day.day, tzinfo=where) + timedelta(minutes=minute)
    return int(local.timestamp()) * SECOND_MS


def local_day(at_ms: int, where: ZoneInfo) -> date:
    """Answer the day that it is there."""
    return (datetime.fromtimestamp(at_ms // SECOND_MS, UTC)).astimezone(where).date()
