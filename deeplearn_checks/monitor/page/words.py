"""How the page writes instants, lengths, shares and durations; all times are UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

UNKNOWN = "unknown"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(at_ms: int) -> str:
    """Write an instant for machines (RFC 3339, to the second)."""
    return f"{_at(at_ms):%Y-%m-%dT%H:%M:%SZ}"


def moment(at_ms: int) -> str:
    """Write an instant for people."""
    return f"{_at(at_ms):%d %b %Y, %H:%M} UTC"


def day(at_ms: int) -> str:
    """Write a day."""
    return f"{_at(at_ms):%d %b}"


def clock(at_ms: int) -> str:
    """Write a time of day."""
    return f"{_at(at_ms):%H:%M}"


def length(span_ms: int) -> str:
    """Write how long something is in at most two units, rounded down: `2 h 5 min`."""
    units = ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"), (SECOND_MS, "s"))
    rest, parts = max(0, span_ms), list[str]()
    for size, name in units:
        number, rest = divmod(rest, size)
        if number or (parts and len(parts) < 2):  # noqa: PLR2004  two units, next to each other
            parts.append(f"{number} {name}" if number else "")
        if len(parts) == 2:  # noqa: PLR2004  as above
            break
    return " ".join(filter(None, parts)) or "less than 1 s"


def percent(share: float | None) -> str:
    """Write a share, rounded down to two digits: what is not everything never reads as 100 %."""
    if share is None:
        return UNKNOWN
    return "100 %" if share >= 1 else f"{math.floor(share * 10_000) / 100:.2f} %"


def duration(seconds: float | None) -> str:
    """Write how long an answer took."""
    if seconds is None:
        return UNKNOWN
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _at(at_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at_ms)
