"""How facts, counts and results read in one line; what several reporters say in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Effects, Outcome, Skip
from deeplearn_checks.reporting.runbook import place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.changes import Change
    from deeplearn_checks.finding import Evidence, Fact
    from deeplearn_checks.results import Exchange, LedgerEntry, Result, RootCause, RunReport

_SHOWN_IDS = 6


def line(text: str) -> str:
    """Make one printable line of a text from outside: white space folded, control characters gone."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def lines(text: str) -> str:
    """Drop the control characters of a longer text; its line breaks and tabs stay."""
    return "".join(character for character in text if character.isprintable() or character in "\n\t")


def count(number: int, noun: str) -> str:
    """Say a number of things: `1 request`, `2 requests`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def fact_text(fact: Fact) -> str:
    """Write one fact: a number as it is, a list with commas."""
    if isinstance(fact, tuple):
        return ", ".join(map(line, fact)) or "none"
    return line(fact) if isinstance(fact, str) else f"{fact:g}" if isinstance(fact, float) else str(fact)


def facts(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    """Write the evidence as pairs of a readable name and its value."""
    return tuple((line(name).replace("_", " "), fact_text(fact)) for name, fact in evidence.items())


def evidence_line(evidence: Evidence) -> str:
    """Write the evidence in one line: who is hit, and the numbers."""
    return "; ".join(f"{name}: {value}" for name, value in facts(evidence))


def ids_line(ids: Sequence[str]) -> str:
    """List ids, the first few by name."""
    rest = len(ids) - _SHOWN_IDS
    return ", ".join(ids[:_SHOWN_IDS]) + (f" and {rest} more" if rest > 0 else "")


def verdict(report: RunReport) -> str:
    """Say the gate's answer as an operator does."""
    return "READY" if report.gate == "passed" else "NOT READY"


def counted(report: RunReport) -> str:
    """Count the results by outcome, those that occurred."""
    return ", ".join(f"{number} {outcome}" for outcome, number in report.counts().items() if number)


def failing_line(result: Result) -> str:
    """Say in one line what is wrong, who is hit and what to do next."""
    if result.outcome is Outcome.BLOCKED:
        return f"symptom of {ids_line(result.blocked_by)}: see there. {line(result.summary)}"
    parts = (
        f"{result.severity.label} {result.cause}: {line(result.summary)}",
        evidence_line(result.evidence) and f"[{evidence_line(result.evidence)}]",
        result.remedy and f"Next: {line(result.remedy)}",
    )
    return " ".join(filter(None, parts))


def changed(report: RunReport) -> tuple[LedgerEntry, ...]:
    """Answer the requests of a run that its effects allowed to change something: those of `none` change nothing."""
    return tuple(entry for entry in report.ledger if entry.effects > Effects.NONE)


def planned(changes: Sequence[Change], host: str) -> str:
    """Write what a run may send that can change something, a line each. Ends in a line break."""
    told = [f"{count(len(changes), 'kind')} of requests to {host} can change something; nothing was sent"]
    told += [f"  {one.effects.label:<7}{one.request}: {one.sends}; leaves {one.leaves}" for one in changes]
    return "\n".join(told) + "\n"


def not_asked(report: RunReport) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Group the questions that a setting would enable: reason, what to set, the ids; the most telling first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for result in report.results:
        if result.outcome is Outcome.SKIPPED:
            groups.setdefault((result.cause, line(result.summary)), []).append(result.id)
    order = [skip.value for skip in Skip]
    ranked = sorted(groups.items(), key=lambda group: order.index(group[0][0]) if group[0][0] in order else len(order))
    return tuple((reason, summary, tuple(ids)) for (reason, summary), ids in ranked)


def reasons(report: RunReport) -> tuple[str, ...]:
    """Say why the gate is not passed, a line each; the symptoms of the root causes share one."""
    blocked = {result.id for result in report.results if result.outcome is Outcome.BLOCKED}
    told = [(reason.partition(" ")[0], line(reason)) for reason in report.gate_reasons()]
    symptoms = [id_ for id_, _ in told if id_ in blocked]
    shared = f"{count(len(symptoms), 'symptom')} of what is wrong: {ids_line(symptoms)}"
    return (*(reason for id_, reason in told if id_ not in blocked), *([shared] if symptoms else ()))


def exchanges_of(report: RunReport, result: Result) -> tuple[Exchange, ...]:
    """Answer the exchanges that a result was judged by, in the order in which they began."""
    return tuple(exchange for exchange in report.exchanges if exchange.number in set(result.exchanges))


def answered(exchange: Exchange) -> str:
    """Say what came back: the status, or why nothing did."""
    return str(exchange.status) if exchange.status else line(exchange.problem) or "no answer"


def next_steps(root: RootCause) -> tuple[tuple[str, str], ...]:
    """Name everything an operator needs of a root cause, in the order of need; empty parts are left out."""
    result = root.result
    told = (
        ("hit", evidence_line(result.evidence)),
        ("means", line(result.meaning)),
        ("next", line(result.remedy)),
        ("runbook", place(result.runbook)),
        ("blocks", ids_line(root.blocks)),
    )
    return tuple((name, value) for name, value in told if value)
