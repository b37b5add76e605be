"""What rules find in a database, and the tables of a sandbox as an audit would have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from audit_tables import insert

from deeplearn_checks.audit.dialect import json_text_in
from deeplearn_checks.audit.rule import Rule, rules
from deeplearn_checks.audit.tables import CERTIFICATE_TABLES, PAYMENT_TABLES
from deeplearn_checks.sandbox.certificate import signature

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from audit_damage import Key

    from deeplearn_checks.sandbox.world import World

RULES: Mapping[str, Rule] = {rule.id: rule for rule in rules()}


def keys_of(database: sqlite3.Connection, rule: Rule) -> list[tuple[str, ...]]:
    """Answer the keys that a rule finds, as texts."""
    for view in rule.views:
        database.execute(f"CREATE TEMP VIEW IF NOT EXISTS {view.name} AS {json_text_in(view.sql, 'sqlite')}")
    query = f"SELECT {', '.join(rule.key)} FROM ({json_text_in(rule.sql, 'sqlite')})"  # noqa: S608  a rule of ours
    return [tuple(map(str, row)) for row in database.execute(query)]


def found(database: sqlite3.Connection, judged: Iterable[Rule] = RULES.values()) -> dict[str, list[tuple[str, ...]]]:
    """Answer what rules find, by rule, sorted; without those that find nothing."""
    answers = {rule.id: sorted(keys_of(database, rule)) for rule in judged}
    return {rule: keys for rule, keys in answers.items() if keys}


def expected(keys: Mapping[str, Iterable[Key]]) -> dict[str, list[tuple[str, ...]]]:
    """Write down known keys as `found` answers them."""
    return {rule: sorted(tuple(map(str, key)) for key in those) for rule, those in keys.items()}


def tables_of(world: World) -> sqlite3.Connection:
    """Put the payments, the refunds and the certificates of a sandbox beside its tables."""
    for table, columns in {**PAYMENT_TABLES, **CERTIFICATE_TABLES}.items():
        world.database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
    for payment in world.gateway.payments.values():
        _payment(world, payment)
    for refund in world.gateway.refunds.values():
        row = {name: refund[name] for name in ("id", "payment_id", "currency", "status")}
        at_ms = int(str(refund["created_at"])) * 1000
        insert(world.database, "refunds", **row, amount_cents=refund["amount"], created_at_ms=at_ms)
    for key in world.certificates.keys():  # noqa: SIM118  a bucket is no mapping
        if key.endswith(".json"):
            _artifact(world, key)
    return world.database


def _payment(world: World, payment: Mapping[str, object]) -> None:
    row = {name: payment[name] for name in ("id", "order_id", "currency", "status", "email", "contact")}
    notes = payment["notes"]
    assert isinstance(notes, dict)
    named = {name: notes.get(name, "") for name in ("lead_id", "course_id", "cohort_id")}
    money = {"amount_cents": payment["amount"], "amount_refunded_cents": payment["amount_refunded"]}
    at_ms = int(str(payment["created_at"])) * 1000
    insert(world.database, "payments", **row, **named, **money, captured=payment["captured"], created_at_ms=at_ms)


def _artifact(world: World, key: str) -> None:
    """Write down a certificate with the verdict of its signature."""
    _, course_id, name = key.split("/")
    user_id, issued_on = name[: -len("-2026-01-02.json")], name[-len("2026-01-02.json") : -len(".json")]
    held = json.loads(world.certificates.get(key) or "{}")
    holds = held["signature"] == signature(world.variables, held["course_id"], held["user_id"], issued_on)
    verdict = "valid" if holds and held["user_id"] == user_id else "invalid"
    row = {"course_id": course_id, "user_id": user_id, "issued_on": issued_on, "verdict": verdict}
    insert(world.database, "artifacts", key=key, **row, uploaded_at_ms=held["issued_at_ms"])
