"""The completed enrollments among the service's tables, wherever these lie."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import JdbcDatabase, ParquetFolder
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.own_tables import columns_of, read_only

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from deeplearn_checks.audit.tables import Tables

_TABLE = "course_enrollments"
_NEEDED = ("course_id", "user_id", "status")
_WANTED = (*_NEEDED, "certificate_url", "completed_at_ms")
_BATCH = 8_192


@dataclass(frozen=True, slots=True)
class Completed:
    """One completed enrollment; `url` of its certificate, empty without one, `at_ms` 0 where it has no time."""

    course_id: str
    user_id: str
    url: str
    at_ms: int


def completed(service: Tables) -> Iterator[Completed]:
    """Give every completed enrollment that names course and user; raises ConfigurationError where none can be read."""
    if isinstance(service, JdbcDatabase):
        raise ConfigurationError("--certificates api reads enrollments from an export or Parquet, not over JDBC")
    rows = _parquet(service.folder) if isinstance(service, ParquetFolder) else _sqlite(service.file)
    for row in rows:
        at = row.get("completed_at_ms")
        one = Completed(_text(row, "course_id"), _text(row, "user_id"), _text(row, "certificate_url"), _number(at))
        if one.course_id and one.user_id:
            yield one


def _text(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _there(names: set[str]) -> list[str]:
    """Answer the columns that are wanted and there; raises ConfigurationError, naming one that is needed."""
    if missing := [name for name in _NEEDED if name not in names]:
        raise ConfigurationError(f"--certificates api: {_TABLE} has no column {missing[0]}; give a whole export")
    return [name for name in _WANTED if name in names]


def _sqlite(file: Path) -> Iterator[dict[str, object]]:
    try:
        names = _there(set(columns_of(file, (_TABLE,)).get(_TABLE, [])))
        with closing(sqlite3.connect(read_only(file), uri=True)) as database:
            query = f"SELECT {', '.join(names)} FROM {_TABLE} WHERE status = 'completed'"  # noqa: S608  own names
            for row in database.execute(query):
                yield dict(zip(names, row, strict=True))
    except sqlite3.Error as problem:
        raise ConfigurationError(f"--certificates api: {file} cannot be read ({problem})") from None


def _parquet(folder: Path) -> Iterator[dict[str, object]]:
    try:
        from pyarrow import ArrowException, dataset  # noqa: PLC0415  an extra, and heavy
    except ModuleNotFoundError:
        raise ConfigurationError("Parquet needs an extra: pip install 'deeplearn-checks[duckdb]'") from None
    file = folder / f"{_TABLE}.parquet"
    try:
        data = dataset.dataset(file if file.exists() else folder / _TABLE, format="parquet")
        chosen = dataset.field("status") == "completed"
        names = _there(set(data.schema.names))
        for batch in data.to_batches(columns=names, filter=chosen, batch_size=_BATCH):
            yield from batch.to_pylist()
    except (OSError, ArrowException) as problem:
        raise ConfigurationError(f"--certificates api: {_TABLE} in {folder} cannot be read ({problem})") from None
