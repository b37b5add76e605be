"""How long runs took, as a histogram: counts by bound, percentiles from counts. Pure."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.store import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SLOTS = len(BOUNDS) + 1
"""How many counts a histogram has: one for each bound, and one for what took longer than the last."""


def slot(seconds: float) -> int:
    """Answer the index of the count that a duration belongs to."""
    return bisect_left(BOUNDS, seconds)


def together(histograms: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """Add histograms up."""
    return tuple(sum(counts) for counts in zip(*histograms, strict=True)) or (0,) * SLOTS


def percentile(durations: Sequence[int], share: float, slowest: float = BOUNDS[-1]) -> float | None:
    """Answer the seconds within which *share* (0 to 1) of the runs ended, None where there were none.

    Interpolated within the bounds that it falls between, as Prometheus's `histogram_quantile` does; never more than
    the *slowest* in seconds, which also bounds what took longer than the last bound.
    """
    total = sum(durations)
    if not total:
        return None
    wanted = share * total
    index, below = next(
        (index, reached - durations[index])
        for index, reached in enumerate(accumulate(durations))
        if reached >= wanted and durations[index]
    )
    low = BOUNDS[index - 1] if index else 0.0
    high = BOUNDS[index] if index < len(BOUNDS) else max(slowest, low)
    return min(low + (high - low) * (wanted - below) / durations[index], slowest)
