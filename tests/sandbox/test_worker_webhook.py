"""How the sandboxed service judges deliveries of Razorpay's webhook, and what it takes from them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worker import ASHA_ID, behaving, deployed, payment, repaired

from deeplearn_checks.sandbox.world import Behaviour

ROUTE = "/api/funnel/payment/razorpay/webhook"


def test_without_a_database_nothing_else_is_judged() -> None:
    """The database is judged before the secret."""
    worker = deployed(without="DEEPLEARN_DB", RAZORPAY_WEBHOOK_SECRET="")

    answer = worker.post(ROUTE)

    assert answer.refusal == (500, "D1 is not configured.")


def test_a_secret_of_nothing_but_white_space_is_none() -> None:
    """A blank secret counts as unset."""
    worker = deployed(RAZORPAY_WEBHOOK_SECRET="  ")

    answer = worker.post(ROUTE)

    assert answer.refusal == (503, "Razorpay webhook secret is not configured.")


def test_a_signature_is_judged_over_the_raw_body() -> None:
    """White space that JSON ignores still breaks a signature."""
    worker = deployed()

    answer = worker.deliver_raw(b'{"event": "x"}', signed=b'{"event":"x"}')

    assert answer.refusal == (401, "Invalid webhook signature.")


def test_a_signature_may_be_no_ascii() -> None:
    """A header of arbitrary bytes is a wrong signature, not a crash."""
    worker = deployed()

    answer = worker.post(ROUTE, {}, x_razorpay_signature="ä")

    assert answer.status == 401


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{}", b'{"event": 5}'])
def test_json_without_an_event_is_ignored(body: bytes) -> None:
    """Whatever parses and names no event is not handled."""
    worker = deployed()

    answer = worker.deliver_raw(body)

    assert (answer.status, answer["reason"], answer["event"]) == (200, "event_not_handled", "")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"event": NaN}', b"[" * 100_000])
def test_what_does_not_parse_fails_and_raises(body: bytes) -> None:
    """A signed body that is no JSON is answered 500 and raises a critical alert."""
    worker = deployed()

    answer = worker.deliver_raw(body)

    assert (answer.status, answer["details"], worker.alerts()) == (
        500,
        "Model response is not valid JSON.",
        ["webhook_processing_failed"],
    )


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("payment.captured", "paid"),
        ("order.paid", "paid"),
        ("payment.failed", "failed"),
        ("refund.created", "refunded"),
        ("refund.processed", "refunded"),
    ],
)
def test_each_handled_event_sets_its_payment_status(event: str, status: str) -> None:
    """Captured and order paid mean paid, failed means failed, refunds mean refunded."""
    worker = deployed()
    lead_id = worker.lead(worker.course())

    worker.deliver(event, payment(lead_id))

    assert worker.status(lead_id) == status


def test_an_order_alone_names_its_lead_and_its_amount() -> None:
    """Without a payment entity the order's notes, amount and id are taken."""
    worker = deployed()
    lead_id = worker.lead(worker.course())

    answer = worker.deliver("order.paid", order={"id": "order_9", "amount_paid": 499900, "notes": {"lead_id": lead_id}})

    assert (answer["payment.amount_cents"], answer["payment.payment_ref"]) == (499900, "order_9")


def test_a_refund_alone_is_referred_to_its_payment() -> None:
    """A refund's own payment id is the reference when no payment entity comes with it."""
    worker = deployed()
    lead_id = worker.lead(worker.course())

    answer = worker.deliver("refund.created", refund={"payment_id": "pay_7"}, order={"notes": {"lead_id": lead_id}})

    assert answer["payment.payment_ref"] == "pay_7"


def test_a_lead_is_found_by_its_address() -> None:
    """Without a lead id the payment's e-mail, in any case, finds the newest lead."""
    worker = deployed()
    lead_id = worker.lead(worker.course())

    answer = worker.deliver("payment.captured", {"id": "pay_1", "amount": 1, "email": "ASHA@example.com", "notes": []})

    assert answer["lead_id"] == lead_id


