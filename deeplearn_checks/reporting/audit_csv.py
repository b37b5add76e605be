"""An audit as CSV for spreadsheets: a row for each rule and key, and one for a rule that names none.

What belongs to a rule as a whole (how many, the money, the times) stands in its first row alone, so that a column
can be added up.
"""

from __future__ import annotations

import csv
import io
from itertools import zip_longest
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting import audit_wording as wording
from deeplearn_checks.reporting.wording import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.audit.result import AuditReport, RuleResult

HEADS = (
    "rule",
    "severity",
    "outcome",
    "cause",
    "key_columns",
    "key",
    "count",
    "known",
    "money",
    "first_at",
    "last_at",
    "reason",
    "meaning",
    "remedy",
    "runbook",
)
_FORMULA = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet would calculate (OWASP, "CSV Injection")."""


def audit_csv(report: AuditReport) -> str:
    """Write the audit as CSV (RFC 4180) with a row of headings; lines end as that says, in CR LF."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(HEADS)
    for result in wording.in_order(report):
        writer.writerows([_cell(value) for value in row] for row in _rows(result))
    return written.getvalue()


def _rows(result: RuleResult) -> Iterator[tuple[str, ...]]:
    rule = result.rule
    named = (rule.id, rule.severity.label, result.outcome.value, rule.cause, wording.key_name(rule))
    whole = _whole(result)
    for key, told in zip_longest(result.keys or ("",), (whole,), fillvalue=None):
        yield (*named, key or "", *(told or ("",) * len(whole)))


def _whole(result: RuleResult) -> tuple[str, ...]:
    """Answer what belongs to the whole rule; a rule that holds, or was not judged, needs no remedy."""
    rule = result.rule
    is_judged = result.outcome in {Outcome.PASSED, Outcome.FAILED}
    numbers = (str(result.count), str(result.known)) if is_judged else ("", "")
    times = (wording.moment(result.first_at_ms), wording.moment(result.last_at_ms))
    remedy = wording.remedy(rule) if result.outcome is Outcome.FAILED else ""
    return (*numbers, wording.money(result.money), *times, result.reason or "", rule.meaning, remedy, rule.runbook)


def _cell(value: str) -> str:
    """Make one printable line of a value, which no spreadsheet takes for a formula."""
    text = line(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
