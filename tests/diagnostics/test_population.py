"""Whom the diagnostics judge: everybody but the suite's own learner, whose misadventures are nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import PAID, healthy, report

from deeplearn_checks.amounts import amount
from deeplearn_checks.diagnostics import CATALOG, population
from deeplearn_checks.finding import BROKEN, Effects
from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.world import random_id

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import World

HARMLESS = tuple(one for one in CATALOG if one.effects is Effects.NONE)
LEARNERS = {
    "no user": {"user_id": ""},
    "not won": {"metadata_json": '{"crm_stage": "lost"}'},
    "won, not paid": {"payment_status": "registered", "metadata_json": '{"crm_stage": "won"}'},
    "no reference": {"payment_ref": ""},
    "unknown reference": {"payment_ref": "pay_Unknown0000001"},
    "refunded": {"payment_status": "refunded"},
}
"""What may become of the suite's own learner."""
CONTRADICTIONS = {
    "completed without a certificate": {"status": "completed", "completed_at_ms": 1, "progress_pct": 100},
    "completed half way": {"status": "completed", "completed_at_ms": 1, "progress_pct": 50, "certificate_url": "x"},
    "set back": {"status": "active", "completed_at_ms": 1},
    "dropped": {"status": "dropped"},
}


def play(world: World, email: str, **columns: object) -> None:
    """Let a learner of this address be paid, in no cohort, without an enrollment and with two odd payments."""
    world.behaviour = type(world.behaviour)()
    lead = dict(world.execute(PAID)[0]) | {"lead_id": "synthetic", "email": email, "user_id": "learner_synthetic"}
    world.insert("lead_registrations", [{**lead, "full_name": "", **columns}])
    for notes in ({"lead_id": "synthetic"}, {"email": email}):
        order = entities.order(random_id("order_"), 100, 0, notes)
        payment = entities.payment(random_id("pay_"), order, world.now_ms() // 1000 - 3600, "", "")
        world.gateway.payments[str(payment["id"])] = payment


def broken(world: World) -> set[str]:
    """Answer the diagnostics without effects that a world breaks."""
    results = report(world, *HARMLESS, DEEPLEARN_KNOWN_LEAD="").results
    return {result.id for result in results if result.outcome in BROKEN}


@pytest.mark.parametrize("columns", LEARNERS.values(), ids=LEARNERS)
def test_the_synthetic_learner_is_never_judged(columns: dict[str, object]) -> None:
    """Whatever state a run has left the suite's own learner in, no diagnostic reports it."""
    world = healthy(14)
    play(world, "run-1@DeepLearn-Checks.invalid", **columns)

    found = broken(world)

    assert found == set()


def test_anybody_else_in_that_state_is_judged() -> None:
    """The same state is broken where the address is a person's."""
    world = healthy(14)
    play(world, "run-1@example.com", user_id="")

    found = broken(world)

    assert found == {"funnel.paid-has-user", "payment.amounts-agree", "payment.not-paid-twice"}


@pytest.mark.parametrize("columns", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_the_synthetic_enrollment_is_never_judged(columns: dict[str, object]) -> None:
    """Neither certificate nor progress of the suite's own learner is anybody's concern."""
    world = healthy(14)
    play(world, "run-1@deeplearn-checks.invalid")
    course_id, now = world.execute(PAID)[0]["course_id"], world.now_ms()
    row = {"id": "e", "course_id": course_id, "user_id": "learner_synthetic", "created_at_ms": now}
    world.insert("course_enrollments", [{**row, "updated_at_ms": now, **columns}])
    person = {"uid": "learner_synthetic", "email": "run-1@deeplearn-checks.invalid", "role": "learner"}
    world.insert("platform_users", [{**person, "display_name": "", "created_at_ms": now, "updated_at_ms": now}])

    found = broken(world)

    assert found == set()


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("run-1@deeplearn-checks.invalid", True),
        (" Run-1@DEEPLEARN-CHECKS.INVALID ", True),
        ("deeplearn-checks.invalid@example.com", False),
        ("run-1@deeplearn-checks.invalid.example.com", False),
        ("", False),
    ],
)
def test_the_synthetic_learner_is_known_by_its_domain(email: str, *, expected: bool) -> None:
    """The reserved domain marks the suite's own learner, and only it."""
    found = population.is_synthetic(email)

    assert found is expected


def test_amounts_are_written_in_whole_units() -> None:
    """An amount is told in the currency's own unit, with two places."""
    text = amount(123_456_789, "INR")

    assert text == "INR 1,234,567.89"
