"""Creating an order at Razorpay for a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.alerts import raise_alert
from deeplearn_checks.sandbox.call import Alert, ProcessingError, RefusedError
from deeplearn_checks.sandbox.course_choice import choose
from deeplearn_checks.sandbox.leads import wanted
from deeplearn_checks.sandbox.payments import choice_of, default_currency, has_keys, referenced
from deeplearn_checks.sandbox.rows import dumped, metadata, update_lead
from deeplearn_checks.sandbox.world import random_id

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Call, Fields, Json
    from deeplearn_checks.sandbox.course_choice import Choice

CREATE_ORDER = "/api/funnel/payment/create-order"

NO_KEYS = Alert(
    source="payment_gateway",
    severity="critical",
    event_type="razorpay_not_configured",
    message="Razorpay credentials are missing in production mode.",
    dedupe_key="razorpay_not_configured_create_order",
)


def create_order(call: Call) -> Json:
    """Create an order for a lead's course and remember it with the lead."""
    fields = call.fields()
    unknown = "Registration not found for payment order creation."
    lead = referenced(call, fields.text("lead_id"), fields.email(), unknown)
    choice = _choice(call, fields, lead)
    amount, currency = _price(call, fields, choice)
    mode = _mode(call)
    order: Json = {"amount_cents": amount, "currency": currency, "status": "created"}
    order = {"id": "", **order, "receipt": f"lead_{lead['lead_id'][:35]}"}
    order["id"] = _at_razorpay(call, lead, choice, order) if mode == "razorpay" else random_id("order_demo")
    _remember(call, lead, mode, order)
    shown: Json = {"ok": True, "mode": mode, "lead_id": lead["lead_id"], "key_id": call.variable("RAZORPAY_KEY_ID")}
    return {**shown, "order": order, "upi_qr": None, "enrollment_target": choice.shown()}


def _choice(call: Call, fields: Fields, lead: sqlite3.Row) -> Choice:
    asked = wanted(fields)
    choice = choose(call.world, asked) if any(asked) else choice_of(call, lead)
    if not choice.course_id:
        raise RefusedError(400, "Unable to resolve course for payment order creation.")
    return choice


def _price(call: Call, fields: Fields, choice: Choice) -> tuple[int, str]:
    amount, currency = choice.amount_cents, default_currency(call)
    if call.world.behaviour.caller_sets_amount:
        amount = fields.count("amount_cents") or amount
        currency = fields.text("currency", 3).upper() or currency
    if amount <= 0:
        raise RefusedError(400, "amount_cents must be greater than zero.")
    return amount, currency


def _mode(call: Call) -> str:
    if has_keys(call):
        return "razorpay"
    if call.allows("ALLOW_DEMO_PAYMENTS"):
        return "demo"
    raise_alert(call.world, NO_KEYS, {"route": CREATE_ORDER})
    raise RefusedError(503, "Razorpay is not configured.")


def _at_razorpay(call: Call, lead: sqlite3.Row, choice: Choice, order: Json) -> str:
    require_gateway(call, "order creation")
    notes = {"lead_id": lead["lead_id"], "email": lead["email"], "course_id": choice.course_id}
    notes |= {"course_slug": choice.course_slug, "cohort_id": choice.cohort_id}
    now, order_id = call.world.now_ms() // 1000, random_id("order_")
    entity = entities.order(order_id, entities.number(order, "amount_cents"), now, notes, str(order["receipt"]))
    call.world.gateway.orders[order_id] = {**entity, "currency": order["currency"]}
    return order_id


def require_gateway(call: Call, purpose: str) -> None:
    """Raise ProcessingError where Razorpay cannot be reached or refuses the service's keys."""
    gateway = call.world.gateway
    if not gateway.reachable:
        raise ProcessingError(f"Razorpay {purpose} failed: network connection lost.")
    if (call.variable("RAZORPAY_KEY_ID"), call.variable("RAZORPAY_KEY_SECRET")) != (gateway.key_id, gateway.key_secret):
        raise ProcessingError(f"Razorpay {purpose} failed: 401 Authentication failed")


def _remember(call: Call, lead: sqlite3.Row, mode: str, order: Json) -> None:
    known: Json = {"razorpay_order_id": order["id"], "amount_cents": order["amount_cents"]}
    known |= {"currency": order["currency"], "route": CREATE_ORDER}
    columns: Json = {"payment_ref": order["id"], "payment_provider": mode, "updated_at_ms": call.world.now_ms()}
    columns["metadata_json"] = dumped(metadata(lead) | known)
    update_lead(call.world, lead["lead_id"], columns)
