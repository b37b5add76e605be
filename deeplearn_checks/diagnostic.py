"""A diagnostic: one question about the target, declared once as a value; and `execute()`, which asks it."""

from __future__ import annotations

import inspect
import logging
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Effects, Finding, Severity, UnansweredError, bounded, error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from deeplearn_checks.causes.cause import Cause
    from deeplearn_checks.changes import Change
    from deeplearn_checks.settings import Part
    from deeplearn_checks.target import Target

logger = logging.getLogger("deeplearn_checks")


@dataclass(frozen=True, slots=True, eq=False)
class Diagnostic:
    """One question about the target.

    `title` is the rule that holds when it passes, `detail` what else its docstring says. `requires` are the
    diagnostics whose failure makes this one a symptom, `consults` those whose findings may explain it; both are
    asked with it. `needs` are the parts that must be configured, `changes` the requests that it may send and that
    can change something. `runbook` is the step: `playbook/number`. `causes` are
    those that it may name beside ours, where it is a team's own.
    """

    id: str
    title: str
    detail: str
    severity: Severity
    effects: Effects
    runbook: str
    ask: Callable[[Target], Awaitable[Finding]]
    requires: tuple[Diagnostic, ...] = ()
    consults: tuple[Diagnostic, ...] = ()
    needs: tuple[Part, ...] = ()
    changes: tuple[Change, ...] = ()
    causes: tuple[Cause, ...] = ()

    @property
    def area(self) -> str:
        """The first word of the id: the runbook's concern."""
        return self.id.partition(".")[0]


def diagnostic(  # noqa: PLR0913  a declaration names everything at once
    id_: str,
    *,
    severity: Severity,
    runbook: str,
    effects: Effects = Effects.NONE,
    requires: Iterable[Diagnostic] = (),
    consults: Iterable[Diagnostic] = (),
    needs: Iterable[Part] = (),
    changes: Iterable[Change] = (),
    causes: Iterable[Cause] = (),
) -> Callable[[Callable[[Target], Awaitable[Finding]]], Diagnostic]:
    """Declare a function that asks one question as a `Diagnostic`; registers nothing."""

    def declare(ask: Callable[[Target], Awaitable[Finding]]) -> Diagnostic:
        title, _, detail = inspect.cleandoc(ask.__doc__ or id_).partition("\n")
        return Diagnostic(
            id_,
            title.strip(),
            detail.strip(),
            severity,
            effects,
            runbook,
            ask,
            tuple(requires),
            tuple(consults),
            tuple(needs),
            tuple(changes),
            tuple(causes),
        )

    return declare


async def execute(asked: Diagnostic, target: Target) -> Finding:
    """Ask one question; never raises: no answer, and even a bug of ours, is a finding; its texts are never endless."""
    return bounded(await _executed(asked, target))


async def _executed(asked: Diagnostic, target: Target) -> Finding:
    try:
        return await asked.ask(target)
    except UnansweredError as unanswered:
        return unanswered.finding
    except Exception as bug:  # noqa: BLE001  one broken diagnostic must not stop the others; the bug stays loud
        logger.error("%s has a bug:\n%s", asked.id, target.redact(traceback.format_exc()))  # noqa: TRY400  redacted
        text = f"{asked.id} has a bug: {type(bug).__name__}: {bug}; please report it"
        return error("bug-in-deeplearn-checks", target.redact(text))


def required(one: Diagnostic) -> tuple[Diagnostic, ...]:
    """Answer the prerequisites of a diagnostic, and theirs."""
    found: dict[str, Diagnostic] = {}
    waiting = list(one.requires)
    while waiting:
        other = waiting.pop()
        found[other.id] = other
        waiting += other.requires
    return tuple(found.values())


def closure(selected: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Answer the selected diagnostics with everything they require or consult, prerequisites first."""
    ordered: dict[str, Diagnostic] = {}

    def visit(one: Diagnostic) -> None:
        if one.id not in ordered:
            for other in (*one.requires, *one.consults):
                visit(other)
            ordered[one.id] = one

    for one in selected:
        visit(one)
    return tuple(ordered.values())
