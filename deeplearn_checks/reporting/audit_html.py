"""An audit as one HTML file that asks nothing of any host: what is wrong, how much of it, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting import audit_wording as wording
from deeplearn_checks.reporting.pages import page
from deeplearn_checks.reporting.runbook import place
from deeplearn_checks.reporting.wording import line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deeplearn_checks.audit.result import AuditReport, RuleResult

_TICKS = 6
"""How many weeks the axis names at most."""

_MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.ERROR: "?", Outcome.SKIPPED: "·"}


@dataclass(frozen=True, slots=True)
class Bar:
    """What a rule found in one week, in units of which a strip is one high; `at` counts the weeks from the left."""

    at: int
    height: float
    week: str
    number: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The weeks of one rule, side by side."""

    result: RuleResult
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A week that the axis names: where it stands, in per cent."""

    at: float
    week: str


def audit_html(report: AuditReport) -> str:
    """Write the page, ending in a line break. Raises ModuleNotFoundError without Jinja2 (the extra `report`)."""
    weeks = wording.weeks(report)
    failed = wording.having(report, Outcome.FAILED)
    values = {
        "report": report,
        "verdict": wording.verdict(report),
        "started": wording.utc(report.started_ms),
        "counted": wording.counted(report),
        "unheard": wording.unheard(report),
        "failed": failed,
        "wrong": wording.wrong(failed),
        "most": max((result.count for result in failed), default=1) or 1,
        "errors": wording.having(report, Outcome.ERROR),
        "not_judged": wording.not_judged(report),
        "reasons": wording.reasons(report),
        "results": wording.in_order(report),
        "marks": _MARKS,
        "weeks": weeks,
        "ticks": ticks(weeks),
        "strips": strips(failed, weeks),
    }
    return page("reporting/audit.html.j2", _FUNCTIONS, values)


_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "line": line,
    "place": place,
    "began": wording.began,
    "found": wording.found,
    "money": wording.money,
    "amounts": wording.amounts,
    "span": wording.span,
    "remedy": wording.remedy,
    "key_name": wording.key_name,
}


def strips(failed: Sequence[RuleResult], weeks: Sequence[str]) -> tuple[Strip, ...]:
    """Draw the weeks of each rule that knows times; each strip is as high as its own worst week."""
    return tuple(Strip(result, _bars(result, weeks)) for result in failed if wording.dated(result))


def _bars(result: RuleResult, weeks: Sequence[str]) -> tuple[Bar, ...]:
    numbers = wording.by_week(result, weeks)
    worst = max(numbers)
    return tuple(
        Bar(at, round(max(number / worst, 0.06), 3), week, number)
        for at, (week, number) in enumerate(zip(weeks, numbers, strict=True))
        if number
    )


def ticks(weeks: Sequence[str]) -> tuple[Tick, ...]:
    """Choose the weeks that the axis names: the first, and others at even distances."""
    step = -(-len(weeks) // _TICKS) or 1
    return tuple(
        Tick(round(100 * (at + 0.5) / len(weeks) if at else 0.0, 2), weeks[at]) for at in range(0, len(weeks), step)
    )
