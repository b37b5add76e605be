"""CSV exports of Razorpay's dashboard: payments or refunds, recognised by their header.

Columns may come in any order, under names in any case, with others beside them. Needed are id, amount, currency, status
and created_at of payments (of refunds payment_id too; not currency and status). What an export has no column for, its
table has no column for either: the rules that would need it are not judged.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.csv_money import Unit, has_fraction, in_smallest, is_epoch, milliseconds
from deeplearn_checks.sources.payment_rows import NOTED, PAYMENT_COLUMNS, REFUND_COLUMNS, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TextIO

    from deeplearn_checks.sources.writing import Row

    Reading = Callable[[Mapping[str, str], str, Unit], str | int]

Cells = dict[str, str]
_AMOUNTS = {"amount_cents": "amount", "amount_refunded_cents": "amount_refunded"}
_TELLING = ("amount", "amount_refunded", "fee", "tax")
"""The columns whose fractions tell the unit: an export has one unit for all of them."""
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no", ""})
_FOLDED = frozenset({"status", "refund_status"})
_NAMES = re.compile(r"[^a-z0-9]+")
_UNIT_IN_NAME = re.compile(r"^(amount|amount_refunded|fee|tax)_(?:in_)?(paise|rupees|inr)$")


@dataclass(frozen=True, slots=True)
class Export:
    """One CSV file: its table, the columns of that table that it has, and what it says of the unit of its amounts."""

    name: str
    table: str
    header: tuple[str, ...]
    unit_in_name: str
    delimiter: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that the export can fill, in the order of the table."""
        return tuple(name for name in _of_table(self.table) if self._has(name))

    def _has(self, column: str) -> bool:
        if column in NOTED:
            return any(name in self.header for name in ("notes", column, f"notes_{column}"))
        if column == "captured":
            return "captured" in self.header
        return _AMOUNTS.get(column, column.removesuffix("_ms")) in self.header

    # -- reading ----------------------------------------------------------------------------

    def cells(self, file: TextIO) -> Iterator[tuple[int, Cells]]:
        """Give each row's cells by name, with the line on which it begins; raises ConfigurationError."""
        reader = csv.reader(file, delimiter=self.delimiter, strict=True)
        line = 1
        try:
            for values in reader:
                began, line = line, reader.line_num + 1
                if began == 1 or not any(map(str.strip, values)):
                    continue
                if len(values) != len(self.header):
                    self.wrong(began, f"has {len(values)} cells where the header has {len(self.header)}")
                yield began, {name: value.strip() for name, value in zip(self.header, values, strict=True)}
        except csv.Error as problem:
            self.wrong(line, f"is no CSV ({problem})")

    def wrong(self, line: int, what: str) -> NoReturn:
        """Refuse a row; never shows what stands in it. Raises ConfigurationError, always."""
        raise ConfigurationError(f"{self.name} line {line}: {what}; mend the row, or export the file again")

    def rows(self, file: TextIO, unit: Unit) -> Iterator[Row]:
        """Give each row in the order of `columns`; raises ConfigurationError."""
        readings = [(column, _reading(self.table, column)) for column in self.columns]
        for line, cells in self.cells(file):
            row: list[str | int] = []
            for column, read in readings:
                try:
                    row.append(read(cells, column, unit))
                except ValueError as problem:
                    self.wrong(line, f"{_AMOUNTS.get(column, column.removesuffix('_ms'))} {problem}")
            yield tuple(row)

    # -- the unit ---------------------------------------------------------------------------

    def unit(self, file: TextIO, said: str) -> Unit:
        """Tell what the amounts count; *said* is what the operator says, where anything.

        Raises ConfigurationError where it cannot be told.
        """
        told = said or self.unit_in_name
        if told:
            return Unit(told)
        telling = [name for name in _TELLING if name in self.header]
        rows, epochs = 0, 0
        for _, cells in self.cells(file):
            if any(has_fraction(cells[name]) for name in telling):
                return Unit.WHOLE
            rows += 1
            epochs += is_epoch(cells["created_at"])
        if epochs == rows:
            return Unit.SMALLEST
        raise ConfigurationError(
            f"{self.name}: its amounts are whole numbers, of rupees or of paise; say which: "
            "DEEPLEARN_CHECKS_PAYMENTS_UNIT=rupees or DEEPLEARN_CHECKS_PAYMENTS_UNIT=paise"
        )


def _of_table(table: str) -> Sequence[str]:
    return PAYMENT_COLUMNS if table == "payments" else REFUND_COLUMNS


