"""One audit in a process of its own, for `audit.py` to measure: every rule, over one file or folder, by one engine.

    python audit_run.py ENGINE TABLES REVEAL [STATEMENTS]

REVEAL gets the keys that were found. STATEMENTS, where given, gets what SQLite was asked, as JSON: `audit_bare.py` asks
it again without us.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from deeplearn_checks.audit.auditing import audit
from deeplearn_checks.audit.baseline import Baseline
from deeplearn_checks.audit.engines.opening import open_engine
from deeplearn_checks.audit.engines.sqlite import SqliteEngine
from deeplearn_checks.audit.revealing import Reveal
from deeplearn_checks.audit.rule import rules
from deeplearn_checks.audit.tables import ParquetFolder, SqliteFile
from deeplearn_checks.finding import Severity
from deeplearn_checks.redaction import Redactor

HOUR = 3600.0


def main(name: str, place: str, revealed: str, statements: str = "") -> None:
    """Run every rule, in at most an hour each; a rule that did not answer fails."""
    path = Path(place)
    tables = ParquetFolder(path) if path.is_dir() else SqliteFile(path)
    asked: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_engine(name, [tables], Path(folder))) as engine,
        Reveal(Path(revealed)) as reveal,
    ):
        if statements and isinstance(engine, SqliteEngine):
            engine._database.set_trace_callback(asked.append)  # noqa: SLF001  it has no other witness
        report = audit(
            engine,
            rules(),
            source="benchmark",
            redactor=Redactor(),
            left_out=frozenset(),
            since_ms=None,
            baseline=Baseline(),
            reveal=reveal,
            fail_on=Severity.CRITICAL,
            seconds=HOUR,
            told=lambda *_progress: None,
        )
    silent = {result.rule.id: result.reason for result in report.results if result.reason}
    if silent:
        sys.exit(f"without a verdict: {silent}")
    if statements:
        Path(statements).write_text(json.dumps(asked), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
