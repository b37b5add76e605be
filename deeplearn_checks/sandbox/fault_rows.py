"""The faults that are rows: each function breaks one thing in a seeded population, and nothing beside it.

Each raises LookupError, naming what is missing, where the population lacks what it needs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.call import Alert
from deeplearn_checks.sandbox.certificate import artifact_keys, issue_date
from deeplearn_checks.sandbox.seed_catalogue import DAY_MS, HOUR_MS, LEAD_SUBMIT_FAILED, ORGANIZATION, alert_row
from deeplearn_checks.sandbox.world import random_id

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.certificate import ArtifactKeys
    from deeplearn_checks.sandbox.world import World

ACTIVE_LEARNERS = """
SELECT l.*, e.id AS enrollment_id FROM lead_registrations l
JOIN course_enrollments e ON e.course_id = l.course_id AND e.user_id = l.user_id
WHERE l.payment_status = 'paid' AND e.status = 'active' ORDER BY l.paid_at_ms DESC
"""
COMPLETED = "SELECT * FROM course_enrollments WHERE status = 'completed' ORDER BY completed_at_ms, id"
STALLED_MS = 30 * DAY_MS
FORGED_CHECKOUT = Alert(
    "payment_verify",
    "critical",
    "invalid_checkout_signature",
    "Invalid Razorpay checkout signature.",
    "razorpay_invalid_checkout_signature",
)


def several(world: World, statement: str, count: int, what: str, *values: str) -> list[sqlite3.Row]:
    """Answer the first `count` rows; raises LookupError where there are fewer."""
    rows = world.execute(statement, values)[:count]
    if len(rows) < count:
        raise LookupError(f"the sandbox has {len(rows)} of {count} {what} that the fault needs: --seed 14 or more")
    return rows


def active_learner(world: World) -> sqlite3.Row:
    """Answer the lead of the newest paid learner who has not completed."""
    return several(world, ACTIVE_LEARNERS, 1, "paid learners with an active enrollment")[0]


def _set_crm_stage(world: World, lead_id: str, stage: str) -> None:
    update = "UPDATE lead_registrations SET metadata_json = json_set(metadata_json, '$.crm_stage', ?) WHERE lead_id = ?"
    world.execute(update, (stage, lead_id))


def enrollment_lost(world: World) -> None:
    """Delete the course enrollment of a paid learner."""
    world.execute("DELETE FROM course_enrollments WHERE id = ?", (active_learner(world)["enrollment_id"],))


def enrollment_dropped(world: World) -> None:
    """Drop a paid learner from the course."""
    update = "UPDATE course_enrollments SET status = 'dropped' WHERE id = ?"
    world.execute(update, (active_learner(world)["enrollment_id"],))


def cohort_enrollment_lost(world: World) -> None:
    """Delete the cohort enrollment of a paid learner."""
    lead = active_learner(world)
    delete = "DELETE FROM cohort_enrollments WHERE cohort_id = ? AND user_id = ?"
    world.execute(delete, (lead["cohort_id"], lead["user_id"]))


def paid_without_user(world: World) -> None:
    """Forget which platform user a paid lead became."""
    world.execute("UPDATE lead_registrations SET user_id = '' WHERE lead_id = ?", (active_learner(world)["lead_id"],))


def stage_stuck(world: World) -> None:
    """Leave the stage of a paid lead where an operator put it before."""
    _set_crm_stage(world, active_learner(world)["lead_id"], "qualified")


def won_unpaid(world: World) -> None:
    """Let an operator mark a lead won that has not paid."""
    newest = "SELECT lead_id FROM lead_registrations WHERE payment_status = 'registered' ORDER BY created_at_ms DESC"
    _set_crm_stage(world, several(world, newest, 1, "unpaid leads")[0]["lead_id"], "won")


def modules_locked(world: World) -> None:
    """Lock every module of one cohort with learners (an open one rather than a live one)."""
    unlocked = """
    SELECT DISTINCT c.id FROM cohorts c JOIN cohort_enrollments e ON e.cohort_id = c.id
    JOIN cohort_module_unlocks u ON u.cohort_id = c.id ORDER BY c.status DESC, c.id
    """
    cohort_id = several(world, unlocked, 1, "cohorts with learners and unlocked modules")[0]["id"]
    world.execute("DELETE FROM cohort_module_unlocks WHERE cohort_id = ?", (cohort_id,))


def progress_inconsistent(world: World) -> None:
    """Let an active enrollment carry a time of completion."""
    lead = active_learner(world)
    update = "UPDATE course_enrollments SET completed_at_ms = ? WHERE id = ?"
    world.execute(update, (lead["paid_at_ms"], lead["enrollment_id"]))


def _of_certificate(enrollment: sqlite3.Row) -> ArtifactKeys:
    issued_on = issue_date(enrollment["completed_at_ms"])
    return artifact_keys(enrollment["course_id"], enrollment["user_id"], issued_on)


def certificate_url_missing(world: World) -> None:
    """Empty the certificate URL of one completed learner, for the course and for the cohort."""
    done = several(world, COMPLETED, 1, "completed learners")[0]
    for table in ("course_enrollments", "cohort_enrollments"):
        update = (
            f"UPDATE {table} SET certificate_url = '' WHERE course_id = ? AND user_id = ? AND certificate_url <> ''"  # noqa: S608  own names
        )
        world.execute(update, (done["course_id"], done["user_id"]))


def certificate_url_unreachable(world: World) -> None:
    """Publish every certificate where the Pages site has nothing."""
    for table in ("course_enrollments", "cohort_enrollments"):
        for row in world.execute(f"SELECT id, course_id, certificate_url FROM {table} WHERE certificate_url <> ''"):  # noqa: S608  own names
            url = f"{world.origins.pages}/gone/{row['course_id']}/{row['certificate_url'].rpartition('/')[2]}"
            world.execute(f"UPDATE {table} SET certificate_url = ? WHERE id = ?", (url, row["id"]))  # noqa: S608  own names


def certificate_artifact_missing(world: World) -> None:
    """Delete the signed JSON of one certificate from the bucket."""
    world.certificates.delete(_of_certificate(several(world, COMPLETED, 1, "completed learners")[0]).json)


def certificate_altered(world: World) -> None:
    """Make the second-oldest of several certificates another learner's, under the signature it has."""
    key = _of_certificate(several(world, COMPLETED, 2, "completed learners")[1]).json
    artifact = json.loads(world.certificates.get(key) or "{}") | {"user_id": "learner_000000000000"}
    world.certificates.put(key, json.dumps(artifact, separators=(",", ":")))


