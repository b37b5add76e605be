"""Whether Razorpay and the service tell the same about money: payment by payment, lead by lead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from asking import DAY, PENDING, ask, healthy, verdict
from purse import amount, capture, change, paid, payment_of, refund

from deeplearn_checks.diagnostics import money
from deeplearn_checks.sandbox import razorpay_entities as entities

if TYPE_CHECKING:
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.sandbox.razorpay_entities import Entity
    from deeplearn_checks.sandbox.world import World

ALL = (
    money.references_exist,
    money.captured_is_paid,
    money.amounts_agree,
    money.refunds_show,
    money.not_paid_twice,
)


@pytest.mark.parametrize("diagnostic", ALL, ids=lambda one: one.id)
def test_without_money_nothing_is_judged(diagnostic: Diagnostic) -> None:
    """An empty deployment passes and says that it judged nothing."""
    world = healthy(0)

    result = ask(world, diagnostic)

    assert (verdict(result), result.evidence["judged"]) == ("passed", 0)


# -- captured ---------------------------------------------------------------------------------------


def names(world: World, by: str) -> dict[str, object]:
    """Answer the fields by which a payment names a lead that has not paid."""
    lead = world.execute(PENDING)[0]
    return {
        "lead id": {"notes": {"lead_id": lead["lead_id"]}},
        "e-mail": {"email": lead["email"].upper()},
        "note of e-mail": {"notes": {"email": lead["email"]}},
        "order": {"order_id": lead["payment_ref"]},
        "nobody": {},
        "unknown lead": {"notes": {"lead_id": "gone"}},
        "unknown e-mail": {"email": "gone@example.com"},
    }[by]


@pytest.mark.parametrize(
    ("by", "state"),
    [
        ("lead id", ": registered"),
        ("e-mail", ": registered"),
        ("note of e-mail", ": registered"),
        ("order", ": registered"),
        ("nobody", ": nobody's: the payment names neither lead nor e-mail"),
        ("unknown lead", ": the service does not know its lead"),
        ("unknown e-mail", ": the service does not know its lead"),
    ],
)
def test_money_that_paid_for_nothing_is_named(by: str, state: str) -> None:
    """A captured payment whose lead is not paid is reported with what is known of its lead."""
    world = healthy(14)
    capture(world, names(world, by))

    result = ask(world, money.captured_is_paid)

    hit = result.evidence["hit"]
    assert (verdict(result), isinstance(hit, tuple) and hit[0].endswith(state)) == ("captured-but-not-paid", True)


@pytest.mark.parametrize("by", ["lead id", "e-mail", "note of e-mail"])
def test_a_lead_beyond_the_reach_of_the_crm_is_asked_for(by: str) -> None:
    """The lead of a payment that the CRM does not show is asked for by id or e-mail before being reported."""
    world = healthy(14)
    capture(world, names(world, by))
    world.execute("UPDATE lead_registrations SET created_at_ms = 1, payment_status = 'paid'")

    result = ask(world, money.captured_is_paid)

    assert verdict(result) == "passed"


@pytest.mark.parametrize("status", ["paid", "refunded"])
def test_a_lead_that_has_its_money_back_was_paid(status: str) -> None:
    """A lead that is refunded by hand has been activated once: its payment did not go astray."""
    world = healthy(14)
    change(world, paid(world), payment_status=status)

    result = ask(world, money.captured_is_paid)

    assert verdict(result) == "passed"


@pytest.mark.parametrize(("age", "expected"), [(60, "passed"), (180, "captured-but-not-paid")])
def test_a_young_payment_may_be_on_its_way(age: int, expected: str) -> None:
    """A payment is not judged before two minutes have passed."""
    world = healthy(14)
    capture(world, {}, age)

    result = ask(world, money.captured_is_paid)

    assert verdict(result) == expected


@pytest.mark.parametrize(("updated_at_ms", "expected"), [(1, "passed"), (10**15, "captured-but-not-paid")])
def test_an_address_means_the_lead_that_was_updated_last(updated_at_ms: int, expected: str) -> None:
    """Of several leads of one address, a payment that names no lead belongs to the one updated last."""
    world = healthy(14)
    lead = dict(paid(world)) | {"lead_id": "second", "payment_ref": "", "payment_status": "registered"}
    world.insert("lead_registrations", [lead | {"updated_at_ms": updated_at_ms}])
    capture(world, {"email": lead["email"]})

    result = ask(world, money.captured_is_paid)

    assert verdict(result) == expected


def test_the_named_lead_beats_the_address() -> None:
    """A payment that names a lead nobody has is not excused by a paid lead of the same address."""
    world = healthy(14)
    capture(world, {"notes": {"lead_id": "gone"}, "email": paid(world)["email"]})

    result = ask(world, money.captured_is_paid)

    assert verdict(result) == "captured-but-not-paid"


def test_what_is_at_stake_is_added_up_by_currency() -> None:
    """The finding says how much money has paid for nothing."""
    world = healthy(0)
    capture(world, {})
    capture(world, {})
    capture(world, {"currency": "USD"})

    result = ask(world, money.captured_is_paid)

    assert result.evidence["at_stake"] == "INR 9,998.00, USD 4,999.00"


# -- amounts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "fee", "change_to", "expected"),
    [
        (100_000, 0, {"amount": 100_000}, "passed"),
        (100_000, 80_000, {"amount": 80_000}, "passed"),
        (100_000, 80_000, {"amount": 100_000}, "passed"),
        (100_000, 80_000, {"amount": 100}, "amount-mismatch"),
        (100_000, 0, {"amount": 100_000, "currency": "USD"}, "amount-mismatch"),
        (0, 0, {"amount": 100}, "passed"),
    ],
)
def test_an_amount_is_the_price_or_the_fee(price: int, fee: int, change_to: Entity, expected: str) -> None:
    """Price of the course or fee of the cohort, in the service's currency; a free course has no price to hold."""
    world = healthy(14)
    world.execute("UPDATE courses SET price_cents = ?", (price,))
    world.execute("UPDATE cohorts SET fee_cents = ?", (fee,))
    for payment in world.gateway.payments.values():
        payment.update(change_to)

    result = ask(world, money.amounts_agree)

    assert verdict(result) == expected


