"""Whether every paid lead was paid by a payment that Razorpay knows."""

from __future__ import annotations

import pytest
from asking import DAY, PAID, ask, healthy, verdict
from purse import HOUR, change, paid, payment_of

from deeplearn_checks.diagnostics import money


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"payment_ref": ""}, "payment-reference-missing"),
        ({"payment_ref": "manual_1", "payment_provider": "manual"}, "passed"),
        ({"payment_ref": "pay_Unknown0000001"}, "paid-without-payment"),
        ({"payment_ref": "pay_Unknown0000001", "payment_provider": ""}, "paid-without-payment"),
        ({"payment_ref": "order_Unknown00001"}, "paid-without-payment"),
        ({"payment_ref": "pay_Unknown0000001", "paid_at_ms": 1}, "passed"),
    ],
)
def test_a_paid_lead_names_a_payment_that_exists(columns: dict[str, object], expected: str) -> None:
    """A lead paid in the window needs a payment at Razorpay; paid by hand or earlier it is only counted."""
    world = healthy(14)
    lead = paid(world)
    world.gateway.payments.pop(lead["payment_ref"])
    change(world, lead, **columns)

    result = ask(world, money.references_exist)

    assert verdict(result) == expected


def test_a_reference_may_be_the_order() -> None:
    """A lead that remembers its order only is paid by the payment of that order."""
    world = healthy(14)
    lead = paid(world)
    payment = payment_of(world, lead)
    payment |= {"notes": [], "email": None}
    change(world, lead, payment_ref=payment["order_id"])

    result = ask(world, money.references_exist)

    assert verdict(result) == "passed"


def test_an_order_is_asked_for_when_its_payment_is_not_listed() -> None:
    """A payment made before the window is found through the order that its lead remembers."""
    world = healthy(14)
    lead = paid(world)
    payment = payment_of(world, lead)
    payment |= {"notes": [], "email": None, "created_at": 1}
    change(world, lead, payment_ref=payment["order_id"])

    result = ask(world, money.references_exist)

    assert verdict(result) == "passed"


@pytest.mark.parametrize(
    ("status", "expected"),
    [("failed", "paid-without-payment"), ("created", "paid-without-payment"), ("authorized", "passed")],
)
@pytest.mark.parametrize("age", [HOUR, 30 * DAY])
def test_only_a_payment_that_took_money_pays(status: str, expected: str, age: int) -> None:
    """A payment that failed pays for nothing; an authorized one does, listed or looked up by its id."""
    world = healthy(14)
    payment = payment_of(world, paid(world))
    payment |= {"status": status, "created_at": world.now_ms() // 1000 - age}

    result = ask(world, money.references_exist)

    assert verdict(result) == expected


def test_leads_that_were_not_looked_up_are_counted() -> None:
    """The finding says how many leads were paid by hand and how many before the window."""
    world = healthy(14)
    lead, *older = world.execute(PAID)
    change(world, lead, payment_provider="manual")
    for other in older:
        change(world, other, paid_at_ms=1)

    result = ask(world, money.references_exist)

    assert (result.evidence["paid_by_hand"], result.evidence["paid_before_the_window"]) == (1, len(older))
