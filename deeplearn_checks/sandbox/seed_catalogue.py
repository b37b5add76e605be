"""What a seeded deployment offers: courses, cohorts, modules, staff, daily content, and the alerts of its past."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from deeplearn_checks.sandbox.call import Alert

if TYPE_CHECKING:
    from random import Random

    from deeplearn_checks.sandbox.world import World

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

CONTENT_RUN_MS = 3 * HOUR_MS + 30 * MINUTE_MS
"""When the daily content job runs, in milliseconds after midnight UTC."""
CONTENT_DAYS = 30
SKIPPED_DAYS = (9, 21)
"""How many days ago the content job had nothing to write."""
CONTENT_RUN_TYPE = "scheduled:30 3 * * *"

COURSES = (
    ("ai-productivity-for-clinicians", "AI Productivity for Clinicians", "live", 499_900, "productivity", 4),
    ("research-with-language-models", "Research with Language Models", "published", 749_900, "research", 3),
    ("from-clinic-to-venture", "From Clinic to Venture", "draft", 999_900, "entrepreneurship", 3),
)
"""Slug, title, status, price in paise, path, number of modules."""

COHORTS = (
    (0, "Weekday cohort", "live", 0),
    (0, "Weekend cohort", "open", 449_900),
    (1, "First cohort", "live", 0),
    (1, "Second cohort", "draft", 0),
)
"""Course, name, status, fee in paise (0: the course's price holds)."""

STAFF = (
    ("teacher-anand", "teacher", 0),
    ("teacher-bhavna", "teacher", 1),
    ("coordinator-chitra", "coordinator", None),
    ("cto-dev", "cto", None),
)
"""User id, role, course; staff without a course works for the organization."""

ORGANIZATION = "org-deeplearn"
COORDINATOR = "coordinator-chitra"

LESSONS = ("Foundations", "Everyday practice", "Quality and safety", "Your own project")


LEAD_SUBMIT_FAILED = Alert("lead_capture", "warning", "lead_submit_failed", "Lead submit failed.", "lead_submit_failed")
COUNSELOR_FAILED = Alert(
    "counselor_chat", "warning", "counselor_request_failed", "Counselor request failed.", "counselor_request_failed"
)


@dataclass(frozen=True, slots=True)
class Cohort:
    """One cohort that learners can buy: `amount` is what it costs, in paise."""

    id: str
    course_id: str
    course_slug: str
    course_title: str
    amount: int
    module_ids: tuple[str, ...]

    def named(self) -> dict[str, str]:
        """Answer what the notes of an order say of course and cohort."""
        course = {"course_id": self.course_id, "course_slug": self.course_slug, "course_title": self.course_title}
        return course | {"cohort_id": self.id}


def random_uuid(rng: Random) -> str:
    """Draw a version 4 UUID from the seed's own source of chance."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def seed_catalogue(world: World, rng: Random, now_ms: int) -> list[Cohort]:
    """Insert everything but learners; answers the cohorts that take learners (live or open)."""
    course_ids = [random_uuid(rng) for _ in COURSES]
    hour_ms = now_ms // HOUR_MS * HOUR_MS
    born = hour_ms - 120 * DAY_MS
    _seed_courses(world, course_ids, born)
    modules = [_seed_modules(world, rng, course, course_ids, born) for course in range(len(COURSES))]
    cohorts = _seed_cohorts(world, rng, course_ids, born, modules)
    _seed_staff(world, rng, course_ids, born)
    _seed_content(world, rng, now_ms)
    _seed_alerts(world, rng, hour_ms)
    return cohorts


def _seed_courses(world: World, course_ids: list[str], born: int) -> None:
    names = ("slug", "title", "status", "price_cents")
    fixed = {"start_date": "", "end_date": "", "created_by": COORDINATOR, "created_at_ms": born, "updated_at_ms": born}
    rows = zip(course_ids, COURSES, strict=True)
    world.insert("courses", [{"id": key, **dict(zip(names, row, strict=False)), **fixed} for key, row in rows])


def _seed_modules(world: World, rng: Random, course: int, course_ids: list[str], born: int) -> tuple[str, ...]:
    *_, path, count = COURSES[course]
    rows = [
        {
            "id": random_uuid(rng),
            "course_id": course_ids[course],
            "path_key": path,
            "module_key": f"m{position}",
            "title": title,
            "description": f"{title}, with a lab.",
            "sort_order": position,
            "content_markdown": f"# {title}\n",
            "lab_type": "",
            "unlock_policy": "cohort",
            "estimated_minutes": 30,
            "is_published": 1,
            "created_at_ms": born,
            "updated_at_ms": born,
        }
        for position, title in enumerate(LESSONS[:count], start=1)
    ]
    world.insert("course_modules", rows)
    return tuple(str(row["id"]) for row in rows)


def _seed_cohorts(
    world: World, rng: Random, course_ids: list[str], born: int, modules: list[tuple[str, ...]]
) -> list[Cohort]:
    rows, offered = [], []
    for offset, (course, name, status, fee) in enumerate(COHORTS):
        slug, title, _, price, *_ = COURSES[course]
        cohort = Cohort(random_uuid(rng), course_ids[course], slug, title, fee or price, modules[course])
        row = {"id": cohort.id, "org_id": ORGANIZATION, "course_id": cohort.course_id, "name": name}
        row |= {"mode": "instructor-led", "start_date": "", "end_date": "", "instructor_user_id": STAFF[course][0]}
        times = dict.fromkeys(("created_at_ms", "updated_at_ms"), born + offset * DAY_MS)
        rows.append(row | {"fee_cents": fee, "status": status} | times)
        if status in {"live", "open"}:
            offered.append(cohort)
    world.insert("cohorts", rows)
    return offered


def _seed_staff(world: World, rng: Random, course_ids: list[str], born: int) -> None:
    users, course_staff, organization_staff = [], [], []
    times = {"created_at_ms": born, "updated_at_ms": born}
    for user_id, role, course in STAFF:
        email, name = f"{user_id}@example.org", user_id.replace("-", " ").title()
        users.append({"uid": user_id, "email": email, "display_name": name, "role": role, **times})
        row = {"id": random_uuid(rng), "user_id": user_id, "role": role, "created_at_ms": born}
        if course is None:
            organization_staff.append({"org_id": ORGANIZATION, **row})
        else:
            course_staff.append({"course_id": course_ids[course], **row})
    world.insert("platform_users", users)
    world.insert("course_staff", course_staff)
    world.insert("organization_staff", organization_staff)


def _seed_content(world: World, rng: Random, now_ms: int) -> None:
    """Run the content job once a day up to the last time that it was due five minutes ago."""
    newest = (now_ms - CONTENT_RUN_MS - 5 * MINUTE_MS) // DAY_MS * DAY_MS + CONTENT_RUN_MS
    runs, posts = [], []
    for days_ago in reversed(range(CONTENT_DAYS)):
        at_ms = newest - days_ago * DAY_MS + 1_500
        day = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")
        run = {"run_type": CONTENT_RUN_TYPE, "created_at_ms": at_ms}
        if days_ago in SKIPPED_DAYS:
            runs.append(run | {"status": "skipped", "message": f"No new sources for {day}", "post_id": ""})
            continue
        posts.append(_post(random_uuid(rng), day, at_ms, published=days_ago > 0))
        done = {"status": "success", "message": f"Draft generated for {day}", "post_id": posts[-1]["id"]}
        runs.append(run | done)
    world.insert("content_posts", posts)
    world.insert("content_generation_runs", runs)


def _post(post_id: str, day: str, at_ms: int, *, published: bool) -> dict[str, object]:
    approved = at_ms + 6 * HOUR_MS if published else None
    return {
        "id": post_id,
        "slug": f"daily-{day.replace('-', '')}",
        "title": f"AI in medicine, {day}",
        "summary": "What changed for doctors since yesterday.",
        "content_markdown": f"# AI in medicine, {day}\n",
        "path": COURSES[at_ms // DAY_MS % len(COURSES)][4],
        "tags_json": json.dumps(["ai", "medicine"]),
        "source_urls_json": json.dumps([f"https://example.org/news/{day}"]),
        "model_name": "llama-3.3-70b-versatile",
        "prompt_version": "v1",
        "status": "published" if published else "draft",
        "generated_at_ms": at_ms,
        "approved_at_ms": approved,
        "published_at_ms": approved,
        "created_at_ms": at_ms,
        "updated_at_ms": approved or at_ms,
    }


def alert_row(alert_id: str, alert: Alert, status: str, created_at_ms: int, updated_at_ms: int) -> dict[str, object]:
    """Build the row of an alert."""
    times = {"created_at_ms": created_at_ms, "updated_at_ms": updated_at_ms}
    return {"id": alert_id, **alert._asdict(), "details_json": "{}", "status": status, **times}


def _seed_alerts(world: World, rng: Random, hour_ms: int) -> None:
    """Leave a resolved and an acknowledged warning in the past."""
    was, lately = hour_ms - 12 * DAY_MS, hour_ms - 20 * HOUR_MS
    rows = [
        alert_row(random_uuid(rng), LEAD_SUBMIT_FAILED, "resolved", was, was + 2 * HOUR_MS),
        alert_row(random_uuid(rng), COUNSELOR_FAILED, "acknowledged", lately, lately + HOUR_MS),
    ]
    world.insert("ops_alerts", rows)
