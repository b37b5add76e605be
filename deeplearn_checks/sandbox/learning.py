"""Enrollments, and what a learner may open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import RefusedError, is_admin
from deeplearn_checks.sandbox.catalogue import require_course
from deeplearn_checks.sandbox.rows import enroll, enroll_in_cohort, first, remember_user

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Call, Json
    from deeplearn_checks.sandbox.world import World

STAFF = frozenset({"teacher", "coordinator", "admin"})
"""The roles that may look into other learners' places."""

OF_COURSE = """
SELECT e.course_id, e.user_id, e.status, e.progress_pct, e.completed_at_ms,
  COALESCE(e.certificate_url, '') AS certificate_url, e.updated_at_ms,
  COALESCE(u.email, '') AS email, COALESCE(u.display_name, '') AS display_name
FROM course_enrollments e LEFT JOIN platform_users u ON u.uid = e.user_id
WHERE e.course_id = ? ORDER BY e.updated_at_ms DESC, e.rowid DESC LIMIT ?
"""
OF_COHORT = """
SELECT e.cohort_id, e.course_id, e.user_id, e.status, e.progress_pct, e.completion_state, e.completed_at_ms,
  COALESCE(e.certificate_url, '') AS certificate_url, e.updated_at_ms,
  COALESCE(u.email, '') AS email, COALESCE(u.display_name, '') AS display_name
FROM cohort_enrollments e LEFT JOIN platform_users u ON u.uid = e.user_id
WHERE e.cohort_id = ? ORDER BY e.updated_at_ms DESC, e.rowid DESC LIMIT ?
"""
PLACES = """
SELECT e.course_id, COALESCE(c.slug, '') AS course_slug, COALESCE(c.title, '') AS course_title,
  COALESCE(c.status, '') AS course_status, e.status AS enrollment_status, e.progress_pct,
  COALESCE(e.completed_at_ms, 0) AS completed_at_ms, COALESCE(e.certificate_url, '') AS certificate_url
FROM course_enrollments e LEFT JOIN courses c ON c.id = e.course_id
WHERE e.user_id = ? ORDER BY e.updated_at_ms DESC, e.rowid DESC
"""
MODULES = """
SELECT m.id, m.module_key, m.title, m.sort_order, m.is_published,
  ? = '' OR EXISTS (SELECT 1 FROM cohort_module_unlocks k WHERE k.cohort_id = ? AND k.module_id = m.id) AS is_unlocked
FROM course_modules m WHERE m.course_id = ? ORDER BY m.sort_order, m.created_at_ms
"""
COHORT = """
SELECT cohort_id, status, completion_state, progress_pct, COALESCE(certificate_url, '') AS certificate_url
FROM cohort_enrollments WHERE user_id = ? AND course_id = ? ORDER BY updated_at_ms DESC, rowid DESC LIMIT 1
"""
NO_COHORT: Json = {"cohort_id": "", "status": "", "completion_state": "", "progress_pct": 0, "certificate_url": ""}


def course_enrollments(call: Call) -> Json:
    """Answer the newest enrollments of a course with their learners."""
    rows = call.world.execute(OF_COURSE, (call.path["course_id"], call.number("limit", 200, 500)))
    return {"enrollments": [dict(row) for row in rows]}


def cohort_enrollments(call: Call) -> Json:
    """Answer the newest enrollments of a cohort with their learners."""
    rows = call.world.execute(OF_COHORT, (call.path["cohort_id"], call.number("limit", 200, 500)))
    return {"enrollments": [dict(row) for row in rows]}


def enroll_in_course(call: Call) -> Json:
    """Enroll a user in a course by hand."""
    course_id = call.path["course_id"]
    user_id = _remembered_learner(call)
    require_course(call, course_id)
    enroll(call.world, course_id, user_id)
    return {"ok": True, "course_id": course_id, "user_id": user_id, "status": "active"}


def join_cohort(call: Call) -> Json:
    """Enroll a user in a cohort, and so in its course, by hand."""
    cohort = require_cohort(call)
    user_id = _remembered_learner(call)
    enroll(call.world, cohort["course_id"], user_id)
    enroll_in_cohort(call.world, cohort["id"], cohort["course_id"], user_id)
    place: Json = {"cohort_id": cohort["id"], "course_id": cohort["course_id"], "user_id": user_id}
    return {"ok": True, **place, "status": "enrolled"}


def require_cohort(call: Call) -> sqlite3.Row:
    """Answer the cohort in the path, or refuse one that does not exist."""
    cohort = first(call.world, "SELECT * FROM cohorts WHERE id = ?", call.path["cohort_id"])
    if cohort is None:
        raise RefusedError(404, "Cohort not found.")
    return cohort


def _remembered_learner(call: Call) -> str:
    fields = call.fields()
    user_id = fields.text("user_id")
    if not user_id:
        raise RefusedError(400, "user_id is required.")
    remember_user(call.world, user_id, fields.email(), fields.text("display_name"), "learner")
    return user_id


def access(call: Call) -> Json:
    """Answer the courses of one learner, with the cohort and the modules of each."""
    actor = "" if is_admin(call) else _actor(call)
    user_id = call.text("user_id") or actor
    if not user_id:
        raise RefusedError(400, "user_id is required.")
    if actor and user_id != actor and not _is_staff(call):
        raise RefusedError(403, "You can only access your own learning records.")
    places = call.world.execute(PLACES, (user_id,))
    return {"user_id": user_id, "access": [_place(call.world, user_id, row) for row in places]}


def _actor(call: Call) -> str:
    """Answer who calls; no Firebase token verifies in the sandbox."""
    actor = call.headers.get("x-user-id", "").strip()
    token = call.headers.get("authorization", "").removeprefix("Bearer").strip()
    if not (actor or token):
        raise RefusedError(401, "Missing actor identity. Pass x-user-id header or valid admin token.")
    if token or not actor:
        raise RefusedError(401, "Invalid Firebase auth token.")
    if call.allows("ENFORCE_FIREBASE_AUTH", default=True):
        raise RefusedError(401, "Firebase auth token is required.")
    return actor


def _is_staff(call: Call) -> bool:
    return call.allows("ALLOW_UNVERIFIED_ROLE_HEADERS") and call.headers.get("x-user-role", "") in STAFF


def _place(world: World, user_id: str, row: sqlite3.Row) -> Json:
    enrolled = first(world, COHORT, user_id, row["course_id"])
    cohort = dict(enrolled) if enrolled else NO_COHORT
    modules = world.execute(MODULES, (cohort["cohort_id"], cohort["cohort_id"], row["course_id"]))
    flags = ("is_published", "is_unlocked")
    return {
        **dict(row),
        "cohort": cohort,
        "modules": [{**dict(module), **{flag: bool(module[flag]) for flag in flags}} for module in modules],
    }
