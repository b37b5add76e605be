"""Changing the money of a sandboxed deployment: what Razorpay knows, and what its leads say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.world import random_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from deeplearn_checks.sandbox.razorpay_entities import Entity
    from deeplearn_checks.sandbox.world import World

HOUR = 3600
RECENT = "SELECT * FROM lead_registrations WHERE payment_status = 'paid' ORDER BY paid_at_ms DESC LIMIT 1"


def paid(world: World) -> sqlite3.Row:
    """Answer the lead that paid last."""
    return world.execute(RECENT)[0]


def payment_of(world: World, lead: sqlite3.Row) -> Entity:
    """Answer the payment of a lead."""
    return world.gateway.payments[lead["payment_ref"]]


def capture(world: World, fields: Mapping[str, object], age: int = HOUR) -> Entity:
    """Capture a payment of 4,999 rupees so many seconds ago, that names nothing but what is given."""
    order = entities.order(random_id("order_"), 499_900, 0, {})
    payment = entities.payment(random_id("pay_"), order, world.now_ms() // 1000 - age, "", "")
    payment |= {"order_id": None, "email": None, "contact": None, "notes": []} | dict(fields)
    world.gateway.payments[str(payment["id"])] = payment
    return payment


def refund(world: World, payment: Entity, amount: int) -> None:
    """Refund a part of a payment just now."""
    one = entities.refund(random_id("rfnd_"), payment, amount, world.now_ms() // 1000 - HOUR)
    world.gateway.refunds[str(one["id"])] = one
    world.gateway.payments[str(payment["id"])] = entities.refunded(payment, amount)


def amount(payment: Entity) -> int:
    """Answer the amount of a payment, in paise."""
    return entities.number(payment, "amount")


def change(world: World, lead: sqlite3.Row, **columns: object) -> None:
    """Change columns of a lead."""
    names = ", ".join(f"{name} = ?" for name in columns)
    world.execute(f"UPDATE lead_registrations SET {names} WHERE lead_id = ?", (*columns.values(), lead["lead_id"]))  # noqa: S608  of this test
