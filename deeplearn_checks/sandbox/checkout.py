"""Verifying a checkout: Razorpay's signature over its order and its payment, brought by the learner's browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.activation import Payment, apply_payment
from deeplearn_checks.sandbox.alerts import raise_alert
from deeplearn_checks.sandbox.call import Alert, Fields, RefusedError, is_signed
from deeplearn_checks.sandbox.leads import find_lead
from deeplearn_checks.sandbox.orders import require_gateway
from deeplearn_checks.sandbox.payments import answered, default_currency, has_keys, known_money

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Call, Json

VERIFY = "/api/funnel/payment/verify"

NO_KEYS = Alert(
    source="payment_gateway",
    severity="critical",
    event_type="razorpay_not_configured",
    message="Razorpay credentials are missing for payment verify.",
    dedupe_key="razorpay_not_configured_verify",
)
FORGED = Alert(
    source="payment_verify",
    severity="critical",
    event_type="invalid_checkout_signature",
    message="Invalid Razorpay checkout signature.",
    dedupe_key="razorpay_invalid_checkout_signature",
)
PAID = frozenset({"captured", "authorized"})
"""The states of a payment that count as paid at a checkout."""


def verify(call: Call) -> Json:
    """Activate a checkout that Razorpay signed."""
    fields = call.fields()
    names = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")
    order_id, payment_id, signature = (fields.text(name) for name in names)
    if not (order_id and payment_id and signature):
        raise RefusedError(400, "razorpay_order_id, razorpay_payment_id, and razorpay_signature are required.")
    _check_signature(call, order_id, payment_id, signature)
    lead = find_lead(call.world, fields.text("lead_id"), fields.email(), order_id)
    if lead is None:
        raise RefusedError(404, "Registration not found for payment verification.")
    payment = _reported(call, lead, _payment_at_razorpay(call, lead, order_id, payment_id))
    return {"ok": payment.status == "paid", **answered(payment, apply_payment(call.world, payment))}


def _check_signature(call: Call, order_id: str, payment_id: str, signature: str) -> None:
    if not has_keys(call):
        raise_alert(call.world, NO_KEYS, {"route": VERIFY})
        raise RefusedError(503, "Razorpay is not configured.")
    if not is_signed(call.variable("RAZORPAY_KEY_SECRET"), f"{order_id}|{payment_id}".encode(), signature):
        raise_alert(call.world, FORGED, {"route": VERIFY, "order_id": order_id, "payment_id": payment_id})
        raise RefusedError(401, "Invalid payment signature.")


def _payment_at_razorpay(call: Call, lead: sqlite3.Row, order_id: str, payment_id: str) -> Fields:
    """Answer the payment at Razorpay: a checkout that Razorpay signed has one, captured for what its order asks."""
    require_gateway(call, "payment fetch")
    gateway, now = call.world.gateway, call.world.now_ms() // 1000
    amount, currency = known_money(call, lead)
    unknown = {**entities.order(order_id, amount, now, {"lead_id": lead["lead_id"]}), "currency": currency}
    order = gateway.orders.setdefault(order_id, unknown)
    if payment_id not in gateway.payments:
        gateway.payments[payment_id] = entities.payment(payment_id, order, now, lead["email"], lead["phone"])
        gateway.orders[order_id] = entities.settled(order)
    return Fields(gateway.payments[payment_id])


def _reported(call: Call, lead: sqlite3.Row, entity: Fields) -> Payment:
    order_id, payment_id = entity.text("order_id"), entity.text("id")
    return Payment(
        status="paid" if entity.text("status") in PAID else "failed",
        lead_id=lead["lead_id"],
        email=lead["email"],
        reference=payment_id,
        provider="razorpay",
        amount_cents=entity.count("amount"),
        currency=entity.text("currency") or default_currency(call),
        source="razorpay-verify",
        metadata={"razorpay_order_id": order_id, "razorpay_payment_id": payment_id, "route": VERIFY},
    )
