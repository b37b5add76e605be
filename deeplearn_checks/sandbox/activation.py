"""What a payment does to a lead: a paid one becomes a learner with a place, any other changes the lead's row only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import ProcessingError
from deeplearn_checks.sandbox.course_choice import Choice, Wanted, choose
from deeplearn_checks.sandbox.leads import WEBINAR, find_lead, record_event
from deeplearn_checks.sandbox.rows import (
    dumped,
    enroll,
    enroll_in_cohort,
    first,
    insert,
    metadata,
    new_id,
    remember_user,
    update_lead,
)

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Json
    from deeplearn_checks.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as the gateway, a checkout or an operator reports it; `status` is paid, failed or refunded."""

    status: str
    lead_id: str
    email: str
    reference: str
    provider: str
    amount_cents: int
    currency: str
    source: str
    order_id: str = ""
    phone: str = ""
    wanted: Wanted = field(default_factory=Wanted)
    metadata: Json = field(default_factory=dict)

    def shown(self) -> Json:
        """Answer the payment as the API shows it."""
        shown: Json = {"status": self.status, "payment_ref": self.reference, "payment_provider": self.provider}
        return {**shown, "amount_cents": self.amount_cents, "currency": self.currency}

    def remembered(self) -> Json:
        """Answer what the lead's metadata keeps of it."""
        return {**self.metadata, "amount_cents": self.amount_cents, "currency": self.currency}


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a payment: the lead that it belongs to and, once paid, the place that it bought."""

    lead_id: str
    enrollment: Json | None = None


def learner_id(email: str) -> str:
    """Name the learner of an address: `learner_` and 12 hex digits."""
    return "learner_" + hashlib.sha256(email.encode()).hexdigest()[:12]


def apply_payment(world: World, payment: Payment) -> Applied:
    """Write what a payment means; raises ProcessingError where a paid one has no course, learner or right amount."""
    lead = find_lead(world, payment.lead_id, payment.email, payment.order_id)
    if payment.status == "paid":
        return _activate(world, payment, lead)
    if lead is not None:
        _write_down(world, payment, lead)
    return Applied(lead["lead_id"] if lead else payment.lead_id)


def _write_down(world: World, payment: Payment, lead: sqlite3.Row) -> None:
    shows = payment.status == "refunded" and not world.behaviour.refund_never_shows
    status = payment.status if shows or lead["payment_status"] != "paid" else "paid"
    columns: Json = {"payment_status": status, "payment_ref": payment.reference, "payment_provider": payment.provider}
    known = metadata(lead) if status == lead["payment_status"] else _moved_on(world, lead)
    columns |= {"metadata_json": dumped(known | payment.remembered()), "updated_at_ms": world.now_ms()}
    update_lead(world, lead["lead_id"], columns)


def _moved_on(world: World, lead: sqlite3.Row | None) -> dict[str, object]:
    """Answer a lead's metadata for another payment status: once repaired, a stage stored for the former one is gone."""
    outlives = world.behaviour.stored_stage_outlives_payment
    return {name: value for name, value in metadata(lead).items() if outlives or name != "crm_stage"}


def _activate(world: World, payment: Payment, lead: sqlite3.Row | None) -> Applied:
    choice = _choice(world, payment, lead)
    email = lead["email"] if lead and lead["email"] else payment.email
    user_id = (lead["user_id"] if lead else "") or (learner_id(email) if email else "")
    if not user_id:
        raise ProcessingError("Unable to resolve learner for payment activation.")
    lead_id = lead["lead_id"] if lead else payment.lead_id or new_id()
    applied = Applied(lead_id, {"user_id": user_id, **choice.shown()})
    if world.behaviour.activates and not (lead and _is_repeat(world, payment, lead, choice.course_id, user_id)):
        _require_amount(world, payment, choice)
        if world.behaviour.gives_place:
            _give_place(world, choice, user_id, email, lead["full_name"] if lead else "")
        _write_lead(world, payment, lead, choice, {"lead_id": lead_id, "email": email, "user_id": user_id})
    return applied


def _choice(world: World, payment: Payment, lead: sqlite3.Row | None) -> Choice:
    choice = choose(world, payment.wanted)
    if not choice.course_id and lead:
        choice = choose(world, Wanted(lead["course_id"], lead["course_slug"], lead["cohort_id"]))
    if not choice.course_id:
        raise ProcessingError("Unable to resolve course for payment activation.")
    return choice


def _is_repeat(world: World, payment: Payment, lead: sqlite3.Row, course_id: str, user_id: str) -> bool:
    if world.behaviour.redelivery_undoes_completion:
        return False
    same_refunded = lead["payment_status"] == "refunded" and lead["payment_ref"] == payment.reference
    enrolled = "SELECT 1 FROM course_enrollments WHERE course_id = ? AND user_id = ?"
    return same_refunded or (
        lead["payment_status"] == "paid" and first(world, enrolled, course_id, user_id) is not None
    )


def _require_amount(world: World, payment: Payment, choice: Choice) -> None:
    if not world.behaviour.caller_sets_amount and payment.amount_cents != choice.amount_cents:
        raise ProcessingError(f"Payment amount {payment.amount_cents} does not match {choice.amount_cents}.")


def _give_place(world: World, choice: Choice, user_id: str, email: str, full_name: str) -> None:
    remember_user(world, user_id, email, full_name, "learner")
    enroll(world, choice.course_id, user_id)
    if choice.cohort_id:
        enroll_in_cohort(world, choice.cohort_id, choice.course_id, user_id)
        _unlock_first_module(world, choice)


def _unlock_first_module(world: World, choice: Choice) -> None:
    world.execute(
        "INSERT INTO cohort_module_unlocks (id, cohort_id, module_id, created_at_ms) SELECT ?, ?, id, ? "
        "FROM course_modules WHERE course_id = ? AND NOT EXISTS (SELECT 1 FROM cohort_module_unlocks "
        "WHERE cohort_id = ?) ORDER BY sort_order, created_at_ms LIMIT 1",
        (new_id(), choice.cohort_id, world.now_ms(), choice.course_id, choice.cohort_id),
    )


def _write_lead(
    world: World, payment: Payment, lead: sqlite3.Row | None, choice: Choice, learner: dict[str, str]
) -> None:
    now = world.now_ms()
    place: Json = {"course_id": choice.course_id, "course_slug": choice.course_slug, "cohort_id": choice.cohort_id}
    paid: Json = {"payment_status": "paid", "payment_ref": payment.reference, "payment_provider": payment.provider}
    columns: Json = {**learner, **place, **paid, "source": payment.source, "paid_at_ms": now, "updated_at_ms": now}
    columns["metadata_json"] = dumped(_moved_on(world, lead) | payment.remembered())
    if lead:
        session: Json = {"webinar_id": lead["webinar_id"], "session_id": lead["session_id"]}
        update_lead(world, lead["lead_id"], columns)
        if world.behaviour.multiplies_leads:
            copy = {**columns, **session, "lead_id": new_id(), "created_at_ms": now - 1}
            insert(world, "lead_registrations", copy)
    else:
        session = {"webinar_id": WEBINAR, "session_id": new_id()}
        insert(world, "lead_registrations", {**columns, **session, "phone": payment.phone, "created_at_ms": now})
    record_event(world, "payment_completed", columns | session, payment.amount_cents)
