"""The synthetic learner's way through the chain: each place where it can stop, and what the finding then says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import DAY, healthy, report, verdict
from meddling import (
    ACCESS,
    COMPLETE,
    DENIED,
    ENROLLMENTS,
    LEADS,
    ORDER,
    STAGE,
    VERIFY,
    WEBHOOK,
    answering,
    driven,
    sql,
    to_event,
    to_learner,
)

from deeplearn_checks.diagnostics import journey

if TYPE_CHECKING:
    import httpx
    from asking import Json
    from meddling import Meddling

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.sandbox.world import World


FULL = [
    {"course_id": "c", "user_id": f"u{n}", "status": "active", "progress_pct": 0, "completed_at_ms": None,
     "certificate_url": ""}
    for n in range(500)
]  # fmt: skip


def unseen_after_payment() -> Meddling:
    """Let the CRM show nobody once the lead is paid."""

    def meddle(world: World, _: httpx.Request) -> tuple[int, Json] | None:
        paid = world.execute("SELECT 1 FROM lead_registrations WHERE payment_status = 'paid' AND source LIKE 'razor%'")
        return (200, {"leads": []}) if paid else None

    return meddle


def lost_after_verification() -> dict[str, Meddling]:
    """Let the enrollment be gone when it is looked at for the last time."""
    seen: list[httpx.Request] = []

    def noting(_: World, request: httpx.Request) -> None:
        seen.extend([request] * request.url.params["user_id"].startswith("learner_"))

    def losing(world: World, _: httpx.Request) -> None:
        if seen:
            world.execute("DELETE FROM course_enrollments")

    return {VERIFY: noting, ENROLLMENTS: losing}


STOPS: tuple[tuple[Diagnostic, dict[str, Meddling], str, str], ...] = (
    (journey.lead_captured, {LEADS: answering(200, {"leads": []})}, "lead-not-captured", "taken by the lead form"),
    (journey.payment_activates, {STAGE: answering(404, {"error": "Lead not found."})}, "unexpected-answer", "404"),
    (
        journey.payment_activates,
        {WEBHOOK: to_event("payment.captured", DENIED)},
        "payment-not-activated",
        "payment.captured was answered 500: It broke. Badly.",
    ),
    (
        journey.payment_activates,
        {WEBHOOK: to_event("payment.captured", (502, "<h1>Bad gateway</h1>"))},
        "payment-not-activated",
        "was answered 502: not in the service's own words",
    ),
    (
        journey.payment_activates,
        {WEBHOOK: to_event("payment.captured", (200, {"ok": True}))},
        "payment-not-activated",
        "the lead is registered by order_",
    ),
    (
        journey.enrolled,
        {LEADS: sql("UPDATE lead_registrations SET user_id = ''")},
        "paid-without-user",
        "no platform user",
    ),
    (journey.enrolled, {LEADS: unseen_after_payment()}, "paid-without-user", "no platform user"),
    (journey.enrolled, {ENROLLMENTS: sql("DELETE FROM course_enrollments")}, "paid-without-enrollment", "is missing"),
    (
        journey.enrolled,
        {ENROLLMENTS: sql("UPDATE course_enrollments SET status = 'dropped'")},
        "paid-without-enrollment",
        "is dropped",
    ),
    (
        journey.enrolled,
        {ENROLLMENTS: answering(200, {"enrollments": FULL})},
        "cannot-tell",
        "more than the 500 learners that are shown",
    ),
    (
        journey.enrolled,
        {ACCESS: answering(200, {"user_id": "u", "access": []})},
        "paid-without-access",
        "may not open its course",
    ),
    (
        journey.enrolled,
        {ACCESS: sql("DELETE FROM cohort_enrollments")},
        "paid-without-cohort-enrollment",
        "no place in a cohort",
    ),
    (
        journey.enrolled,
        {ACCESS: sql("DELETE FROM cohort_module_unlocks")},
        "no-module-unlocked",
        "every module is locked",
    ),
    (journey.completes, {COMPLETE: answering(*DENIED)}, "server-error", "It broke."),
    (
        journey.completes,
        {COMPLETE: answering(200, {"ok": True, "status": "completed", "certificate_url": "u"})},
        "completion-not-recorded",
        "the enrollment is active",
    ),
    (
        journey.completes,
        {COMPLETE: sql("DELETE FROM course_enrollments")},
        "completion-not-recorded",
        "the enrollment is missing",
    ),
    (
        journey.completes,
        {ENROLLMENTS: sql("UPDATE course_enrollments SET certificate_url = '' WHERE status = 'completed'")},
        "certificate-url-missing",
        "no certificate URL",
    ),
    (
        journey.certificate_verifies,
        {VERIFY: to_learner({"ok": True, "valid": None, "reason": "certificate_bucket_not_bound"})},
        "certificate-bucket-not-bound",
        "the service cannot tell",
    ),
    (
        journey.certificate_verifies,
        {VERIFY: to_learner({"ok": True, "valid": False, "reason": "certificate_artifact_missing"})},
        "certificate-artifact-missing",
        "certificate_artifact_missing",
    ),
    (
        journey.certificate_verifies,
        {VERIFY: to_learner({"ok": True, "valid": False})},
        "certificate-altered",
        "its signature does not hold",
    ),
    (
        journey.redelivery_is_harmless,
        {WEBHOOK: to_event("order.paid", DENIED)},
        "event-refused",
        "order.paid beside payment.captured was answered 500",
    ),
    (
        journey.redelivery_is_harmless,
        {WEBHOOK: to_event("payment.captured", DENIED, after=1)},
        "payment-not-activated",
        "payment.captured delivered again was answered 500",
    ),
    (
        journey.redelivery_is_harmless,
        {WEBHOOK: to_event("payment.captured", DENIED, after=2)},
        "payment-not-activated",
        "payment.captured delivered after completion was answered 500",
    ),
    (journey.redelivery_is_harmless, lost_after_verification(), "redelivery-undoes-completion", "enrollment is gone"),
    (
        journey.refund_shows,
        {WEBHOOK: to_event("refund.processed", DENIED)},
        "event-refused",
        "refund.processed was answered 500",
    ),
    (
        journey.refund_shows,
        {WEBHOOK: to_event("refund.processed", (200, {"ok": True}))},
        "refund-never-shows",
        "the lead is still paid",
    ),
)


@pytest.mark.parametrize(("one", "meddling", "cause", "said"), STOPS, ids=[f"{it[2]} {it[3]}" for it in STOPS])
def test_the_journey_stops_where_it_must(one: Diagnostic, meddling: dict[str, Meddling], cause: str, said: str) -> None:
    """Each step that does not arrive is named with what was seen."""
    result = driven(healthy(0), one, meddling)

    assert (verdict(result), said in result.summary) == (cause, True), result.summary


QUESTIONS = (
    journey.lead_captured,
    journey.payment_activates,
    journey.paid_is_won,
    journey.enrolled,
    journey.completes,
    journey.certificate_verifies,
    journey.redelivery_is_harmless,
    journey.refund_shows,
    journey.learner_stays_one,
)


@pytest.mark.parametrize("one", QUESTIONS, ids=lambda one: one.id)
@pytest.mark.parametrize("token", ["", "XXXX.DUMMY.TOKEN.XXXX"])
def test_each_question_of_the_journey_can_be_asked_alone(one: Diagnostic, token: str) -> None:
    """It takes the steps that it needs; with the lead form and without."""
    result = driven(healthy(0), one, DEEPLEARN_CHECKS_TURNSTILE_TOKEN=token)

    assert verdict(result) == "passed"


@pytest.mark.parametrize(
    ("fault", "one", "cause"),
    [
        ("stored-stage-outlives-payment", journey.paid_is_won, "stored-stage-outlives-payment"),
        ("redelivery-undoes-completion", journey.redelivery_is_harmless, "redelivery-undoes-completion"),
        ("refund-never-shows", journey.refund_shows, "refund-never-shows"),
        ("leads-multiply", journey.learner_stays_one, "learner-multiplied"),
        ("crm-lags", journey.lead_captured, "lead-not-captured"),
    ],
)
def test_todays_faults_are_found_by_one_question_alone(fault: str, one: Diagnostic, cause: str) -> None:
    """Whichever of the journey's questions is asked with it."""
    result = driven(healthy(0, fault), one)

    assert verdict(result) == cause


