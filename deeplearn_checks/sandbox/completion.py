"""Completing a course or a cohort, and verifying the certificate that comes of it."""

from __future__ import annotations

import hmac
import json
import re
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import Fields, ProcessingError, RefusedError
from deeplearn_checks.sandbox.certificate import (
    artifact_keys,
    certificate_id,
    certificate_url,
    issue_date,
    signature,
    write_artifacts,
)
from deeplearn_checks.sandbox.learning import require_cohort
from deeplearn_checks.sandbox.rows import first

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Call, Json
    from deeplearn_checks.sandbox.world import World

DATED = re.compile(r"-(\d{4}-\d{2}-\d{2})\.\w+$")
COMPLETED_COURSE = """
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = ?, certificate_url = ?,
  updated_at_ms = ? WHERE course_id = ? AND user_id = ?
"""
COMPLETED_COHORT = """
UPDATE cohort_enrollments SET status = 'completed', progress_pct = 100, completion_state = 'completed',
  completed_at_ms = ?, certificate_url = ?, updated_at_ms = ? WHERE cohort_id = ? AND user_id = ?
"""


def complete_course(call: Call) -> Json:
    """Complete an enrollment and issue its certificate; without an enrollment only the certificate is written."""
    course_id, user_id = call.path["course_id"], call.path["user_id"]
    url = _issue(call, course_id, user_id)
    return {"ok": True, "course_id": course_id, "user_id": user_id, "status": "completed", "certificate_url": url}


def complete_cohort(call: Call) -> Json:
    """Complete a place in a cohort, and so in its course, and issue its certificate."""
    cohort, user_id = require_cohort(call), call.path["user_id"]
    url, now = _issue(call, cohort["course_id"], user_id), call.world.now_ms()
    call.world.execute(COMPLETED_COHORT, (now, url, now, cohort["id"], user_id))
    place: Json = {"cohort_id": cohort["id"], "course_id": cohort["course_id"], "user_id": user_id}
    return {"ok": True, **place, "status": "completed", "certificate_url": url}


def _issue(call: Call, course_id: str, user_id: str) -> str:
    world, now = call.world, call.world.now_ms()
    url = certificate_url(world.variables, course_id, user_id, issue_date(now))
    if "DEEPLEARN_CERTIFICATES" in world.bindings:
        _write(call, course_id, user_id, now)
    if world.behaviour.records_completion:
        world.execute(COMPLETED_COURSE, (now, url, now, course_id, user_id))
    return url


def _write(call: Call, course_id: str, user_id: str, now: int) -> None:
    try:
        write_artifacts(call.world, course_id, user_id, issue_date(now), now)
    except (OSError, ValueError) as error:
        raise ProcessingError(f"R2 put failed: {error}") from None


def verify(call: Call) -> Json:
    """Judge a learner's certificate: valid, not valid, or (without the bucket) not to be told."""
    course_id, user_id = call.text("course_id"), call.text("user_id")
    if not (course_id and user_id):
        raise RefusedError(400, "course_id and user_id are required.")
    return verification(call.world, course_id, user_id)


def verification(world: World, course_id: str, user_id: str) -> Json:
    """Answer what the service says of a learner's certificate."""
    learner: Json = {"course_id": course_id, "user_id": user_id}
    enrolled = "SELECT * FROM course_enrollments WHERE course_id = ? AND user_id = ?"
    enrollment = first(world, enrolled, course_id, user_id)
    if world.behaviour.verifies_anyone:
        return {"ok": True, "valid": True, **learner}
    if enrollment is None or enrollment["status"] != "completed":
        return {"ok": False, "valid": False, "reason": "not_completed", **learner}
    if not enrollment["certificate_url"]:
        return {"ok": True, "valid": False, "reason": "missing_certificate_url", **learner}
    return _judged(world, enrollment, learner | {"certificate_url": enrollment["certificate_url"]})


def _judged(world: World, enrollment: sqlite3.Row, learner: Json) -> Json:
    if "DEEPLEARN_CERTIFICATES" not in world.bindings:
        return {"ok": True, "valid": None, "reason": "certificate_bucket_not_bound", **learner}
    course_id, user_id, issued_on = enrollment["course_id"], enrollment["user_id"], _issued_on(enrollment)
    text = world.certificates.get(artifact_keys(course_id, user_id, issued_on).json)
    if text is None:
        return {"ok": True, "valid": False, "reason": "certificate_artifact_missing", **learner}
    artifact = _parsed(text)
    shown: Json = {name: artifact.text(name) for name in ("certificate_id", "issued_on", "signature")}
    return {"ok": True, "valid": _holds(world, course_id, user_id, artifact), **learner, "certificate": shown}


def _issued_on(enrollment: sqlite3.Row) -> str:
    dated = DATED.search(enrollment["certificate_url"])
    return dated[1] if dated else issue_date(enrollment["completed_at_ms"] or 0)


def _parsed(text: str) -> Fields:
    try:
        return Fields.of(json.loads(text))
    except ValueError:
        return Fields({})


def _holds(world: World, course_id: str, user_id: str, artifact: Fields) -> bool:
    """Whether the artifact names this learner and carries the signature of exactly what it says."""
    issued_on = artifact.text("issued_on")
    expected = (certificate_id(course_id, user_id, issued_on), course_id, user_id)
    if tuple(artifact.text(name) for name in ("certificate_id", "course_id", "user_id")) != expected:
        return False
    signed = signature(world.variables, course_id, user_id, issued_on)
    return hmac.compare_digest(signed.encode(), artifact.text("signature").encode())
