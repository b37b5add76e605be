"""Opening the engine that an audit asked for, on tables brought to where it can read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.audit.parquet import fitted_copy, nobody, to_parquet, to_sqlite
from deeplearn_checks.audit.tables import JdbcDatabase, ParquetFolder, SqliteFile
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deeplearn_checks.audit.engines.engine import Engine
    from deeplearn_checks.audit.tables import Tables

ENGINES = ("sqlite", "duckdb", "spark")
"""What `--engine` can name."""


def open_engine(
    name: str,
    tables: Sequence[Tables],
    folder: Path,
    master: str = "",
    *,
    told: Callable[[str], None] = nobody,
) -> Engine:
    """Answer an engine over these tables, converted into *folder*, a working folder, where it cannot read them.

    Every engine judges the same values: one that does not fit its column (text in a column of whole numbers, which
    SQLite allows) is NULL on all of them, and *told*. Raises ConfigurationError for an engine that is not there, needs
    an extra that is missing, or cannot read such tables.
    """
    if name not in ENGINES:
        raise ConfigurationError(f"--engine {name} is not known; there are {', '.join(ENGINES)}")
    if master and name != "spark":
        raise ConfigurationError(f"--master is for --engine spark, not for {name}; leave it out, or change the engine")
    if name == "spark":
        from deeplearn_checks.audit.engines.spark import SparkEngine  # noqa: PLC0415  an extra

        here = [t if isinstance(t, JdbcDatabase) else _parquet(t, folder / f"{n}", told) for n, t in enumerate(tables)]
        return SparkEngine(here, folder, master, told)
    local = [_local(name, given) for given in tables]
    if name == "duckdb":
        from deeplearn_checks.audit.engines.duckdb import DuckdbEngine  # noqa: PLC0415  an extra

        return DuckdbEngine([_parquet(t, folder / f"{n}", told) for n, t in enumerate(local)], folder, told)
    from deeplearn_checks.audit.engines.sqlite import SqliteEngine  # noqa: PLC0415  what is not asked is not loaded

    return SqliteEngine([_sqlite(given, folder / f"{number}.sqlite", told) for number, given in enumerate(local)])


def _local(name: str, given: Tables) -> SqliteFile | ParquetFolder:
    if isinstance(given, JdbcDatabase):
        raise ConfigurationError(f"--engine {name} cannot reach a JDBC address: --engine spark can")
    return given


def _parquet(given: SqliteFile | ParquetFolder, folder: Path, told: Callable[[str], None]) -> ParquetFolder:
    return to_parquet(given, folder, told) if isinstance(given, SqliteFile) else given


def _sqlite(given: SqliteFile | ParquetFolder, file: Path, told: Callable[[str], None]) -> SqliteFile:
    if isinstance(given, ParquetFolder):
        return to_sqlite(given, file, told)
    return fitted_copy(given, file, told)
