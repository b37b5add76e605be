"""Orders, checkouts and manual callbacks of the sandboxed service."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from worker import ASHA_ID, Answer, Worker, deployed, repaired

CREATE_ORDER = "/api/funnel/payment/create-order"
VERIFY = "/api/funnel/payment/verify"
SUCCESS = "/api/funnel/payment/success"


def checkout(worker: Worker, order_id: str, **fields: str) -> Answer:
    """Bring a checkout that Razorpay signed."""
    secret = worker.world.variables["RAZORPAY_KEY_SECRET"].encode()
    signature = hmac.new(secret, f"{order_id}|pay_1".encode(), hashlib.sha256).hexdigest()
    names = {"razorpay_order_id": order_id, "razorpay_payment_id": "pay_1", "razorpay_signature": signature}
    return worker.post(VERIFY, {**names, **fields})


def ordered(worker: Worker) -> tuple[str, str]:
    """Create a lead with an order; answer both ids."""
    lead_id = worker.lead(worker.course())
    return lead_id, str(worker.post(CREATE_ORDER, {"lead_id": lead_id})["order.id"])


def test_an_order_stands_at_razorpay() -> None:
    """The order that the service answers is the gateway's, with the lead in its notes."""
    worker = deployed()

    lead_id, order_id = ordered(worker)

    order = worker.world.gateway.orders[order_id]
    assert (order["amount"], order["status"], order["receipt"], str(order["notes"]).count(lead_id)) == (
        499900,
        "created",
        f"lead_{lead_id[:35]}",
        1,
    )


def test_an_order_is_found_by_address_and_follows_the_callers_course() -> None:
    """The lead may be named by e-mail, and the request may name another course."""
    worker = deployed()
    worker.lead(worker.course())
    worker.course("ml-1", 700)

    answer = worker.post(CREATE_ORDER, {"email": "ASHA@example.com", "course_slug": "ml-1"})

    assert (answer["order.amount_cents"], answer["enrollment_target.course_slug"]) == (700, "ml-1")


@pytest.mark.parametrize(
    ("amount", "expected"), [(100, 100), ("100", 100), (0, 499900), (-5, 499900), ("x", 499900), (True, 499900)]
)
def test_the_caller_chooses_the_amount(amount: object, expected: int) -> None:
    """Today an amount in the request, if it is one, is what the order asks."""
    worker = deployed()
    lead_id = worker.lead(worker.course())

    answer = worker.post(CREATE_ORDER, {"lead_id": lead_id, "amount_cents": amount, "currency": "usd"})

    assert (answer["order.amount_cents"], answer["order.currency"]) == (expected, "USD")


def test_repaired_the_price_is_the_amount() -> None:
    """A repaired service ignores amount and currency of the request."""
    worker = repaired(RAZORPAY_CURRENCY="eur")
    lead_id = worker.lead(worker.course())

    answer = worker.post(CREATE_ORDER, {"lead_id": lead_id, "amount_cents": 100, "currency": "USD"})

    assert (answer["order.amount_cents"], answer["order.currency"]) == (499900, "EUR")


@pytest.mark.parametrize(("course_id", "price"), [("nope", 5), ("", 5), (None, 0)])
def test_an_order_needs_a_course_with_a_price(course_id: str | None, price: int) -> None:
    """Without a course, or for nothing, there is no order."""
    worker = deployed()
    known = worker.course(price=price)
    lead_id = worker.lead(known if course_id is None else course_id)

    answer = worker.post(CREATE_ORDER, {"lead_id": lead_id})

    assert answer.status == 400


@pytest.mark.parametrize("trouble", [{"key_secret": "rotated"}, {"reachable": False}])
def test_an_order_fails_where_razorpay_refuses_or_is_down(trouble: dict[str, object]) -> None:
    """A gateway that refuses the keys or does not answer raises a warning."""
    worker = deployed()
    lead_id = worker.lead(worker.course())
    vars(worker.world.gateway).update(trouble)

    answer = worker.post(CREATE_ORDER, {"lead_id": lead_id})

    assert (answer.refusal, worker.alerts()) == ((500, "Failed to create payment order."), ["create_order_failed"])


def test_demo_payments_need_no_keys() -> None:
    """With demo payments and without keys the order is made up."""
    worker = deployed(RAZORPAY_KEY_ID="", ALLOW_DEMO_PAYMENTS="true")
    lead_id = worker.lead(worker.course())

    answer = worker.post(CREATE_ORDER, {"lead_id": lead_id})

    assert (answer["mode"], answer["key_id"], worker.world.gateway.orders) == ("demo", "", {})


def test_a_signed_checkout_activates() -> None:
    """A checkout signed with the key secret makes its lead paid, and the gateway has the payment."""
    worker = deployed()
    lead_id, order_id = ordered(worker)

    answer = checkout(worker, order_id, lead_id=lead_id)

    assert (answer["ok"], answer["enrollment.user_id"], worker.world.gateway.payments["pay_1"]["amount"]) == (
        True,
        ASHA_ID,
        499900,
    )


def test_a_checkout_is_found_by_its_order() -> None:
    """Neither lead id nor address is needed when the lead stored the order."""
    worker = deployed()
    lead_id, order_id = ordered(worker)

    answer = checkout(worker, order_id)

    assert answer["lead_id"] == lead_id


