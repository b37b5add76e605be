"""Times of an incident, computed from its journal alone: to detect, to acknowledge, to recover.

- **harm**: the earliest evidence in the data that somebody was hit (`harm-first-seen`), never the alert itself.
- **detection**: the service's first alert, or the first run of ours that found a root cause, whichever came first.
- **to detect**: from harm to detection. **To acknowledge**: from detection to the first acknowledged alert.
- **to recover**: from detection to the first passing proof that no later run contradicts (`recovered`).

What cannot be told is unknown, with the reason; never zero. Source: runbook, Post-Incident Review.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deeplearn_checks.incident.journal import Entry, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time (milliseconds since the epoch), what it is, and the number of the entry that tells of it."""

    at_ms: int
    what: str
    entry: int


@dataclass(frozen=True, slots=True)
class Span:
    """A duration between two moments; where it is `unknown`, that says why."""

    name: str
    begin: Moment | None
    end: Moment | None
    unknown: str = ""

    @property
    def seconds(self) -> float | None:
        """How long, in seconds; None where that is unknown."""
        if self.unknown or self.begin is None or self.end is None:
            return None
        return (self.end.at_ms - self.begin.at_ms) / 1000


@dataclass(frozen=True, slots=True)
class Times:
    """The moments of an incident, None where unknown, and the times between them."""

    harm: Moment | None
    detected: Moment | None
    acknowledged: Moment | None
    recovered: Moment | None
    closed: Moment | None

    @property
    def to_detect(self) -> Span:
        """From the first evidence of harm to the first alert or finding."""
        if self.harm and self.detected and self.detected.at_ms < self.harm.at_ms:
            return Span("time to detect", self.harm, self.detected, "it was detected before data show any harm")
        return _span("time to detect", self.harm, self.detected, "no data show when the harm began", "nothing found it")

    @property
    def to_acknowledge(self) -> Span:
        """From the first alert or finding to the first acknowledged alert."""
        missing = "no alert was acknowledged through this journal"
        return _span("time to acknowledge", self.detected, self.acknowledged, "nothing detected it", missing)

    @property
    def to_recover(self) -> Span:
        """From the first alert or finding to the first passing proof."""
        return _span("time to recover", self.detected, self.recovered, "nothing detected it", "nothing proves it yet")

    @property
    def window(self) -> Span:
        """From the first evidence of harm to the first passing proof; from detection where that came first."""
        known = [moment for moment in (self.harm, self.detected) if moment]
        begin = min(known, key=lambda moment: moment.at_ms, default=None) if self.harm else None
        missing = "no data show when the harm began"
        return _span("incident window", begin, self.recovered, missing, "no passing proof ends it yet")

    @property
    def spans(self) -> tuple[Span, ...]:
        """The three times that are measured."""
        return (self.to_detect, self.to_acknowledge, self.to_recover)


def _span(name: str, begin: Moment | None, end: Moment | None, no_begin: str, no_end: str) -> Span:
    """Answer a span; the clocks of service and journal may disagree, and then it is unknown."""
    if begin is None or end is None:
        return Span(name, begin, end, no_begin if begin is None else no_end)
    unknown = "its end is before its beginning: the clocks disagree" if end.at_ms < begin.at_ms else ""
    return Span(name, begin, end, unknown)


def times(entries: Sequence[Entry]) -> Times:
    """Compute the moments from the entries of a journal."""
    return Times(
        harm=_earliest(_told(entries, Kind.HARM_FIRST_SEEN, "at_ms", "first evidence of harm")),
        detected=_earliest([*_told(entries, Kind.ALERT_FIRST_SEEN, "created_at_ms", "first alert"), *_found(entries)]),
        acknowledged=_first(entries, Kind.ACKNOWLEDGED, "first alert acknowledged"),
        recovered=_recovered(entries),
        closed=_first(entries, Kind.CLOSED, "incident closed"),
    )


def at_ms(entry: Entry) -> int:
    """Answer when an entry was written, in milliseconds since the epoch."""
    return round(datetime.fromisoformat(entry.at).timestamp() * 1000)


def utc(milliseconds: int) -> str:
    """Write a moment for people: to the second, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: float) -> str:
    """Write a duration in its two largest units: `2 d 3 h`, `5 min 12 s`, `0.4 s`."""
    if seconds < 60:  # noqa: PLR2004  a minute
        return f"{seconds:.1f} s"
    whole = round(seconds)
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next(index for index, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2])


def _told(entries: Iterable[Entry], kind: Kind, field: str, what: str) -> list[Moment]:
    """Answer the moments that entries of one kind tell of, not those at which they were written."""
    told = [(entry, entry.data.get(field)) for entry in entries if entry.kind == kind]
    return [Moment(value, what, entry.number) for entry, value in told if isinstance(value, int) and value > 0]


def _found(entries: Iterable[Entry]) -> list[Moment]:
    runs = [entry for entry in entries if entry.kind == Kind.RAN and entry.data.get("root_causes")]
    return [Moment(at_ms(entry), "first finding", entry.number) for entry in runs]


def _first(entries: Iterable[Entry], kind: Kind, what: str) -> Moment | None:
    return next((Moment(at_ms(entry), what, entry.number) for entry in entries if entry.kind == kind), None)


def _recovered(entries: Sequence[Entry]) -> Moment | None:
    """Answer the first passing proof after the last run that failed."""
    failed = max((one.number for one in entries if one.kind == Kind.RAN and one.data.get("passed") is False), default=0)
    return _first([one for one in entries if one.number > failed], Kind.RECOVERED, "first passing proof")


def _earliest(moments: Sequence[Moment]) -> Moment | None:
    return min(moments, key=lambda moment: moment.at_ms, default=None)
