"""Every known damage: that of `audit_damage`, and that to certificates, references and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit_damage import MONEY, Site, found_fast, keys

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from audit_damage import Damage, Found, Key
    from audit_tables import Row

GONE = "gone"


def artifact_lost(site: Site) -> Found:
    """Delete certificates of completed learners from the bucket."""
    rows = site.take("completed")
    for row in rows:
        site.delete("artifacts", "user_id", row["user_id"])
    return {"certificate-artifact-missing": keys(rows, "course_id", "user_id")}


def certificate_altered(site: Site) -> Found:
    """Let certificates no longer hold, in the midst of others that do."""
    rows = site.take("completed")
    for row in rows:
        site.change("artifacts", "verdict = 'invalid'", "user_id", row["user_id"])
    return {"certificate-altered": keys(rows, "course_id", "user_id")}


def secret_rotated(site: Site) -> Found:
    """Let every certificate but the newest no longer hold."""
    newest = "SELECT MAX(completed_at_ms) FROM course_enrollments WHERE status = 'completed'"
    at_ms = site.database.execute(newest).fetchone()[0]
    site.database.execute("UPDATE artifacts SET verdict = 'invalid' WHERE uploaded_at_ms < ?", (at_ms,))
    older = "SELECT course_id, user_id FROM course_enrollments WHERE status = 'completed' AND completed_at_ms < ?"
    return {"certificate-secret-rotated": set(site.database.execute(older, (at_ms,)).fetchall())}


def _artifact(site: Site, course_id: object, user_id: object) -> Key:
    name: Row = {"course_id": course_id, "user_id": user_id, "issued_on": "2026-01-02"}
    site.add("artifacts", key=f"certificates/{course_id}/{user_id}-2026-01-02.json", **name)
    return course_id, user_id


def completion_undone(site: Site) -> Found:
    """Put certificates of learners who have not completed into the bucket."""
    found = {_artifact(site, row["course_id"], row["user_id"]) for row in site.take("active")}
    return {"artifact-without-completion": found}


def artifact_of_nobody(site: Site) -> Found:
    """Put certificates of people without an enrollment into the bucket."""
    return {"artifact-of-nobody": {_artifact(site, "course-0", name) for name in site.names("nobody")}}


def added(rule: str, table: str, **values: object) -> Damage:
    """Answer the damage of rows that name what is not there; `*` in a value stands for the row's own id."""

    def damage(site: Site) -> Found:
        names = site.names(rule)
        for name in names:
            own = {column: str(value).replace("*", name) for column, value in values.items()}
            site.add(table, id=name, **own)
        return {rule: {(name,) for name in names}}

    return damage


def enrollment(rule: str, course_id: str, user_id: str) -> Damage:
    """Answer the damage of enrollments in a course; `*` stands for the row's own id."""

    def damage(site: Site) -> Found:
        found: set[Key] = set()
        for name in site.names(rule):
            who = user_id.replace("*", name)
            place = course_id.replace("*", name)
            site.add("course_enrollments", id=name, course_id=place, user_id=who, status="active")
            found.add((place, who))
        return {rule: found}

    return damage


def lead_lost(site: Site) -> Found:
    """Delete leads whose events stay."""
    found: set[Key] = set()
    for row in site.take("new"):
        site.delete("lead_registrations", "lead_id", row["lead_id"])
        events = "SELECT id FROM lead_events WHERE lead_id = ?"
        found |= set(site.database.execute(events, (row["lead_id"],)).fetchall())
    return {"lead-writes-lost": found}


def events_lost(site: Site) -> Found:
    """Delete the events of leads."""
    rows = site.take("new")
    for row in rows:
        site.delete("lead_events", "lead_id", row["lead_id"])
    return {"lead-without-event": keys(rows, "lead_id")}


def _again(site: Site, rule: str, written: Callable[[Row], Row]) -> Found:
    """Register people once more, a day later and written otherwise."""
    names = site.names(rule)
    for row, name in zip(site.take("new"), names, strict=True):
        columns = ("full_name", "email", "phone", "course_id", "cohort_id", "metadata_json", "payment_status")
        times = dict.fromkeys(("created_at_ms", "updated_at_ms"), int(str(row["updated_at_ms"])) + 86_400_000)
        lead = {**{column: row[column] for column in columns}, **times, **written(row)}
        site.add("lead_registrations", lead_id=name, **lead)
        site.add("lead_events", id=f"event-{name}", lead_id=name, event_name="webinar_registration_submitted")
    return {rule: {(name,) for name in names}}


def registered_twice(site: Site) -> Found:
    """Register people once more under their address in upper case."""
    return _again(site, "duplicate-email", lambda row: {"email": str(row["email"]).upper()})


def number_twice(site: Site) -> Found:
    """Register people once more under another address and their number in another format."""

    def written(row: Row) -> Row:
        digits = str(row["phone"])[-10:]
        return {"phone": f"0091 ({digits[:5]}) {digits[5:8]}-{digits[8:]}", "email": f"other.{row['email']}"}

    return _again(site, "duplicate-phone", written)


