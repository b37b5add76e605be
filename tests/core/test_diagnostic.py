"""A declaration is a value; asking it never raises."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from surroundings import TOKEN, Silence, answered

from deeplearn_checks.diagnostic import Diagnostic, closure, diagnostic, execute
from deeplearn_checks.finding import Effects, Finding, Severity, UnansweredError, error, passed
from deeplearn_checks.redaction import EMPTY, Redacted
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from deeplearn_checks.target import Target

LOST = error("timed-out", Redacted("no answer"))


def asking(id_: str, *requires: Diagnostic, consults: tuple[Diagnostic, ...] = ()) -> Diagnostic:
    """Declare a diagnostic that passes."""

    @diagnostic(id_, severity=Severity.INFO, runbook="alert-workflow/3", requires=requires, consults=consults)
    async def ask(_: Target) -> Finding:
        return passed(EMPTY)

    return ask


def raising(problem: BaseException) -> Diagnostic:
    """Declare a diagnostic that raises."""

    @diagnostic("area.question", severity=Severity.CRITICAL, runbook="alert-workflow/3")
    async def ask(_: Target) -> Finding:
        raise problem

    return ask


def found(asked: Diagnostic) -> Finding:
    """Ask a diagnostic that needs no answer."""
    return answered(lambda target: execute(asked, target), Silence())


def test_a_declaration_says_everything() -> None:
    """The first line of the docstring is the rule, the rest is detail; nothing else happens."""
    first = asking("area.first")

    async def ask(_: Target) -> Finding:
        """The rule holds.

        And this is
        why.
        """
        return passed(EMPTY)

    declared = diagnostic(
        "area.second",
        severity=Severity.WARNING,
        runbook="alert-workflow/5",
        effects=Effects.DATA,
        requires=[first],
        consults=[first],
        needs=[Part.PAGES],
    )(ask)

    assert (declared.id, declared.area, declared.title, declared.detail, declared.severity, declared.effects) == (
        "area.second",
        "area",
        "The rule holds.",
        "And this is\nwhy.",
        Severity.WARNING,
        Effects.DATA,
    )
    assert (declared.runbook, declared.ask, declared.requires, declared.consults, declared.needs) == (
        "alert-workflow/5",
        ask,
        (first,),
        (first,),
        (Part.PAGES,),
    )


def test_without_a_docstring_the_id_is_the_title() -> None:
    """A report always has something to show."""
    assert asking("area.question").title == "area.question"


@pytest.mark.parametrize(
    ("asked", "finding"), [(asking("area.question"), passed(EMPTY)), (raising(UnansweredError(LOST)), LOST)]
)
def test_asking_answers_with_a_finding(asked: Diagnostic, finding: Finding) -> None:
    """A question without an answer is a finding like any other."""
    assert found(asked) == finding


def test_a_bug_of_ours_is_a_finding_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It stops nothing, it stays loud, and neither text holds a secret."""
    with caplog.at_level(logging.ERROR, "deeplearn_checks"):
        finding = found(raising(LookupError(f"no {TOKEN} here")))

    assert (finding.cause, finding.summary) == (
        "bug-in-deeplearn-checks",
        "area.question has a bug: LookupError: no [secret] here; please report it",
    )
    assert "Traceback" in caplog.text
    assert TOKEN not in caplog.text


def test_endless_texts_are_cut() -> None:
    """A service that answers with a hundred kilobytes where a word belongs fills no terminal, notice or table."""
    endless = Redacted("A" * 100_000)
    finding = error("timed-out", endless, {"said": endless, "seen": (endless,), "judged": 3})

    cut = found(raising(UnansweredError(finding)))

    assert (len(cut.summary), len(str(cut.evidence["said"])), cut.evidence["judged"]) == (500, 2_000, 3)
    assert cut.evidence["seen"] == (f"{'A' * 1_999}…",)


def test_a_cancellation_is_no_bug() -> None:
    """The end of the run is not mistaken for an answer."""
    with pytest.raises(asyncio.CancelledError):
        found(raising(asyncio.CancelledError()))


def test_prerequisites_come_first_and_once() -> None:
    """What is consulted is asked too, and the order is that of need, not of asking."""
    first = asking("a.first")
    second = asking("a.second", first)
    consulted = asking("b.consulted")
    third = asking("a.third", second, first, consults=(consulted,))

    assert [one.id for one in closure([third, first, second])] == ["a.first", "a.second", "b.consulted", "a.third"]
