"""Spark runs rules over Parquet and JDBC in bounded time and leaves nothing behind; a cluster: test_engines_alike."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
import pytest
from cluster import needs_spark, short_lived
from rules_made import EXPRESSIONS, rule

from deeplearn_checks.audit.dialect import json_text_in
from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.engines.spark import SparkEngine
from deeplearn_checks.audit.engines.spark_session import own_interrupt
from deeplearn_checks.audit.tables import JdbcDatabase, ParquetFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_spark

HOUR_MS = 3_600_000
COUNTLESS = "SELECT count(*) AS id FROM " + " CROSS JOIN ".join(f"payments AS p{n}" for n in range(4))  # noqa: S608  ours


LONG = 3600.0
"""Seconds after which a time is over at once, for the engine of these tests."""


class Hasty(Timer):
    """A timer that does not wait a long time."""

    def start(self) -> None:
        """Begin to wait, or do at once what was to be done later."""
        super().start()
        if self.interval >= LONG:
            self.cancel()
            self.function(*self.args, **self.kwargs)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Answer a folder with payments as Parquet, in two files of different types, and refunds in a database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "work").mkdir()
        (folder / "payments").mkdir()
        hours = pa.array([n * HOUR_MS for n in range(1000)], pa.int64())
        plain = {"id": [f"p{n}" for n in range(1000)], "Created_At_Ms": hours}
        names = pa.array(["unknown", "real"], pa.large_string())
        other = {"Created_At_Ms": pa.array([None, 1000.0 * HOUR_MS]), "id": names}
        pq.write_table(pa.table(plain), folder / "payments/a.parquet")
        pq.write_table(pa.table(other), folder / "payments/b.parquet")
        derby(
            folder,
            "CREATE TABLE refunds (id VARCHAR(9), created_at_ms INT, amount_cents BIGINT, mine INT)",
            "INSERT INTO refunds VALUES ('r1', 5, 9007199254740993, 1), ('r2', NULL, NULL, NULL)",
        )
        yield folder


def derby(folder: Path, *statements: str) -> None:
    """Write a database of Derby, which comes with Spark and needs no server."""
    script = "".join(
        f"{statement};\n" for statement in (f"CONNECT 'jdbc:derby:{folder}/derby;create=true'", *statements)
    )
    jars = Path(pyspark.__file__).parent / "jars/*"
    words = [
        "java",
        "-XX:TieredStopAtLevel=1",
        f"-Dderby.system.home={folder}",
        "-cp",
        str(jars),
        "org.apache.derby.tools.ij",
    ]
    ended = subprocess.run(words, input=script, capture_output=True, text=True, check=True)  # noqa: S603  as written here
    assert "ERROR" not in ended.stdout, ended.stdout


@pytest.fixture(scope="module")
def engine(place: Path) -> Iterator[SparkEngine]:
    """Answer Spark on all of them."""
    sources: list[ParquetFolder | JdbcDatabase] = [ParquetFolder(place), JdbcDatabase(f"jdbc:derby:{place}/derby")]
    with short_lived(), closing(SparkEngine(sources, place / "work", "local[2]", print, timer=Hasty)) as engine:
        yield engine


def test_tables_are_named_with_columns_and_rows(engine: SparkEngine) -> None:
    """Names are in small letters, as for SQLite, wherever a table lies."""
    counts = {table: engine.count(table) for table in engine.columns()}

    assert (engine.name, counts) == ("spark", {"payments": 1002, "refunds": 2})
    assert engine.columns() == {
        "payments": {"id", "created_at_ms"},
        "refunds": {"id", "created_at_ms", "amount_cents", "mine"},
    }


def test_an_interrupt_is_its_owner_s_again() -> None:
    """Whoever handled a Ctrl-C before a session began does so after it, whether or not the session took it."""
    before = signal.getsignal(signal.SIGINT)

    for handler in (before, signal.SIG_IGN):
        with own_interrupt():
            signal.signal(signal.SIGINT, handler)

    assert signal.getsignal(signal.SIGINT) is before


def test_a_database_is_read_once(engine: SparkEngine) -> None:
    """Of what lies behind JDBC the columns that rules read are kept, with the types that they want."""
    read = rule("SELECT id, created_at_ms AS at_ms, amount_cents FROM refunds", "id", "at_ms", "amount_cents")
    engine.prepare([replace(read, tables={"refunds": frozenset({"id", "created_at_ms", "amount_cents"})})])

    found = [tuple(row) for row in engine.violations(read, since_ms=None, seconds=60)]

    assert sorted(found) == [("r1", 5, 9007199254740993), ("r2", None, None)]
    with pytest.raises(BrokenQueryError, match="UNRESOLVED_COLUMN"):
        list(engine.violations(rule("SELECT mine AS id FROM refunds", "id"), since_ms=None, seconds=60))


def test_rows_come_from_a_time_on(engine: SparkEngine) -> None:
    """Whole numbers that are stored as floating point are times too; a time that is not known may be late."""
    late = rule("SELECT id, created_at_ms AS at_ms FROM payments", "id", "at_ms")
    engine.prepare([late])

    found = [tuple(row) for row in engine.violations(late, since_ms=999 * HOUR_MS, seconds=60)]

    assert repr(sorted(found, key=str)) == repr(
        [("p999", 999 * HOUR_MS), ("real", 1000 * HOUR_MS), ("unknown", None)],
    )


def test_words_mean_the_same(engine: SparkEngine) -> None:
    """Casts, letters, LIKE and backslashes mean what they mean for SQLite."""
    columns = [f"e{number}" for number in range(len(EXPRESSIONS))]
    sql = "SELECT " + ", ".join(
        f"{said.split(' -- ')[0]} AS {name}" for said, name in zip(EXPRESSIONS, columns, strict=True)
    )

    ((*found,),) = engine.violations(rule(sql, *columns), since_ms=None, seconds=60)

    with closing(sqlite3.connect(":memory:")) as database:
        assert found == list(database.execute(json_text_in(sql, "sqlite")).fetchone())


def test_an_interrupt_stays_what_it_was(engine: SparkEngine) -> None:
    """Spark's own handler would outlive the session."""
    engine.columns()

    assert "SparkContext" not in repr(signal.getsignal(signal.SIGINT))


