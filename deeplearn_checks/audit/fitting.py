"""Values as their columns want them, so that every engine judges the same rows.

SQLite is loosely typed: a column of numbers may hold text. What says the same thing is converted ('12' in a column of
whole numbers is 12); what does not fit is no value to judge, hence NULL, and is told, never dropped in silence.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from deeplearn_checks.audit.noting import Note
from deeplearn_checks.audit.tables import TABLES, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from deeplearn_checks.audit.engines.engine import Value

MOST = 2**63 - 1
"""The largest whole number that the engines share."""

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?\s*", re.ASCII)


def fitted(value: object, kind: Kind) -> Value:
    """Answer a value as a column of this kind holds it; None where it does not fit, or is None."""
    return _FITS[kind](value)


def affinity(declared: str) -> Kind:
    """Answer what a SQLite column of this declared type holds (SQLite, "Determination Of Column Affinity")."""
    words = declared.upper()
    if "INT" in words:
        return Kind.WHOLE
    return Kind.REAL if any(word in words for word in ("REAL", "FLOA", "DOUB")) else Kind.TEXT


def kind_of(table: str, column: str, otherwise: Kind) -> Kind:
    """Answer what a column holds, by the tables that rules may name; *otherwise* for a column that they do not know."""
    return TABLES[table].get(column, otherwise)


class Misfits:
    """Counts the values of one table that did not fit, by column."""

    def __init__(self, table: str, kinds: Mapping[str, Kind]) -> None:
        self._table = table
        self._kinds = kinds
        self._counts = dict.fromkeys(kinds, 0)

    def column(self, name: str, values: Iterable[object]) -> list[Value]:
        """Answer the values of one column as it wants them, counting what does not fit."""
        kind, found = self._kinds[name], []
        for value in values:
            fit = fitted(value, kind)
            self._counts[name] += fit is None and value is not None
            found.append(fit)
        return found

    def tell(self, told: Callable[[str], None]) -> None:
        """Say of each column how many of its values are not judged."""
        for name, count in self._counts.items():
            if count:
                told(Note(f"{self._table}.{name}: {count} values are no {self._kinds[name]}, and not judged"))


def statement(table: str, columns: Sequence[str]) -> str:
    """Answer the INSERT of a row into a table of SQLite."""
    names = ", ".join(map(quoted, columns))
    return f"INSERT INTO {quoted(table)} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  quoted names


def declaration(table: str, kinds: Mapping[str, Kind]) -> str:
    """Answer the CREATE TABLE of a table of SQLite."""
    columns = ", ".join(f"{quoted(name)} {kind.upper()}" for name, kind in kinds.items())
    return f"CREATE TABLE {quoted(table)} ({columns})"


def quoted(name: str) -> str:
    """Answer a name as SQL wants it."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return value
    return None if value is None else str(value)


def _whole(value: object) -> int | None:
    number = _decimal(value)
    if number is None or number != number.to_integral_value() or not -MOST - 1 <= number <= MOST:
        return None
    return int(number)


def _real(value: object) -> float | None:
    number = _decimal(value)
    real = math.nan if number is None else float(number)
    return real if math.isfinite(real) else None


def _decimal(value: object) -> Decimal | None:
    """Answer a number exactly, finite; None for what is none."""
    if isinstance(value, str):
        return Decimal(value.strip()) if _NUMBER.fullmatch(value) else None
    if isinstance(value, (int, float)) and math.isfinite(value):
        return Decimal(value)
    return None


_FITS: Mapping[Kind, Callable[[object], Value]] = {Kind.TEXT: _text, Kind.WHOLE: _whole, Kind.REAL: _real}