def test_a_lead_is_found_by_the_order_that_it_stored() -> None:
    """An unknown address with a known order finds the order's lead."""
    worker = deployed()
    lead_id = worker.lead(worker.course())
    order_id = worker.post("/api/funnel/payment/create-order", {"lead_id": lead_id})["order.id"]

    answer = worker.deliver("payment.failed", {"id": "pay_1", "order_id": order_id, "email": "other@example.com"})

    assert answer["lead_id"] == lead_id


def test_a_stored_order_without_any_reference_is_ignored() -> None:
    """The order finds nobody unless a lead id or an address is given too."""
    worker = deployed()
    order_id = worker.post("/api/funnel/payment/create-order", {"lead_id": worker.lead(worker.course())})["order.id"]

    answer = worker.deliver("payment.captured", {"id": "pay_1", "order_id": order_id})

    assert answer["reason"] == "missing_lead_reference"


@pytest.mark.parametrize("note", ["course_id", "course_slug", "cohort_id"])
def test_notes_choose_the_course(note: str) -> None:
    """The course comes from the payment's notes before it comes from the lead."""
    worker = deployed()
    lead_id, course_id = worker.lead(worker.course()), worker.course("ml-1")
    wanted = {"course_id": course_id, "course_slug": "ml-1", "cohort_id": worker.cohort(course_id)}

    answer = worker.deliver("payment.captured", {**payment(), "notes": {"lead_id": lead_id, note: wanted[note]}})

    assert answer["enrollment.course_id"] == course_id


def test_an_unknown_payer_of_a_known_course_becomes_a_lead() -> None:
    """An address alone is enough to write a lead, with a new id, when the course resolves."""
    worker = deployed()
    entity = {"id": "pay_1", "email": "new@example.com", "contact": "+911", "notes": {"course_id": worker.course()}}

    answer = worker.deliver("payment.captured", entity)

    assert worker.rows("SELECT lead_id, email, phone FROM lead_registrations") == [
        (answer["lead_id"], "new@example.com", "+911")
    ]


def test_a_payer_without_an_address_cannot_be_enrolled() -> None:
    """A new lead id without an address names no learner."""
    worker = deployed()
    notes = {"lead_id": "new", "course_id": worker.course()}

    answer = worker.deliver("payment.captured", {"id": "pay_1", "notes": notes})

    assert (answer.status, answer["details"]) == (500, "Unable to resolve learner for payment activation.")


def test_a_failed_payment_of_nobody_writes_nothing() -> None:
    """A failed event for an unknown lead is answered and leaves no row."""
    worker = deployed()

    answer = worker.deliver("payment.failed", payment("nobody"))

    assert (answer["lead_id"], answer["enrollment"], worker.rows("SELECT * FROM lead_registrations")) == (
        "nobody",
        None,
        [],
    )


@pytest.mark.parametrize("event", ["payment.failed", "refund.processed"])
def test_once_paid_nothing_later_shows(event: str) -> None:
    """Today a failed or refunded event leaves a paid lead paid, but overwrites its reference."""
    worker = deployed()
    lead_id = worker.lead(worker.course())
    worker.pay(lead_id)

    worker.deliver(event, payment(lead_id, payment_id="pay_2"))

    assert worker.rows("SELECT payment_status, payment_ref FROM lead_registrations") == [("paid", "pay_2")]


def test_repaired_a_refund_shows() -> None:
    """A repaired service shows the refund of a paid lead."""
    worker = repaired()
    lead_id = worker.lead(worker.course())
    worker.pay(lead_id)

    worker.deliver("refund.processed", payment(lead_id))

    assert worker.status(lead_id) == "refunded"


