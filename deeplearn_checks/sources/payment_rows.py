"""Razorpay's entities as rows of the tables `payments` and `refunds`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.audit.tables import PAYMENT_TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.models import GatewayPayment, GatewayRefund
    from deeplearn_checks.sources.writing import Row

PAYMENT_COLUMNS = tuple(PAYMENT_TABLES["payments"])
REFUND_COLUMNS = tuple(PAYMENT_TABLES["refunds"])
NOTED = ("lead_id", "course_id", "cohort_id")
"""The notes of a payment that say whose it is."""


def payment_row(one: GatewayPayment) -> Row:
    """Write a payment as a row of `payments`."""
    values: dict[str, str | int] = {
        "id": one.id,
        "order_id": one.order_id,
        "currency": one.currency,
        "status": one.status,
        "refund_status": one.refund_status,
        "email": one.email,
        "contact": one.contact,
        "amount_cents": one.amount,
        "amount_refunded_cents": one.amount_refunded,
        "captured": int(one.captured),
        "created_at_ms": one.created_at * 1000,
        **{name: one.notes.get(name, "") for name in NOTED},
    }
    return _storable(values, PAYMENT_COLUMNS)


def refund_row(one: GatewayRefund) -> Row:
    """Write a refund as a row of `refunds`."""
    values: dict[str, str | int] = {
        "id": one.id,
        "payment_id": one.payment_id,
        "currency": one.currency,
        "status": one.status,
        "amount_cents": one.amount,
        "created_at_ms": one.created_at * 1000,
    }
    return _storable(values, REFUND_COLUMNS)


def _storable(values: Mapping[str, str | int], columns: Sequence[str]) -> Row:
    """Put values in their order, without the lone surrogates that JSON can hold and SQLite cannot."""
    return tuple(storable(value) if isinstance(value, str) else value for value in map(values.__getitem__, columns))


def storable(text: str) -> str:
    """Replace lone surrogates."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
