"""An audit for a terminal: the rules that do not hold, what was not judged, why it is not ready, the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting import audit_wording as wording
from deeplearn_checks.reporting.runbook import place
from deeplearn_checks.reporting.text import SEVERITY_STYLE, painter
from deeplearn_checks.reporting.wording import count, ids_line, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deeplearn_checks.audit.result import AuditReport, RuleResult
    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.reporting.text import Paint

_SHOWN = 5
"""How many keys of a rule the text names."""

_HEADS = ("rule", "severity", "found", "new", "at stake", "first (UTC)", "last (UTC)")
_RIGHT = frozenset({"found", "new", "at stake"})


def audit_text(report: AuditReport, *, colour: bool = False) -> str:
    """Write the audit for people; ends in a line break."""
    paint = painter(colour=colour)
    failed = wording.having(report, Outcome.FAILED)
    parts = (
        "\n".join(_overview(failed, paint)),
        *("\n".join(_details(result, paint)) for result in failed),
        "\n".join(_broken(report, paint)),
        "\n".join(_not_judged(report, paint)),
        "\n".join(_gate(report, paint)),
        "\n".join(_ending(report, paint)),
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def rule_table(result: RuleResult) -> str:
    """Write the table of one rule, for whoever shows rules one by one; ends in a line break."""
    table = [*_columns([_cells(result)]), ""] if result.outcome is Outcome.FAILED else []
    return "\n".join([*table, *_details(result, painter(colour=False), shown=len(result.keys))]) + "\n"


def rules_text(rules: Iterable[Rule]) -> str:
    """List rules, a line each: id, severity, key, runbook step, meaning; ends in a line break."""
    rows = [(rule.id, rule.severity.label, wording.key_name(rule), rule.runbook, line(rule.meaning)) for rule in rules]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    told = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{words.rstrip()}\n" for words in told)


def _overview(failed: tuple[RuleResult, ...], paint: Paint) -> Iterator[str]:
    """One line for each rule that does not hold."""
    if not failed:
        return
    yield paint("bold", f"WHAT IS WRONG: {wording.wrong(failed)}")
    head, *body = _columns([_cells(result) for result in failed])
    yield paint("dim", head)
    for words, result in zip(body, failed, strict=True):
        yield paint(SEVERITY_STYLE[result.rule.severity.label], words)


def _cells(result: RuleResult) -> tuple[str, ...]:
    rule = result.rule
    times = (wording.moment(at_ms)[:16].replace("T", " ") for at_ms in (result.first_at_ms, result.last_at_ms))
    new = result.count - result.known
    return (rule.id, rule.severity.label, f"{result.count:,}", f"{new:,}", wording.money(result.money), *times)


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Set a table: numbers to the right, no column wider than it must be."""
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    for row in (_HEADS, *rows):
        cells = [
            f"{cell:>{width}}" if head in _RIGHT else f"{cell:<{width}}"
            for head, cell, width in zip(_HEADS, row, widths, strict=True)
        ]
        yield "  " + "  ".join(cells).rstrip()


def _details(result: RuleResult, paint: Paint, shown: int = _SHOWN) -> Iterator[str]:
    rule = result.rule
    severity = paint(SEVERITY_STYLE[rule.severity.label], rule.severity.label.upper())
    yield f"{severity} {paint('bold', f'{rule.id}: {_outcome(result)}')}"
    for name, value in _told(result, shown):
        if value:
            yield f"  {name:<9}{paint('cyan', value) if name == 'next' else value}"


def _outcome(result: RuleResult) -> str:
    return wording.found(result) if result.outcome is Outcome.FAILED else result.outcome.value


def _told(result: RuleResult, shown: int) -> Iterator[tuple[str, str]]:
    rule = result.rule
    yield "means", line(rule.meaning)
    yield "reason", line(result.reason or "")
    yield "at stake", wording.money(result.money)
    yield "when", wording.span(result)
    yield "began", wording.began(result)
    if result.keys:
        yield "who", f"{wording.key_name(rule)}: {_keys(result, shown)}"
    if result.outcome is not Outcome.PASSED:
        yield "cause", rule.cause
        yield "next", line(wording.remedy(rule))
    yield "runbook", place(rule.runbook)


def _keys(result: RuleResult, shown: int) -> str:
    rest = result.count - len(result.keys[:shown])
    return ", ".join(map(line, result.keys[:shown])) + (f" and {rest:,} more" if rest > 0 else "")


def _broken(report: AuditReport, paint: Paint) -> Iterator[str]:
    errors = wording.having(report, Outcome.ERROR)
    if errors:
        yield paint("bold", f"COULD NOT FIND OUT: {count(len(errors), 'rule')}")
    for result in errors:
        label = result.rule.severity.label
        yield f"  {paint(SEVERITY_STYLE[label], label)} {result.rule.id}: {line(result.reason or '')}"


def _not_judged(report: AuditReport, paint: Paint) -> Iterator[str]:
    groups = wording.not_judged(report)
    if groups:
        yield paint("bold", f"NOT JUDGED: {count(sum(len(ids) for _, ids in groups), 'rule')}")
    for reason, ids in groups:
        yield f"  {reason}\n    {ids_line(ids)}"


def _gate(report: AuditReport, paint: Paint) -> Iterator[str]:
    told = wording.reasons(report)
    if told:
        yield paint("bold", f"WHY IT IS NOT READY (fails on {report.fail_on.label})")
    yield from (f"  {reason}" for reason in told)


def _ending(report: AuditReport, paint: Paint) -> Iterator[str]:
    yield f"{line(report.source)} · {report.engine} · {wording.utc(report.started_ms)}"
    yield f"judged {wording.judged(report)}"
    yield from (f"note: {line(note)}" for note in report.notes)
    yield f"{wording.counted(report)} · {report.seconds:.2f} s"
    if loud := wording.unheard(report):
        yield paint("yellow", loud)
    word = wording.verdict(report)
    yield paint("green" if word == "READY" else "alarm", word)
