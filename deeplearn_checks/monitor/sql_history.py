"""The history of a target: every run is counted into its minute, its hour and its day, and what is old goes.

A run is added to all three sums at once, in the transaction that keeps it. So rolling up is nothing but dropping
minutes and hours whose sums stand in a longer span already: it can be interrupted anywhere.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from deeplearn_checks.finding import Outcome
from deeplearn_checks.monitor.durations import slot
from deeplearn_checks.monitor.sql_tables import SUMS, TOOK, buckets, series, targets
from deeplearn_checks.monitor.store import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Insert, RowMapping, Table

    from deeplearn_checks.monitor.observing import Observed

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
SPANS = (MINUTE_MS, HOUR_MS, DAY_MS)

_COLUMNS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "errors",
    Outcome.BLOCKED: "blocked",
    Outcome.SKIPPED: "skipped",
}
_WORST_FIRST = (Outcome.FAILED, Outcome.ERROR, Outcome.BLOCKED, Outcome.PASSED)


def upsert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Answer an insert that can say what happens where the row is there already."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def outcome_of(seen: Observed) -> Outcome:
    """Answer what became of a group: the worst of its diagnostics, whatever their severity; skipped where none says."""
    if seen.problem is not None:
        return Outcome.ERROR
    found = {one.outcome for one in seen.observations}
    return next((outcome for outcome in _WORST_FIRST if outcome in found), Outcome.SKIPPED)


def count(connection: Connection, target: int, runs: Iterable[Observed]) -> None:
    """Count runs of a target into their minutes, hours and days; what was skipped took no time."""
    results = [one for seen in runs for one in _results(seen)]
    numbers = _numbers(connection, target, {(group, diagnostic) for group, diagnostic, *_ in results})
    rows = [
        {"target": target, "series": numbers[group, diagnostic], "span_ms": span, "from_ms": at_ms - at_ms % span}
        | _counted(outcome, seconds)
        for group, diagnostic, at_ms, outcome, seconds in results
        for span in SPANS
    ]
    connection.execute(_adding(connection.dialect.name), rows)


@cache
def _adding(dialect: str) -> Insert:
    """Answer the statement that adds counts to what is there; built once, for it is long."""
    added = upsert(dialect, buckets)
    sums: dict[str, object] = {name: buckets.c[name] + added.excluded[name] for name in SUMS}
    is_slower = added.excluded.slowest > buckets.c.slowest
    sums["slowest"] = case((is_slower, added.excluded.slowest), else_=buckets.c.slowest)
    return added.on_conflict_do_update(index_elements=list(buckets.primary_key), set_=sums)


def _results(seen: Observed) -> Iterable[tuple[str, str, int, Outcome, float]]:
    """Answer what is counted of a run: group, diagnostic, when, the outcome, seconds."""
    yield seen.group, "", seen.started_ms, outcome_of(seen), seen.seconds
    for one in seen.observations:
        yield seen.group, one.diagnostic, seen.started_ms, one.outcome, one.seconds


def _counted(outcome: Outcome, seconds: float) -> dict[str, int | float]:
    row: dict[str, int | float] = dict.fromkeys((*SUMS, "slowest"), 0)
    row[_COLUMNS[outcome]] = 1
    if outcome is not Outcome.SKIPPED:
        row |= {"seconds": seconds, "slowest": seconds, TOOK[slot(seconds)]: 1}
    return row


def _numbers(connection: Connection, target: int, names: set[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
    """Answer the numbers of series by group and diagnostic, new ones for those that are not known yet."""
    known = _known(connection, target)
    new = [{"target": target, "group": group, "diagnostic": one} for group, one in sorted(names - known.keys())]
    if not new:
        return known
    connection.execute(upsert(connection.dialect.name, series).on_conflict_do_nothing(), new)
    return _known(connection, target)


def _known(connection: Connection, target: int) -> Mapping[tuple[str, str], int]:
    found = connection.execute(
        select(series.c.group, series.c.diagnostic, series.c.number).where(series.c.target == target)
    )
    return {(group, diagnostic): number for group, diagnostic, number in found}


def history(
    connection: Connection, target: str, since_ms: int, span_ms: int, diagnostic: str | None
) -> tuple[Bucket, ...]:
    """Answer the buckets of a target, oldest first, from the one that *since_ms* is in; of one diagnostic, or of all.

    Raises ValueError for a span that is no minute, hour or day.
    """
    if span_ms not in SPANS:
        raise ValueError(f"a span of {span_ms} ms is no minute, hour or day")
    number = connection.execute(select(targets.c.number).where(targets.c.name == target)).scalar()
    wanted = (
        select(series.c.group, series.c.diagnostic, buckets)
        .join(series, series.c.number == buckets.c.series)
        .where(buckets.c.target == number, buckets.c.span_ms == span_ms)
        .where(buckets.c.from_ms >= since_ms - since_ms % span_ms)
        .order_by(buckets.c.from_ms, series.c.group, series.c.diagnostic)
    )
    if diagnostic is not None:
        wanted = wanted.where(series.c.diagnostic == diagnostic)
    return tuple(_bucket(target, row) for row in connection.execute(wanted).mappings())


def _bucket(target: str, row: RowMapping) -> Bucket:
    return Bucket(
        target=target,
        group=row["group"],
        diagnostic=row["diagnostic"],
        from_ms=row["from_ms"],
        span_ms=row["span_ms"],
        passed=row["passed"],
        failed=row["failed"],
        errors=row["errors"],
        blocked=row["blocked"],
        skipped=row["skipped"],
        seconds=row["seconds"],
        slowest=row["slowest"],
        durations=tuple(row[name] for name in TOOK),
    )


def drop(connection: Connection, target: int, span_ms: int, before_ms: int) -> None:
    """Drop the spans of a target that ended by then."""
    connection.execute(
        delete(buckets)
        .where(buckets.c.target == target, buckets.c.span_ms == span_ms)
        .where(buckets.c.from_ms <= before_ms - span_ms)
    )