def test_repaired_a_failed_event_does_not_undo_a_payment() -> None:
    """A repaired service still keeps a paid lead paid when a failed attempt is reported late."""
    worker = repaired()
    lead_id = worker.lead(worker.course())
    worker.pay(lead_id)

    worker.deliver("payment.failed", payment(lead_id))

    assert worker.status(lead_id) == "paid"


def test_repaired_a_refund_survives_the_redelivery_of_the_payment() -> None:
    """A repaired service does not turn a refunded lead paid again."""
    worker = repaired()
    lead_id = worker.lead(worker.course())
    worker.pay(lead_id)
    worker.deliver("refund.processed", payment(lead_id))

    worker.pay(lead_id)

    assert worker.status(lead_id) == "refunded"


def completed(worker_is_repaired: bool) -> list[tuple[object, ...]]:  # noqa: FBT001  the one thing that varies
    """Pay, complete, and deliver the payment again; answer what is left of the completion."""
    worker = repaired() if worker_is_repaired else deployed()
    course_id = worker.course()
    lead_id = worker.lead(course_id)
    worker.pay(lead_id)
    worker.world.execute("UPDATE lead_registrations SET paid_at_ms = 1")
    worker.post(f"/api/admin/courses/{course_id}/enroll/{ASHA_ID}/complete")
    worker.pay(lead_id)
    return worker.rows(
        "SELECT status, progress_pct, certificate_url IS NOT NULL, paid_at_ms = 1 "
        "FROM course_enrollments JOIN lead_registrations USING (user_id)"
    )


def test_a_redelivery_undoes_a_completion() -> None:
    """Today the same paid event sets a completed enrollment back and moves the time of payment."""
    left = completed(worker_is_repaired=False)

    assert left == [("active", 0, 0, 0)]


def test_repaired_a_redelivery_changes_nothing() -> None:
    """A repaired service takes a paid event that it has applied for what it is."""
    left = completed(worker_is_repaired=True)

    assert left == [("completed", 100, 1, 1)]


def test_repaired_another_amount_is_refused() -> None:
    """A repaired service activates nothing for an amount other than the price, and raises an alert."""
    worker = repaired()
    lead_id = worker.lead(worker.course())

    answer = worker.pay(lead_id, amount=100)

    assert (answer.status, worker.status(lead_id), worker.alerts()) == (
        500,
        "registered",
        ["webhook_processing_failed"],
    )


def test_repaired_the_fee_of_a_cohort_is_the_amount() -> None:
    """A cohort's fee comes before the course's price."""
    worker = repaired()
    course_id = worker.course()
    worker.cohort(course_id, fee_cents=100)
    lead_id = worker.lead(course_id)

    worker.pay(lead_id, amount=100)

    assert worker.status(lead_id) == "paid"


def test_a_service_that_accepts_anything_believes_a_forgery() -> None:
    """With the flag set a delivery without signature is applied."""
    worker = behaving(replace(Behaviour(), accepts_any_signature=True))

    answer = worker.post(ROUTE, {"event": "x"})

    assert answer["reason"] == "event_not_handled"


def test_activation_unlocks_the_first_module_once() -> None:
    """The first module by order is unlocked for the cohort, and no other by the next payment."""
    worker = deployed()
    course_id = worker.course()
    worker.cohort(course_id)
    worker.module(course_id, "second", 2)
    worker.module(course_id, "first", 1)

    worker.pay(worker.lead(course_id))
    worker.pay(worker.lead(course_id, email="b@example.com"))

    assert worker.rows(
        "SELECT module_key FROM cohort_module_unlocks k JOIN course_modules m ON m.id = k.module_id"
    ) == [("first",)]


def test_a_lead_keeps_its_own_learner() -> None:
    """A lead that has a user already is activated for that user."""
    worker = deployed()
    lead_id = worker.lead(worker.course())
    worker.world.execute("UPDATE lead_registrations SET user_id = 'u1', metadata_json = 'broken'")

    answer = worker.pay(lead_id)

    assert answer["enrollment.user_id"] == "u1"
