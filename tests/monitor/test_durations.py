"""Percentiles come from counts by bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplearn_checks.monitor.durations import SLOTS, percentile, slot, together
from deeplearn_checks.monitor.store import BOUNDS

took = st.lists(st.floats(0, 100), min_size=1, max_size=30)


def histogram(*seconds: float) -> tuple[int, ...]:
    """Answer the counts of some durations."""
    slots = [slot(one) for one in seconds]
    return tuple(slots.count(index) for index in range(SLOTS))


@pytest.mark.parametrize(("seconds", "index"), [(0.0, 0), (0.05, 0), (0.051, 1), (60.0, 15), (60.1, 16)])
def test_a_duration_counts_for_the_bound_that_it_does_not_exceed(seconds: float, index: int) -> None:
    """As Prometheus's `le` does; the last count is of what took longer than all."""
    assert slot(seconds) == index


def test_histograms_add_up() -> None:
    """Count by count; none at all is an empty one."""
    sums = (together([histogram(0.1, 7), histogram(0.1)]), together([]))

    assert sums == (histogram(0.1, 7, 0.1), histogram())


def test_nothing_has_no_percentile() -> None:
    """No run took no time."""
    assert percentile(histogram(), 0.5) is None


@pytest.mark.parametrize(("share", "seconds"), [(0.0, 0.2), (0.5, 0.25), (0.75, 0.275), (1.0, 0.3)])
def test_a_percentile_is_interpolated_within_its_bounds(share: float, seconds: float) -> None:
    """As if durations lay evenly between them."""
    assert percentile((0, 0, 0, 4, *[0] * 13), share) == pytest.approx(seconds)


@pytest.mark.parametrize(("slowest", "seconds"), [(100.0, 80.0), (60.0, 60.0)])
def test_what_took_longer_than_all_bounds_ends_with_the_slowest(slowest: float, seconds: float) -> None:
    """There is no other bound."""
    assert percentile(histogram(70, 100), 0.5, slowest) == seconds


@given(took, st.floats(0.01, 1))
def test_a_percentile_lies_within_the_bounds_of_the_true_one(seconds: list[float], share: float) -> None:
    """However durations are spread, and it never exceeds the slowest."""
    ranked = sorted(seconds)
    true = ranked[min(len(ranked) - 1, max(0, -int(-share * len(ranked) // 1) - 1))]

    found = percentile(histogram(*seconds), share, ranked[-1])

    low = BOUNDS[slot(true) - 1] if slot(true) else 0.0
    high = min(ranked[-1], BOUNDS[slot(true)] if slot(true) < len(BOUNDS) else ranked[-1])
    assert found is not None
    assert low - 1e-9 <= found <= high + 1e-9
