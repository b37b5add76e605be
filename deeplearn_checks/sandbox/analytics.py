"""What the console counts: the overview, the summary, the funnel, and the audit of who may do what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import DAY_MS, percent
from deeplearn_checks.sandbox.leads import WEBINAR

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Call, Json
    from deeplearn_checks.sandbox.world import World

FUNNEL = (
    "webinar_landing_view",
    "webinar_cta_click",
    "webinar_registration_started",
    "webinar_registration_submitted",
    "payment_page_opened",
    "payment_completed",
)
"""The steps of the funnel, in their order."""

ROLES = """
SELECT uid AS user_id, role, 'platform_users' AS source FROM platform_users
UNION SELECT user_id, role, 'course_staff' FROM course_staff
UNION SELECT user_id, role, 'organization_staff' FROM organization_staff
"""


def iso(at_ms: int) -> str:
    """Write a time the way JavaScript does: UTC, milliseconds, `Z`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _counts(world: World, table: str, since: int = 0) -> dict[str, int]:
    column = "payment_status" if table == "lead_registrations" else "status"
    query = f"SELECT {column}, COUNT(*) FROM {table} WHERE created_at_ms >= ? GROUP BY 1"  # noqa: S608  our names
    return {row[0]: row[1] for row in world.execute(query, (since,))}


def overview(call: Call) -> Json:
    """Count courses, teachers and learners."""
    courses, learners = _counts(call.world, "courses"), _counts(call.world, "course_enrollments")
    teachers = call.world.execute("SELECT COUNT(DISTINCT user_id) FROM course_staff WHERE role = 'teacher'")[0][0]
    total, completed = sum(learners.values()), learners.get("completed", 0)
    return {
        "courses": {
            "total": sum(courses.values()),
            "published": courses.get("published", 0),
            "live": courses.get("live", 0),
        },
        "staffing": {"teachers": teachers},
        "learners": {"total": total, "completed": completed, "completion_rate_pct": percent(completed, total)},
    }


def summary(call: Call) -> Json:
    """Count the leads, by payment status, and the certificates of the last days; learners as they are now."""
    days = call.number("days", 30, 365)
    since = call.world.now_ms() - days * DAY_MS
    leads, learners = _counts(call.world, "lead_registrations", since), _counts(call.world, "course_enrollments")
    total = sum(leads.values())
    funnel: Json = {"registrations": total, **{name: leads.get(name, 0) for name in ("paid", "failed", "refunded")}}
    return {
        "days": days,
        "funnel": {**funnel, "paid_rate_pct": percent(leads.get("paid", 0), total)},
        "learners": {name: learners.get(name, 0) for name in ("active", "completed")},
        "assignments": {"submitted": 0, "graded": 0, "passed": 0},
        "certificates": {"issued_in_window": _certificates(call.world, since)},
    }


def _certificates(world: World, since: int) -> int:
    issued = "SELECT COUNT(*) FROM course_enrollments WHERE certificate_url <> '' AND completed_at_ms >= ?"
    count: int = world.execute(issued, (since,))[0][0]
    return count


def funnel(call: Call) -> Json:
    """Count the events of one webinar in the last days, step by step."""
    webinar_id, days = call.text("webinar_id") or WEBINAR, call.number("days", 30, 90)
    query = "SELECT event_name, COUNT(*) FROM lead_events WHERE webinar_id = ? AND created_at_ms >= ? GROUP BY 1"
    rows = call.world.execute(query, (webinar_id, call.world.now_ms() - days * DAY_MS))
    counted: dict[str, int] = {row[0]: row[1] for row in rows}
    views, clicks, _, submitted, _, paid = (counted.get(step, 0) for step in FUNNEL)
    rates = {"ctr_pct": percent(clicks, views), "lead_rate_pct": percent(submitted, views)}
    conversion = {**rates, "paid_rate_pct": percent(paid, submitted)}
    counts = {step: counted.get(step, 0) for step in FUNNEL}
    return {"webinar_id": webinar_id, "days": days, "counts": counts, "conversion": conversion}


def access_audit(call: Call) -> Json:
    """Count accounts and roles, and find users with several roles and staff without an account."""
    tables = ("platform_users", "course_staff", "organization_staff")
    roles = {table: _roles(call.world, table) for table in tables}
    totals = {table: sum(row["count"] for row in rows) for table, rows in roles.items()}
    return {
        "generated_at": iso(call.world.now_ms()),
        "totals": totals,
        "platform_roles": [dict(row) for row in roles["platform_users"]],
        "course_staff_roles": [dict(row) for row in roles["course_staff"]],
        "organization_staff_roles": [dict(row) for row in roles["organization_staff"]],
        "findings": {
            "users_with_multiple_roles": _several_roles(call.world),
            "staff_missing_platform_user": _without_account(call.world),
        },
    }


def _roles(world: World, table: str) -> list[sqlite3.Row]:
    query = f"SELECT role, COUNT(*) AS count FROM {table} GROUP BY role ORDER BY count DESC"  # noqa: S608  our names
    return world.execute(query)


def _several_roles(world: World) -> list[Json]:
    rows = world.execute(
        f"SELECT user_id, GROUP_CONCAT(DISTINCT role) AS roles FROM ({ROLES}) GROUP BY user_id "  # noqa: S608  our text
        "HAVING COUNT(DISTINCT role) > 1 ORDER BY user_id LIMIT 50"
    )
    return [{"user_id": row["user_id"], "roles": sorted(row["roles"].split(","))} for row in rows]


def _without_account(world: World) -> list[Json]:
    rows = world.execute(
        f"SELECT user_id, role, source FROM ({ROLES}) WHERE user_id NOT IN (SELECT uid FROM platform_users) "  # noqa: S608  our text
        "ORDER BY user_id, source LIMIT 50"
    )
    return [dict(row) for row in rows]
