"""When nothing is told: maintenance windows of targets, waivers of what is known to be broken. Pure, given now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase

from deeplearn_checks.monitor.wall_time import DAY_MS, instant, local_day, zone
from deeplearn_checks.redaction import EMPTY, Redacted

ALL = "*"


@dataclass(frozen=True, slots=True)
class Once:
    """From one instant to before another, in milliseconds since 1970 UTC."""

    from_ms: int
    to_ms: int

    def covers(self, now_ms: int) -> bool:
        """Whether it is then."""
        return self.from_ms <= now_ms < self.to_ms


@dataclass(frozen=True, slots=True)
class Weekly:
    """On days of the week (Monday is 0), from a local minute since midnight, for so many milliseconds that pass."""

    days: frozenset[int]
    from_minute: int
    span_ms: int
    zone: str = "UTC"

    def covers(self, now_ms: int) -> bool:
        """Whether it is then, also where it began days ago; clocks that are put forward or back change no length."""
        where = zone(self.zone)
        today = local_day(now_ms, where)
        days = (today - timedelta(days=back) for back in range(self.span_ms // DAY_MS + 2))
        return any(self._begun_on(day, now_ms) for day in days if day.weekday() in self.days)

    def _begun_on(self, day: date, now_ms: int) -> bool:
        return 0 <= now_ms - instant(day, self.from_minute, zone(self.zone)) < self.span_ms


@dataclass(frozen=True, slots=True)
class Maintenance:
    """When changes of these targets (patterns of names) are kept but not told."""

    when: Once | Weekly
    targets: tuple[str, ...] = (ALL,)
    reason: Redacted = EMPTY

    def covers(self, target: str, now_ms: int) -> bool:
        """Whether that target is worked on then."""
        return any(fnmatchcase(target, pattern) for pattern in self.targets) and self.when.covers(now_ms)


@dataclass(frozen=True, slots=True)
class Waiver:
    """What is known to be broken on a target, and tolerated to the end of a day (UTC): a diagnostic's id or a cause."""

    what: str
    target: str
    reason: Redacted
    expires: date

    def concerns(self, target: str, name: str) -> bool:
        """Whether it is about that diagnostic, or that cause, of that target."""
        return self.what == name and fnmatchcase(target, self.target)

    def has_expired(self, now_ms: int) -> bool:
        """Whether its last day is over."""
        return now_ms >= instant(self.expires, 0, zone("UTC")) + DAY_MS


@dataclass(frozen=True, slots=True)
class Silences:
    """All windows and waivers."""

    maintenance: tuple[Maintenance, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    def of(self, target: str) -> Quiet:
        """Answer those of one target, as `stepping.step` asks for them."""
        return Quiet(target, self)


@dataclass(frozen=True, slots=True)
class Quiet:
    """What is silent of one target; each name is a diagnostic's id, or a cause (a cause holds no dot)."""

    target: str
    silences: Silences

    def silenced(self, name: str, now_ms: int) -> str:
        """Answer why nothing is told of it now, empty where it is."""
        windows = (one for one in self.silences.maintenance if one.covers(self.target, now_ms))
        for window in windows:
            return f"maintenance: {window.reason}" if window.reason else "maintenance"
        waivers = (one for one in self._waivers(name) if not one.has_expired(now_ms))
        return next((f"waived until {one.expires}: {one.reason}" for one in waivers), "")

    def expired(self, name: str, now_ms: int) -> Redacted:
        """Answer which waiver of it has run out, empty where none has, or where another still holds."""
        held = self._waivers(name)
        if not held or not all(one.has_expired(now_ms) for one in held):
            return EMPTY
        last = max(held, key=lambda one: one.expires)
        return Redacted(f"its waiver ran out on {last.expires} ({last.reason})")

    def _waivers(self, name: str) -> tuple[Waiver, ...]:
        return tuple(one for one in self.silences.waivers if one.concerns(self.target, name))