@pytest.mark.parametrize(("status", "paid"), [("captured", True), ("authorized", True), ("failed", False)])
def test_authorized_counts_as_paid_at_a_checkout(status: str, paid: bool) -> None:  # noqa: FBT001  the expected answer
    """The payment's state at Razorpay decides."""
    worker = deployed()
    lead_id, order_id = ordered(worker)
    entity = {"id": "pay_1", "order_id": order_id, "amount": 499900, "status": status}
    worker.world.gateway.payments["pay_1"] = entity

    answer = checkout(worker, order_id, lead_id=lead_id)

    assert (answer["ok"], worker.status(lead_id) == "paid") == (paid, paid)


def test_a_checkout_of_an_unknown_order_still_has_its_lead() -> None:
    """An order of before this deployment is taken as the lead knows it."""
    worker = deployed()
    lead_id = worker.lead(worker.course())

    answer = checkout(worker, "order_old", lead_id=lead_id)

    assert (answer["payment.status"], answer["payment.amount_cents"]) == ("paid", 0)


def test_a_forged_checkout_raises_a_critical_alert() -> None:
    """A checkout with another signature is refused."""
    worker = deployed()

    answer = checkout(worker, "order_1", razorpay_signature="0" * 64)

    assert (answer.refusal, worker.alerts()) == ((401, "Invalid payment signature."), ["invalid_checkout_signature"])


def test_a_checkout_of_nobody_is_not_found() -> None:
    """A signed checkout that no lead belongs to is answered 404."""
    worker = deployed()

    answer = checkout(worker, "order_1")

    assert answer.refusal == (404, "Registration not found for payment verification.")


def test_a_checkout_needs_all_three_fields() -> None:
    """Order, payment and signature are required."""
    worker = deployed()

    answer = worker.post(VERIFY, {"razorpay_order_id": "o"})

    assert answer.status == 400


def test_a_checkout_that_cannot_be_looked_up_raises_a_warning() -> None:
    """Where Razorpay is down a signed checkout fails."""
    worker = deployed()
    lead_id, order_id = ordered(worker)
    worker.world.gateway.reachable = False

    answer = checkout(worker, order_id, lead_id=lead_id)

    assert (answer.refusal, worker.alerts()) == ((500, "Failed to verify payment."), ["verify_failed"])


@pytest.mark.parametrize(
    ("variables", "headers", "status"),
    [
        ({}, {}, 401),
        ({"ALLOW_DEMO_PAYMENTS": "true"}, {}, 200),
        ({"PAYMENT_WEBHOOK_TOKEN": "t"}, {}, 401),
        ({"PAYMENT_WEBHOOK_TOKEN": "t", "ALLOW_DEMO_PAYMENTS": "true"}, {"x_payment_token": "u"}, 401),
        ({"PAYMENT_WEBHOOK_TOKEN": "t"}, {"x_payment_token": "t"}, 200),
        ({"PAYMENT_WEBHOOK_TOKEN": "t"}, {"authorization": "Bearer t"}, 200),
    ],
)
def test_who_may_mark_a_lead_paid(variables: dict[str, str], headers: dict[str, str], status: int) -> None:
    """The holder of the token may; without a token anyone may under demo payments, and nobody otherwise."""
    worker = deployed(**variables)
    lead_id = worker.lead(worker.course())

    answer = worker.post(SUCCESS, {"lead_id": lead_id}, **headers)

    assert (answer.status, worker.alerts()) == (status, ["manual_callback_unauthorized"] if status == 401 else [])


def test_a_callback_without_a_reference_gets_a_manual_one() -> None:
    """A payment by hand is provided by `manual`, with the time in its reference and the price as its amount."""
    worker = deployed(ALLOW_DEMO_PAYMENTS="true")
    lead_id = worker.lead(worker.course())

    answer = worker.post(SUCCESS, {"lead_id": lead_id})

    assert isinstance(answer.json["payment"], dict)
    reference = answer.json["payment"].pop("payment_ref")
    assert (answer.json["payment"], bool(re.fullmatch(r"manual_\d{13}", reference))) == (
        {"status": "paid", "payment_provider": "manual", "amount_cents": 499900, "currency": "INR"},
        True,
    )


@pytest.mark.parametrize(
    ("body", "status"), [({}, 400), ({"lead_id": "nope"}, 404), ({"email": "no@one.example"}, 404)]
)
def test_a_callback_needs_a_lead(body: dict[str, str], status: int) -> None:
    """A callback names a lead that exists."""
    worker = deployed(ALLOW_DEMO_PAYMENTS="true")

    answer = worker.post(SUCCESS, body)

    assert answer.status == status


def test_a_broken_callback_raises_a_warning() -> None:
    """A body that is no JSON fails the callback."""
    worker = deployed(ALLOW_DEMO_PAYMENTS="true")

    answer = worker.request("POST", SUCCESS, body=b"")

    assert (answer["details"], worker.alerts()) == ("Unexpected end of JSON input", ["manual_callback_failed"])


def test_the_status_by_address_is_the_newest_leads() -> None:
    """Of several leads of one address the newest answers."""
    worker = deployed()
    course_id = worker.course()
    worker.lead(course_id)
    newest = worker.lead(course_id)

    answer = worker.get("/api/funnel/payment/status?email=ASHA@example.com")

    assert answer["lead_id"] == newest
