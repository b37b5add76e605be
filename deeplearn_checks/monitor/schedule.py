"""When each group of a target is due: pure functions of the clock. What was slept through is counted, not made up for.

Starts lie on a grid of `every_ms` from `offset_ms` after 1970, so that all runners of one configuration, restarted at
any time, agree on when a group is due.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.wall_time import DAY_MINUTES, instant, local_day, zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


@dataclass(frozen=True, slots=True)
class Between:
    """A time of day, every day: from one minute since midnight to before another, the next day's where that is less."""

    from_minute: int
    to_minute: int
    zone: str = "UTC"

    @property
    def minutes(self) -> int:
        """How long it is; a whole day where both ends are the same."""
        return (self.to_minute - self.from_minute) % DAY_MINUTES or DAY_MINUTES

    def on(self, day: date) -> tuple[int, int]:
        """Answer from when until before when it lasts that begins on that day, in milliseconds since 1970 UTC."""
        where = zone(self.zone)
        return instant(day, self.from_minute, where), instant(day, self.from_minute + self.minutes, where)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every so many milliseconds, that many after the beat, only between these times of day."""

    every_ms: int
    offset_ms: int = 0
    between: Between | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The next start, at once where `due_ms` is past already; `missed`: those since the last that are too late."""

    due_ms: int
    missed: int = 0


def spread(name: str, every_ms: int) -> int:
    """Answer the offset of what bears that name: the same for ever, and another for most others."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % every_ms


def next_due(schedule: Schedule, now_ms: int, last_ms: int | None = None) -> Due:
    """Answer which start comes after the one that was due at *last_ms* (None: there was none yet).

    A start that is late by half its interval or more is missed: after a suspension one run is due, not all that were
    slept through. A *last_ms* farther ahead than the interval is of a clock that has been put back, and forgotten.
    """
    if last_ms is None or last_ms > now_ms + schedule.every_ms:
        return Due(_first(schedule, now_ms))
    due = _first(schedule, max(last_ms + 1, now_ms - (schedule.every_ms - 1) // 2))
    return Due(due, _count(schedule, last_ms + 1, due))


def _on_grid(schedule: Schedule, from_ms: int) -> int:
    """Answer the first beat at or after *from_ms*, whatever the time of day."""
    return from_ms + (schedule.offset_ms - from_ms) % schedule.every_ms


def _first(schedule: Schedule, from_ms: int) -> int:
    """Answer the first start at or after *from_ms*."""
    if schedule.between is None:
        return _on_grid(schedule, from_ms)
    spans = _spans(schedule.between, from_ms)
    starts = ((_on_grid(schedule, max(opens, from_ms)), closes) for opens, closes in spans)
    return next(beat for beat, closes in starts if beat < closes)


def _count(schedule: Schedule, from_ms: int, to_ms: int) -> int:
    """Answer how many starts there are from *from_ms* to before *to_ms*."""
    if schedule.between is None:
        return _beats(schedule, from_ms, to_ms)
    spans = takewhile(lambda span: span[0] < to_ms, _spans(schedule.between, from_ms))
    return sum(_beats(schedule, max(opens, from_ms), min(closes, to_ms)) for opens, closes in spans)


def _beats(schedule: Schedule, from_ms: int, to_ms: int) -> int:
    return max(0, -((_on_grid(schedule, from_ms) - to_ms) // schedule.every_ms))


def _spans(between: Between, from_ms: int) -> Iterator[tuple[int, int]]:
    """Answer the spans that are not over at *from_ms*, in order, without end."""
    day = local_day(from_ms, zone(between.zone)) - timedelta(days=1)
    while True:
        span = between.on(day)
        if span[1] > from_ms:
            yield span
        day += timedelta(days=1)
