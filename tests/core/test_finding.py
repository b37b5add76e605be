"""The answers that a question can have, and their order."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from deeplearn_checks.finding import (
    BROKEN,
    Effects,
    Finding,
    Outcome,
    Severity,
    Skip,
    UnansweredError,
    error,
    failed,
    passed,
    skipped,
)
from deeplearn_checks.redaction import Redacted

TEXT = Redacted("text")


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (passed(TEXT), Finding(Outcome.PASSED, TEXT)),
        (passed(TEXT, {"judged": 3}), Finding(Outcome.PASSED, TEXT, evidence={"judged": 3})),
        (failed("slug", TEXT), Finding(Outcome.FAILED, TEXT, "slug")),
        (
            failed("slug", TEXT, {"n": 1}, explained_by=(frozenset({"a"}),)),
            Finding(Outcome.FAILED, TEXT, "slug", {"n": 1}, (frozenset({"a"}),)),
        ),
        (error("slug", TEXT, question=4), Finding(Outcome.ERROR, TEXT, "slug", question=4)),
        (skipped(Skip.LEFT_OUT, TEXT), Finding(Outcome.SKIPPED, TEXT, "left-out")),
    ],
)
def test_a_finding_says_what_it_is(finding: Finding, expected: Finding) -> None:
    """Passed, failed, could not be found out, and not asked are four different answers."""
    assert finding == expected


def test_a_finding_does_not_change() -> None:
    """What was observed stays as it was."""
    with pytest.raises(FrozenInstanceError):
        passed(TEXT).cause = "other"  # type: ignore[misc]  # the mistake that is refused


@pytest.mark.parametrize(
    ("levels", "labels"), [(Severity, ["info", "warning", "critical"]), (Effects, ["none", "alerts", "data"])]
)
def test_levels_rise(levels: type[Severity | Effects], labels: list[str]) -> None:
    """A gate and a permission can be compared, and read as the runbook's words."""
    assert [levels(number).label for number in sorted(levels)] == labels


def test_an_unanswered_question_carries_its_finding() -> None:
    """Its text is that of the finding."""
    lost = error("timed-out", TEXT)

    assert (UnansweredError(lost).finding, str(UnansweredError(lost))) == (lost, "text")


def test_what_passes_or_is_skipped_is_not_broken() -> None:
    """The gate counts the others."""
    assert set(Outcome) - BROKEN == {Outcome.PASSED, Outcome.SKIPPED}
