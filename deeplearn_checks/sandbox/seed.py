"""Fills an empty world with a population that the service's own code could have left.

Every learner's rows, gateway entities, events and certificate agree with one another.
"""

from __future__ import annotations

import hashlib
import json
from random import Random
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.certificate import certificate_url, issue_date, write_artifacts
from deeplearn_checks.sandbox.seed_catalogue import COORDINATOR, HOUR_MS, random_uuid, seed_catalogue
from deeplearn_checks.sandbox.seed_learners import DONE, ORDERED, SETTLED, Learner, Stage, gateway_id, learners

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deeplearn_checks.sandbox.world import World

Row = dict[str, object]

WEBINAR = "deep-rag-live-webinar"
ORDER_ROUTE = "/api/funnel/payment/create-order"
WEBHOOK_ROUTE = "/api/funnel/payment/razorpay/webhook"
CAPTURED, FAILED = "payment.captured", "payment.failed"


def seed(world: World, count: int = 40) -> None:
    """Insert the catalogue and `count` learners of the last 90 days, in every stage.

    The same count in the same hour gives the same population: ids and people hang on the count, times on the hour.
    Raises ValueError for a negative count and for a world that has courses already.
    """
    if count < 0:
        raise ValueError(f"a population cannot have {count} learners: give 0 or more")
    if world.execute("SELECT 1 FROM courses LIMIT 1"):
        raise ValueError("the sandbox has courses already: seed an empty one (another --state folder)")
    rng, now_ms = Random(count), world.now_ms()  # noqa: S311  repeatable on purpose, nothing secret hangs on it
    cohorts = seed_catalogue(world, rng, now_ms)
    everyone = learners(rng, count, cohorts, now_ms // HOUR_MS * HOUR_MS)
    _seed_gateway(world, rng, everyone)
    _seed_leads(world, rng, everyone)
    _seed_enrollments(world, rng, [learner for learner in everyone if learner.stage in SETTLED])


def _seed_gateway(world: World, rng: Random, everyone: Iterable[Learner]) -> None:
    for learner in everyone:
        if learner.stage in ORDERED:
            _seed_payments(world, rng, learner)


def _seed_payments(world: World, rng: Random, learner: Learner) -> None:
    order, payments = _order(learner), world.gateway.payments
    captured = entities.payment(learner.payment_id, order, learner.settled_ms // 1000 - 5, learner.email, learner.phone)
    if learner.stage in SETTLED and learner.failed_first:
        early: Row = {"id": gateway_id(rng, "pay_"), "created_at": learner.ordered_ms // 1000 + 60}
        payments[str(early["id"])] = {**entities.declined(captured), **early}
        order = entities.attempted(order)
    if learner.stage is Stage.FAILED:
        payments[learner.payment_id], order = entities.declined(captured), entities.attempted(order)
    if learner.stage in SETTLED:
        payments[learner.payment_id], order = captured, entities.settled(order)
    world.gateway.orders[learner.order_id] = order


def _order(learner: Learner) -> entities.Entity:
    notes = {"lead_id": learner.lead_id, "email": learner.email, **learner.cohort.named()}
    receipt = f"lead_{learner.lead_id[:35]}"
    return entities.order(learner.order_id, learner.cohort.amount, learner.ordered_ms // 1000, notes, receipt)


def _seed_leads(world: World, rng: Random, everyone: Iterable[Learner]) -> None:
    events = []
    for learner in everyone:
        events.append(_event(rng, learner, "webinar_registration_submitted", learner.created_ms))
        world.leads.put(f"leads/{issue_date(learner.created_ms)}/{learner.lead_id}.json", _copy(learner))
        if learner.stage in SETTLED:
            events.append(_event(rng, learner, "payment_completed", learner.settled_ms))
    world.insert("lead_registrations", [_lead(learner) for learner in everyone])
    world.insert("lead_events", events)


def _lead(learner: Learner) -> Row:
    settled = learner.stage in SETTLED
    return {
        "lead_id": learner.lead_id,
        "full_name": learner.full_name,
        "email": learner.email,
        "phone": learner.phone,
        "webinar_id": WEBINAR,
        "source": _source(learner),
        "session_id": learner.session_id,
        "course_id": learner.cohort.course_id,
        "course_slug": learner.cohort.course_slug,
        "cohort_id": learner.cohort.id,
        "user_id": learner.user_id if settled else "",
        "payment_status": "paid" if settled else "failed" if learner.stage is Stage.FAILED else "registered",
        "payment_ref": _payment_ref(learner),
        "payment_provider": "razorpay" if learner.stage in ORDERED else "",
        "paid_at_ms": learner.settled_ms if settled else None,
        "metadata_json": json.dumps(_metadata(learner), separators=(",", ":")),
        "created_at_ms": learner.created_ms,
        "updated_at_ms": learner.ordered_ms if learner.stage is Stage.PENDING else learner.settled_ms,
    }


def _copy(learner: Learner) -> str:
    """Write the copy that the form keeps of a lead in the bucket."""
    kept = (
        "lead_id",
        "full_name",
        "email",
        "phone",
        "webinar_id",
        "session_id",
        "course_id",
        "course_slug",
        "cohort_id",
    )
    row = _lead(learner)
    copy = {name: row[name] for name in kept} | {"source": "landing"}
    return json.dumps(
        copy | dict.fromkeys(("created_at_ms", "updated_at_ms"), learner.created_ms), separators=(",", ":")
    )


def _source(learner: Learner) -> str:
    """Only an activation changes where a lead is said to come from."""
    return f"razorpay-webhook:{CAPTURED}" if learner.stage in SETTLED else "landing"


def _payment_ref(learner: Learner) -> str:
    if learner.stage is Stage.PENDING:
        return learner.order_id
    return learner.payment_id if learner.stage in ORDERED else ""


def _metadata(learner: Learner) -> Row:
    if learner.stage is Stage.NEW:
        return {"crm_stage": "new"}
    if learner.stage is Stage.CONTACTED:
        return {"crm_stage": "contacted", "crm_owner_user_id": COORDINATOR, "crm_notes": "Called, sent the syllabus."}
    order: Row = {"razorpay_order_id": learner.order_id, "amount_cents": learner.cohort.amount, "currency": "INR"}
    if learner.stage is Stage.PENDING:
        return order | {"route": ORDER_ROUTE}
    event = FAILED if learner.stage is Stage.FAILED else CAPTURED
    return order | {"razorpay_payment_id": learner.payment_id, "webhook_event": event, "route": WEBHOOK_ROUTE}


def _event(rng: Random, learner: Learner, name: str, at_ms: int) -> Row:
    paid = name == "payment_completed"
    return {
        "id": random_uuid(rng),
        "event_name": name,
        "webinar_id": WEBINAR,
        "source": _source(learner) if paid else "landing",
        "country": "IN",
        "lead_id": learner.lead_id,
        "session_id": learner.session_id,
        "path": "/",
        "email_hash": hashlib.sha256(learner.email.encode()).hexdigest(),
        "value": learner.cohort.amount if paid else 0,
        "created_at_ms": at_ms,
    }


def _seed_enrollments(world: World, rng: Random, paid: Iterable[Learner]) -> None:
    certified = [learner for learner in paid if learner.stage in DONE]
    for learner in certified:
        write_artifacts(world, learner.cohort.course_id, learner.user_id, learner.issued_on, learner.completed_ms)
    world.insert("platform_users", [_user(learner) for learner in paid])
    world.insert("course_enrollments", [_course_enrollment(rng, world.variables, learner) for learner in paid])
    world.insert("cohort_enrollments", [_cohort_enrollment(rng, world.variables, learner) for learner in paid])
    first = {learner.cohort: learner.settled_ms for learner in sorted(paid, key=lambda one: -one.settled_ms)}
    unlocks = [
        {"id": random_uuid(rng), "cohort_id": cohort.id, "module_id": cohort.module_ids[0], "created_at_ms": at_ms}
        for cohort, at_ms in first.items()
    ]
    world.insert("cohort_module_unlocks", unlocks)


def _user(learner: Learner) -> Row:
    names: Row = {"uid": learner.user_id, "email": learner.email, "display_name": learner.full_name, "role": "learner"}
    return names | {"created_at_ms": learner.settled_ms, "updated_at_ms": learner.settled_ms}


def _course_enrollment(rng: Random, variables: Mapping[str, str], learner: Learner) -> Row:
    row: Row = {"id": random_uuid(rng), "course_id": learner.cohort.course_id, "user_id": learner.user_id}
    done = learner.stage in DONE
    row |= {"status": "completed" if done else "active", "certificate_url": None}
    return row | _progress(variables, learner, done=done)


def _cohort_enrollment(rng: Random, variables: Mapping[str, str], learner: Learner) -> Row:
    """Completing through the course leaves the cohort's enrollment as it was."""
    row: Row = {"id": random_uuid(rng), "cohort_id": learner.cohort.id, "user_id": learner.user_id}
    row |= {"course_id": learner.cohort.course_id, "certificate_url": ""}
    done = learner.stage is Stage.CERTIFIED
    row |= {"status": "completed" if done else "enrolled", "completion_state": "completed" if done else "in_progress"}
    return row | _progress(variables, learner, done=done)


def _progress(variables: Mapping[str, str], learner: Learner, *, done: bool) -> Row:
    columns: Row = {"progress_pct": learner.progress, "completed_at_ms": None, "created_at_ms": learner.settled_ms}
    if not done:
        return columns | {"updated_at_ms": learner.settled_ms}
    url = certificate_url(variables, learner.cohort.course_id, learner.user_id, learner.issued_on)
    times = dict.fromkeys(("completed_at_ms", "updated_at_ms"), learner.completed_ms)
    return columns | times | {"progress_pct": 100, "certificate_url": url}