@pytest.mark.parametrize("statement", ["UPDATE courses SET status = 'draft'", "UPDATE courses SET price_cents = 0"])
def test_where_nothing_is_for_sale_nothing_is_bought(statement: str) -> None:
    """The journey does not apply, and nothing is written."""
    world = healthy(0)
    world.execute(statement)
    world.execute("UPDATE cohorts SET fee_cents = 0")

    found = report(world, journey.refund_shows, DEEPLEARN_CHECKS_EFFECTS="data")

    result = next(one for one in found.results if one.id == "journey.refund-shows")
    assert (result.outcome, result.cause) == ("skipped", "does-not-apply")
    assert [entry.sent for entry in found.ledger if entry.effects.label == "data"] == []


def test_a_signed_payment_that_is_taken_and_lost_is_no_lead() -> None:
    """Without the form it is a payment that brings the lead; one that the service forgets is told."""
    result = driven(healthy(0, "payments-ignored"), journey.lead_captured, DEEPLEARN_CHECKS_TURNSTILE_TOKEN="")

    assert (result.cause, result.summary) == (
        "payment-not-activated",
        "a signed payment was accepted, and the lead that it names is not there",
    )


@pytest.mark.parametrize("course", ["another", "gone"])
def test_a_lead_buys_its_own_course(course: str) -> None:
    """The course of its lead, at that course's price, whatever is first for sale today; today's where it is gone."""
    world = healthy(0)
    driven(world, journey.refund_shows)
    mine = world.execute("SELECT course_id FROM lead_registrations WHERE email LIKE 'synthetic%'")[0]["course_id"]
    others = world.execute("SELECT id FROM courses WHERE id <> ? AND price_cents > 0", (mine,))
    wanted = others[0]["id"] if course == "another" else "gone"
    world.execute("UPDATE lead_registrations SET course_id = ?, cohort_id = ''", (wanted,))

    result = driven(world, journey.completes)

    places = world.execute("SELECT course_id FROM course_enrollments WHERE user_id LIKE 'learner_%'")
    expected = {mine, wanted} if course == "another" else {mine}
    assert (result.outcome, {row["course_id"] for row in places}) == ("passed", expected), result.summary


