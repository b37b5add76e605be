"""Razorpay's entities in Razorpay's own shapes: amounts in paise, times in seconds since the epoch."""

from __future__ import annotations

Entity = dict[str, object]
Notes = dict[str, str]

NO_ERROR: Entity = dict.fromkeys(("error_code", "error_description", "error_source", "error_step", "error_reason"))
DECLINED: Entity = {
    "error_code": "BAD_REQUEST_ERROR",
    "error_description": "Payment was unsuccessful due to a temporary issue.",
    "error_source": "bank",
    "error_step": "payment_authorization",
    "error_reason": "payment_failed",
}


def number(entity: Entity, name: str) -> int:
    """Answer a whole number of an entity; raises TypeError where it is none."""
    value = entity[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entity.get('id')} is no whole number: {value!r}")
    return value


def order(order_id: str, amount: int, created_at: int, notes: Notes, receipt: str = "") -> Entity:
    """Build an order in rupees that nobody has tried to pay."""
    return {
        "id": order_id,
        "entity": "order",
        "amount": amount,
        "amount_paid": 0,
        "amount_due": amount,
        "currency": "INR",
        "receipt": receipt,
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": notes,
        "created_at": created_at,
    }


def attempted(entity: Entity) -> Entity:
    """Answer the order after one more attempt that failed."""
    return {**entity, "status": "attempted", "attempts": number(entity, "attempts") + 1}


def settled(entity: Entity) -> Entity:
    """Answer the order after one more attempt that paid it."""
    paid: Entity = {"status": "paid", "amount_paid": entity["amount"], "amount_due": 0}
    return {**attempted(entity), **paid}


def payment(payment_id: str, of_order: Entity, created_at: int, email: str, contact: str) -> Entity:
    """Build a captured payment of the whole order, with the order's notes (2 % fee, of which 18 % are tax)."""
    fee = number(of_order, "amount") // 50
    money: Entity = {"amount": of_order["amount"], "currency": of_order["currency"], "fee": fee, "tax": fee * 18 // 118}
    refunded: Entity = {"amount_refunded": 0, "refund_status": None}
    paid_by: Entity = {"method": "upi", "card_id": None, "bank": None, "wallet": None, "vpa": "learner@okexample"}
    return {
        "id": payment_id,
        "entity": "payment",
        "status": "captured",
        "captured": True,
        "order_id": of_order["id"],
        "invoice_id": None,
        "international": False,
        "description": "",
        "email": email,
        "contact": contact,
        "notes": of_order["notes"],
        "acquirer_data": {},
        "created_at": created_at,
        **money,
        **refunded,
        **paid_by,
        **NO_ERROR,
    }


def declined(entity: Entity) -> Entity:
    """Answer the payment as it is when the bank declined it."""
    return {**entity, "status": "failed", "captured": False, "fee": None, "tax": None, **DECLINED}


def refund(refund_id: str, of_payment: Entity, amount: int, created_at: int, notes: Notes | None = None) -> Entity:
    """Build a processed refund of a payment."""
    return {
        "id": refund_id,
        "entity": "refund",
        "amount": amount,
        "currency": of_payment["currency"],
        "payment_id": of_payment["id"],
        "notes": notes or {},
        "receipt": None,
        "acquirer_data": {"arn": None},
        "created_at": created_at,
        "batch_id": None,
        "status": "processed",
        "speed_processed": "normal",
        "speed_requested": "normal",
    }


def refunded(entity: Entity, amount: int) -> Entity:
    """Answer the payment after `amount` more of it went back."""
    total = number(entity, "amount_refunded") + amount
    if total < number(entity, "amount"):
        return {**entity, "amount_refunded": total, "refund_status": "partial"}
    return {**entity, "amount_refunded": total, "refund_status": "full", "status": "refunded"}


def downtime(downtime_id: str, begin: int, method: str = "upi") -> Entity:
    """Build a downtime of a payment method that has begun and not ended."""
    return {
        "id": downtime_id,
        "entity": "payment.downtime",
        "method": method,
        "begin": begin,
        "end": None,
        "status": "started",
        "scheduled": False,
        "severity": "high",
        "instrument": {},
        "created_at": begin,
        "updated_at": begin,
    }
