"""Enrollment, access, completion and certificates in the sandboxed service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from worker import ASHA_ID, Answer, Worker, deployed, stored

if TYPE_CHECKING:
    from pathlib import Path

USER = {"user_id": "u1", "email": "U1@example.com", "display_name": "User One"}


def enrolled(worker: Worker) -> tuple[str, str]:
    """Enroll u1 in a cohort by hand; answer course and cohort."""
    course_id = worker.course()
    cohort_id = worker.cohort(course_id)
    worker.post(f"/api/admin/cohorts/{cohort_id}/enroll", USER)
    return course_id, cohort_id


def verified(worker: Worker, course_id: str) -> Answer:
    """Ask for u1's certificate."""
    return worker.get(f"/api/certificates/verify?course_id={course_id}&user_id=u1")


def completed(worker: Worker) -> str:
    """Enroll and complete u1; answer the course."""
    course_id, _ = enrolled(worker)
    worker.post(f"/api/admin/courses/{course_id}/enroll/u1/complete")
    return course_id


def edit(worker: Worker, **fields: str) -> None:
    """Change fields of the only artifact, and leave its signature."""
    key = next(key for key in worker.world.certificates.keys() if key.endswith(".json"))  # noqa: SIM118  a bucket is no mapping
    artifact = json.loads(worker.world.certificates.get(key) or "")
    worker.world.certificates.put(key, json.dumps({**artifact, **fields}))


def test_joining_a_cohort_enrolls_in_its_course() -> None:
    """A place in a cohort is a place in its course."""
    worker = deployed()

    course_id, _ = enrolled(worker)

    assert worker.get(f"/api/admin/courses/{course_id}/enrollments")["enrollments.0.status"] == "active"


def test_a_cohort_lists_its_enrollments() -> None:
    """Each place in a cohort shows its learner."""
    worker = deployed()

    course_id, cohort_id = enrolled(worker)

    answer = worker.get(f"/api/admin/cohorts/{cohort_id}/enrollments")
    assert isinstance(answer.json["enrollments"], list)
    shown = answer.json["enrollments"][0]
    assert shown.pop("updated_at_ms") > 0
    assert shown == {
        "cohort_id": cohort_id,
        "course_id": course_id,
        "user_id": "u1",
        "status": "enrolled",
        "progress_pct": 0,
        "completion_state": "in_progress",
        "completed_at_ms": None,
        "certificate_url": "",
        "email": "u1@example.com",
        "display_name": "User One",
    }


def test_completing_a_cohort_completes_its_course() -> None:
    """Both places of the learner are completed, with one certificate."""
    worker = deployed()
    course_id, cohort_id = enrolled(worker)

    answer = worker.post(f"/api/admin/cohorts/{cohort_id}/enroll/u1/complete")

    rows = worker.rows(
        "SELECT e.status, h.status, h.completion_state, e.certificate_url = h.certificate_url "
        "FROM course_enrollments e JOIN cohort_enrollments h USING (user_id)"
    )
    assert (rows, answer["course_id"], verified(worker, course_id)["valid"]) == (
        [("completed", "completed", "completed", 1)],
        course_id,
        True,
    )


def test_completing_nobody_writes_an_artifact_and_no_row() -> None:
    """An enrollment that does not exist is answered `ok`."""
    worker = deployed()

    answer = worker.post("/api/admin/courses/c/enroll/nobody/complete")

    assert (answer["ok"], len(worker.world.certificates.keys()), worker.rows("SELECT * FROM course_enrollments")) == (
        True,
        2,
        [],
    )


@pytest.mark.parametrize("user_id", ["x" * 300, "%00"])
def test_an_artifact_that_cannot_be_stored_fails_the_completion(user_id: str, tmp_path: Path) -> None:
    """What the bucket refuses is answered 500."""
    worker = stored(tmp_path)

    answer = worker.post(f"/api/admin/courses/c/enroll/{user_id}/complete")

    assert answer.refusal == (500, "Failed to complete course.")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/admin/cohorts/nope/enroll", 404),
        ("/api/admin/cohorts/nope/enroll/u1/complete", 404),
        ("/api/admin/courses/nope/enroll", 404),
    ],
)
def test_what_does_not_exist_cannot_be_joined(path: str, status: int) -> None:
    """Unknown courses and cohorts are not found."""
    worker = deployed()

    answer = worker.post(path, USER)

    assert answer.status == status


def test_an_enrollment_names_a_user() -> None:
    """The user id is required."""
    worker = deployed()

    answer = worker.post(f"/api/admin/courses/{worker.course()}/enroll", {"email": "a@b.cd"})

    assert answer.refusal == (400, "user_id is required.")


@pytest.mark.parametrize(
    ("edited", "valid"),
    [({}, True), ({"user_id": "u2"}, False), ({"issued_on": "2020-01-01"}, False), ({"signature": "ä"}, False)],
)
def test_an_edited_certificate_is_not_valid(edited: dict[str, str], valid: bool) -> None:  # noqa: FBT001  the expected answer
    """An artifact that says or signs something else does not hold, and no reason is given."""
    worker = deployed()
    course_id = completed(worker)
    edit(worker, **edited)

    answer = verified(worker, course_id)

    assert (answer["ok"], answer["valid"], "reason" in answer.json) == (True, valid, False)


