"""Reading and writing single rows of the world's database."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from deeplearn_checks.sandbox.world import World


def new_id() -> str:
    """Make an id the way the Worker does."""
    return str(uuid.uuid4())


def first(world: World, statement: str, *values: object) -> sqlite3.Row | None:
    """Answer the first row, or None."""
    rows = world.execute(statement, values)
    return rows[0] if rows else None


def insert(world: World, table: str, values: Mapping[str, object], conflict: str = "") -> None:
    """Write one row; `conflict` is an ON CONFLICT clause."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}"  # noqa: S608  our names, bound values
    world.execute(statement, tuple(values.values()))


def update_lead(world: World, lead_id: str, values: Mapping[str, object]) -> None:
    """Change columns of one lead."""
    names = ", ".join(f"{name} = ?" for name in values)
    statement = f"UPDATE lead_registrations SET {names} WHERE lead_id = ?"  # noqa: S608  our names, bound values
    world.execute(statement, (*values.values(), lead_id))


def metadata(lead: sqlite3.Row | None) -> dict[str, object]:
    """Answer what a lead's `metadata_json` holds; nothing when it is no JSON object."""
    try:
        parsed: object = json.loads(lead["metadata_json"]) if lead else {}
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def dumped(value: object) -> str:
    """Write compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def remember_user(world: World, user_id: str, email: str, display_name: str, role: str) -> None:
    """Create a platform user, or complete one that is there; the role of one that is there stays."""
    now = world.now_ms()
    values = {"uid": user_id, "email": email, "display_name": display_name, "role": role}
    insert(
        world,
        "platform_users",
        {**values, "created_at_ms": now, "updated_at_ms": now},
        "ON CONFLICT (uid) DO UPDATE SET email = COALESCE(NULLIF(excluded.email, ''), email), "
        "display_name = COALESCE(NULLIF(excluded.display_name, ''), display_name), "
        "updated_at_ms = excluded.updated_at_ms",
    )


def enroll(world: World, course_id: str, user_id: str) -> None:
    """Set a course enrollment to active, with no progress and no certificate, whatever it was before."""
    now = world.now_ms()
    values = {"id": new_id(), "course_id": course_id, "user_id": user_id, "status": "active", "progress_pct": 0}
    insert(
        world,
        "course_enrollments",
        {**values, "created_at_ms": now, "updated_at_ms": now},
        "ON CONFLICT (course_id, user_id) DO UPDATE SET status = 'active', progress_pct = 0, completed_at_ms = NULL, "
        "certificate_url = NULL, updated_at_ms = excluded.updated_at_ms",
    )


def enroll_in_cohort(world: World, cohort_id: str, course_id: str, user_id: str) -> None:
    """Set a cohort enrollment to enrolled and in progress, whatever it was before."""
    now = world.now_ms()
    values = {"id": new_id(), "cohort_id": cohort_id, "user_id": user_id, "course_id": course_id}
    insert(
        world,
        "cohort_enrollments",
        {**values, "certificate_url": "", "created_at_ms": now, "updated_at_ms": now},
        "ON CONFLICT (cohort_id, user_id) DO UPDATE SET status = 'enrolled', progress_pct = 0, "
        "completion_state = 'in_progress', completed_at_ms = NULL, certificate_url = '', "
        "updated_at_ms = excluded.updated_at_ms",
    )