def test_a_query_that_takes_too_long_is_broken(engine: SparkEngine) -> None:
    """Its jobs are cancelled at its time, and the engine goes on."""
    with pytest.raises(BrokenQueryError, match=r"^took longer than 1 s$"):
        list(engine.violations(rule(COUNTLESS, "id"), since_ms=None, seconds=1))

    assert engine.count("payments") == 1002


def test_a_time_that_is_over_between_jobs_counts(engine: SparkEngine) -> None:
    """There is no job to cancel then, and the next one would run on."""
    with pytest.raises(BrokenQueryError, match=r"^took longer than 3600 s$"):
        list(engine.violations(rule("SELECT id FROM payments", "id"), since_ms=None, seconds=LONG))


def test_a_query_that_breaks_says_why_in_one_line(engine: SparkEngine) -> None:
    """A column that is not there; a table that is not."""
    with pytest.raises(BrokenQueryError, match=r"^\[UNRESOLVED_COLUMN.*nothing[^\n]*$"):
        list(engine.violations(rule("SELECT nothing AS id FROM payments", "id"), since_ms=None, seconds=60))
    with pytest.raises(BrokenQueryError, match=r"^\[TABLE_OR_VIEW_NOT_FOUND\][^\n]*$"):
        engine.count("courses")


def test_what_it_writes_lies_in_its_folder(engine: SparkEngine, place: Path) -> None:
    """Neither in the folder of the caller nor beside the tables."""
    engine.count("payments")

    assert sorted(path.name for path in place.iterdir()) == ["derby", "derby.log", "payments", "work"]
    assert not {"spark-warehouse", "metastore_db", "artifacts", "derby.log"} & {path.name for path in Path().iterdir()}


IMPORTS = """
from pathlib import Path
from deeplearn_checks.audit.engines.spark import SparkEngine
from deeplearn_checks.audit.tables import JdbcDatabase
"""
START = "try: SparkEngine({}, Path({!r}), {!r}, print)\nexcept Exception as problem: print(problem)"


def alone(program: str, **variables: str) -> list[str]:
    """Run a program in a process of its own, where another Spark may run; answer its lines."""
    with short_lived(**variables):
        words = [sys.executable, "-c", IMPORTS + program]
        ended = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603  ours
    return (ended.stdout + ended.stderr).splitlines()


@pytest.mark.parametrize(
    ("master", "variables", "reason"),
    [
        ("nonsense", {}, "Master must either be yarn or start with spark, k8s, or local"),
        ("local[1]", {"SPARK_SUBMIT_OPTS": "-XX:+UseSerialGC -XX:+UseParallelGC"}, "Error occurred during init"),
        ("local[1]", {"PYSPARK_SUBMIT_ARGS": "--conf spark.eventLog.enabled=true pyspark-shell"}, "spark-events"),
    ],
)
def test_a_spark_that_does_not_start_is_one_line(
    tmp_path: Path, master: str, variables: dict[str, str], reason: str
) -> None:
    """It names the option, Spark's or Java's own reason, and the remedy; nothing is left behind."""
    (line,) = alone(START.format("[]", str(tmp_path), master), **variables)

    assert re.fullmatch(
        rf"--engine spark: no session on master {re.escape(master)}: .*({reason}).*; "
        r"see that it answers \(--master URL\), and its Java",
        line,
    )
    assert list(tmp_path.iterdir()) == []


def test_an_address_without_tables_is_one_line(tmp_path: Path) -> None:
    """The address, which may hold a password, is not shown; session and folder are gone."""
    address = "jdbc:derby:/nowhere/at/all;password=hidden"

    (line,) = alone(START.format(f"[JdbcDatabase({address!r})]", str(tmp_path), "local[1]"))

    assert line.startswith("no table can be read at the JDBC address: ")
    assert "hidden" not in line
    assert list(tmp_path.iterdir()) == []
