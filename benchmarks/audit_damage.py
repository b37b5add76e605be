"""Known damage to healthy tables: for every rule, rows that it must report, and no others.

Each function damages rows that no other touches, and answers the exact keys by rule: its own, and those of a rule that
cannot but see the same (a second payment of one order is a second payment of one course).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit_tables import Row, insert

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

Key = tuple[object, ...]
Found = Mapping[str, set[Key]]
"""The keys that must be reported, by rule."""

DAY_MS = 86_400_000
_LEADS = """
SELECT l.*, e.id AS enrollment_id, json_extract(l.metadata_json, '$.amount_cents') AS amount,
  CASE WHEN l.payment_status = 'registered' THEN CASE WHEN l.payment_ref = '' THEN 'new' ELSE 'pending' END
    WHEN l.payment_status = 'refunded' AND e.status = 'dropped' THEN 'refunded'
    WHEN p.status = 'captured' AND p.lead_id <> '' THEN e.status ELSE '' END AS pool
FROM lead_registrations AS l
LEFT JOIN course_enrollments AS e ON e.course_id = l.course_id AND e.user_id = l.user_id
LEFT JOIN payments AS p ON p.id = l.payment_ref
WHERE l.full_name <> '' AND CAST(substr(l.email, 9) AS INTEGER) % 3 <> 2
ORDER BY l.lead_id LIMIT ?
"""
"""Leads that pay in the usual way, by a payment that names them; every third address may be there twice."""
_INDEXED = (
    ("lead_registrations", "lead_id"),
    ("course_enrollments", "id"),
    ("cohort_enrollments", "user_id"),
    ("payments", "id"),
    ("payments", "lead_id"),
    ("refunds", "payment_id"),
    ("artifacts", "user_id"),
    ("lead_events", "lead_id"),
)
"""What damaged rows are found by."""
_LEADS_PER_ROW = 800
"""Leads that are looked at for each row that one function damages."""


@dataclass
class Site:
    """A database under damage: `count` rows by each function; leads that were taken once are not taken again."""

    database: sqlite3.Connection
    count: int
    pools: dict[str, list[Row]] = field(default_factory=dict)
    numbers: int = 0

    def __post_init__(self) -> None:
        cursor = self.database.execute(_LEADS, (self.count * _LEADS_PER_ROW,))
        names = [column[0] for column in cursor.description]
        for values in cursor:
            row = dict(zip(names, values, strict=True))
            self.pools.setdefault(str(row["pool"]), []).append(row)

    def take(self, pool: str) -> list[Row]:
        """Take healthy leads; raises LookupError where there are too few."""
        rows = self.pools.get(pool, [])
        if len(rows) < self.count:
            raise LookupError(f"there are not {self.count} more {pool} leads: make larger tables")
        taken, self.pools[pool] = rows[: self.count], rows[self.count :]
        return taken

    def names(self, prefix: str) -> list[str]:
        """Make ids that nothing has."""
        self.numbers += self.count
        return [f"{prefix}-{number}" for number in range(self.numbers - self.count, self.numbers)]

    def change(self, table: str, change: str, column: str, value: object, *values: object) -> None:
        """Change the rows in which a column has a value."""
        self.database.execute(f"UPDATE {table} SET {change} WHERE {column} = ?", (*values, value))  # noqa: S608  own texts

    def delete(self, table: str, column: str, value: object) -> None:
        """Delete the rows in which a column has a value."""
        self.database.execute(f"DELETE FROM {table} WHERE {column} = ?", (value,))  # noqa: S608  own texts

    def add(self, table: str, **values: object) -> None:
        """Write one row."""
        insert(self.database, table, **values)


Damage = Callable[[Site], Found]


@contextmanager
def found_fast(database: sqlite3.Connection) -> Iterator[None]:
    """Give tables without indexes those by which damaged rows are found, for a while."""
    for number, (table, column) in enumerate(_INDEXED):
        database.execute(f"CREATE INDEX damaged_{number} ON {table} ({column})")
    yield
    for number, _ in enumerate(_INDEXED):
        database.execute(f"DROP INDEX damaged_{number}")


def keys(rows: list[Row], *columns: str) -> set[Key]:
    """Answer the keys of rows."""
    return {tuple(row[column] for column in columns) for row in rows}


def leads(pool: str, table: str, change: str, column: str = "lead_id") -> Callable[[str], Damage]:
    """Answer the damage that changes a table of some leads; `column` is the one by which the lead names the row."""
    named = {"course_enrollments": "id", "cohort_enrollments": "user_id", "payments": "id"}.get(table, "lead_id")

    def of(rule: str) -> Damage:
        def damage(site: Site) -> Found:
            rows = site.take(pool)
            for row in rows:
                site.change(table, change, named, row[column])
            return {rule: _keys_of(rule, rows)}

        return damage

    return of


_ENROLLMENTS = ("enrollment-times-backwards", "progress-inconsistent", "certificate-url-missing", "certificate-altered")
_COHORTS = ("cohort-enrollment-times-backwards", "cohort-progress-inconsistent")
_PAYMENTS = ("amount-mismatch", "underpaid", "refunded-but-paid")


def _keys_of(rule: str, rows: list[Row]) -> set[Key]:
    if rule in _ENROLLMENTS:
        return keys(rows, "course_id", "user_id")
    if rule in _COHORTS:
        return keys(rows, "cohort_id", "user_id")
    return keys(rows, "payment_ref") if rule in _PAYMENTS else keys(rows, "lead_id")


def enrollment_lost(site: Site) -> Found:
    """Delete course enrollments of paid learners."""
    rows = site.take("active")
    for row in rows:
        site.delete("course_enrollments", "id", row["enrollment_id"])
    return {"paid-without-enrollment": keys(rows, "lead_id")}


def cohort_enrollment_lost(site: Site) -> Found:
    """Delete cohort enrollments of paid learners."""
    rows = site.take("active")
    for row in rows:
        site.delete("cohort_enrollments", "user_id", row["user_id"])
    return {"paid-without-cohort-enrollment": keys(rows, "lead_id")}


def modules_locked(site: Site) -> Found:
    """Move paid learners into a cohort of their own course in which nothing is unlocked."""
    rows = site.take("active")
    for row, cohort_id in zip(rows, site.names("cohort-locked"), strict=True):
        site.add("cohorts", id=cohort_id, course_id=row["course_id"], status="live", fee_cents=row["amount"])
        site.change("lead_registrations", "cohort_id = ?", "lead_id", row["lead_id"], cohort_id)
        site.change("cohort_enrollments", "cohort_id = ?", "user_id", row["user_id"], cohort_id)
    return {"no-module-unlocked": keys(rows, "lead_id")}


def _payment(site: Site, payment_id: str, row: Row, **values: object) -> None:
    """Capture a payment of a lead: its amount, an hour after its first."""
    money: Row = {"amount_cents": row["amount"], "currency": "INR", "status": "captured", "captured": 1}
    who: Row = {"lead_id": row["lead_id"], "email": row["email"]}
    created = {"created_at_ms": int(str(row["updated_at_ms"])) + 3_600_000}
    site.add(
        "payments", **{"id": payment_id, "order_id": f"order-of-{payment_id}", **money, **who, **created, **values}
    )


def webhook_lost(site: Site) -> Found:
    """Capture payments of leads that stay unpaid: named by the lead, by its order, or by the address only."""
    rows, ids = site.take("pending"), site.names("pay_lost")
    for number, (row, payment_id) in enumerate(zip(rows, ids, strict=True)):
        named: Row = {"lead_id": ""} if number % 3 else {}
        named |= {"order_id": row["payment_ref"], "email": ""} if number % 3 == 1 else {}
        _payment(site, payment_id, {**row, "email": str(row["email"]).upper()}, **named)
    return {"captured-but-not-paid": {(name,) for name in ids}}


def money_of_nobody(site: Site) -> Found:
    """Capture payments that no lead is behind, some of them naming one that is not there."""
    ids = site.names("pay_stray")
    for number, payment_id in enumerate(ids):
        who = {"lead_id": "gone", "email": ""} if number % 2 else {"email": f"{payment_id}@example.net"}
        money: Row = {"amount_cents": 499_900, "currency": "INR", "status": "captured"}
        site.add("payments", id=payment_id, **money, **who)
    return {"payment-without-lead": {(name,) for name in ids}}


def _without_payments(site: Site, pool: str) -> list[Row]:
    rows = site.take(pool)
    for row in rows:
        site.delete("payments", "lead_id", row["lead_id"])
    return rows


def payment_unknown(site: Site) -> Found:
    """Let leads be paid by payments that Razorpay does not know."""
    return {"paid-without-payment": keys(_without_payments(site, "active"), "lead_id")}


def paid_too_little_by_hand(site: Site) -> Found:
    """Let leads be set paid by hand, for one rupee."""
    rows = _without_payments(site, "active")
    by_hand = (
        "payment_provider = 'manual', payment_ref = 'manual_1', "
        "metadata_json = json_set(metadata_json, '$.amount_cents', 100)"
    )
    for row in rows:
        site.change("lead_registrations", by_hand, "lead_id", row["lead_id"])
    return {"underpaid-by-hand": keys(rows, "lead_id")}


def _refund(site: Site, row: Row) -> None:
    full = "status = 'refunded', refund_status = 'full', amount_refunded_cents = amount_cents"
    site.change("payments", full, "id", row["payment_ref"])
    refund: Row = {"payment_id": row["payment_ref"], "amount_cents": row["amount"], "status": "processed"}
    created = int(str(row["updated_at_ms"])) + DAY_MS
    site.add("refunds", id=f"rfnd-{row['payment_ref']}", currency="INR", created_at_ms=created, **refund)


def refund_ignored(site: Site) -> Found:
    """Refund payments of leads that stay paid."""
    rows = site.take("active")
    for row in rows:
        _refund(site, row)
    return {"refunded-but-paid": keys(rows, "payment_ref")}


def place_kept(site: Site) -> Found:
    """Refund payments, let the leads know it, and leave them their place."""
    rows = site.take("active")
    for row in rows:
        _refund(site, row)
        site.change("lead_registrations", "payment_status = 'refunded'", "lead_id", row["lead_id"])
    return {"refunded-but-enrolled": keys(rows, "lead_id")}


def paid_twice(site: Site) -> Found:
    """Charge leads once more, on another order."""
    rows, ids = site.take("active"), site.names("pay_again")
    for row, payment_id in zip(rows, ids, strict=True):
        _payment(site, payment_id, row)
    return {"paid-twice": {(name,) for name in ids}}


def order_paid_twice(site: Site) -> Found:
    """Charge leads once more, on the order that is paid: so they have paid twice as well."""
    rows, ids = site.take("active"), site.names("pay_same_order")
    for row, payment_id in zip(rows, ids, strict=True):
        order = "SELECT order_id FROM payments WHERE id = ?"
        order_id = site.database.execute(order, (row["payment_ref"],)).fetchone()[0]
        _payment(site, payment_id, row, order_id=order_id)
    again: set[Key] = {(name,) for name in ids}
    return {"order-paid-twice": again, "paid-twice": again}


def refund_of_nothing(site: Site) -> Found:
    """Refund payments that are not there."""
    ids = site.names("rfnd_stray")
    for refund_id in ids:
        site.add("refunds", id=refund_id, payment_id="pay_gone", amount_cents=100, currency="INR")
    return {"refund-payment-unknown": {(name,) for name in ids}}


def refund_before_payment(site: Site) -> Found:
    """Let money go back before it came."""
    rows = site.take("refunded")
    for row in rows:
        site.change("refunds", "created_at_ms = 1", "payment_id", row["payment_ref"])
    found = [str(row["payment_ref"]).replace("pay_", "rfnd_") for row in rows]
    return {"refund-times-backwards": {(name,) for name in found}}


_LATER = "updated_at_ms = created_at_ms - 1"
_STAGE = "metadata_json = json_set(metadata_json, '$.crm_stage', '{}')"

CHANGES: Mapping[str, Callable[[str], Damage]] = {
    "paid-without-user": leads("active", "lead_registrations", "user_id = ''"),
    "paid-without-access": leads("active", "course_enrollments", "status = 'dropped'", "enrollment_id"),
    "paid-but-not-won": leads("active", "lead_registrations", _STAGE.format("qualified")),
    "won-but-not-paid": leads("pending", "lead_registrations", _STAGE.format("won")),
    "payment-reference-missing": leads("active", "lead_registrations", "payment_ref = ''"),
    "amount-mismatch": leads("active", "payments", "amount_cents = 100", "payment_ref"),
    "underpaid": leads("active", "payments", "amount_refunded_cents = 60000", "payment_ref"),
    "certificate-url-missing": leads("completed", "course_enrollments", "certificate_url = ''", "enrollment_id"),
    "progress-inconsistent": leads("active", "course_enrollments", "completed_at_ms = updated_at_ms", "enrollment_id"),
    "cohort-progress-inconsistent": leads("active", "cohort_enrollments", "completed_at_ms = updated_at_ms", "user_id"),
    "lead-course-unknown": leads("new", "lead_registrations", "course_id = 'course-gone'"),
    "lead-cohort-unknown": leads("new", "lead_registrations", "cohort_id = 'cohort-gone'"),
    "lead-user-unknown": leads("new", "lead_registrations", "user_id = 'learner-gone'"),
    "lead-cohort-of-another-course": leads("new", "lead_registrations", "cohort_id = 'cohort-draft'"),
    "lead-times-backwards": leads("new", "lead_registrations", _LATER),
    "enrollment-times-backwards": leads("active", "course_enrollments", _LATER, "enrollment_id"),
    "cohort-enrollment-times-backwards": leads("active", "cohort_enrollments", _LATER, "user_id"),
}

MONEY: Mapping[str, Damage] = {
    "paid-without-enrollment": enrollment_lost,
    "paid-without-cohort-enrollment": cohort_enrollment_lost,
    "no-module-unlocked": modules_locked,
    "captured-but-not-paid": webhook_lost,
    "payment-without-lead": money_of_nobody,
    "paid-without-payment": payment_unknown,
    "underpaid-by-hand": paid_too_little_by_hand,
    "refunded-but-paid": refund_ignored,
    "refunded-but-enrolled": place_kept,
    "paid-twice": paid_twice,
    "order-paid-twice": order_paid_twice,
    "refund-payment-unknown": refund_of_nothing,
    "refund-times-backwards": refund_before_payment,
    **{rule: of(rule) for rule, of in CHANGES.items()},
}
"""Damage to the chain, to money, and to single columns, by the rule that must report it."""
