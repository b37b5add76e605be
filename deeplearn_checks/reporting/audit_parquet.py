"""An audit as a Parquet file, for whoever keeps many audits and asks a database about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.reporting import audit_wording as wording

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.audit.result import AuditReport, RuleResult


def audit_parquet(report: AuditReport, file: Path) -> None:
    """Write a row for each rule; what belongs to the whole audit is the file's metadata.

    Raises ModuleNotFoundError without pyarrow (the extras `duckdb` and `spark`), OSError where nothing can be written.
    """
    import pyarrow as pa  # noqa: PLC0415  an extra, and heavy
    from pyarrow import parquet  # noqa: PLC0415  likewise

    text, number, numbers = pa.string(), pa.int64(), pa.map_(pa.string(), pa.int64())
    moment = pa.timestamp("ms", tz="UTC")
    kinds = {
        "id": text,
        "cause": text,
        "severity": text,
        "outcome": text,
        "count": number,
        "known": number,
        "money": numbers,
        "first_at": moment,
        "last_at": moment,
        "weeks": numbers,
        "key": pa.list_(text),
        "keys": pa.list_(text),
        "digest": text,
        "reason": text,
        "left_out": pa.bool_(),
        "runbook": text,
        "meaning": text,
        "remedy": text,
        "seconds": pa.float64(),
    }
    schema = pa.schema([*kinds.items()], metadata=_about(report))
    parquet.write_table(pa.Table.from_pylist([_row(result) for result in report.results], schema), file)


def _about(report: AuditReport) -> dict[str, str]:
    return {
        "source": report.source,
        "engine": report.engine,
        "judged": json.dumps(dict(report.judged)),
        "gate": "passed" if wording.verdict(report) == "READY" else "failed",
        "fail_on": report.fail_on.label,
        "started_at": wording.moment(report.started_ms),
    }


def _row(result: RuleResult) -> dict[str, object]:
    rule = result.rule
    return {
        "id": rule.id,
        "cause": rule.cause,
        "severity": rule.severity.label,
        "outcome": result.outcome.value,
        "count": result.count,
        "known": result.known,
        "money": [*result.money.items()],
        "first_at": result.first_at_ms,
        "last_at": result.last_at_ms,
        "weeks": sorted(result.weeks.items()),
        "key": [*rule.key],
        "keys": [*result.keys],
        "digest": result.digest,
        "reason": result.reason,
        "left_out": result.is_left_out,
        "runbook": rule.runbook,
        "meaning": rule.meaning,
        "remedy": wording.remedy(rule),
        "seconds": result.seconds,
    }
