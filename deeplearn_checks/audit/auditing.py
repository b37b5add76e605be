"""Runs rules over an engine, one by one, into a report: three-valued, and one broken rule never stops another."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.result import AuditReport, RuleResult
from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, PAYMENT_TABLES
from deeplearn_checks.audit.tallying import tally
from deeplearn_checks.finding import Outcome
from deeplearn_checks.redaction import EMPTY, Redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from deeplearn_checks.audit.baseline import Baseline, Recording
    from deeplearn_checks.audit.engines.engine import Engine
    from deeplearn_checks.audit.revealing import Reveal
    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.audit.tallying import Key
    from deeplearn_checks.finding import Severity
    from deeplearn_checks.redaction import Redactor

_JUDGED = frozenset({Outcome.PASSED, Outcome.FAILED})


def audit(  # noqa: PLR0913  a run names everything at once
    engine: Engine,
    rules: Sequence[Rule],
    *,
    source: str,
    redactor: Redactor,
    left_out: frozenset[str],
    since_ms: int | None,
    baseline: Baseline,
    reveal: Reveal | None,
    fail_on: Severity,
    seconds: float,
    told: Callable[[Rule, int, int], None],
    recording: Recording | None = None,
) -> AuditReport:
    """Answer what each rule finds, in the order of *rules*.

    `left_out`: tables whose source the operator did not give. `seconds` bounds each rule. `told` is given each rule
    before it runs, its number from 1, and how many there are. `reveal` and `recording`, which are open, are given
    every key. A rule whose tables or columns are not there is skipped, one whose query breaks is an error.
    Raises ConfigurationError where findings cannot be kept or written.
    """
    started_ms, began = time.time_ns() // 1_000_000, time.perf_counter()
    run = _Run(engine, redactor, since_ms, baseline, tuple(filter(None, (reveal, recording))), seconds)
    there = engine.columns()
    skipped = {rule.id: found for rule in rules if (found := _skipped(rule, there, left_out, redactor))}
    able = [rule for rule in rules if rule.id not in skipped]
    broken = run.prepared(able)
    results: list[RuleResult] = []
    for number, rule in enumerate(rules, 1):
        told(rule, number, len(rules))
        if rule.id in skipped:
            results.append(skipped[rule.id])
        else:
            results.append(run.failed_to_answer(rule, broken) if broken else run.result(rule))
    judged = _judged(engine, able)
    took = time.perf_counter() - began
    return AuditReport(redactor(source), engine.name, judged, tuple(results), started_ms, took, fail_on)


def is_ready(report: AuditReport) -> bool:
    """Tell whether nothing at or above `fail_on` stands against it: the gate.

    Against it stand findings that the baseline does not know, a query that broke, and a table or column that a given
    source lacks; a source that the operator left out does not. With no rule judged, or not one row, it is never ready.
    """
    is_judged = any(result.outcome in _JUDGED for result in report.results)
    is_empty = bool(report.judged) and not any(report.judged.values())
    return (
        is_judged
        and not is_empty
        and not any(result.rule.severity >= report.fail_on and is_against(result) for result in report.results)
    )


def is_against(result: RuleResult) -> bool:
    """Tell whether a result speaks against readiness where its rule weighs enough."""
    if result.outcome is Outcome.FAILED:
        return result.count > result.known
    return result.outcome is not Outcome.PASSED and not result.is_left_out


@dataclass(frozen=True, slots=True)
class _Run:
    """What all rules of one audit share."""

    engine: Engine
    redactor: Redactor
    since_ms: int | None
    baseline: Baseline
    keepers: tuple[Reveal | Recording, ...]
    seconds: float

    def prepared(self, rules: Sequence[Rule]) -> Redacted:
        """Make the rules cheap to run; answer why that cannot be, if so."""
        try:
            self.engine.prepare(rules)
        except BrokenQueryError as problem:
            return self.redactor(_one_line(problem))
        return EMPTY

    def failed_to_answer(self, rule: Rule, reason: Redacted) -> RuleResult:
        """Answer that a rule has no verdict."""
        return RuleResult(rule, Outcome.ERROR, reason=reason)

    def result(self, rule: Rule) -> RuleResult:
        """Run one rule."""
        began = time.perf_counter()
        try:
            sums = tally(
                rule,
                self.engine.violations(rule, since_ms=self.since_ms, seconds=self.seconds),
                secret=self.redactor.key,
                is_known=partial(self.baseline.holds, rule.id),
                keepers=self.keepers,
            )
        except BrokenQueryError as problem:
            return self.failed_to_answer(rule, self.redactor(_one_line(problem)))
        return RuleResult(
            rule,
            Outcome.FAILED if sums.count else Outcome.PASSED,
            count=sums.count,
            known=sums.known,
            money=dict(sorted(sums.money.items())),
            first_at_ms=sums.first_at_ms,
            last_at_ms=sums.last_at_ms,
            weeks=dict(sums.weeks),
            keys=tuple(shown_key(rule, key, self.redactor) for key in sums.keys),
            digest=sums.digest,
            seconds=time.perf_counter() - began,
        )


def shown_key(rule: Rule, key: Key, redactor: Redactor) -> Redacted:
    """Answer a key as a report shows it: people as pseudonyms, several values with ` / ` between them."""
    shown = (_shown(name, value, rule, redactor) for name, value in zip(rule.key, key, strict=True))
    return Redacted(" / ".join(shown))


def _shown(name: str, value: str | None, rule: Rule, redactor: Redactor) -> Redacted:
    if value is None or not value.strip():
        return Redacted("(none)" if value is None else "(empty)")
    return redactor.person(value) if name in rule.people else redactor.named(name, value)


def _skipped(
    rule: Rule, there: Mapping[str, frozenset[str]], left_out: frozenset[str], redactor: Redactor
) -> RuleResult | None:
    """Answer that a rule cannot be judged where a table or column that it reads is not there."""
    given_not = sorted(rule.tables.keys() & left_out)
    if given_not:
        reason = f"{_option(given_not[0])} gives no source of {_listed(given_not)}"
        return RuleResult(rule, Outcome.SKIPPED, reason=redactor(reason), is_left_out=True)
    missing = [table for table in sorted(rule.tables) if table not in there]
    missing += [f"{t}.{c}" for t in sorted(rule.tables) if t in there for c in sorted(rule.tables[t] - there[t])]
    return (
        RuleResult(rule, Outcome.SKIPPED, reason=redactor(f"the source has no {_listed(missing)}")) if missing else None
    )


def _option(table: str) -> str:
    """Answer the option that would give a table."""
    if table in PAYMENT_TABLES:
        return "--payments"
    return "--certificates" if table in CERTIFICATE_TABLES else "SOURCE"


def _judged(engine: Engine, rules: Iterable[Rule]) -> dict[str, int]:
    """Count the rows of every table that the rules read; a table that cannot be counted is left out."""
    counts: dict[str, int] = {}
    for table in sorted({table for rule in rules for table in rule.tables}):
        try:
            counts[table] = engine.count(table)
        except BrokenQueryError:
            continue
    return counts


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()) or "the engine gives no reason"
