"""Adds up the rows of one rule, however many: keys once each, money by currency, weeks, first and last.

Rows may hold anything. They are kept in a private temporary file of SQLite's (which no name leads to, and which is gone
with the process), sorted there by key, and read once more: memory does not grow with the findings.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

from deeplearn_checks.audit.result import SHOWN_KEYS
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from deeplearn_checks.audit.engines.engine import Value
    from deeplearn_checks.audit.rule import Rule

UNKNOWN = "?"
"""The currency of an amount that names none, or none that is a code of three letters (ISO 4217)."""

_CACHE_KIB = 2048
_DAY_MS = 86_400_000
_END_MS = 253_402_300_800_000
"""The year 10000, from which on a time is nonsense."""
_LARGEST = 1 << 63
_CODE = re.compile(r"[A-Z]{3}")
_EPOCH = date(1970, 1, 1).toordinal()
_THURSDAY = 3
"""The weekday of the epoch, Monday being 0."""

_encoded = json.JSONEncoder(separators=(",", ":")).encode

Key = list[str | None]
"""The values of a rule's key as texts, in its order."""


class Keeper(Protocol):
    """What is given every key of the rules that were judged."""

    def begin(self, rule: Rule) -> None:
        """Begin with a rule; none was begun whose query broke."""

    def add(self, key: str) -> None:
        """Take one key of it: the JSON list of its texts, null where there is none."""


@dataclass(slots=True)
class Tally:
    """What the rows of a rule add up to; `keys` are the first of them, new ones before known ones."""

    count: int = 0
    known: int = 0
    money: Counter[str] = field(default_factory=Counter)
    weeks: Counter[str] = field(default_factory=Counter)
    first_at_ms: int | None = None
    last_at_ms: int | None = None
    keys: tuple[Key, ...] = ()
    digest: str = ""


def tally(
    rule: Rule,
    rows: Iterable[Sequence[Value]],
    *,
    secret: bytes,
    is_known: Callable[[str], bool],
    keepers: Sequence[Keeper] = (),
) -> Tally:
    """Add up the rows of a rule. A key counts once: of several rows the one with the earliest time, then least money.

    The keepers are given each key once, in their order, when all rows have been read. The digest is an HMAC-SHA256 over
    all of them, keyed with *secret*: the order of rows does not matter, and no key can be guessed from it.
    Raises what reading the rows raises; ConfigurationError where the folder for temporary files is full.
    """
    with closing(sqlite3.connect("", isolation_level=None)) as store:
        store.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        store.execute("PRAGMA temp_store = FILE")
        store.execute("PRAGMA journal_mode = OFF")
        store.execute("CREATE TABLE found (key TEXT, at INTEGER, cents INTEGER, currency TEXT)")
        try:
            store.execute("BEGIN")
            store.executemany("INSERT INTO found VALUES (?, ?, ?, ?)", map(_reader(rule), rows))
            kept = store.execute("SELECT * FROM found ORDER BY key, at IS NULL, at, cents, currency")
            for keeper in keepers:
                keeper.begin(rule)
            return _added(_firsts(kept), secret=secret, is_known=is_known, keepers=keepers)
        except sqlite3.OperationalError as problem:
            raise ConfigurationError(
                f"the findings of {rule.id} cannot be kept in the folder for temporary files ({problem}); "
                "name a roomier one in the variable SQLITE_TMPDIR"
            ) from None


_Kept = tuple[str, int | None, int | None, str | None]


def _reader(rule: Rule) -> Callable[[Sequence[Value]], _Kept]:
    """Answer how a row of this rule is read."""
    key = [rule.columns.index(name) for name in rule.key]
    at, cents, currency = (
        rule.columns.index(name) if name in rule.columns else None for name in ("at_ms", "amount_cents", "currency")
    )

    def read(row: Sequence[Value]) -> _Kept:
        return (
            _encoded([_text(row[place]) for place in key]),
            None if at is None else _time(row[at]),
            None if cents is None else _amount(row[cents]),
            None if currency is None else _code(row[currency]),
        )

    return read


def _firsts(kept: Iterable[_Kept]) -> Iterator[_Kept]:
    """Answer the first row of each key; rows of one key stand together."""
    last = None
    for row in kept:
        if row[0] != last:
            yield row
            last = row[0]


def _added(
    kept: Iterable[_Kept], *, secret: bytes, is_known: Callable[[str], bool], keepers: Sequence[Keeper]
) -> Tally:
    """Add up one row per key."""
    sums = Tally()
    new: list[Key] = []
    known: list[Key] = []
    weeks: Counter[int | None] = Counter()
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    for key, at, cents, currency in kept:
        is_old = is_known(key)
        sums.count += 1
        sums.known += is_old
        shown = known if is_old else new
        if len(shown) < SHOWN_KEYS:
            shown.append(json.loads(key))
        if cents is not None:
            sums.money[currency or UNKNOWN] += cents
        weeks[None if at is None else _monday(at)] += 1
        if at is not None:
            sums.first_at_ms = at if sums.first_at_ms is None else min(at, sums.first_at_ms)
            sums.last_at_ms = at if sums.last_at_ms is None else max(at, sums.last_at_ms)
        digest.update(key.encode() + b"\n")
        for keeper in keepers:
            keeper.add(key)
    sums.keys = tuple([*new, *known][:SHOWN_KEYS])
    sums.weeks = Counter(_dated(weeks))
    sums.digest = digest.hexdigest()
    return sums


def _text(value: Value) -> str | None:
    """Answer a value of a key as the text that every engine would give it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def _whole(value: Value) -> int | None:
    """Answer a number as a whole one; None for what is none, or larger than any column can hold."""
    if not isinstance(value, int | float) or not -_LARGEST < value < _LARGEST:
        return None
    return round(value)


def _time(value: Value) -> int | None:
    """Answer a time between 1970 and the year 10000; None for any other."""
    time = _whole(value)
    return time if time is not None and 0 < time < _END_MS else None


def _amount(value: Value) -> int | None:
    """Answer money at stake; an amount below nothing is none."""
    cents = _whole(value)
    return cents if cents is not None and cents >= 0 else None


def _code(value: Value) -> str | None:
    """Answer the code of a currency; None for what is none, so that nothing else reaches a report as one."""
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if _CODE.fullmatch(code) else None


def _monday(at_ms: int) -> int:
    """Answer the day, counted from 1970, on which the week of a time began in UTC."""
    day = at_ms // _DAY_MS
    return day - (day + _THURSDAY) % 7


def _dated(weeks: Mapping[int | None, int]) -> dict[str, int]:
    """Answer counts by the ISO date of each Monday, in order; those of unknown times under ''."""
    known = sorted(day for day in weeks if day is not None)
    dated = {date.fromordinal(_EPOCH + day).isoformat(): weeks[day] for day in known}
    return dated | ({"": weeks[None]} if None in weeks else {})
