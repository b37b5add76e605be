"""Spark over Parquet or JDBC, for what outgrows one machine.

Sources: Spark, "Parquet Files" and "JDBC To Other Databases".
"""

from __future__ import annotations

import functools
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING

from deeplearn_checks.audit.engines.engine import BrokenQueryError
from deeplearn_checks.audit.engines.spark_session import ended, said, started
from deeplearn_checks.audit.engines.speaking import said_to, spoken
from deeplearn_checks.audit.parquet import parquet_tables, selected
from deeplearn_checks.audit.tables import TABLES, JdbcDatabase, Kind
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, DataFrameReader, SparkSession

    from deeplearn_checks.audit.engines.engine import Value
    from deeplearn_checks.audit.parquet import ParquetTable, Part
    from deeplearn_checks.audit.rule import Rule
    from deeplearn_checks.audit.tables import ParquetFolder
    from deeplearn_checks.audit.views import View

_TYPES: Mapping[Kind, str] = {Kind.TEXT: "STRING", Kind.WHOLE: "BIGINT", Kind.REAL: "DOUBLE"}
_PLAIN: Mapping[Kind, str] = {Kind.TEXT: "string", Kind.WHOLE: "int64", Kind.REAL: "double"}
"""The Arrow types in which Spark finds its own."""
_UNREAD = (
    "no table can be read at the JDBC address: {reason}; give one that answers, and Spark its driver, as "
    "spark.driver.extraClassPath and spark.executor.extraClassPath"
)
_FETCHED = 10_000
"""Rows that a JDBC driver fetches at a time."""


class SparkEngine:
    """Rules over folders of Parquet and databases behind JDBC, on the Spark that *master* names.

    Raises ConfigurationError where PySpark or Java is not there, Spark does not start, or a source holds no table.
    """

    def __init__(
        self,
        sources: Sequence[ParquetFolder | JdbcDatabase],
        folder: Path,
        master: str,
        told: Callable[[str], None],
        *,
        timer: type[Timer] = Timer,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="spark-", dir=folder, ignore_cleanup_errors=True)
        self._columns: dict[str, frozenset[str]] = {}
        self._remote: dict[str, DataFrame] = {}
        self._made: set[str] = set()
        self._groups = count()
        self._timer = timer
        self._session = started(Path(self._folder.name).resolve(), master)
        try:
            for source in sources:
                self._add(source, told)
        except ConfigurationError:
            self.close()
            raise

    @property
    def name(self) -> str:
        """What `--engine` calls it."""
        return "spark"

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Answer the columns of each table that is there."""
        return self._columns

    def count(self, table: str) -> int:
        """Answer how many rows a table has; raises BrokenQueryError."""
        with _telling():
            return self._session.table(table).count()

    def prepare(self, rules: Sequence[Rule]) -> None:
        """Fetch what lies behind JDBC once: of each table the columns that these rules read, kept when first read."""
        for table, rows in self._remote.items():
            read = {column for rule in rules for column in rule.tables.get(table, ())}
            wanted = [name for name in rows.columns if name.lower() in read]
            if wanted:
                rows.select(*map(_quoted, wanted)).createOrReplaceTempView(table)
                self._session.catalog.cacheTable(table)

    def violations(self, rule: Rule, *, since_ms: int | None, seconds: float) -> Iterator[Sequence[Value]]:
        """Answer the rows of a rule, part by part; raises BrokenQueryError where it breaks or takes too long."""
        group, is_late = f"audit-{next(self._groups)}", Event()
        context = self._session.sparkContext
        timer = self._timer(seconds, _cancel, (is_late, functools.partial(context.cancelJobGroup, group)))
        timer.start()
        try:
            with _telling(is_late, seconds):
                context.setJobGroup(group, rule.id, interruptOnCancel=True)
                for view in rule.views:
                    self._make(view)
                for row in self._session.sql(spoken(rule, since_ms, self.name)).toLocalIterator():
                    if is_late.is_set():  # between two jobs there was none to cancel
                        raise _late(seconds)
                    yield row
        finally:
            timer.cancel()
            timer.join()

    def _make(self, view: View) -> None:
        """Have a view worked out when it is first read, and kept."""
        if view.name not in self._made:
            self._session.sql(said_to(self.name, view.sql)).createOrReplaceTempView(view.name)
            self._session.catalog.cacheTable(view.name)
            self._made.add(view.name)

    def close(self) -> None:
        """End the session and its Java, and remove what they wrote."""
        ended(self._session)
        self._folder.cleanup()

    def _add(self, source: ParquetFolder | JdbcDatabase, told: Callable[[str], None]) -> None:
        """Make views of the tables of one source."""
        if isinstance(source, JdbcDatabase):
            found = _jdbc_tables(self._session, source)
            self._remote.update(found)
        else:
            found = {name: _parquet(self._session, table) for name, table in parquet_tables(source, told).items()}
        for name, rows in found.items():
            rows.createOrReplaceTempView(name)
            self._columns[name] = frozenset(name.lower() for name in rows.columns)


def _parquet(session: SparkSession, table: ParquetTable) -> DataFrame:
    """Answer one table: the files of each shape are read together."""
    parts = [_part(session, part) for part in table.parts]
    return functools.reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), parts)


def _part(session: SparkSession, part: Part) -> DataFrame:
    files = [file.resolve().as_uri() for file in part.files]
    is_known = all(part.types[name] == _PLAIN[kind] for name, kind in part.kinds.items())
    if is_known:  # Spark need not read the files to find out what they hold
        return session.read.schema(_schema(part.kinds)).parquet(*files)
    return session.read.parquet(*files).selectExpr(*selected(part, _quoted))


def _jdbc_tables(session: SparkSession, database: JdbcDatabase) -> dict[str, DataFrame]:
    """Answer the tables behind a JDBC address, of those that rules may name, with the types that these want.

    The address, which may hold a password, is not told.
    """
    from py4j.protocol import Py4JError  # noqa: PLC0415  heavy, and an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415  likewise

    reader = session.read.format("jdbc").option("url", database.url).option("fetchsize", _FETCHED)
    found, problems = {}, []
    for table in TABLES:
        try:
            found[table] = _jdbc_table(reader.option("dbtable", table), TABLES[table])
        except (PySparkException, Py4JError) as problem:
            problems.append(said(problem))  # most likely there is no such table: rules that read it are not judged
    if not found:
        raise ConfigurationError(_UNREAD.format(reason=problems[0].replace(database.url, "the address")))
    return found


def _jdbc_table(reader: DataFrameReader, kinds: Mapping[str, Kind]) -> DataFrame:
    columns = [(name, kinds[name.lower()]) for name in reader.load().columns if name.lower() in kinds]
    return reader.option("customSchema", _schema(dict(columns))).load()


def _schema(kinds: Mapping[str, Kind]) -> str:
    return ", ".join(f"{_quoted(name)} {_TYPES[kind]}" for name, kind in kinds.items())


def _cancel(is_late: Event, cancel: Callable[[], None]) -> None:
    is_late.set()
    cancel()


@contextmanager
def _telling(is_late: Event | None = None, seconds: float = 0) -> Iterator[None]:
    """Turn what Spark says into BrokenQueryError."""
    from py4j.protocol import Py4JError  # noqa: PLC0415  heavy, and an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415  likewise

    try:
        yield
    except (PySparkException, Py4JError) as problem:
        raise (_late(seconds) if is_late and is_late.is_set() else BrokenQueryError(said(problem))) from None


def _late(seconds: float) -> BrokenQueryError:
    return BrokenQueryError(f"took longer than {seconds:g} s")


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
