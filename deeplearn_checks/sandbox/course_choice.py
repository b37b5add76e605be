"""Which course and which cohort a lead or a payment means, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from deeplearn_checks.sandbox.rows import first

if TYPE_CHECKING:
    import sqlite3

    from deeplearn_checks.sandbox.call import Json
    from deeplearn_checks.sandbox.world import World


class Wanted(NamedTuple):
    """What a caller says about the course: any of the three, or nothing."""

    course_id: str = ""
    course_slug: str = ""
    cohort_id: str = ""


class Choice(NamedTuple):
    """A course and its cohort (ids empty where there is none); amounts in the currency's smallest unit."""

    course_id: str
    course_slug: str
    course_title: str
    cohort_id: str
    price_cents: int = 0
    fee_cents: int = 0

    @property
    def amount_cents(self) -> int:
        """What a place costs: the cohort's fee when it has one, else the course's price."""
        return self.fee_cents if self.fee_cents > 0 else self.price_cents

    def shown(self) -> Json:
        """Answer the names as the API shows them."""
        return {name: getattr(self, name) for name in ("course_id", "course_slug", "course_title", "cohort_id")}


def choose(world: World, wanted: Wanted) -> Choice:
    """Resolve the course by id, slug or cohort; an unknown cohort is dropped, and with none the best one is chosen."""
    cohort = first(world, "SELECT * FROM cohorts WHERE id = ?", wanted.cohort_id) if wanted.cohort_id else None
    course = _course(world, wanted, cohort)
    if course is None:
        return Choice("", wanted.course_slug, "", "")
    if cohort is None or cohort["course_id"] != course["id"]:
        cohort = _best_cohort(world, course["id"])
    place = (cohort["id"], course["price_cents"], cohort["fee_cents"]) if cohort else ("", course["price_cents"], 0)
    return Choice(course["id"], course["slug"], course["title"], *place)


def _course(world: World, wanted: Wanted, cohort: sqlite3.Row | None) -> sqlite3.Row | None:
    return first(
        world,
        "SELECT * FROM courses WHERE id IN (?, ?) OR slug = ? ORDER BY id = ? DESC, slug = ? DESC LIMIT 1",
        wanted.course_id,
        cohort["course_id"] if cohort else "",
        wanted.course_slug,
        wanted.course_id,
        wanted.course_slug,
    )


def _best_cohort(world: World, course_id: str) -> sqlite3.Row | None:
    return first(
        world,
        "SELECT * FROM cohorts WHERE course_id = ? ORDER BY CASE status WHEN 'live' THEN 0 WHEN 'open' THEN 1 "
        "WHEN 'draft' THEN 2 ELSE 3 END, created_at_ms DESC, rowid DESC LIMIT 1",
        course_id,
    )