def test_a_lead_behind_three_hundred_others_is_not_lost() -> None:
    """The CRM shows the newest 300 only: the lead of an earlier run is brought among them, and used again."""
    world = healthy(0)
    driven(world, journey.refund_shows)
    now = world.now_ms() + 1000
    others = [{"lead_id": f"other {n}", "created_at_ms": now, "updated_at_ms": now} for n in range(300)]
    world.insert("lead_registrations", others)
    world.execute("UPDATE lead_registrations SET updated_at_ms = 1000 + created_at_ms WHERE email LIKE 'synthetic%'")
    world.clock_offset = 60

    result = driven(world, journey.lead_captured)

    assert (result.outcome, "left by an earlier run" in result.summary) == ("passed", True), result.summary


@pytest.mark.parametrize(
    ("meddling", "cause"), [({}, "cannot-tell"), ({STAGE: answering(404, {"error": "None."})}, "unexpected-answer")]
)
def test_a_lead_older_than_the_crm_shows_is_not_called_lost(meddling: dict[str, Meddling], cause: str) -> None:
    """After a year the CRM does not show it any more: that is no verdict on the service."""
    world = healthy(0)
    driven(world, journey.refund_shows)
    year = 366 * DAY * 1000
    world.execute(f"UPDATE lead_registrations SET created_at_ms = created_at_ms - {year}")  # noqa: S608  a number

    result = driven(world, journey.lead_captured, meddling)

    assert (result.outcome, result.cause) == ("error", cause)


def test_a_lead_that_stays_paid_cannot_be_paid_again() -> None:
    """What cannot be judged then is a symptom of the refund that never shows."""
    world = healthy(0, "refund-never-shows")
    driven(world, journey.refund_shows)

    found = report(world, *QUESTIONS, DEEPLEARN_CHECKS_EFFECTS="data")

    told = {one.id: (one.outcome, one.cause) for one in found.results if one.id.startswith("journey.")}
    assert told.pop("journey.refund-shows") == ("failed", "refund-never-shows")
    assert told.pop("journey.payment-activates") == told.pop("journey.paid-is-won") == ("blocked", "cannot-tell")
    assert [root.result.id for root in found.root_causes()] == ["journey.refund-shows"]


def test_a_refused_refund_of_an_earlier_payment_says_so() -> None:
    """The next run first refunds what the last one left paid."""
    world = healthy(0)
    driven(world, journey.payment_activates)

    result = driven(world, journey.payment_activates, {WEBHOOK: to_event("refund.processed", DENIED)})

    assert (result.cause, result.summary.partition(" was ")[0]) == (
        "event-refused",
        "refund.processed of the earlier payment",
    )


@pytest.mark.parametrize("answer", [DENIED, (200, {"mode": "demo"}), (200, "<h1>Hello</h1>")])
def test_a_payment_needs_no_order(answer: tuple[int, Json | str]) -> None:
    """Whether orders can be created is the finding of other questions."""
    body = answer[1]
    demo: Json = {"lead_id": "l", "order": {"id": "demo_1", "amount_cents": 1, "currency": "INR"}}
    body = body | demo if isinstance(body, dict) else body

    result = driven(healthy(0), journey.payment_activates, {ORDER: answering(answer[0], body)})

    assert verdict(result) == "passed"


def test_a_course_without_a_cohort_needs_no_place() -> None:
    """Where there is no cohort there is none to be counted in."""
    world = healthy(0)
    world.execute("DELETE FROM cohorts")

    result = driven(world, journey.learner_stays_one)

    assert (result.outcome, result.evidence["places"]) == ("passed", 0)


def test_a_refund_that_fails_hides_no_count() -> None:
    """The rows of the learner are counted all the same."""
    world = healthy(0)

    result = driven(world, journey.learner_stays_one, {WEBHOOK: to_event("refund.processed", DENIED)})

    assert (result.outcome, result.evidence["leads"], result.evidence["enrollments"]) == ("passed", 1, 1)
