"""How the parts of an audit read, in the words that its several reports share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deeplearn_checks.audit.auditing import is_against, is_ready
from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, PAYMENT_TABLES
from deeplearn_checks.audit.tallying import UNKNOWN
from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting.wording import count, line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.audit.result import AuditReport, RuleResult
    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.finding import Severity

MOST_WEEKS = 104
"""How many weeks a chart shows side by side; what lies before or after them stands in the outermost."""

_API = "$DEEPLEARN_API_BASE_URL"
_PAGES = "$DEEPLEARN_PAGES_BASE_URL"
_ENABLING = (
    (frozenset(PAYMENT_TABLES), "no payments were given", "--payments FILE or --payments razorpay"),
    (frozenset(CERTIFICATE_TABLES), "no certificates were given", "--certificates FILE or --certificates api"),
)
_ORDER = (Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.PASSED)


def verdict(report: AuditReport) -> str:
    """Say the gate's answer as an operator does."""
    return "READY" if is_ready(report) else "NOT READY"


def having(report: AuditReport, outcome: Outcome) -> tuple[RuleResult, ...]:
    """Answer the results of one outcome, the severest first, else in the order of the audit."""
    found = [result for result in report.results if result.outcome is outcome]
    return tuple(sorted(found, key=lambda result: -result.rule.severity))


def in_order(report: AuditReport) -> tuple[RuleResult, ...]:
    """Answer every result as reports list them: what failed, what broke, what was not judged, what passed."""
    return tuple(result for outcome in _ORDER for result in having(report, outcome))


def counted(report: AuditReport) -> str:
    """Count the rules by outcome, those that occurred."""
    numbers = {outcome: len(having(report, outcome)) for outcome in reversed(_ORDER)}
    return ", ".join(f"{number} {outcome}" for outcome, number in numbers.items() if number) or "no rule was run"


def judged(report: AuditReport) -> str:
    """Say how many rows of which tables were held against each other."""
    return ", ".join(f"{number:,} {line(table)}" for table, number in report.judged.items()) or "nothing"


def rows(number: int) -> str:
    """Say a number of rows, however large: `1 row`, `1,200 rows`."""
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def wrong(failed: Sequence[RuleResult]) -> str:
    """Say how many rules found how many rows in all."""
    return f"{count(len(failed), 'rule')} found {rows(sum(result.count for result in failed))}"


def found(result: RuleResult) -> str:
    """Say how many rows a rule found, and how many of them were known before."""
    if not result.known:
        return rows(result.count)
    new = result.count - result.known
    return f"{rows(result.count)}, {result.known:,} of them known and {f'{new:,}' if new else 'none'} new"


def money(by_currency: Mapping[str, int]) -> str:
    """Write money by currency, given in its smallest unit; an amount without currency says so."""
    return ", ".join(amounts(by_currency))


def amounts(by_currency: Mapping[str, int]) -> tuple[str, ...]:
    """Write the amount in each currency."""
    return tuple(f"{_currency(name)} {cents / 100:,.2f}" for name, cents in by_currency.items())


def _currency(code: str) -> str:
    return "unknown currency" if code == UNKNOWN else line(code)


def moment(at_ms: int | None) -> str:
    """Write a time in ISO 8601, in UTC; empty for none. What no calendar holds stays a number of milliseconds."""
    if at_ms is None:
        return ""
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")
    except OverflowError:
        return f"{at_ms} ms"


def span(result: RuleResult) -> str:
    """Say when it first and last happened; empty where the rule knows no times."""
    if result.first_at_ms is None:
        return ""
    first, last = (utc(at_ms) for at_ms in (result.first_at_ms, result.last_at_ms))
    return first if first == last else f"{first} to {last}"


def utc(at_ms: int | None) -> str:
    """Write a time to the second."""
    whole = moment(at_ms)
    return whole if whole.endswith("ms") else f"{whole[:19].replace('T', ' ')} UTC"


def remedy(rule: Rule) -> str:
    """Answer the remedy of a rule's cause; empty for a cause that nobody declares."""
    return rule.remedy.format(api=_API, pages=_PAGES)


def key_name(rule: Rule) -> str:
    """Name what tells one finding of a rule from another."""
    return " / ".join(rule.key)


def enabling(result: RuleResult) -> tuple[str, str]:
    """Say which source the operator left out that a rule needs, and the option that would give it; else two empty."""
    wanted = [(why, option) for tables, why, option in _ENABLING if tables & result.rule.tables.keys()]
    if not result.is_left_out or not wanted:
        return "", ""
    return " and ".join(why for why, _ in wanted), ", ".join(option for _, option in wanted)


