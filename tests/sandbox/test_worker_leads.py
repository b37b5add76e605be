"""The lead forms of the sandboxed service, and its CRM."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from worker import ASHA, Worker, behaving, deployed, payment, repaired

from deeplearn_checks.sandbox.leads import TURNSTILE_TEST_TOKEN
from deeplearn_checks.sandbox.world import Behaviour

DAY_MS = 86_400_000
CRM = "/api/admin/crm/leads"


def columns(worker: Worker, *names: str) -> tuple[object, ...]:
    """Answer columns of the only lead."""
    return worker.rows(f"SELECT {', '.join(names)} FROM lead_registrations")[0]  # noqa: S608  our own names


@pytest.mark.parametrize("form", ["/api/lead/submit", "/api/funnel/register"])
def test_a_lead_leaves_a_row_a_copy_and_an_event(form: str) -> None:
    """Either form writes the row, its copy in the bucket, and a registration event."""
    worker = deployed()

    answer = worker.post(form, ASHA)

    copies = [json.loads(worker.world.leads.get(key) or "")["lead_id"] for key in worker.world.leads.keys()]  # noqa: SIM118  a bucket is no mapping
    assert (copies, columns(worker, "lead_id"), worker.rows("SELECT event_name, lead_id FROM lead_events")) == (
        [answer["lead_id"]],
        (answer["lead_id"],),
        [("webinar_registration_submitted", answer["lead_id"])],
    )


@pytest.mark.parametrize(
    ("form", "error", "alert"),
    [
        ("/api/lead/submit", "Failed to submit lead.", "lead_submit_failed"),
        ("/api/funnel/register", "Failed to register for funnel.", "funnel_register_failed"),
    ],
)
def test_without_lead_storage_both_forms_fail(form: str, error: str, alert: str) -> None:
    """A missing bucket loses the lead and raises a warning."""
    worker = deployed(without="DEEPLEARN_LEADS")

    answer = worker.post(form, ASHA)

    assert (answer.refusal, worker.alerts(), worker.rows("SELECT * FROM lead_registrations")) == (
        (500, error),
        [alert],
        [],
    )


def test_text_is_trimmed_and_cut_and_another_type_is_empty() -> None:
    """Text fields lose white space around them and what is too long; a number is no text."""
    worker = deployed()

    worker.post("/api/lead/submit", {**ASHA, "full_name": f"  {'x' * 500} ", "source": 5})

    assert columns(worker, "length(full_name)", "source") == (120, "landing")


@pytest.mark.parametrize("missing", ["full_name", "email", "phone"])
def test_name_address_and_phone_are_required(missing: str) -> None:
    """White space is no name."""
    worker = deployed()

    answer = worker.post("/api/lead/submit", {**ASHA, missing: "  "})

    assert answer.refusal == (400, "full_name, email, and phone are required.")


def test_a_lone_surrogate_is_no_crash() -> None:
    """Half a character is replaced."""
    worker = deployed()

    worker.request("POST", "/api/lead/submit", body=b'{"full_name": "\\ud800", "email": "a@b.cd", "phone": "1"}')

    assert columns(worker, "full_name") == ("?",)


@pytest.mark.parametrize(
    ("secret", "token", "expected"),
    [
        ("", TURNSTILE_TEST_TOKEN, (400, "Turnstile verification failed.")),
        ("other", TURNSTILE_TEST_TOKEN, (400, "Turnstile verification failed.")),
        ("1x0000000000000000000000000000000AA", "forged", (400, "Turnstile verification failed.")),
        ("1x0000000000000000000000000000000AA", "", (400, "Turnstile token is required.")),
        ("1x0000000000000000000000000000000AA", TURNSTILE_TEST_TOKEN, (200, None)),
    ],
)
@pytest.mark.parametrize("required", ["", "true"])
def test_the_forms_are_protected(secret: str, token: str, required: str, expected: tuple[int, object]) -> None:
    """Unless it is switched off, Turnstile is required; only the test secret passes, and only the test token."""
    worker = deployed(TURNSTILE_REQUIRED=required, TURNSTILE_SECRET_KEY=secret)

    answer = worker.post("/api/lead/submit", {**ASHA, "turnstile_token": token})

    assert answer.refusal == expected


@pytest.mark.parametrize(
    ("statuses", "chosen"),
    [
        (("open", "live", "draft"), 1),
        (("draft", "open", "archived"), 1),
        (("archived", "completed", "draft"), 2),
        (("live", "live", "open"), 1),
    ],
)
def test_the_best_cohort_is_chosen(statuses: tuple[str, ...], chosen: int) -> None:
    """A course's cohort is chosen live, open, draft, other; then newest."""
    worker = deployed()
    course_id = worker.course()
    cohorts = [worker.cohort(course_id, status=status) for status in statuses]

    worker.lead(course_id)

    assert columns(worker, "cohort_id") == (cohorts[chosen],)


