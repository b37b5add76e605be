"""DuckDB runs rules over Parquet, in bounded time, and reaches nothing else."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rules_made import rule

from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.engines.opening import open_engine
from deeplearn_checks.audit.tables import SqliteFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.audit.engines.engine import Engine

COUNTLESS = "SELECT count(*) AS id FROM " + " CROSS JOIN ".join(f"payments AS p{n}" for n in range(4))  # noqa: S608  ours


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Answer DuckDB on a thousand payments, each an hour after the other, and one whose time is not known."""
    with closing(sqlite3.connect(tmp_path / "given.sqlite")) as database, database:
        database.execute("CREATE TABLE payments (id TEXT, Created_At_Ms INTEGER)")
        database.executemany("INSERT INTO payments VALUES (?, ?)", [(f"p{n}", n * 3_600_000) for n in range(1000)])
        database.execute("INSERT INTO payments VALUES ('unknown', NULL)")
    (tmp_path / "work").mkdir()
    with closing(open_engine("duckdb", [SqliteFile(tmp_path / "given.sqlite")], tmp_path / "work")) as engine:
        yield engine


def test_tables_are_named_with_columns_and_rows(engine: Engine) -> None:
    """Names are in small letters, as for SQLite."""
    assert (engine.name, engine.columns(), engine.count("payments")) == (
        "duckdb",
        {"payments": frozenset({"id", "created_at_ms"})},
        1001,
    )


def test_rows_come_from_a_time_on(engine: Engine) -> None:
    """A row whose time is not known is not known to be before it."""
    late = rule("SELECT id, created_at_ms AS at_ms FROM payments", "id", "at_ms")

    found = engine.violations(late, since_ms=998 * 3_600_000, seconds=60)

    assert sorted(str(row[0]) for row in found) == ["p998", "p999", "unknown"]


def test_a_rule_without_a_time_answers_all(engine: Engine) -> None:
    """There is nothing to compare."""
    timeless = rule("SELECT id FROM payments", "id")

    found = list(engine.violations(timeless, since_ms=998 * 3_600_000, seconds=60))

    assert len(found) == 1001


def test_a_query_that_takes_too_long_is_broken(engine: Engine) -> None:
    """It is interrupted at its time, and the engine goes on."""
    engine.prepare([])
    with pytest.raises(BrokenQueryError, match=r"^took longer than 0\.2 s$"):
        list(engine.violations(rule(COUNTLESS, "id"), since_ms=None, seconds=0.2))

    assert engine.count("payments") == 1001


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT nothing AS id FROM payments", 'Binder Error: .*"nothing"'),
        ("SELECT content AS id FROM read_text('/etc/hostname')", "Permission Error"),
        ("SELECT a AS id FROM read_csv('https://127.0.0.1:9/a.csv')", "Error"),
    ],
)
def test_a_query_that_breaks_says_why_in_one_line(engine: Engine, sql: str, said: str) -> None:
    """A column that is not there, another file, another host."""
    with pytest.raises(BrokenQueryError, match=said) as broken:
        list(engine.violations(rule(sql, "id"), since_ms=None, seconds=60))

    assert "\n" not in str(broken.value)


def test_an_interrupt_is_one(tmp_path: Path) -> None:
    """A Ctrl-C ends a query at once, long before its time is over, and is no verdict on it."""
    pq.write_table(pa.table({"id": range(5000)}), tmp_path / "payments.parquet")
    program = (
        "import os, signal, threading\n"
        "from pathlib import Path\n"
        "from rules_made import rule\n"
        "from deeplearn_checks.audit.engines.duckdb import DuckdbEngine\n"
        "from deeplearn_checks.audit.tables import ParquetFolder\n"
        f"folder = Path({str(tmp_path)!r}); engine = DuckdbEngine([ParquetFolder(folder)], folder, print)\n"
        "try:\n"
        " threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        f" list(engine.violations(rule({COUNTLESS!r}, 'id'), since_ms=None, seconds=86400))\n"
        "except KeyboardInterrupt: print('interrupted')"
    )
    place = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    words = [sys.executable, "-c", program]

    ended = subprocess.run(words, capture_output=True, text=True, check=True, env=place)  # noqa: S603  ours

    assert ended.stdout == "interrupted\n"


def test_nothing_is_left_behind(engine: Engine, tmp_path: Path) -> None:
    """What DuckDB spilled is gone when it is closed."""
    engine.close()

    assert list((tmp_path / "work").glob("duckdb-*")) == []


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("duckdb", "--engine duckdb needs DuckDB: pip install 'deeplearn-checks[duckdb]'"),
        ("pyarrow", "Parquet needs pyarrow: pip install 'deeplearn-checks[duckdb]'"),
        ("pyspark", "--engine spark needs PySpark: pip install 'deeplearn-checks[spark]'"),
    ],
)
def test_without_a_library_its_extra_is_named(missing: str, line: str, tmp_path: Path) -> None:
    """The engines are extras, loaded only when one is asked for."""
    engine = "spark" if missing == "pyspark" else "duckdb"
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from pathlib import Path\n"
        "from deeplearn_checks.audit.engines.opening import open_engine\n"
        "from deeplearn_checks.audit.tables import SqliteFile\n"
        f"folder = Path({str(tmp_path)!r}); tables = [SqliteFile(folder / 'a')] if {missing!r} == 'pyarrow' else []\n"
        f"try: open_engine({engine!r}, tables, folder)\n"
        "except Exception as problem: print(problem)"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  ours

    assert ended.stdout.splitlines() == [line]