def test_a_broken_artifact_is_not_valid() -> None:
    """An artifact that is no JSON does not hold."""
    worker = deployed()
    course_id = completed(worker)
    for key in worker.world.certificates.keys():  # noqa: SIM118  a bucket is no mapping
        worker.world.certificates.put(key, "{")

    answer = verified(worker, course_id)

    assert answer["valid"] is False


def test_rotating_the_admin_token_invalidates_certificates_without_a_secret_of_their_own() -> None:
    """Without a signing secret the admin token signs."""
    worker = deployed(CERTIFICATE_SIGNING_SECRET="")
    course_id = completed(worker)
    worker.world.variables["ADMIN_API_TOKEN"] = "rotated"

    answer = verified(worker, course_id)

    assert answer["valid"] is False


def test_a_missing_artifact_is_named() -> None:
    """A certificate whose artifact is gone cannot be valid."""
    worker = deployed()
    course_id = completed(worker)
    for key in worker.world.certificates.keys():  # noqa: SIM118  a bucket is no mapping
        worker.world.certificates.delete(key)

    answer = verified(worker, course_id)

    assert (answer["ok"], answer["valid"], answer["reason"]) == (True, False, "certificate_artifact_missing")


def test_a_missing_url_is_named() -> None:
    """A completed enrollment without a URL has no certificate."""
    worker = deployed()
    course_id = completed(worker)
    worker.world.execute("UPDATE course_enrollments SET certificate_url = NULL")

    answer = verified(worker, course_id)

    assert (answer["ok"], answer["valid"], answer["reason"]) == (True, False, "missing_certificate_url")


@pytest.mark.parametrize("completed_at", ["completed_at_ms", "NULL"])
def test_a_url_without_a_date_is_dated_by_the_completion(completed_at: str) -> None:
    """Under a public base the name has no date, and the time of completion decides."""
    worker = deployed(CERTIFICATE_PUBLIC_BASE_URL="https://certificates.example/")
    course_id = completed(worker)
    worker.world.execute(f"UPDATE course_enrollments SET completed_at_ms = {completed_at}")  # noqa: S608  our own words

    answer = verified(worker, course_id)

    assert (answer["certificate_url"], answer["valid"]) == (
        f"https://certificates.example/{course_id}/u1.svg",
        completed_at != "NULL",
    )


@pytest.mark.parametrize(
    ("variables", "headers", "expected"),
    [
        ({}, {"authorization": "Bearer x"}, (401, "Invalid Firebase auth token.")),
        ({"ENFORCE_FIREBASE_AUTH": "false"}, {"x_user_id": "u1"}, (200, None)),
        (
            {"ENFORCE_FIREBASE_AUTH": "false"},
            {"x_user_id": "u2"},
            (403, "You can only access your own learning records."),
        ),
        (
            {"ENFORCE_FIREBASE_AUTH": "false", "ALLOW_UNVERIFIED_ROLE_HEADERS": "true"},
            {"x_user_id": "u2", "x_user_role": "teacher"},
            (200, None),
        ),
        (
            {"ENFORCE_FIREBASE_AUTH": "false", "ALLOW_UNVERIFIED_ROLE_HEADERS": "true"},
            {"x_user_id": "u2", "x_user_role": "learner"},
            (403, "You can only access your own learning records."),
        ),
        ({"ADMIN_API_TOKEN": "", "ALLOW_OPEN_ADMIN": "true"}, {}, (200, None)),
    ],
)
def test_who_may_see_a_learners_places(
    variables: dict[str, str], headers: dict[str, str], expected: tuple[int, object]
) -> None:
    """Learners see their own, staff and admins everybody's; a bare header is believed only where it is allowed."""
    worker = deployed(**variables)

    answer = worker.get("/api/learn/access?user_id=u1", **headers)

    assert answer.refusal == expected


def test_a_learner_need_not_name_themself() -> None:
    """Without a user id the actor is meant."""
    worker = deployed(ENFORCE_FIREBASE_AUTH="false")

    answer = worker.get("/api/learn/access", x_user_id="u1")

    assert answer["user_id"] == "u1"


def test_an_admin_names_a_learner() -> None:
    """The admin token is nobody's places."""
    worker = deployed()

    answer = worker.get("/api/learn/access", x_admin_token="sandbox-admin-token")

    assert answer.refusal == (400, "user_id is required.")


def test_locked_modules_show() -> None:
    """A learner in a cohort sees which modules the cohort has unlocked."""
    worker = deployed()
    course_id = worker.course()
    worker.cohort(course_id)
    worker.module(course_id, "first", 1)
    worker.module(course_id, "second", 2)
    worker.pay(worker.lead(course_id))

    answer = worker.get(f"/api/learn/access?user_id={ASHA_ID}", x_admin_token="sandbox-admin-token")

    assert (answer["access.0.modules.0.is_unlocked"], answer["access.0.modules.1.is_unlocked"]) == (True, False)
