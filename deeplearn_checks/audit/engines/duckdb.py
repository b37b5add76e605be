"""DuckDB over Parquet: many cores, bounded memory, and nothing of the network or of other files."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import TYPE_CHECKING, TypeVar

from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.engines.speaking import one_line, said_to, spoken
from deeplearn_checks.audit.fitting import quoted
from deeplearn_checks.audit.parquet import parquet_tables, selected
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from deeplearn_checks.audit.engines.engine import Value
    from deeplearn_checks.audit.parquet import Part
    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.audit.tables import ParquetFolder
    from deeplearn_checks.audit.views import View

ROWS = 1000
"""How many rows of an answer are held at a time."""

_HEARD_SECONDS = 0.1
"""How long a query that is interrupted may take to end until it is interrupted again: it may not have begun."""

T = TypeVar("T")

_MISSING = "--engine duckdb needs DuckDB: pip install 'deeplearn-checks[duckdb]'"


class DuckdbEngine:
    """Rules over folders of Parquet, with every core and at most half of the memory; then it spills into *folder*.

    Raises ConfigurationError where DuckDB is not there, or a folder holds no table.
    """

    def __init__(self, folders: Sequence[ParquetFolder], folder: Path, told: Callable[[str], None]) -> None:
        self._database = _database()
        self._spill = tempfile.TemporaryDirectory(prefix="duckdb-", dir=folder)
        self._columns: dict[str, frozenset[str]] = {}
        self._made: set[str] = set()
        for source in folders:
            for name, table in parquet_tables(source, told).items():
                parts = " UNION ALL BY NAME ".join(f"({_part(part)})" for part in table.parts)
                self._database.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {parts}")
                self._columns[name] = frozenset(name.lower() for name in table.kinds)
        _confine(self._database, [self._spill.name, *(str(source.folder.resolve()) for source in folders)])

    @property
    def name(self) -> str:
        """What `--engine` calls it."""
        return "duckdb"

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Answer the columns of each table that is there."""
        return self._columns

    def count(self, table: str) -> int:
        """Answer how many rows a table has, which Parquet says in its footers; raises BrokenQueryError."""
        with _telling():
            ((rows,),) = self._database.execute(f"SELECT count(*) FROM {quoted(table)}").fetchall()  # noqa: S608  quoted
        return int(rows)

    def prepare(self, rules: Sequence[Rule]) -> None:
        """Do nothing: joins are hashed, and a column of Parquet is cheap to read again."""

    def violations(self, rule: Rule, *, since_ms: int | None, seconds: float) -> Iterator[Sequence[Value]]:
        """Answer the rows of a rule, streaming; raises BrokenQueryError where it breaks or takes too long."""
        with self._working(seconds) as work:
            for view in rule.views:
                self._make(view, work)
            work.done(spoken(rule, since_ms, self.name))
            while rows := work.rows():
                yield from rows

    @contextmanager
    def _working(self, seconds: float) -> Iterator[_Work]:
        """Answer what works on queries, all of them together in that many seconds."""
        cursor = self._database.cursor()
        timer = Timer(seconds, cursor.interrupt)
        timer.start()
        try:
            with ThreadPoolExecutor(max_workers=1) as thread, _telling(seconds):
                yield _Work(cursor, thread)
        finally:
            timer.cancel()
            timer.join()
            cursor.close()

    def _make(self, view: View, work: _Work) -> None:
        """Work a view out, once, in the time of the first rule that reads it."""
        if view.name not in self._made:
            work.done(f"CREATE TABLE {view.name} AS {said_to(self.name, view.sql)}")
            self._made.add(view.name)

    def close(self) -> None:
        """Let go of the database and of what was spilled."""
        self._database.close()
        self._spill.cleanup()


@dataclass(frozen=True, slots=True)
class _Work:
    """Queries of one cursor, in a thread of their own: DuckDB hears no Ctrl-C while it works, who waits for it does."""

    cursor: duckdb.DuckDBPyConnection
    thread: ThreadPoolExecutor

    def done(self, sql: str) -> None:
        """Run a query up to its first rows."""
        self._waited(lambda: self.cursor.execute(sql))

    def rows(self) -> list[tuple[Value, ...]]:
        """Answer the next rows; none where there are no more."""
        return self._waited(lambda: self.cursor.fetchmany(ROWS))

    def _waited(self, call: Callable[[], T]) -> T:
        """Answer what a call answers; who is interrupted interrupts it."""
        future = self.thread.submit(call)
        try:
            return future.result()
        finally:
            while not future.done():
                self.cursor.interrupt()
                wait([future], _HEARD_SECONDS)


def _database() -> duckdb.DuckDBPyConnection:
    try:
        import duckdb  # noqa: PLC0415  heavy, and an extra
    except ModuleNotFoundError:
        raise ConfigurationError(_MISSING) from None
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "default_null_order": "nulls_first_on_asc_last_on_desc",  # as SQLite and Spark
            "memory_limit": "50%",
            "preserve_insertion_order": "false",
            "python_enable_replacements": "false",
            "threads": str(os.cpu_count() or 1),
        }
    )


def _part(part: Part) -> str:
    """Answer the SELECT of a table's files of one shape, every column as its kind wants it."""
    files = ", ".join(_text(file.resolve()) for file in part.files)
    return f"SELECT {', '.join(selected(part, quoted))} FROM read_parquet([{files}], hive_partitioning = false)"  # noqa: S608  ours


def _confine(database: duckdb.DuckDBPyConnection, folders: Sequence[str]) -> None:
    """Let a rule read nothing but the tables, and reach nobody."""
    database.execute(f"SET temp_directory = {_text(folders[0])}")
    database.execute(f"SET allowed_directories = [{', '.join(map(_text, folders))}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


@contextmanager
def _telling(seconds: float = 0) -> Iterator[None]:
    """Turn what DuckDB says into BrokenQueryError."""
    import duckdb  # noqa: PLC0415  heavy, and an extra

    try:
        yield
    except duckdb.InterruptException:
        raise BrokenQueryError(f"took longer than {seconds:g} s") from None
    except duckdb.Error as problem:
        raise BrokenQueryError(one_line(problem)) from None
