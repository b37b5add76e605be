"""Counts of results, added up: the share that passed, percentiles of durations, and slots of time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.durations import SLOTS, percentile, together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deeplearn_checks.monitor.store import Bucket

_NONE = (0,) * SLOTS


class Kind(StrEnum):
    """What became of the runs of a slot; each has a colour, a shape and words of its own."""

    PASSED = "passed"
    PARTLY = "partly"
    FAILED = "failed"
    ERROR = "error"
    NONE = "none"

    @property
    def words(self) -> str:
        """What it says to people."""
        return _WORDS[self]


_WORDS = {
    Kind.PASSED: "all passed",
    Kind.PARTLY: "some did not pass",
    Kind.FAILED: "none passed",
    Kind.ERROR: "could not find out",
    Kind.NONE: "no run",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many results there were of each kind, and how long they took; `durations` as in `store.Bucket`.

    Blocked and skipped results are no evidence, and are not counted.
    """

    passed: int = 0
    failed: int = 0
    errors: int = 0
    slowest: float = 0.0
    durations: tuple[int, ...] = _NONE

    @property
    def judged(self) -> int:
        """How many results say something."""
        return self.passed + self.failed + self.errors

    @property
    def uptime(self) -> float | None:
        """The share that passed, None where there is none: who could not find out has not seen it up either."""
        return self.passed / self.judged if self.judged else None

    @property
    def kind(self) -> Kind:
        """What they say together."""
        if not self.judged:
            return Kind.NONE
        if self.passed:
            return Kind.PASSED if self.passed == self.judged else Kind.PARTLY
        return Kind.FAILED if self.failed else Kind.ERROR

    def quantile(self, share: float) -> float | None:
        """Answer the seconds within which that share of the runs ended, None where there was none."""
        return percentile(self.durations, share, self.slowest)


_NOTHING = Tally()


def of(bucket: Bucket) -> Tally:
    """Answer what a bucket holds."""
    return Tally(bucket.passed, bucket.failed, bucket.errors, bucket.slowest, bucket.durations or _NONE)


def total(tallies: Iterable[Tally]) -> Tally:
    """Add them up; in one sweep, for a page of many targets adds tens of thousands."""
    held = [one for one in tallies if one is not _NOTHING]
    if len(held) == 1:
        return held[0]
    return Tally(
        sum(one.passed for one in held),
        sum(one.failed for one in held),
        sum(one.errors for one in held),
        max((one.slowest for one in held), default=0.0),
        together(one.durations for one in held),
    )


def uptime(tallies: Iterable[Tally]) -> float | None:
    """Answer the share of all that passed, None where nothing is judged."""
    held = [(one.passed, one.judged) for one in tallies]
    judged = sum(number for _, number in held)
    return sum(passed for passed, _ in held) / judged if judged else None


@dataclass(frozen=True, slots=True)
class Slot:
    """What happened within one span of time."""

    from_ms: int
    span_ms: int
    tally: Tally


def slots(buckets: Iterable[Bucket], first_ms: int, span_ms: int, number: int) -> tuple[Slot, ...]:
    """Lay buckets, of any spans that fit into these, into so many slots from *first_ms* on; others are left out."""
    tallies: list[list[Tally]] = [[] for _ in range(number)]
    for bucket in buckets:
        position = (bucket.from_ms - first_ms) // span_ms
        if 0 <= position < number:
            tallies[position].append(of(bucket))
    return tuple(
        Slot(first_ms + position * span_ms, span_ms, total(held) if held else _NOTHING)
        for position, held in enumerate(tallies)
    )


def beside(rows: Iterable[tuple[Slot, ...]]) -> tuple[Slot, ...]:
    """Add up rows of the same slots, those of all groups of a target."""
    return tuple(
        Slot(column[0].from_ms, column[0].span_ms, total(one.tally for one in column))
        for column in zip(*rows, strict=True)
    )
