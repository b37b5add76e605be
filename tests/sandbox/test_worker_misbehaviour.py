"""What a bad deployment does, each wrong and nothing else; and how a stage that was stored gives way to a payment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worker import ASHA_ID, Worker, behaving, payment, repaired

from deeplearn_checks.sandbox.world import REPAIRED, Behaviour

WEBHOOK = "/api/funnel/payment/razorpay/webhook"
EVENT = b'{"event":"nothing.known"}'


def wrong(**ways: object) -> Worker:
    """Deploy a repaired service that does one thing wrong."""
    return behaving(replace(REPAIRED, **ways))  # type: ignore[arg-type]  # a test names the ways it means


@pytest.mark.parametrize(("unsigned", "status"), [(True, 200), (False, 401)])
def test_a_webhook_may_take_what_nobody_signed(*, unsigned: bool, status: int) -> None:
    """And refuses a wrong signature all the same."""
    worker = wrong(accepts_no_signature=unsigned)

    statuses = [
        worker.request("POST", WEBHOOK, {}, EVENT).status,
        worker.deliver_raw(EVENT, signed=b"another").status,
    ]

    assert statuses == [status, 401]


@pytest.mark.parametrize(("trusts", "status"), [(True, 200), (False, 401)])
def test_a_webhook_may_trust_a_signature_that_it_has_seen(*, trusts: bool, status: int) -> None:
    """Of another body; one that it has never verified it refuses."""
    worker = wrong(trusts_known_signatures=trusts)
    before = worker.deliver_raw(b"{}", signed=EVENT).status
    worker.deliver_raw(EVENT)

    after = worker.deliver_raw(b'{"event":"other"}', signed=EVENT).status

    assert (before, after) == (401, status)


@pytest.mark.parametrize(("raises", "alerts"), [(True, ["webhook_signature_missing"]), (False, [])])
def test_alerts_may_be_lost(*, raises: bool, alerts: list[str]) -> None:
    """The delivery is refused all the same."""
    worker = wrong(raises_alerts=raises)

    status = worker.request("POST", WEBHOOK, {}, EVENT).status

    assert (status, worker.alerts()) == (401, alerts)


@pytest.mark.parametrize(
    ("ways", "paid", "places", "leads"),
    [
        ({}, "paid", 1, 1),
        ({"activates": False}, "registered", 0, 1),
        ({"gives_place": False}, "paid", 0, 1),
        ({"multiplies_leads": True}, "paid", 1, 2),
    ],
)
def test_a_payment_may_have_half_its_effect(ways: dict[str, bool], paid: str, places: int, leads: int) -> None:
    """Nothing, the lead without its place, or one lead too many: always answered 200."""
    worker = wrong(**ways)
    lead_id = worker.lead(worker.course())

    answered = worker.pay(lead_id).status

    rows = (len(worker.rows("SELECT 1 FROM course_enrollments")), len(worker.rows("SELECT 1 FROM lead_registrations")))
    assert (answered, worker.status(lead_id), rows) == (200, paid, (places, leads))


@pytest.mark.parametrize(
    ("ways", "status", "verdict"),
    [
        ({}, "completed", (True, True)),
        ({"records_completion": False}, "active", (False, False)),
        ({"signs_certificates": False}, "completed", (True, False)),
        ({"records_completion": False, "verifies_anyone": True}, "active", (True, True)),
    ],
)
def test_a_completion_may_have_half_its_effect(ways: dict[str, bool], status: str, verdict: tuple[bool, bool]) -> None:
    """It is answered ok whether or not it is recorded, and whatever its certificate is signed with."""
    worker = wrong(**ways)
    course_id = worker.course()
    worker.pay(worker.lead(course_id))

    answered = worker.post(f"/api/admin/courses/{course_id}/enroll/{ASHA_ID}/complete").status

    said = worker.get(f"/api/certificates/verify?course_id={course_id}&user_id={ASHA_ID}")
    assert (answered, worker.rows("SELECT status FROM course_enrollments")) == (200, [(status,)])
    assert (said["ok"], said["valid"]) == verdict


@pytest.mark.parametrize(("lags", "shown"), [(True, 0), (False, 1)])
def test_the_crm_may_lag(*, lags: bool, shown: int) -> None:
    """A new lead is shown a minute later; the row is there."""
    worker = wrong(crm_lags=lags)
    worker.lead(worker.course())

    now = worker.get("/api/admin/crm/leads").json["leads"]
    worker.world.clock_offset = 120
    later = worker.get("/api/admin/crm/leads").json["leads"]

    assert isinstance(now, list)
    assert isinstance(later, list)
    assert (len(now), len(later)) == (shown, 1)


@pytest.mark.parametrize(("token", "status"), [("anything", 200), ("", 401)])
def test_any_token_may_open_the_admin_endpoints(token: str, status: int) -> None:
    """But none does not."""
    worker = wrong(accepts_any_token=True)

    assert worker.request("GET", "/api/admin/overview", {"x-admin-token": token}).status == status


def test_a_version_may_lack_an_endpoint() -> None:
    """It neither answers nor is advertised."""
    worker = repaired()
    worker.world.missing_endpoints.add("/api/admin/overview")

    answer = worker.get("/api/admin/overview")

    assert (answer.status, answer.text) == (404, "404 Not Found")
    assert "/api/admin/overview" not in str(worker.get("/").json["endpoints"])


def test_health_says_what_the_service_says_of_itself() -> None:
    """Not what is true of it."""
    worker = wrong(status="degraded")

    assert worker.get("/health")["status"] == "degraded"


@pytest.mark.parametrize(
    ("behaviour", "stages"),
    [(REPAIRED, ["qualified", "won", "lost"]), (Behaviour(refund_never_shows=False), ["qualified"] * 3)],
    ids=["repaired", "today"],
)
def test_a_stored_stage_gives_way_to_a_payment_once_repaired(behaviour: Behaviour, stages: list[str]) -> None:
    """And to a refund; today it stays for ever."""
    worker = behaving(behaviour)
    lead_id = worker.lead(worker.course())
    worker.post(f"/api/admin/crm/leads/{lead_id}", {"stage": "qualified"})

    seen = [worker.get("/api/admin/crm/leads")["leads.0.crm.stage"]]
    for event in ("payment.captured", "refund.processed"):
        worker.deliver(event, payment(lead_id))
        seen.append(worker.get("/api/admin/crm/leads")["leads.0.crm.stage"])

    assert seen == stages
