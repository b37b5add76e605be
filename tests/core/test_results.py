"""What a finished run says of the target, and when it says that the target is not ready."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deeplearn_checks.finding import Effects, Outcome, Severity, Skip
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.results import Result, RunReport

CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
PASSED, FAILED, ERROR, BLOCKED, SKIPPED = Outcome


def result(
    id_: str, outcome: Outcome, severity: Severity = CRITICAL, cause: str = "", blocked_by: tuple[str, ...] = ()
) -> Result:
    """Answer one judged question."""
    return Result(id_, "", severity, Effects.NONE, "", outcome, Redacted("why"), cause, blocked_by=blocked_by)


def report(*results: Result, fail_on: Severity = CRITICAL, interrupted: bool = False) -> RunReport:
    """Answer a finished run."""
    return RunReport(Redacted("target"), "", Effects.NONE, fail_on, "", 1.0, results, interrupted=interrupted)


FINE = result("fine", PASSED)


@pytest.mark.parametrize(
    ("broken", "fail_on", "reasons"),
    [
        (FINE, INFO, ()),
        (result("a", FAILED, CRITICAL, "slug"), CRITICAL, ("a failed: slug",)),
        (result("a", ERROR, CRITICAL, "timed-out"), CRITICAL, ("a error: timed-out",)),
        (result("a", BLOCKED, CRITICAL, "slug"), CRITICAL, ("a blocked: slug",)),
        (result("a", FAILED, WARNING, "slug"), CRITICAL, ()),
        (result("a", FAILED, WARNING, "slug"), WARNING, ("a failed: slug",)),
        (result("a", FAILED, INFO, "slug"), WARNING, ()),
        (result("a", FAILED, INFO, "slug"), INFO, ("a failed: slug",)),
        (result("a", SKIPPED, CRITICAL, Skip.NOT_CONFIGURED), CRITICAL, ("a was not asked: why",)),
        (result("a", SKIPPED, WARNING, Skip.NOT_CONFIGURED), INFO, ()),
        (result("a", SKIPPED, CRITICAL, Skip.LEFT_OUT), INFO, ()),
        (result("a", SKIPPED, CRITICAL, Skip.NOT_PERMITTED), INFO, ()),
        (result("a", SKIPPED, CRITICAL, Skip.DOES_NOT_APPLY), INFO, ()),
    ],
)
def test_the_gate_says_why_it_fails(broken: Result, fail_on: Severity, reasons: tuple[str, ...]) -> None:
    """What is broken at or above the gate, and a critical question that a missing setting kept from being asked."""
    finished = report(FINE, broken, fail_on=fail_on)

    assert (finished.gate_reasons(), finished.gate) == (reasons, "failed" if reasons else "passed")


@pytest.mark.parametrize(
    ("finished", "reason"),
    [
        (report(FINE, interrupted=True), "the run was interrupted"),
        (report(), "nothing was asked: a run in which everything is skipped proves nothing"),
        (
            report(result("a", SKIPPED, INFO, Skip.LEFT_OUT)),
            "nothing was asked: a run in which everything is skipped proves nothing",
        ),
        (
            report(replace(FINE, selected=False), result("a", SKIPPED, INFO, Skip.DOES_NOT_APPLY)),
            "nothing was asked: a run in which everything is skipped proves nothing",
        ),
    ],
)
def test_a_run_that_proves_nothing_is_not_ready(finished: RunReport, reason: str) -> None:
    """Interrupted, empty, or all left out: never a green run against nothing."""
    assert finished.gate_reasons() == (reason,)


def test_every_outcome_is_counted() -> None:
    """Those that did not occur too."""
    counts = report(FINE, FINE, result("a", FAILED)).counts()

    assert counts == {"passed": 2, "failed": 1, "error": 0, "blocked": 0, "skipped": 0}


def test_root_causes_come_the_worst_first_with_what_they_block() -> None:
    """Then in catalogue order; a symptom is none of them."""
    roots = report(
        result("low", FAILED, INFO),
        result("first", ERROR),
        FINE,
        result("second", FAILED),
        result("one", BLOCKED, blocked_by=("second",)),
        result("two", BLOCKED, blocked_by=("second", "low")),
    ).root_causes()

    assert [(root.result.id, root.blocks) for root in roots] == [
        ("first", ()),
        ("second", ("one", "two")),
        ("low", ("two",)),
    ]


def test_one_missing_setting_is_one_reason() -> None:
    """The questions that it keeps from being asked are counted, not listed one by one."""
    unasked = [result(id_, SKIPPED, CRITICAL, Skip.NOT_CONFIGURED) for id_ in ("a", "b", "c")]

    reasons = report(FINE, *unasked).gate_reasons()

    assert reasons == ("3 critical questions were not asked, a among them: why",)
