"""The same rules find the same keys on SQLite, DuckDB and a real Spark cluster, whatever the tables hold."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cluster import cluster, needs_spark
from odd_tables import drawn, written

from deeplearn_checks.audit.auditing import audit
from deeplearn_checks.audit.baseline import Baseline
from deeplearn_checks.audit.engines.opening import open_engine
from deeplearn_checks.audit.rule import rules
from deeplearn_checks.finding import Severity
from deeplearn_checks.redaction import Redactor

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.audit.engines.engine import Engine
    from deeplearn_checks.audit.tables import SqliteFile

RULES = rules()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> SqliteFile:
    """Answer one file of many odd tables."""
    return written(drawn(), tmp_path_factory.mktemp("odd") / "odd.sqlite")


@pytest.fixture(scope="module")
def expected(odd: SqliteFile, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Answer what SQLite finds in them."""
    with closing(open_engine("sqlite", [odd], tmp_path_factory.mktemp("sqlite"))) as engine:
        return digests(engine)


def digests(engine: Engine) -> dict[str, str]:
    """Answer for each rule how many keys it finds, and the hash of all of them with what is told beside them."""
    report = audit(
        engine,
        RULES,
        source="odd tables",
        redactor=Redactor(key=b"the same on every engine"),
        left_out=frozenset(),
        since_ms=None,
        baseline=Baseline(),
        reveal=None,
        fail_on=Severity.CRITICAL,
        seconds=120,
        told=lambda *_progress: None,
    )
    return {r.rule.id: f"{r.count} {r.digest} {r.money} {r.weeks} {r.outcome} {r.reason}" for r in report.results}


def test_odd_tables_break_nearly_every_rule(expected: dict[str, str]) -> None:
    """Tables in which rules find nothing would prove nothing about engines; two rules exclude each other."""
    silent = [rule for rule, digest in expected.items() if digest.startswith("0 ")]

    assert len(silent) <= 3, silent


def test_duckdb_finds_what_sqlite_finds(odd: SqliteFile, expected: dict[str, str], tmp_path: Path) -> None:
    """Rows and keys are the same, by hash, for every rule."""
    with closing(open_engine("duckdb", [odd], tmp_path)) as engine:
        found = digests(engine)

    assert found == expected


@needs_spark
def test_a_spark_cluster_finds_what_sqlite_finds(odd: SqliteFile, expected: dict[str, str], tmp_path: Path) -> None:
    """Rows and keys are the same, by hash, for every rule, on a master with two workers."""
    with cluster(tmp_path / "cluster") as master, closing(open_engine("spark", [odd], tmp_path, master)) as engine:
        found = digests(engine)

    assert found == expected