def lead_rows_lost(world: World) -> None:
    """Delete the rows of the two newest leads nobody has worked on; their events stay."""
    new = """
    SELECT lead_id FROM lead_registrations WHERE json_extract(metadata_json, '$.crm_stage') = 'new'
    ORDER BY created_at_ms DESC
    """
    for row in several(world, new, 2, "new leads"):
        world.execute("DELETE FROM lead_registrations WHERE lead_id = ?", (row["lead_id"],))


def leads_stalled(world: World) -> None:
    """Move every lead with its events, orders and payments 30 days back."""
    world.execute(
        "UPDATE lead_registrations SET created_at_ms = created_at_ms - ?, updated_at_ms = updated_at_ms - ?,"
        " paid_at_ms = paid_at_ms - ?",
        (STALLED_MS,) * 3,
    )
    world.execute("UPDATE lead_events SET created_at_ms = created_at_ms - ?", (STALLED_MS,))
    for known in (world.gateway.orders, world.gateway.payments, world.gateway.refunds):
        for entity in known.values():
            entity["created_at"] = int(str(entity["created_at"])) - STALLED_MS // 1000


def course_without_cohort(world: World) -> None:
    """Archive every cohort of the published course."""
    published = "SELECT id FROM courses WHERE status = 'published'"
    course_id = several(world, published, 1, "published courses")[0]["id"]
    world.execute("UPDATE cohorts SET status = 'archived' WHERE course_id = ?", (course_id,))


def _teacher(world: World) -> str:
    staff = "SELECT user_id FROM course_staff ORDER BY user_id"
    return str(several(world, staff, 1, "teachers")[0]["user_id"])


def staff_without_account(world: World) -> None:
    """Delete the platform user of a teacher."""
    world.execute("DELETE FROM platform_users WHERE uid = ?", (_teacher(world),))


def roles_conflict(world: World) -> None:
    """Make a teacher a coordinator of the organization as well."""
    row = {"id": random_id("staff_"), "org_id": ORGANIZATION, "user_id": _teacher(world), "role": "coordinator"}
    world.insert("organization_staff", [{**row, "created_at_ms": world.now_ms() - DAY_MS}])


def content_run_failed(world: World) -> None:
    """Let the newest run of the content job be one that failed."""
    world.execute(
        "UPDATE content_generation_runs SET status = 'error', message = 'Groq request failed: 429', post_id = ''"
        " WHERE id = (SELECT id FROM content_generation_runs ORDER BY created_at_ms DESC LIMIT 1)"
    )


def content_runs_stopped(world: World) -> None:
    """Delete the runs of the last five days."""
    world.execute("DELETE FROM content_generation_runs WHERE created_at_ms > ?", (world.now_ms() - 5 * DAY_MS,))


def posts_lost(world: World) -> None:
    """Lose the table of the published posts, as after a migration that went wrong."""
    world.execute("DROP TABLE content_posts")


def critical_alert_open(world: World) -> None:
    """Leave a critical alert open whose reason is gone."""
    at_ms = world.now_ms() - 2 * HOUR_MS
    world.insert("ops_alerts", [alert_row(random_id("alert_"), FORGED_CHECKOUT, "open", at_ms, at_ms)])


def alert_unattended(world: World) -> None:
    """Leave a warning open for three days."""
    at_ms = world.now_ms() - 3 * DAY_MS
    world.insert("ops_alerts", [alert_row(random_id("alert_"), LEAD_SUBMIT_FAILED, "open", at_ms, at_ms)])
