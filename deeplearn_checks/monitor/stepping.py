"""Judging change: what a run means for what is known, and what people are told of it. One pure function.

An incident of a diagnostic runs from `opened` to `recovered`, which alternate. Between them come reminders at their
interval, and `opened` anew only when it has become worse: its severity has risen above the one that was told (other
people are told of that), or its waiver has run out; each rise once. A cause that changes is the same incident: it is
told with the next reminder, or with the recovery. What passes, fails or cannot be found out is evidence; what is
blocked or skipped is none, changes nothing and is never told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.observing import Observation
from deeplearn_checks.monitor.state import Change, Health, Policy, Standing, State, Transition
from deeplearn_checks.redaction import EMPTY, Redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from deeplearn_checks.monitor.observing import Observed

RUN = "monitor.run"
"""The pseudo-diagnostic of a run that could not be made; its id is this and, after a colon, the group."""
CANNOT_LOOK = "monitor-cannot-look"
"""Its cause."""
WAIVER_EXPIRED = "waiver-expired"
"""The cause that stands beside another while a waiver of it has run out."""
_EVIDENCE = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.ERROR})
_LOOK = Redacted("Look at the monitor's own log and configuration: deeplearn-checks monitor check --config FILE")


def never(name: str, now_ms: int) -> str:
    """Silence nothing."""
    del name, now_ms
    return ""


def step(  # noqa: PLR0913  what is known, what is seen, and the rules, each by its name
    state: State,
    seen: Observed,
    policies: Mapping[str, Policy],
    now_ms: int,
    *,
    silenced: Callable[[str, int], str] = never,
    expired: Callable[[str, int], str] = never,
) -> tuple[State, tuple[Transition, ...]]:
    """Answer what is known after a run, and what people are to be told.

    *policies* by diagnostic, `''` for the others. *silenced* and *expired* answer a text for a diagnostic's id or a
    cause that is silent, or whose waiver has run out (`silences.Quiet`). A result is counted once, in the order of
    `started_ms`: a run that is given again, or is older than what is known, changes nothing; where the clock was put
    back, what is known of its future does not count as newer.
    """
    standings, told = dict(state.standings), list[Transition]()
    for one in _observations(state, seen):
        before = standings.get(one.diagnostic, Standing())
        if one.outcome not in _EVIDENCE or _is_old(before, seen, now_ms):
            continue
        is_silent = bool(silenced(one.diagnostic, now_ms) or (one.cause and silenced(one.cause, now_ms)))
        said = one if is_silent else _marked(one, now_ms, expired)
        judge = _Judge(seen, _policy(policies, one.diagnostic), now_ms, said)
        after = judge.judged(before)
        if not is_silent:
            after, transitions = judge.told(before, after)
            told += transitions
        standings[one.diagnostic] = after
    return State(standings), tuple(told)


def _observations(state: State, seen: Observed) -> Iterator[Observation]:
    """Answer what a run says of the monitor itself, where that is news, and then of each diagnostic."""
    run = f"{RUN}:{seen.group}"
    if seen.problem is not None:
        yield Observation(run, Severity.CRITICAL, Outcome.ERROR, CANNOT_LOOK, seen.problem, _LOOK, "", (), seen.seconds)
    elif run in state.standings:
        can = Redacted("The monitor can look again.")
        yield Observation(run, Severity.CRITICAL, Outcome.PASSED, "", can, EMPTY, "", (), seen.seconds)
    yield from seen.observations


def _policy(policies: Mapping[str, Policy], diagnostic: str) -> Policy:
    """Answer the policy of a diagnostic; a run that could not be made may have one too, under `monitor.run`."""
    named = diagnostic.partition(":")[0]
    return policies.get(named) or policies.get("") or Policy()


def _is_old(before: Standing, seen: Observed, now_ms: int) -> bool:
    """Whether a result is known already or older than what is known, by a clock that has not been put back since."""
    known = before.seen_ms
    return seen.started_ms == known or seen.started_ms < known <= now_ms


def _marked(one: Observation, now_ms: int, expired: Callable[[str, int], str]) -> Observation:
    """Say beside a failure that its waiver has run out."""
    if one.outcome is Outcome.PASSED:
        return one
    reason = expired(one.diagnostic, now_ms) or expired(one.cause, now_ms)
    if not reason:
        return one
    return replace(one, cause=_with_expiry(one.cause), summary=Redacted(f"{one.summary} ({reason})"))


def _with_expiry(cause: str) -> str:
    return cause if WAIVER_EXPIRED in cause else f"{cause} {WAIVER_EXPIRED}".strip()


@dataclass(frozen=True, slots=True)
class _Judge:
    """One result, the run it is of, and the policy that it is judged by."""

    seen: Observed
    policy: Policy
    now_ms: int
    one: Observation

    @property
    def _passes(self) -> bool:
        return self.one.outcome is Outcome.PASSED

    @property
    def _at_ms(self) -> int:
        return max(1, min(self.seen.started_ms, self.now_ms))

    def judged(self, before: Standing) -> Standing:
        """Count the result and judge the health, whether or not anybody is told."""
        after = self._counted(before)
        health = self._health(after)
        window = self.now_ms - self.policy.flap_window_ms
        changes = [min(at, self.now_ms) for at in before.changes_ms if at > window]
        if before.health is not health and Health.DOWN in {before.health, health}:
            changes.append(self._at_ms)
        return replace(after, health=health, changes_ms=tuple(changes[-max(1, self.policy.flaps) :]))

    def _counted(self, before: Standing) -> Standing:
        seen = replace(
            before,
            seen_ms=self.seen.started_ms,
            told_ms=min(before.told_ms, self.now_ms),
            outcome=self.one.outcome,
            severity=before.severity if before.opened_ms else self.one.severity,
        )
        if self._passes:
            seen = replace(seen, passed=before.passed + 1, failed=0, errors=0, summary=self.one.summary)
            is_needed = before.opened_ms or before.health is Health.DOWN  # the recovery says of what
            return seen if is_needed else replace(seen, cause="", remedy=EMPTY)
        is_first = not before.failed and not before.errors and before.health is not Health.DOWN
        is_marked = bool(before.opened_ms) and WAIVER_EXPIRED in before.cause
        return replace(
            seen,
            passed=0,
            failed=before.failed + (self.one.outcome is Outcome.FAILED),
            errors=before.errors + (self.one.outcome is Outcome.ERROR),
            first_broken_ms=self._at_ms if is_first else before.first_broken_ms,
            cause=_with_expiry(self.one.cause) if is_marked else self.one.cause,
            summary=self.one.summary,
            remedy=self.one.remedy,
        )

    def _health(self, after: Standing) -> Health:
        """Judge by the rows of results; the first pass of all is enough, where nothing was down."""
        if after.failed >= self.policy.fails_after or after.errors >= self.policy.errors_after:
            return Health.DOWN
        is_enough = after.passed >= self.policy.recovers_after or after.health is not Health.DOWN
        return Health.UP if after.passed and is_enough else after.health

    def told(self, before: Standing, after: Standing) -> tuple[Standing, tuple[Transition, ...]]:
        """Decide what is said of it now, and keep that it was."""
        if after.is_flapping and not self._has_settled(after):
            return after, ()
        if not after.is_flapping and self._flaps(after):
            return replace(after, is_flapping=True, told_ms=self.now_ms), (self._transition(Change.FLAPPING, after),)
        steady = (self._transition(Change.STEADY, after),) if after.is_flapping else ()
        after = replace(after, is_flapping=False, told_ms=self.now_ms if steady else after.told_ms)
        after, changed = self._changed(before, after)
        return after, (*steady, *changed)

    def _flaps(self, after: Standing) -> bool:
        return 0 < self.policy.flaps <= len(after.changes_ms)

    def _has_settled(self, after: Standing) -> bool:
        """Whether half as many changes are left as make flapping, and this result is as the health says."""
        is_calm = not self.policy.flaps or len(after.changes_ms) <= self.policy.flaps // 2
        return is_calm and self._passes == (after.health is Health.UP)

    def _changed(self, before: Standing, after: Standing) -> tuple[Standing, tuple[Transition, ...]]:
        """Open, remind or recover; a result that does not agree with the health says nothing."""
        if self._passes:
            if after.opened_ms and after.health is Health.UP:
                return self._closed(after), (self._transition(Change.RECOVERED, after),)
            return after, ()
        if after.health is not Health.DOWN:
            return after, ()
        if not after.opened_ms or self._is_worse(before, after):
            worst = max(self.one.severity, after.severity)
            opened = replace(after, opened_ms=after.first_broken_ms, told_ms=self.now_ms, severity=worst)
            return opened, (self._transition(Change.OPENED, opened),)
        if 0 < self.policy.remind_every_ms <= self.now_ms - after.told_ms:
            return replace(after, told_ms=self.now_ms), (self._transition(Change.REMINDED, after),)
        return after, ()

    def _closed(self, after: Standing) -> Standing:
        return replace(after, opened_ms=0, told_ms=self.now_ms, severity=self.one.severity, cause="", remedy=EMPTY)

    def _is_worse(self, before: Standing, after: Standing) -> bool:
        """Whether an open incident is told anew: it is more severe than what was told, or its waiver has run out."""
        has_expired = WAIVER_EXPIRED in after.cause and WAIVER_EXPIRED not in before.cause
        return self.one.severity > after.severity or has_expired

    def _transition(self, change: Change, standing: Standing) -> Transition:
        is_up = standing.health is Health.UP
        return Transition(
            change,
            self.seen.target,
            self.one.diagnostic,
            standing.severity,
            Outcome.PASSED if is_up else standing.outcome,
            standing.cause,
            standing.summary,
            standing.remedy,
            standing.opened_ms or standing.first_broken_ms or self._at_ms,
            self.now_ms,
            tuple(o.diagnostic for o in self.seen.observations if self.one.diagnostic in o.blocked_by),
            (self.seen.affected or {}).get(self.one.diagnostic),
        )
