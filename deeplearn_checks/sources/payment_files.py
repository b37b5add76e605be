"""Payments and refunds in files: exports of Razorpay's dashboard, listings of its API, tables of an earlier audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from deeplearn_checks.audit.noting import Note
from deeplearn_checks.audit.tables import PAYMENT_TABLES, SqliteFile
from deeplearn_checks.models import GatewayPayment, GatewayRefund
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.json_values import JsonEntries, as_object
from deeplearn_checks.sources.opening import opened_text
from deeplearn_checks.sources.own_tables import own_tables
from deeplearn_checks.sources.payment_csv import recognised
from deeplearn_checks.sources.payment_rows import payment_row, refund_row
from deeplearn_checks.sources.writing import create, insert, new_file

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

    from deeplearn_checks.audit.tables import Tables
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.sources.writing import Row

_READ = frozenset({".csv", ".json", ".jsonl", ".ndjson"})
"""The files of a folder that are read."""
_LISTS = frozenset({"items", "payments", "refunds"})
_EXAMPLE = "--payments payments.csv,refunds.csv"


def read_payments(given: str, settings: Settings, folder: Path, told: Callable[[str], None]) -> Tables:
    """Read the files that are named; raises ConfigurationError, which names file and line."""
    files = _files(given)
    if len(files) == 1 and (tables := own_tables(files[0], PAYMENT_TABLES, folder, "payments")):
        return tables
    file = folder / "payments.sqlite"
    with new_file(file, "--payments") as database:
        reading = _Reading(database, settings.payments_unit, told)
        for one in _within(files):
            reading.read(one)
            told(f"{one}: read")
        reading.tell()
    return SqliteFile(file)


def _files(given: str) -> list[Path]:
    """Answer the files that are named, by one path or by several with commas between; raises ConfigurationError."""
    whole = [Path(given).expanduser()]
    files = whole if whole[0].exists() else [Path(part.strip()).expanduser() for part in given.split(",")]
    for file in files:
        if not file.exists():
            raise ConfigurationError(f"--payments: there is no {file}; give razorpay, none, or files: {_EXAMPLE}")
    return files


def _within(files: Iterable[Path]) -> Iterator[Path]:
    """Give the files, those of a folder by name; raises ConfigurationError for a folder that has none."""
    for one in files:
        if not one.is_dir():
            yield one
            continue
        inside = sorted(file for file in one.iterdir() if file.suffix.lower() in _READ and file.is_file())
        if not inside:
            raise ConfigurationError(f"--payments: {one} holds no .csv and no .json; give files: {_EXAMPLE}")
        yield from inside


@dataclass(slots=True)
class _Reading:
    """Reads file after file into one database."""

    database: sqlite3.Connection
    unit: str
    told: Callable[[str], None]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    read_rows: dict[str, int] = field(default_factory=dict)

    def read(self, file: Path) -> None:
        """Read one file; raises ConfigurationError."""
        with opened_text(file) as text:
            start = text.read(4096).lstrip()
        if not start:
            raise ConfigurationError(f"{file} is empty; give an export of payments or refunds")
        if start[0] in "[{":
            with opened_text(file) as text:
                self._read_json(file, text)
        else:
            self._read_csv(file)

    def _read_csv(self, file: Path) -> None:
        with opened_text(file) as text:
            export = recognised(str(file), text.readline())
        with opened_text(file) as text:
            unit = export.unit(text, self.unit)
        self._begin(export.table, export.columns, str(file))
        with opened_text(file) as text:
            self._insert(export.table, export.rows(text, unit))
        self.told(Note(f"{file.name}: {export.table}, amounts in {unit.value}"))

    def _read_json(self, file: Path, text: TextIO) -> None:
        """Read a listing of entities; each says itself what it is, or its id does."""
        waiting: dict[str, list[Row]] = {"payments": [], "refunds": []}
        for line, entry in JsonEntries(text, str(file), _LISTS):
            table, row = _entity(str(file), line, entry)
            self._begin(table, tuple(PAYMENT_TABLES[table]), str(file))
            waiting[table].append(row)
            if len(waiting[table]) >= _HELD:
                self._insert(table, waiting[table])
                waiting[table].clear()
        for table, rows in waiting.items():
            if rows:
                self._insert(table, rows)

    def _begin(self, table: str, columns: tuple[str, ...], name: str) -> None:
        """Create a table with the columns of its first file; raises ConfigurationError where another has others."""
        if table not in self.columns:
            kinds = {column: PAYMENT_TABLES[table][column] for column in columns}
            create(self.database, table, kinds, "id")
            self.columns[table] = columns
        elif self.columns[table] != columns:
            raise ConfigurationError(f"{name}: it has other columns than the {table} before it; export both alike")

    def _insert(self, table: str, rows: Iterable[Row]) -> None:
        count = insert(self.database, table, self.columns[table], rows)
        self.read_rows[table] = self.read_rows.get(table, 0) + count

    def tell(self) -> None:
        """Say what there is: how many of each, from when to when, and how many stood more than once.

        Raises ConfigurationError where there is nothing at all.
        """
        if not self.columns:
            raise ConfigurationError("--payments: no file holds a payment or a refund; give none, or other files")
        for table, count in sorted(self.read_rows.items()):
            query = f"SELECT COUNT(*), MIN(created_at_ms), MAX(created_at_ms) FROM {table}"  # noqa: S608  own names
            kept, first, last = self.database.execute(query).fetchone()
            again = f"; {count - kept} ids stand more than once, the last row of each counts" if count > kept else ""
            span = f" from {_day(first)} to {_day(last)}" if kept else ""
            self.told(Note(f"{kept} {table}{span}{again}"))


_HELD = 2_000


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def _entity(name: str, line: int, entry: object) -> tuple[str, Row]:
    """Read an entity of the API; raises ConfigurationError."""
    held = as_object(name, line, entry)
    kind = held.get("entity") or str(held.get("id", "")).partition("_")[0]
    try:
        if kind in {"payment", "pay"}:
            return "payments", payment_row(GatewayPayment.model_validate(held))
        if kind in {"refund", "rfnd"}:
            return "refunds", refund_row(GatewayRefund.model_validate(held))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{name} line {line}: {where}: {first['msg']}; give the API's own JSON") from None
    raise ConfigurationError(f"{name} line {line}: is neither a payment nor a refund; give a listing of Razorpay's API")
