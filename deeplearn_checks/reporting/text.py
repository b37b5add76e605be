"""A run for a terminal: the root causes first, then what was not asked, why it is not ready, and the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting import compared
from deeplearn_checks.reporting.runbook import place
from deeplearn_checks.reporting.wording import (
    changed,
    count,
    counted,
    failing_line,
    ids_line,
    line,
    next_steps,
    not_asked,
    reasons,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deeplearn_checks.results import Result, RootCause, RunReport

    Paint = Callable[[str, str], str]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36", "alarm": "1;31"}
SEVERITY_STYLE = {"critical": "alarm", "warning": "yellow", "info": "cyan"}
_OUTCOME_STYLE = {
    Outcome.PASSED: ("ok", "green"),
    Outcome.FAILED: ("FAILED", "red"),
    Outcome.ERROR: ("ERROR", "red"),
    Outcome.BLOCKED: ("blocked", "yellow"),
    Outcome.SKIPPED: ("skipped", "dim"),
}

_CHANGE_STYLE = {"new": "red", "fixed": "green", "still": "yellow", "unknown": "yellow", "slower": "cyan"}


def text(report: RunReport, *, colour: bool = False, verbose: bool = False) -> str:
    """Write the ending of a run; *verbose* lists every result before it. Ends in a line break."""
    paint = painter(colour=colour)
    parts = (
        "\n".join(_listing(report, paint)) if verbose else "",
        "\n\n".join(_root_causes(report, paint)),
        "\n".join(_not_asked(report, paint)),
        "\n".join(_changed(report, paint)),
        "\n".join(_compared(report, paint)),
        "\n".join(_gate(report, paint)),
        _ending(report, paint),
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def painter(*, colour: bool) -> Paint:
    """Answer what writes words in a style, or leaves them as they are."""
    return _coloured if colour else _plain


def _coloured(style: str, words: str) -> str:
    return f"\x1b[{_CODES[style]}m{words}\x1b[0m"


def _plain(_style: str, words: str) -> str:
    return words


def _listing(report: RunReport, paint: Paint) -> Iterator[str]:
    width = max((len(result.id) for result in report.results), default=0)
    for result in report.results:
        word, style = _OUTCOME_STYLE[result.outcome]
        shown = failing_line(result) if result.outcome is Outcome.BLOCKED else line(result.summary)
        yield f"{paint(style, f'{word:<8}')}{result.id:<{width}}  {shown}"


def _root_causes(report: RunReport, paint: Paint) -> Iterator[str]:
    roots = report.root_causes()
    if roots:
        yield paint("bold", f"WHAT IS WRONG: {count(len(roots), 'root cause')}")
    for root in roots:
        yield "\n".join(_root_cause(root, paint))


def _root_cause(root: RootCause, paint: Paint) -> Iterator[str]:
    result = root.result
    severity = paint(SEVERITY_STYLE[result.severity.label], result.severity.label.upper())
    unknown = " (could not find out)" if result.outcome is Outcome.ERROR else ""
    yield f"{severity} {paint('bold', line(result.summary))}"
    yield f"  cause    {result.cause}{unknown}, found by {result.id}"
    for name, value in next_steps(root):
        yield f"  {name:<9}{paint('cyan', value) if name == 'next' else value}"


def _not_asked(report: RunReport, paint: Paint) -> Iterator[str]:
    groups = not_asked(report)
    if groups:
        yield paint("bold", f"NOT ASKED: {count(sum(len(ids) for _, _, ids in groups), 'question')}")
    for reason, summary, ids in groups:
        yield f"  {paint('dim', reason)}: {summary}\n    {ids_line(ids)}"


def _changed(report: RunReport, paint: Paint) -> Iterator[str]:
    entries = changed(report)
    if entries:
        yield paint("bold", f"WHAT THIS RUN SENT THAT CAN CHANGE SOMETHING: {count(len(entries), 'request')}")
    for entry in entries:
        told = f"{line(entry.request)} · {entry.status or 'no answer'}"
        yield f"  {told}: {line(entry.sent)}\n    left {line(entry.left)}"


def _compared(report: RunReport, paint: Paint) -> Iterator[str]:
    if report.comparison is None:
        return
    yield paint("bold", compared.heading(report.comparison).upper())
    for kind, words in compared.changes(report.comparison):
        yield f"  {paint(_CHANGE_STYLE.get(kind, 'dim'), f'{kind:<9}')}{words}"


def _gate(report: RunReport, paint: Paint) -> Iterator[str]:
    told = reasons(report)
    if told:
        yield paint("bold", f"WHY IT IS NOT READY (fails on {report.fail_on.label})")
    yield from (f"  {reason}" for reason in told)


def _ending(report: RunReport, paint: Paint) -> str:
    where = line(report.target) + (f" ({line(report.environment)})" if report.environment else "")
    done = f"{counted(report)} · {count(report.requests, 'request')} · {report.seconds:.2f} s"
    word = verdict(report)
    return f"{where} · effects {report.effects.label}\n{done}\n{paint('green' if word == 'READY' else 'alarm', word)}"


def explanation(result: Result) -> str:
    """Write what a failing check prints: the failing line, and what stands behind it."""
    return f"{failing_line(result)}\n{background(result)}"


def background(result: Result) -> str:
    """Write the rule that does not hold, what that means and where the runbook treats it, a line each."""
    told = (("rule", line(result.title)), ("means", line(result.meaning)), ("runbook", place(result.runbook)))
    return "\n".join(f"{name:<9}{words}" for name, words in told if words)
