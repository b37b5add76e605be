"""Asking on a walk: a question that gets no answer stops nothing, and its reason is kept."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from deeplearn_checks.diagnostic import execute
from deeplearn_checks.diagnostics import access, platform
from deeplearn_checks.finding import Finding, Outcome, Skip, UnansweredError, error, skipped
from deeplearn_checks.settings import Part

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deeplearn_checks.target import Target

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked(Generic[T_co]):
    """What became of one question: its answer or, where there is none, the finding that says why.

    `exchanges` are the numbers of those that it took.
    """

    _answer: T_co | None = None
    unanswered: Finding | None = None
    exchanges: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is an answer, of whatever truth."""
        return self.unanswered is None

    @property
    def answer(self) -> T_co:
        """The answer; raises LookupError where there is none."""
        if self.unanswered is not None:
            raise LookupError(self.unanswered.summary)
        return self._answer  # type: ignore[return-value]  # None only where T is optional: constructed by asked() alone

    @property
    def reason(self) -> Finding:
        """Why there is no answer; raises LookupError where there is one."""
        if self.unanswered is None:
            raise LookupError("there is an answer")
        return self.unanswered


def unneeded(target: Target) -> Asked[T]:
    """Stand for a question that nothing hangs on, and that is not asked."""
    return Asked(unanswered=skipped(Skip.DOES_NOT_APPLY, target.redact("nothing hangs on it: not asked")))


async def asked(target: Target, part: Part | None, ask: Callable[[Target], Awaitable[T]]) -> Asked[T]:
    """Ask a question that needs a *part* of the target to be configured, inside the deadline; never unanswered.

    Where the service refuses, what is known to stand behind refusals is asked: its database and our token.
    """
    reason = _unasked(target, part) if part else None
    if reason is not None:
        return Asked(unanswered=reason)
    view = target.view()
    answered = await _within(view, part, ask)
    target.used.update(view.used)
    return replace(answered, exchanges=frozenset(view.used))


async def _within(view: Target, part: Part | None, ask: Callable[[Target], Awaitable[T]]) -> Asked[T]:
    """Ask inside the deadline."""
    try:
        async with asyncio.timeout(_left(view)):
            try:
                return Asked(await ask(view))
            except UnansweredError as problem:
                finding = problem.finding
                if "status" in finding.evidence and part is not Part.GATEWAY:
                    finding = await _behind(view, finding, admin=part is Part.ADMIN)
                return Asked(unanswered=finding)
    except TimeoutError:
        text = f"no answer within the deadline of {view.settings.deadline:g} s"
        return Asked(unanswered=error("timed-out", view.redact(text)))


async def _behind(view: Target, finding: Finding, *, admin: bool) -> Finding:
    """Answer what a diagnostic finds wrong behind a refusal; the refusal itself where there is nothing."""
    for one in (platform.database, access.admin_token_accepted) if admin else (platform.database,):
        behind = await execute(one, view)
        if behind.outcome is Outcome.FAILED:
            return behind
    return finding


def _left(target: Target) -> float:
    """Seconds that are left until the deadline."""
    return max(0.0, target.settings.deadline - (time.time() - target.started_ms / 1000))


def _unasked(target: Target, part: Part) -> Finding | None:
    """Say which setting keeps a part from being asked; None where it can be."""
    if part in target.settings.without:
        return skipped(Skip.LEFT_OUT, target.redact(f"left out with --without {part}"))
    missing = target.settings.missing(part)
    text = f"not asked: set {' and '.join(missing)} (or leave it out on purpose: --without {part})"
    return skipped(Skip.NOT_CONFIGURED, target.redact(text)) if missing else None
