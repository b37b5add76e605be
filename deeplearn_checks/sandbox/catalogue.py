"""Courses, cohorts, modules and staff: the admin endpoints that list and create them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import RefusedError
from deeplearn_checks.sandbox.rows import first, insert, new_id, remember_user

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.call import Call, Json

COURSE_STATUSES = ("draft", "published", "live", "completed", "archived")
COHORT_STATUSES = ("draft", "open", "live", "completed", "archived")
MODES = ("instructor-led", "self-paced")
PATHS = ("productivity", "research", "entrepreneurship")

COURSES = """
SELECT id, slug, title, status, price_cents, start_date, end_date, created_by, created_at_ms, updated_at_ms,
  (SELECT COUNT(*) FROM course_staff s WHERE s.course_id = c.id AND s.role = 'teacher') AS teacher_count,
  (SELECT COUNT(*) FROM course_enrollments e WHERE e.course_id = c.id) AS learner_count,
  (SELECT COUNT(*) FROM course_enrollments e WHERE e.course_id = c.id AND e.status = 'completed') AS completed_count
FROM courses c WHERE ? IN ('', status) ORDER BY updated_at_ms DESC, rowid DESC LIMIT ?
"""
COHORTS = """
SELECT h.id, org_id, course_id, name, mode, h.start_date, h.end_date, instructor_user_id, fee_cents, h.status,
  h.updated_at_ms, COALESCE(c.title, '') AS course_title,
  (SELECT COUNT(*) FROM cohort_enrollments e WHERE e.cohort_id = h.id) AS learner_count
FROM cohorts h LEFT JOIN courses c ON c.id = h.course_id
WHERE ? IN ('', h.course_id) AND ? IN ('', h.status) ORDER BY h.updated_at_ms DESC, h.rowid DESC LIMIT ?
"""
MODULES = """
SELECT id, course_id, path_key, module_key, title, description, sort_order, content_markdown, lab_type, unlock_policy,
  estimated_minutes, is_published, updated_at_ms
FROM course_modules WHERE course_id = ? ORDER BY sort_order, created_at_ms
"""


def list_courses(call: Call) -> Json:
    """Answer the newest courses with their counts."""
    rows = call.world.execute(COURSES, (call.text("status"), call.number("limit", 50, 200)))
    return {"courses": [dict(row) for row in rows]}


def create_course(call: Call) -> Json:
    """Create a course."""
    fields, now = call.fields(), call.world.now_ms()
    if not (fields.text("slug") and fields.text("title")):
        raise RefusedError(400, "slug and title are required.")
    course: Json = {"id": new_id(), "slug": fields.text("slug").lower(), "title": fields.text("title")}
    course |= {"status": fields.choice("status", COURSE_STATUSES, "draft"), "price_cents": fields.count("price_cents")}
    course |= {"start_date": fields.text("start_date", 32), "end_date": fields.text("end_date", 32)}
    made: Json = {"created_by": fields.text("created_by") or "coordinator", "created_at_ms": now, "updated_at_ms": now}
    insert(call.world, "courses", course | made)
    return {"ok": True, "course": course}


def require_course(call: Call, course_id: str) -> None:
    """Refuse a course that does not exist."""
    if first(call.world, "SELECT 1 FROM courses WHERE id = ?", course_id) is None:
        raise RefusedError(404, "Course not found.")


def list_cohorts(call: Call) -> Json:
    """Answer the newest cohorts, of one course and one status or of all."""
    wanted = (call.text("course_id"), call.text("status"), call.number("limit", 50, 200))
    return {"cohorts": [dict(row) for row in call.world.execute(COHORTS, wanted)]}


def create_cohort(call: Call) -> Json:
    """Create a cohort of a course."""
    fields, now = call.fields(), call.world.now_ms()
    course_id, name = fields.text("course_id"), fields.text("name")
    if not (course_id and name):
        raise RefusedError(400, "course_id and name are required.")
    require_course(call, course_id)
    cohort: Json = {"id": new_id(), "org_id": fields.text("org_id"), "course_id": course_id, "name": name}
    cohort |= {"mode": fields.choice("mode", MODES, "instructor-led")}
    cohort |= {"status": fields.choice("status", COHORT_STATUSES, "draft")}
    cohort |= {"start_date": fields.text("start_date", 32), "end_date": fields.text("end_date", 32)}
    cohort |= {"instructor_user_id": fields.text("instructor_user_id"), "fee_cents": fields.count("fee_cents")}
    insert(call.world, "cohorts", {**cohort, "created_at_ms": now, "updated_at_ms": now})
    return {"ok": True, "cohort": cohort}


def list_modules(call: Call) -> Json:
    """Answer the modules of a course, in their order."""
    return {"modules": [dict(row) for row in call.world.execute(MODULES, (call.path["course_id"],))]}


def create_module(call: Call) -> Json:
    """Create a module of a course."""
    fields, now, course_id = call.fields(), call.world.now_ms(), call.path["course_id"]
    if not (fields.text("module_key") and fields.text("title")):
        raise RefusedError(400, "module_key and title are required.")
    require_course(call, course_id)
    module: Json = {"id": new_id(), "course_id": course_id, "path_key": fields.choice("path_key", PATHS, PATHS[0])}
    module |= {"module_key": fields.text("module_key"), "title": fields.text("title")}
    module |= {"description": fields.text("description", 2000), "sort_order": fields.count("sort_order")}
    module |= {"lab_type": fields.text("lab_type"), "unlock_policy": fields.text("unlock_policy") or "cohort"}
    module |= {"estimated_minutes": fields.count("estimated_minutes", 30)}
    module |= {"is_published": int(fields.values.get("is_published") in (True, 1))}
    markdown: Json = {"content_markdown": fields.text("content_markdown", 100_000)}
    insert(call.world, "course_modules", {**module, **markdown, "created_at_ms": now, "updated_at_ms": now})
    return {"ok": True, "module": module}


def add_staff(call: Call) -> Json:
    """Put a user on the staff of a course, as a platform user too."""
    fields, course_id = call.fields(), call.path["course_id"]
    user_id, role = fields.text("user_id"), fields.text("role", 40) or "teacher"
    if not user_id:
        raise RefusedError(400, "user_id is required.")
    require_course(call, course_id)
    remember_user(call.world, user_id, fields.email(), fields.text("display_name"), role)
    staff: Json = {"course_id": course_id, "user_id": user_id, "role": role}
    insert(call.world, "course_staff", {"id": new_id(), **staff, "created_at_ms": call.world.now_ms()})
    return {"ok": True, **staff}
