"""Payments as the public pages ask for them: the status of a lead's payment, and the manual callback."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.activation import Payment, apply_payment
from deeplearn_checks.sandbox.alerts import raise_alert
from deeplearn_checks.sandbox.call import Alert, Fields, RefusedError
from deeplearn_checks.sandbox.course_choice import Wanted, choose
from deeplearn_checks.sandbox.leads import lead_by_email, lead_by_id, wanted
from deeplearn_checks.sandbox.rows import metadata

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.activation import Applied
    from deeplearn_checks.sandbox.call import Call, Json
    from deeplearn_checks.sandbox.course_choice import Choice

SUCCESS = "/api/funnel/payment/success"

UNAUTHORIZED = Alert(
    source="payment_callback",
    severity="warning",
    event_type="manual_callback_unauthorized",
    message="Unauthorized manual payment callback.",
    dedupe_key="manual_callback_unauthorized",
)


def default_currency(call: Call) -> str:
    """Answer the currency of a payment that names none."""
    return call.variable("RAZORPAY_CURRENCY").strip().upper() or "INR"


def has_keys(call: Call) -> bool:
    """Whether the service has both of its Razorpay credentials."""
    return bool(call.variable("RAZORPAY_KEY_ID") and call.variable("RAZORPAY_KEY_SECRET"))


def answered(payment: Payment, applied: Applied) -> Json:
    """Answer a payment and what it bought."""
    return {"lead_id": applied.lead_id, "payment": payment.shown(), "enrollment": applied.enrollment}


def known_money(call: Call, lead: sqlite3.Row) -> tuple[int, str]:
    """Answer the amount and the currency that the lead's order or payment had; 0 before there is one."""
    known = Fields(metadata(lead))
    return known.count("amount_cents"), known.text("currency") or default_currency(call)


def choice_of(call: Call, lead: sqlite3.Row) -> Choice:
    """Answer the course and the cohort that a lead asked for."""
    return choose(call.world, Wanted(lead["course_id"], lead["course_slug"], lead["cohort_id"]))


def referenced(call: Call, lead_id: str, email: str, unknown: str) -> sqlite3.Row:
    """Answer the lead by id, or the newest of an address; `unknown` is the text of the 404."""
    if not (lead_id or email):
        raise RefusedError(400, "lead_id or email is required.")
    lead = lead_by_id(call.world, lead_id) if lead_id else lead_by_email(call.world, email)
    if lead is None:
        raise RefusedError(404, unknown)
    return lead


def status(call: Call) -> Json:
    """Answer the payment of one lead, and the place that it bought."""
    lead = referenced(call, call.text("lead_id"), call.text("email").lower(), "Registration not found.")
    amount, currency = known_money(call, lead)
    payment: Json = {"status": lead["payment_status"], "payment_ref": lead["payment_ref"]}
    payment |= {"payment_provider": lead["payment_provider"], "paid_at_ms": lead["paid_at_ms"] or 0}
    payment |= {"amount_cents": amount, "currency": currency}
    shown: Json = {"ok": True, "lead_id": lead["lead_id"], "payment": payment}
    return {**shown, "upi_qr": None, "enrollment": _place(call, lead)}


def _place(call: Call, lead: sqlite3.Row) -> Json | None:
    if lead["payment_status"] != "paid" or not lead["user_id"]:
        return None
    return {"user_id": lead["user_id"], **choice_of(call, lead).shown(), "cohort_id": lead["cohort_id"]}


def success(call: Call) -> Json:
    """Mark a lead paid by hand: for the holder of the callback token or, with demo payments, for anyone."""
    if not _may_call_back(call):
        raise_alert(call.world, UNAUTHORIZED, {"route": SUCCESS})
        raise RefusedError(401, "Unauthorized payment callback.")
    fields = call.fields()
    lead = referenced(call, fields.text("lead_id"), fields.email(), "Registration not found.")
    payment = _by_hand(call, lead, fields)
    return {"ok": True, **answered(payment, apply_payment(call.world, payment))}


def _may_call_back(call: Call) -> bool:
    token = call.variable("PAYMENT_WEBHOOK_TOKEN")
    if not token:
        return call.allows("ALLOW_DEMO_PAYMENTS")
    bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
    given = call.headers.get("x-payment-token") or bearer
    return hmac.compare_digest(given.encode(), token.encode())


def _by_hand(call: Call, lead: sqlite3.Row, fields: Fields) -> Payment:
    amount, currency = known_money(call, lead)
    return Payment(
        status="paid",
        lead_id=lead["lead_id"],
        email=lead["email"],
        reference=fields.text("payment_ref") or f"manual_{call.world.now_ms()}",
        provider=fields.text("payment_provider") or "manual",
        amount_cents=fields.count("amount_cents") or amount or choice_of(call, lead).amount_cents,
        currency=fields.text("currency", 3).upper() or currency,
        source="payment-success",
        wanted=wanted(fields),
        metadata={"route": SUCCESS},
    )
