"""The payments and refunds that were fetched from Razorpay, and how far each week of them was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import PAYMENT_TABLES
from deeplearn_checks.sources.caching import opened
from deeplearn_checks.sources.writing import copy, create, new_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deeplearn_checks.sources.writing import Row

DAY = 86_400
WEEK = 7 * DAY
"""Length of a window in seconds; windows begin at whole multiples of it since 1970 UTC."""
UNSETTLED = 14 * DAY
"""Seconds within which a payment or a refund may still become another.

An authorised payment is captured, refunded or given up within five days, a refund processed within ten (Razorpay,
"Payment states", "Refunds"). What was read at least so long after the end of its window is not read again.
"""
CONTINUED = 6 * 3600
"""Seconds within which an interrupted fetch is continued; after that its unsettled weeks are read anew."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS windows (kind TEXT, begins INTEGER, read_at INTEGER, skip INTEGER, done INTEGER,
  PRIMARY KEY (kind, begins)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
"""
_EXTRA = {"payments": ", read_at INTEGER, stale INTEGER DEFAULT 0", "refunds": ", read_at INTEGER"}


@dataclass(frozen=True, slots=True)
class Window:
    """One week of one kind (`payments`, `refunds`): from `begins` to before `ends`, in seconds since the epoch.

    `skip`: how many of its entries an interrupted fetch has read; `read_at`: when its reading began.
    """

    kind: str
    begins: int
    read_at: int
    skip: int = 0

    @property
    def ends(self) -> int:
        """When the next window begins."""
        return self.begins + WEEK


class PaymentCache:
    """A file of one account; every page is kept with the progress that it makes, or not at all."""

    def __init__(self, file: Path) -> None:
        self._database = opened(file, _SCHEMA)
        for table, columns in PAYMENT_TABLES.items():
            create(self._database, table, columns, "id", _EXTRA[table])
        self._database.commit()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # -- what is known ----------------------------------------------------------------------

    def fact(self, name: str) -> int | None:
        """Answer what was noted under a name."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else None

    def note(self, name: str, value: int | None) -> None:
        """Note a number under a name, or forget it."""
        with self._database:
            if value is None:
                self._database.execute("DELETE FROM facts WHERE name = ?", (name,))
            else:
                self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def count(self, kind: str) -> int:
        """Answer how many entries of a kind there are."""
        return int(self._database.execute(f"SELECT COUNT(*) FROM {kind}").fetchone()[0])  # noqa: S608  own names

    # -- windows ----------------------------------------------------------------------------

    def unread(self, kind: str, since: int, now: int) -> list[Window]:
        """Answer the windows from *since* to *now* that have to be read, oldest first; begun ones where they stood."""
        run = self.fact("continued")
        known = {row[0]: row[1:] for row in self._database.execute(_WINDOWS, (kind,))}
        windows = []
        for begins in range(since - since % WEEK, now + 1, WEEK):
            read_at, skip, done = known.get(begins, (0, 0, 0))
            ends = begins + WEEK
            settled, continued = read_at >= ends + UNSETTLED, run is not None and read_at >= max(run, ends)
            if done and (settled or continued):
                continue
            goes_on = not done and continued
            windows.append(Window(kind, begins, read_at, skip) if goes_on else Window(kind, begins, now))
        return windows

    def begin_run(self, now: int) -> None:
        """Note that a fetch begins, unless it continues one that was interrupted not long ago."""
        begun = self.fact("run")
        if begun is None or not now - CONTINUED <= begun <= now:
            self.note("run", now)
            self.note("continued", None)
        else:
            self.note("continued", begun)

    def begin(self, window: Window) -> None:
        """Forget what was seen of a window, which is read from its beginning."""
        with self._database:
            self._database.execute(
                f"UPDATE {window.kind} SET read_at = 0 WHERE created_at_ms >= ? AND created_at_ms < ?",  # noqa: S608  own
                (window.begins * 1000, window.ends * 1000),
            )
            self._advance(window, 0, done=False)

    def keep(self, window: Window, rows: Sequence[Row], skip: int, *, done: bool) -> bool:
        """Keep a page of a window; whether none of it was seen before in this reading of the window.

        Where some was, the listing has moved while it was being read, and nothing is known of the rest.
        """
        with self._database:
            ids = [row[0] for row in rows]
            known = f"SELECT COUNT(*) FROM {window.kind} WHERE read_at = ? AND id IN ({', '.join('?' * len(ids))})"  # noqa: S608  own names
            seen = self._database.execute(known, (window.read_at, *ids)).fetchone()[0]
            if seen or len(set(ids)) != len(ids):
                return False
            self._upsert(window.kind, rows, window.read_at)
            self._advance(window, skip, done=done)
        return True

    def _advance(self, window: Window, skip: int, *, done: bool) -> None:
        values = (window.kind, window.begins, window.read_at, skip, done)
        self._database.execute("INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?)", values)

    def _upsert(self, kind: str, rows: Sequence[Row], read_at: int) -> None:
        columns = tuple(PAYMENT_TABLES[kind])
        if kind == "refunds":
            self._database.executemany(_STALE, [(_of(row, "payment_id"), *_refund_state(row)) for row in rows])
        names, holes = ", ".join((*columns, "read_at")), ", ".join("?" * (len(columns) + 1))
        statement = f"INSERT OR REPLACE INTO {kind} ({names}) VALUES ({holes})"  # noqa: S608  own names
        self._database.executemany(statement, [(*row, read_at) for row in rows])

    # -- payments that a later refund changed ------------------------------------------------

    def stale(self) -> list[str]:
        """Answer the ids of payments that were refunded since they were read."""
        return [row[0] for row in self._database.execute("SELECT id FROM payments WHERE stale = 1 ORDER BY id")]

    def renew(self, payment_id: str, row: Row | None) -> None:
        """Keep a payment as it is by now; None leaves it as it was."""
        with self._database:
            self._database.execute("UPDATE payments SET stale = 0 WHERE id = ?", (payment_id,))
            if row is not None:
                self._upsert("payments", [row], 0)

    def write(self, tables: Path, since: int) -> None:
        """Write what was created from *since* on (seconds) as the tables of an audit."""
        file = self._database.execute("PRAGMA database_list").fetchone()[2]
        with new_file(tables, "--payments") as database:
            for table, columns in PAYMENT_TABLES.items():
                create(database, table, columns, "id")
            database.execute("ATTACH ? AS other", (file,))
            copy(database, {t: tuple(c) for t, c in PAYMENT_TABLES.items()}, f"WHERE created_at_ms >= {since * 1000:d}")


_WINDOWS = "SELECT begins, read_at, skip, done FROM windows WHERE kind = ?"
_STALE = """
UPDATE payments SET stale = 1 WHERE id = ? AND NOT EXISTS (SELECT 1 FROM refunds
  WHERE id = ? AND amount_cents = ? AND status = ?)
"""


def _of(row: Row, name: str) -> str | int | None:
    """Answer one value of a row of `refunds`."""
    return row[tuple(PAYMENT_TABLES["refunds"]).index(name)]


def _refund_state(row: Row) -> tuple[str | int | None, ...]:
    return tuple(_of(row, name) for name in ("id", "amount_cents", "status"))