def recognised(name: str, first_line: str) -> Export:
    """Tell by its header which table a CSV export is of; raises ConfigurationError where it is of none."""
    delimiter = max(",;\t", key=first_line.count)
    cells = next(csv.reader([first_line], delimiter=delimiter), [])
    named = [_NAMES.sub("_", cell.strip().lower()).strip("_") for cell in cells]
    units = {found[2] for cell in named if (found := _UNIT_IN_NAME.match(cell))}
    header = [found[1] if (found := _UNIT_IN_NAME.match(cell)) else cell for cell in named]
    table, header = _table(header)
    needed = {"id", "amount", "created_at"} | ({"currency", "status"} if table == "payments" else {"payment_id"})
    if missing := sorted(needed - set(header)):
        raise ConfigurationError(f"{name}: no column {', '.join(missing)}; give an export of payments or refunds")
    if doubled := sorted({cell for cell in header if cell and header.count(cell) > 1}):
        raise ConfigurationError(f"{name}: the column {doubled[0]} stands twice; remove one")
    if len(units) > 1:
        raise ConfigurationError(f"{name}: its columns are of more than one unit; give an export of one")
    return Export(name, table, tuple(header), "paise" if units == {"paise"} else "rupees" if units else "", delimiter)


def _table(header: list[str]) -> tuple[str, list[str]]:
    """Tell refunds by an id of their own beside the payment's; both tables call their own id `id`."""
    if "refund_id" in header and "id" not in header:
        return "refunds", ["id" if cell == "refund_id" else cell for cell in header]
    if "id" in header and "payment_id" in header and "captured" not in header:
        return "refunds", header
    if "id" not in header:
        header = ["id" if cell == "payment_id" else cell for cell in header]
    return "payments", header


# -- cells --------------------------------------------------------------------------------------


def _reading(table: str, column: str) -> Reading:
    """Answer how a column is read."""
    if column == "id":
        return _payment_id if table == "payments" else _refund_id
    if column in NOTED:
        return _noted
    return _READINGS.get(column, _text)


def _id(text: str, prefix: str) -> str:
    if not re.fullmatch(rf"{prefix}_\w{{1,40}}", text, re.ASCII):
        raise ValueError(f"is no id that begins with {prefix}_")
    return text


def _payment_id(cells: Mapping[str, str], _column: str, _unit: Unit) -> str:
    return _id(cells["id"], "pay")


def _refund_id(cells: Mapping[str, str], _column: str, _unit: Unit) -> str:
    return _id(cells["id"], "rfnd")


def _paid_id(cells: Mapping[str, str], _column: str, _unit: Unit) -> str:
    return _id(cells["payment_id"], "pay")


def _text(cells: Mapping[str, str], column: str, _unit: Unit) -> str:
    text = storable(cells[column].removeprefix("'"))  # an apostrophe is how spreadsheets keep a text a text
    return text.lower() if column in _FOLDED else text


def _currency(cells: Mapping[str, str], _column: str, _unit: Unit) -> str:
    text = cells["currency"].upper()
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("is no currency of three letters")
    return text


def _amount(cells: Mapping[str, str], column: str, unit: Unit) -> int:
    text = cells[_AMOUNTS[column]]
    if not text and column == "amount_refunded_cents":
        return 0
    value = in_smallest(text, unit, cells.get("currency", "INR").upper())
    if value > 2**53:
        raise ValueError("is too large")
    return value


def _captured(cells: Mapping[str, str], _column: str, _unit: Unit) -> int:
    text = cells["captured"].lower()
    if text not in _TRUE | _FALSE:
        raise ValueError("is neither true nor false")
    return int(text in _TRUE)


def _created(cells: Mapping[str, str], _column: str, _unit: Unit) -> int:
    return milliseconds(cells["created_at"])


def _noted(cells: Mapping[str, str], column: str, _unit: Unit) -> str:
    """Read a note from a column of its own, else from the notes, which are JSON: an object, or `[]` for none."""
    for name in (f"notes_{column}", column):
        if name in cells:
            return storable(cells[name])
    return _notes(cells["notes"]).get(column, "")


@lru_cache(maxsize=4)
def _notes(text: str) -> Mapping[str, str]:
    try:
        notes = json.loads(text or "[]")
    except (ValueError, RecursionError):
        notes = None
    if not isinstance(notes, dict | list):
        raise ValueError("cannot be read: notes is no JSON object")  # noqa: TRY004  as every cell that cannot be read
    held = notes if isinstance(notes, dict) else {}
    return {name: "" if held.get(name) is None else storable(str(held[name])) for name in NOTED}


_READINGS: Mapping[str, Reading] = {
    "amount_cents": _amount,
    "amount_refunded_cents": _amount,
    "captured": _captured,
    "created_at_ms": _created,
    "currency": _currency,
    "payment_id": _paid_id,
}