def several_roles(site: Site) -> Found:
    """Give people a role on the staff beside another."""
    names = site.names("several")
    for name in names:
        site.add("platform_users", uid=name, role="cto")
        site.add("organization_staff", id=name, user_id=name, role="coordinator")
    return {"roles-conflict": {(name,) for name in names}}


def in_another_course(site: Site) -> Found:
    """Enroll users in a cohort under another course than the cohort's."""
    names = site.names("elsewhere")
    for name in names:
        site.add("platform_users", uid=name, role="learner")
        site.add("cohort_enrollments", id=name, cohort_id="cohort-0", course_id="course-1", user_id=name)
    return {"cohort-enrollment-of-another-course": {(name,) for name in names}}


def in_no_course(site: Site) -> Found:
    """Let cohort enrollments name a course that is not there."""
    names = site.names("nowhere")
    for name in names:
        site.add("platform_users", uid=name, role="learner")
        site.add("cohort_enrollments", id=name, cohort_id="cohort-draft", course_id=GONE, user_id=name)
    return {"cohort-enrollment-course-unknown": {(name,) for name in names}}


_DRAFT = {"cohort_id": "cohort-draft", "course_id": "course-2"}
_MODULE = {"cohort_id": "cohort-0", "module_id": "module-course-0-0"}
_TEACHER = {"user_id": "teacher-anand", "role": "teacher"}

ADDED = {
    "cohort-enrollment-cohort-unknown": (
        "cohort_enrollments",
        {"user_id": "teacher-anand", "course_id": "course-0", "cohort_id": "*"},
    ),
    "cohort-enrollment-user-unknown": ("cohort_enrollments", {**_DRAFT, "user_id": "*"}),
    "cohort-course-unknown": ("cohorts", {"course_id": GONE}),
    "cohort-instructor-unknown": ("cohorts", {"course_id": "course-0", "instructor_user_id": "*"}),
    "unlock-cohort-unknown": ("cohort_module_unlocks", {**_MODULE, "cohort_id": "*"}),
    "unlock-module-unknown": ("cohort_module_unlocks", {**_MODULE, "module_id": "*"}),
    "module-course-unknown": ("course_modules", {"course_id": GONE, "module_key": "*"}),
    "course-staff-course-unknown": ("course_staff", {**_TEACHER, "course_id": GONE}),
    "course-staff-without-account": ("course_staff", {"course_id": "course-0", "user_id": "*", "role": "teacher"}),
    "organization-staff-without-account": ("organization_staff", {"user_id": "*", "role": "coordinator"}),
    "no-open-cohort": ("courses", {"slug": "*", "status": "published"}),
}


def runs_without_posts(site: Site) -> Found:
    """Let the content job say that it wrote posts that are not there."""
    found: set[Key] = set()
    for name in site.names("1000"):
        number = name.replace("-", "")
        site.add("content_generation_runs", id=number, run_type="daily", status="success", post_id=GONE)
        found.add((number,))
    return {"content-run-post-unknown": found}


DAMAGES: Mapping[str, Damage] = {
    **MONEY,
    "certificate-artifact-missing": artifact_lost,
    "certificate-altered": certificate_altered,
    "certificate-secret-rotated": secret_rotated,
    "artifact-without-completion": completion_undone,
    "artifact-of-nobody": artifact_of_nobody,
    "enrollment-course-unknown": enrollment("enrollment-course-unknown", "*", "teacher-anand"),
    "enrollment-user-unknown": enrollment("enrollment-user-unknown", "course-2", "*"),
    "lead-writes-lost": lead_lost,
    "lead-without-event": events_lost,
    "duplicate-email": registered_twice,
    "duplicate-phone": number_twice,
    "roles-conflict": several_roles,
    "cohort-enrollment-of-another-course": in_another_course,
    "cohort-enrollment-course-unknown": in_no_course,
    "content-run-post-unknown": runs_without_posts,
    **{
        rule: added(rule, table, **{column: str(value) for column, value in values.items()})
        for rule, (table, values) in ADDED.items()
    },
}
"""The damage that each rule must report, by rule."""

EXCLUSIVE = frozenset({"certificate-secret-rotated"})
"""Damage to everything, which leaves none of its kind beside it."""


def damage_all(database: sqlite3.Connection, count: int) -> dict[str, set[Key]]:
    """Do every damage that can stand beside the others, to `count` rows each; answer what each rule must report then.

    Raises LookupError where the tables are too small: some 400 leads are needed for each row.
    """
    found: dict[str, set[Key]] = {}
    site = Site(database, count)
    with found_fast(database):
        for rule, damage in DAMAGES.items():
            if rule not in EXCLUSIVE:
                for name, those in damage(site).items():
                    found.setdefault(name, set()).update(those)
    database.commit()
    return found