def not_judged(report: AuditReport) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Group the rules that were not judged by their reason, which says what would enable them."""
    groups: dict[str, list[str]] = {}
    for result in having(report, Outcome.SKIPPED):
        why, option = enabling(result)
        reason = f"{why}: give {option}" if why else line(result.reason or "no reason is known")
        groups.setdefault(reason, []).append(result.rule.id)
    return tuple((reason, tuple(ids)) for reason, ids in groups.items())


def unheard(report: AuditReport) -> str:
    """Say loudly that no table holds a row, or how many rules were left out; empty where neither is so."""
    return "; ".join(filter(None, (_empty(report), _left_out(report))))


def _empty(report: AuditReport) -> str:
    """Say that nothing was there to be wrong, as in the copy of the database that wrangler keeps on a laptop."""
    if not report.judged or any(report.judged.values()):
        return ""
    return "NOT ONE ROW was judged, for the tables are empty: export the live database, with --remote"


def _left_out(report: AuditReport) -> str:
    """Say how many rules were left out, and which options would judge them."""
    out = [result for result in report.results if result.is_left_out]
    if not out:
        return ""
    options = dict.fromkeys(option for result in out for option in enabling(result)[1].split(", ") if option)
    rules = f"{len(out)} of {count(len(report.results), 'rule')} were NOT JUDGED"
    return f"{rules}: give {' and '.join(options)}" if options else rules


def failing(result: RuleResult) -> str:
    """Say in one line what a rule found, or why it could not be run, and what to do next."""
    told = line(result.reason or "") if result.outcome is Outcome.ERROR else found(result)
    steps = f"Next: {line(remedy(result.rule))}" if remedy(result.rule) else ""
    return " ".join(filter(None, (f"{result.rule.severity.label} {result.rule.id}: {told}.", steps)))


def weighs(result: RuleResult, gate: Severity) -> bool:
    """Whether a result keeps the gate shut."""
    return result.rule.severity >= gate and is_against(result)


def reasons(report: AuditReport) -> tuple[str, ...]:
    """Say why the gate is not passed, a line each; nothing where it is."""
    told = tuple(_reason(result) for result in report.results if weighs(result, report.fail_on))
    if told or is_ready(report):
        return told
    return ("nothing was judged: an audit of nothing proves nothing",)


def _reason(result: RuleResult) -> str:
    if result.outcome is Outcome.FAILED:
        return f"{result.rule.id} found {rows(result.count - result.known)}{' that are new' if result.known else ''}"
    word = "could not be run" if result.outcome is Outcome.ERROR else "was not judged"
    return f"{result.rule.id} {word}: {line(result.reason or 'no reason is known')}"


def dated(result: RuleResult) -> Mapping[str, int]:
    """Answer how often a rule was broken by week, without what has no time."""
    return {week: number for week, number in result.weeks.items() if week}


def began(result: RuleResult) -> str:
    """Say in which week it began, which was the worst, how much has no time; empty where the rule knows no times."""
    known = dated(result)
    if not known:
        return ""
    first = min(known)
    worst = max(sorted(known), key=lambda week: known[week])
    told = [f"week of {first} ({known[first]:,})"]
    told += [f"most in the week of {worst} ({known[worst]:,})"] if worst != first else []
    told += [f"{result.weeks['']:,} without a time"] if result.weeks.get("") else []
    return ", ".join(told)


def weeks(report: AuditReport) -> tuple[str, ...]:
    """Answer the Mondays of a chart, without gaps, up to MOST_WEEKS of them; empty where nothing has a time.

    They begin with the first week in which anything was found and end with the last one, but not after the audit
    itself: rows with times of the future, or of long ago, are counted in the outermost week.
    """
    known = sorted({week for result in report.results for week in dated(result)})
    if not known:
        return ()
    began = datetime.fromtimestamp(report.started_ms / 1000, UTC).date()
    monday = began - timedelta(days=began.weekday())
    first, last = (min(datetime.fromisoformat(week).date(), monday) for week in (known[0], known[-1]))
    number = min((last - first).days // 7, MOST_WEEKS - 1)
    return tuple((last - timedelta(weeks=back)).isoformat() for back in range(number, -1, -1))


def by_week(result: RuleResult, shown: Sequence[str]) -> tuple[int, ...]:
    """Answer how often a rule was broken in each of the weeks shown; the outermost hold what lies beyond them."""
    numbers = dict.fromkeys(shown, 0)
    for week, number in dated(result).items():
        numbers[max(shown[0], min(week, shown[-1]))] += number
    return tuple(numbers.values())