@pytest.mark.parametrize("table", ["courses", "cohorts"])
def test_an_amount_without_a_known_price_is_not_judged(table: str) -> None:
    """Where course or cohort is not listed, what it costs is not known."""
    world = healthy(14)
    world.execute(f"DELETE FROM {table}")  # noqa: S608  of this test
    payment_of(world, paid(world))["amount"] = 100

    result = ask(world, money.amounts_agree)

    assert (verdict(result), result.evidence["judged"]) == ("passed", 0)


def test_a_lead_without_a_cohort_pays_the_price() -> None:
    """A payment of a lead that chose no cohort is held against the course's price alone."""
    world = healthy(14, "amount-differs")
    world.execute("UPDATE lead_registrations SET cohort_id = ''")

    result = ask(world, money.amounts_agree)

    assert verdict(result) == "amount-mismatch"


# -- refunds ----------------------------------------------------------------------------------------


def test_a_part_of_the_money_back_leaves_the_lead_paid() -> None:
    """A partial refund is none of this question's."""
    world = healthy(14)
    payment = payment_of(world, paid(world))
    refund(world, payment, amount(payment) - 1)

    result = ask(world, money.refunds_show)

    assert verdict(result) == "passed"


def test_a_payment_of_nothing_was_not_refunded() -> None:
    """Where nothing was paid, nothing was given back."""
    world = healthy(14)
    payment_of(world, paid(world))["amount"] = 0

    result = ask(world, money.refunds_show)

    assert verdict(result) == "passed"


def test_a_refund_of_an_old_payment_is_seen() -> None:
    """A payment from before the window, refunded within it, is found through the list of refunds."""
    world = healthy(14)
    payment = payment_of(world, paid(world))
    payment["created_at"] = world.now_ms() // 1000 - 30 * DAY
    refund(world, payment, amount(payment))

    result = ask(world, money.refunds_show)

    assert verdict(result) == "refunded-but-paid"


def test_a_refund_of_an_unknown_payment_is_nobodys() -> None:
    """A refund whose payment Razorpay does not show cannot be held against a lead."""
    world = healthy(14)
    payment = payment_of(world, paid(world))
    refund(world, payment, amount(payment))
    world.gateway.payments.pop(str(payment["id"]))

    result = ask(world, money.refunds_show)

    assert verdict(result) == "passed"


@pytest.mark.parametrize(("status", "expected"), [("refunded", "passed"), ("paid", "refunded-but-paid")])
def test_who_has_the_money_back_is_no_longer_paid(status: str, expected: str) -> None:
    """After a full refund the lead is refunded, or has access for nothing."""
    world = healthy(14, "refund-ignored")
    change(world, paid(world), payment_status=status)

    result = ask(world, money.refunds_show)

    assert verdict(result) == expected


def test_who_paid_again_is_rightly_paid() -> None:
    """A lead whose first payment was refunded and that paid a second time is paid."""
    world = healthy(14, "refund-ignored")
    capture(world, {"notes": {"lead_id": paid(world)["lead_id"]}})

    result = ask(world, money.refunds_show)

    assert verdict(result) == "passed"


# -- twice ------------------------------------------------------------------------------------------


def pay_again(world: World, **columns: object) -> None:
    """Let the person who paid last register, and pay, once more; *columns* differ in the second lead."""
    lead = dict(paid(world)) | {"lead_id": "second", "payment_ref": "pay_Second00000001"} | columns
    world.insert("lead_registrations", [lead])
    capture(world, {"id": "pay_Second00000001", "notes": {"lead_id": "second"}})


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, "paid-twice"),
        ({"email": "other@example.com"}, "passed"),
        ({"course_id": "another course"}, "passed"),
    ],
)
def test_a_person_pays_once_for_a_course(columns: dict[str, object], expected: str) -> None:
    """Two leads of one person and one course are one purchase; another person or course is another."""
    world = healthy(14)
    pay_again(world, **columns)

    result = ask(world, money.not_paid_twice)

    assert verdict(result) == expected


def test_two_leads_without_an_address_are_two_people() -> None:
    """Leads that have no e-mail address are told apart by their ids."""
    world = healthy(14)
    change(world, paid(world), email="")
    pay_again(world, email="")

    result = ask(world, money.not_paid_twice)

    assert verdict(result) == "passed"


def test_a_payment_that_failed_is_not_charged() -> None:
    """A second attempt that the bank declined took no money."""
    world = healthy(14, "paid-twice")
    second = max(world.gateway.payments.values(), key=lambda one: entities.number(one, "created_at"))
    world.gateway.payments[str(second["id"])] = entities.declined(second)

    result = ask(world, money.not_paid_twice)

    assert verdict(result) == "passed"


def test_money_of_nobody_is_not_paid_twice() -> None:
    """A payment without an owner is another question's."""
    world = healthy(0)
    capture(world, {})
    capture(world, {})

    result = ask(world, money.not_paid_twice)

    assert (verdict(result), json.dumps(result.evidence["judged"])) == ("passed", "0")
