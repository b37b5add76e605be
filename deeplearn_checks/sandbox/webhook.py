"""Razorpay's webhook: how the service judges a delivery, and what it takes from its event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.activation import Payment, apply_payment
from deeplearn_checks.sandbox.alerts import raise_alert
from deeplearn_checks.sandbox.call import Alert, Fields, ProcessingError, RefusedError, clean, is_signed, parse_json
from deeplearn_checks.sandbox.leads import wanted
from deeplearn_checks.sandbox.payments import answered, default_currency

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.call import Call, Json

PATH = "/api/funnel/payment/razorpay/webhook"

HANDLED = {
    "payment.captured": "paid",
    "order.paid": "paid",
    "payment.failed": "failed",
    "refund.created": "refunded",
    "refund.processed": "refunded",
}
"""The payment status that each event means."""


def _critical(event_type: str, message: str) -> Alert:
    return Alert("payment_webhook", "critical", event_type, message, f"razorpay_{event_type}")


NO_SECRET = _critical("webhook_secret_missing", "Razorpay webhook secret is not configured.")
NO_SIGNATURE = _critical("webhook_signature_missing", "Missing Razorpay webhook signature.")
FORGED = _critical("webhook_signature_invalid", "Invalid Razorpay webhook signature.")
FAILED = _critical("webhook_processing_failed", "Razorpay webhook processing failed.")


def webhook(call: Call) -> Json:
    """Judge a delivery and apply the payment that it reports."""
    if not call.world.behaviour.accepts_any_signature:
        _check_signature(call)
    delivery = _delivery(call)
    event = delivery.text("event", 80)
    if event not in HANDLED:
        return _ignored("event_not_handled", event)
    payment = _reported(call, event, delivery.within("payload"))
    if not (payment.lead_id or payment.email):
        return _ignored("missing_lead_reference", event)
    return {"ok": True, "event": event, **answered(payment, apply_payment(call.world, payment))}


def _check_signature(call: Call) -> None:
    secret = call.variable("RAZORPAY_WEBHOOK_SECRET")
    if not secret:
        raise_alert(call.world, NO_SECRET, {"route": PATH})
        raise RefusedError(503, "Razorpay webhook secret is not configured.")
    given = call.headers.get("x-razorpay-signature", "").strip()
    behaviour, verified = call.world.behaviour, call.world.verified_signatures
    if (not given and behaviour.accepts_no_signature) or (behaviour.trusts_known_signatures and given in verified):
        return
    if not given:
        raise_alert(call.world, NO_SIGNATURE, {})
        raise RefusedError(401, "Missing Razorpay signature.")
    if not is_signed(secret, call.body, given.lower()):
        raise_alert(call.world, FORGED, {})
        raise RefusedError(401, "Invalid webhook signature.")
    verified.add(given)


def _delivery(call: Call) -> Fields:
    try:
        return Fields.of(parse_json(call.body))
    except ProcessingError:
        raise ProcessingError("Model response is not valid JSON.") from None


def _ignored(reason: str, event: str) -> Json:
    return {"ok": True, "ignored": True, "reason": reason, "event": event}


def _reported(call: Call, event: str, payload: Fields) -> Payment:
    payment, order = (payload.within(name).within("entity") for name in ("payment", "order"))
    notes = Fields({**order.within("notes").values, **payment.within("notes").values})
    order_id = payment.text("order_id") or order.text("id")
    payment_id = payment.text("id") or payload.within("refund").within("entity").text("payment_id")
    return Payment(
        status=HANDLED[event],
        lead_id=notes.text("lead_id"),
        email=payment.email() or notes.email(),
        reference=payment_id or order_id,
        provider="razorpay",
        amount_cents=payment.count("amount") or order.count("amount_paid") or order.count("amount"),
        currency=(payment.text("currency", 3) or order.text("currency", 3)).upper() or default_currency(call),
        source=f"razorpay-webhook:{event}",
        order_id=order_id,
        phone=clean(payment.text("contact"), 40),
        wanted=wanted(notes),
        metadata=_metadata(event, order_id, payment_id),
    )


def _metadata(event: str, order_id: str, payment_id: str) -> Json:
    known = {"razorpay_order_id": order_id, "razorpay_payment_id": payment_id}
    return {**{name: value for name, value in known.items() if value}, "webhook_event": event, "route": PATH}
