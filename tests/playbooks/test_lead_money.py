"""The links of money where seeds and faults do not reach: orders by hand, demo orders, moments, odd references."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from strolling import ACTIVE, FAILED, NEW, PENDING, change, healthy, lead, states, stroll, verdict

from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.world import random_id

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.razorpay_entities import Entity
    from deeplearn_checks.sandbox.world import World


def capture(world: World, row: sqlite3.Row, age: int = 3600, **fields: object) -> Entity:
    """Let Razorpay capture a payment for a lead's pending order so many seconds ago."""
    order = world.gateway.orders[row["payment_ref"]]
    payment = entities.payment(random_id("pay_"), order, world.now_ms() // 1000 - age, row["email"], row["phone"])
    payment |= fields
    world.gateway.payments[str(payment["id"])] = payment
    return payment


def test_a_lead_paid_by_hand_has_nothing_at_razorpay() -> None:
    """Order, gateway and webhook are not due for a lead that was paid past Razorpay."""
    world = healthy()
    row = lead(world, ACTIVE)
    world.gateway.payments.pop(row["payment_ref"])
    change(world, row, payment_provider="manual", payment_ref="manual_1", source="payment-success")

    walk = stroll(world, row["email"])

    assert states(walk) == "onnnooooon"


def test_a_demo_order_can_be_paid_by_nobody() -> None:
    """An unpaid demo order says that the Worker had no keys when it was created."""
    world = healthy()
    row = lead(world, NEW)
    change(world, row, payment_provider="demo", payment_ref="order_demo1")

    walk = stroll(world, row["email"])

    assert (*verdict(walk), states(walk)) == ("order", "gateway-not-configured", "obnnnnnnnn")


def test_a_paid_lead_must_name_its_payment() -> None:
    """Without a reference nothing says what it was paid by; the gateway is looked through all the same."""
    world = healthy()
    row = lead(world, ACTIVE)
    change(world, row, payment_ref="")

    walk = stroll(world, row["email"])

    assert (*verdict(walk), states(walk)) == ("order", "payment-reference-missing", "obooooooo" + "n")


def test_a_paid_lead_without_reference_and_money_stays_unknown_at_the_gateway() -> None:
    """Where nothing says what to look up, that Razorpay lists nothing proves nothing."""
    world = healthy()
    row = lead(world, ACTIVE)
    change(world, row, payment_ref="", source="landing")
    world.gateway.payments.clear()

    walk = stroll(world, row["email"])

    assert (states(walk)[:5], walk.link("gateway").because, walk.link("webhook").because) == (
        "obuuo",
        "order",
        "gateway",
    )


def test_a_payment_of_moments_ago_may_still_be_on_its_way() -> None:
    """A delivery has time to settle; until then it is neither ok nor broken."""
    world = healthy()
    row = lead(world, PENDING)
    capture(world, row, age=5)

    walk = stroll(world, row["email"])

    assert (walk.link("webhook").cause, states(walk)) == ("cannot-tell", "ooouuuuuuu")


def test_a_payment_that_failed_takes_no_money() -> None:
    """An order with a declined payment is told apart from one without any."""
    world = healthy()
    row = lead(world, PENDING)
    capture(world, row, status="failed", captured=False)

    walk = stroll(world, row["email"])

    assert (states(walk), "failed: no money was taken" in walk.link("gateway").summary) == ("oonnnnnnnn", True)


def test_a_failed_lead_whose_second_attempt_was_captured_is_broken() -> None:
    """The service heard of the failure and not of the success after it."""
    world = healthy()
    row = lead(world, FAILED)
    declined = world.gateway.payments[row["payment_ref"]]
    later = {"id": random_id("pay_"), "status": "captured", "captured": True, "error_code": None}
    world.gateway.payments[str(later["id"])] = declined | later

    walk = stroll(world, row["email"])

    assert verdict(walk) == ("paid", "captured-but-not-paid")


def test_the_checkouts_own_answer_activates_too() -> None:
    """Whether a delivery came cannot be seen of such a lead, and the link says so."""
    world = healthy()
    row = lead(world, ACTIVE)
    change(world, row, source="razorpay-verify")

    walk = stroll(world, row["email"])

    assert (states(walk), "the checkout's own answer" in walk.link("webhook").summary) == ("ooooooooon", True)


def test_taken_there_and_paid_here_is_delivered() -> None:
    """Where the lead does not say what activated it, the two sides agreeing does."""
    world = healthy()
    row = lead(world, ACTIVE)
    change(world, row, source="landing")

    walk = stroll(world, row["email"])

    assert walk.link("webhook").summary == "the service heard of it: the lead is paid"


@pytest.mark.parametrize("by_email", [True, False])
def test_a_payment_that_names_only_the_person_is_found(by_email: bool) -> None:  # noqa: FBT001  a parameter
    """By the e-mail address of the payment the newest lead is its owner."""
    world = healthy()
    row = lead(world, PENDING)
    payment = capture(world, row)
    payment |= {"notes": [], "order_id": None, "email": row["email"] if by_email else "x@example.com"}

    walk = stroll(world, row["email"])

    assert verdict(walk) == (("webhook", "captured-but-not-paid") if by_email else ("", ""))


def test_two_leads_of_one_person_for_one_course_are_one_charge() -> None:
    """Whoever paid for the same course under two leads was charged twice."""
    world = healthy()
    first, second = lead(world, ACTIVE), lead(world, ACTIVE, 1)
    change(world, second, email=first["email"], course_id=first["course_id"], cohort_id=first["cohort_id"])
    at = world.now_ms() // 1000 - 7200
    for row in (first, second):
        world.gateway.payments[row["payment_ref"]] |= {"created_at": at}

    walk = stroll(world, first["lead_id"])

    assert verdict(walk) == ("gateway", "paid-twice")


def test_a_part_that_went_back_is_told() -> None:
    """A partial refund leaves the lead paid, and the sum is named."""
    world = healthy()
    row = lead(world, ACTIVE)
    payment = world.gateway.payments[row["payment_ref"]]
    world.gateway.payments[row["payment_ref"]] = entities.refunded(payment, 100)

    walk = stroll(world, row["email"])

    assert (states(walk), "of which INR 1.00 went back" in walk.link("gateway").summary) == ("ooooooooon", True)


def test_amounts_are_not_judged_where_prices_cannot_be_had() -> None:
    """Without the admin token the price is not known, and no amount is called wrong."""
    world = healthy(40, "amount-differs", "admin-token-differs")

    walk = stroll(world, lead(world, ACTIVE)["email"])

    gateway = walk.link("gateway")
    assert (gateway.state.value, gateway.summary.endswith("the amount was not judged")) == ("ok", True)


def test_a_payment_without_an_order_is_looked_up_alone() -> None:
    """Not every payment belongs to an order."""
    world = healthy()
    row = lead(world, ACTIVE)
    world.gateway.payments[row["payment_ref"]] |= {"order_id": None}

    walk = stroll(world, row["email"])

    assert (states(walk), row["payment_ref"] in walk.link("order").summary) == ("ooooooooon", True)


def test_without_the_webhook_secret_nothing_is_probed() -> None:
    """An unpaid lead is whole all the same: nothing was captured."""
    world = healthy()

    walk = stroll(world, lead(world, PENDING)["email"], RAZORPAY_WEBHOOK_SECRET="")

    assert (states(walk), "signed_probe" in walk.link("webhook").evidence) == ("oonnnnnnnn", False)


def test_captured_and_refused_names_why_it_is_refused() -> None:
    """Where deliveries cannot be verified, that is the cause of the money that did not arrive."""
    world = healthy(40, "webhook-lost", "webhook-secret-is-key-secret")

    walk = stroll(world, lead(world, PENDING)["email"])

    assert (*verdict(walk), "was captured and not delivered" in walk.link("webhook").summary) == (
        "webhook",
        "webhook-secret-is-key-secret",
        True,
    )