@pytest.mark.parametrize("is_own", [True, False])
def test_a_cohort_must_be_of_its_course(is_own: bool) -> None:  # noqa: FBT001  what varies
    """A given cohort is taken unless it is another course's."""
    worker = deployed()
    course_id, other = worker.course(), worker.course("ml-1")
    archived = worker.cohort(course_id if is_own else other, status="archived")
    live = worker.cohort(course_id)

    worker.lead(course_id, cohort_id=archived)

    assert columns(worker, "cohort_id") == (archived if is_own else live,)


def test_a_stage_is_derived_until_one_is_stored() -> None:
    """Paid is won; failed and refunded are lost; registered is pending; anything else is new."""
    worker = deployed()
    for status in ("registered", "paid", "failed", "refunded", "odd"):
        worker.lead("", source=status)
    worker.world.execute("UPDATE lead_registrations SET payment_status = source")

    answer = worker.get(CRM)

    assert answer["summary.by_stage"] == {
        "new": 1,
        "contacted": 0,
        "qualified": 0,
        "payment_pending": 1,
        "won": 1,
        "lost": 2,
    }


@pytest.mark.parametrize(("outlives", "stage"), [(True, "qualified"), (False, "won")])
def test_a_stored_stage_outlives_the_payment_only_today(outlives: bool, stage: str) -> None:  # noqa: FBT001  what varies
    """A lead moved to qualified stays so when it is paid, unless the service is repaired."""
    worker = behaving(replace(Behaviour(), stored_stage_outlives_payment=outlives))
    lead_id = worker.lead(worker.course())
    worker.post(f"{CRM}/{lead_id}", {"stage": "qualified"})

    worker.pay(lead_id)

    assert worker.get(CRM)["leads.0.crm.stage"] == stage


def test_repaired_a_refunded_lead_is_lost() -> None:
    """The stage of a refunded lead is derived from the refund."""
    worker = repaired()
    lead_id = worker.lead(worker.course())
    worker.pay(lead_id)
    worker.deliver("refund.processed", payment(lead_id))

    answer = worker.get(CRM)

    assert answer["leads.0.crm.stage"] == "lost"


@pytest.mark.parametrize(
    ("query", "found"),
    [("ASHA", 1), ("example.COM", 1), ("99999", 1), ("ai-101", 1), ("OP1", 1), ("nobody", 0), ("", 1)],
)
def test_the_search_covers_people_courses_and_owners(query: str, found: int) -> None:
    """Name, address, phone, course and owner are searched, in any case."""
    worker = deployed()
    worker.post(f"{CRM}/{worker.lead(worker.course())}", {"owner_user_id": "op1"})

    answer = worker.get(f"{CRM}?q={query}")

    assert (answer["summary.total"], answer["filters.q"]) == (found, query.lower())


def test_the_search_comes_after_the_limit() -> None:
    """A lead that is older than the newest `limit` is not found."""
    worker = deployed()
    worker.lead("", full_name="First")
    worker.lead("", full_name="Second")

    answer = worker.get(f"{CRM}?q=first&limit=1")

    assert answer["leads"] == []


@pytest.mark.parametrize(
    ("query", "days", "found"),
    [("", 90, 1), ("days=91", 91, 2), ("days=9999", 365, 2), ("days=0", 1, 0), ("days=x", 90, 1), ("days=", 90, 1)],
)
def test_days_are_clamped_and_count_from_creation(query: str, days: int, found: int) -> None:
    """Leads created in the last days are listed: 90 unless asked otherwise, 365 at most, 1 at least."""
    worker = deployed()
    for age in (2, 91):
        worker.lead("", source=str(age))
    worker.world.execute(f"UPDATE lead_registrations SET created_at_ms = created_at_ms - source * {DAY_MS} + 60000")  # noqa: S608  our own number

    answer = worker.get(f"{CRM}?{query}")

    assert (answer["days"], answer["summary.total"]) == (days, found)


def test_an_unknown_payment_status_is_refused() -> None:
    """The filter takes the four statuses."""
    worker = deployed()

    answer = worker.get(f"{CRM}?payment_status=won")

    assert answer.refusal == (400, "Invalid payment status filter.")


def test_what_an_operator_does_not_say_stays() -> None:
    """An update changes what it names."""
    worker = deployed()
    lead_id = worker.lead("")
    worker.post(f"{CRM}/{lead_id}", {"notes": "called", "next_action_at_ms": 5})

    answer = worker.post(f"{CRM}/{lead_id}", {"owner_user_id": "op1"})

    assert answer["crm"] == {
        "stage": "payment_pending",
        "owner_user_id": "op1",
        "notes": "called",
        "next_action_at_ms": 5,
    }
