"""Whether learners can learn: enrollments that contradict themselves, and courses that are on sale."""

from __future__ import annotations

import pytest
from asking import ask, crowd, healthy, verdict

from deeplearn_checks.diagnostics import learning


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        ("progress_pct = 50", "completed", "completed at 50 % progress"),
        ("completed_at_ms = NULL", "completed", "completed without a completion time"),
        ("completed_at_ms = 1", "active", "active with a completion time"),
    ],
)
def test_a_contradiction_is_told(change: str, where: str, why: str) -> None:
    """The finding says how an enrollment contradicts itself."""
    world = healthy(14)
    world.execute(f"UPDATE course_enrollments SET {change} WHERE status = '{where}'")  # noqa: S608  of this test

    result = ask(world, learning.progress_consistent)

    assert why in str(result.evidence["enrollments"])


def test_enrollments_that_are_not_listed_are_counted() -> None:
    """Where a course has more learners than it lists, the finding says how many it has not seen."""
    world = healthy(0)
    crowd(world, 600)

    result = ask(world, learning.progress_consistent)

    judged = int(str(result.evidence["judged"]))
    assert result.summary == f"all {judged} enrollments are consistent; {600 - judged} older enrollments are not listed"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE cohorts SET status = 'completed'", "no-open-cohort"),
        ("UPDATE cohorts SET status = 'draft'", "no-open-cohort"),
        ("UPDATE cohorts SET status = 'open'", "passed"),
        ("DELETE FROM cohorts", "no-open-cohort"),
        ("UPDATE courses SET status = 'draft'", "passed"),
    ],
)
def test_a_course_on_sale_needs_a_cohort_to_join(change: str, expected: str) -> None:
    """Published and live courses need an open or live cohort; drafts need none."""
    world = healthy(0)
    world.execute(change)
    if "courses" in change:
        world.execute("DELETE FROM cohorts")

    result = ask(world, learning.open_cohort)

    assert verdict(result) == expected
