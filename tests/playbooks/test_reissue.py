"""Reissuing a certificate: what it mends, what it changes, and where it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from strolling import CERTIFICATES, Script, healthy, settings, states

from deeplearn_checks.playbooks import planned_reissue, reissued
from deeplearn_checks.playbooks.chain import State
from deeplearn_checks.sandbox.world import Origins
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from strolling import Scripted

    from deeplearn_checks.playbooks.reissue import Reissue
    from deeplearn_checks.sandbox.world import World

TABLES = ("course_enrollments", "cohort_enrollments", "lead_registrations", "ops_alerts")
ACTIVE = "SELECT * FROM course_enrollments WHERE status = 'active'"
BY_COHORT = "SELECT * FROM cohort_enrollments WHERE status = 'completed' AND user_id = ?"


def completed(world: World, place: int = 0) -> sqlite3.Row:
    """Answer a completed enrollment, the oldest at place 0."""
    return world.execute(CERTIFICATES)[place]


def reissue(world: World, row: sqlite3.Row, answers: Mapping[str, Scripted] | None = None) -> tuple[Reissue, list[str]]:
    """Reissue a certificate; answer also what was posted."""
    script = Script(world, answers)
    done = reissued(settings(world, effects="data"), row["course_id"], row["user_id"], transport=script)
    return done, [request.url.path for request in script.asked if request.method == "POST"]


def contents(world: World) -> tuple[object, ...]:
    """Answer everything that a reissue could change."""
    rows = [[tuple(row) for row in world.execute(f"SELECT * FROM {table} ORDER BY 1")] for table in TABLES]  # noqa: S608  of this test
    return rows, [(key, world.certificates.get(key)) for key in world.certificates.keys()]  # noqa: SIM118  a method


@pytest.mark.parametrize(
    ("fault", "place", "before"),
    [
        ("certificate-url-missing", 0, "oobuuuu"),
        ("certificate-artifact-missing", 0, "oooobun"),
        ("certificate-altered", 1, "ooooobn"),
        ("certificate-secret-rotated", 0, "ooooobn"),
        ("certificate-url-unreachable", 0, "oooooob"),
    ],
)
def test_a_reissue_mends_what_a_completion_writes(fault: str, place: int, before: str) -> None:
    """The chain is broken before and whole after, and both are shown."""
    world = healthy(40, fault)

    done, posted = reissue(world, completed(world, place))

    assert done.after is not None
    assert (states(done.before), states(done.after), done.state, len(posted)) == (before, "oooooon", State.OK, 1)


def test_a_completion_that_came_by_a_cohort_is_repeated_there() -> None:
    """The place in the cohort gets the new URL with the course's enrollment, and the plan says so."""
    world = healthy(40, "certificate-url-missing")
    row = completed(world)
    cohort_id = world.execute(BY_COHORT, (row["user_id"],))[0]["cohort_id"]

    done, posted = reissue(world, row)

    again = world.execute(BY_COHORT, (row["user_id"],))[0]["certificate_url"]
    assert (posted, again) == (
        [f"/api/admin/cohorts/{cohort_id}/enroll/{row['user_id']}/complete"],
        completed(world, -1)["certificate_url"],
    )
    assert f"the place in cohort {cohort_id}: completed now, with the new certificate URL" in done.changes


def test_a_completion_of_the_course_leaves_the_cohort_alone() -> None:
    """Where the cohort's place is not completed, the course's own completion is re-run."""
    world = healthy(40, "certificate-altered")
    row = completed(world, 1)

    done, posted = reissue(world, row)

    assert posted == [f"/api/admin/courses/{row['course_id']}/enroll/{row['user_id']}/complete"]
    assert str(done.request) == f"POST {posted[0]}"


@pytest.mark.parametrize(
    ("fault", "statement", "why"),
    [
        ("certificate-altered", CERTIFICATES, "nothing is broken"),
        ("certificate-altered", ACTIVE, "the course is not completed"),
        ("certificate-bucket-unbound", CERTIFICATES, "it would not mend this"),
    ],
)
def test_what_would_mend_nothing_is_refused(fault: str, statement: str, why: str) -> None:
    """A certificate that holds, a course not completed, a missing bucket: nothing is sent, nothing changes."""
    world = healthy(40, fault)
    untouched = contents(world)

    done, posted = reissue(world, world.execute(statement)[0])

    assert (why in done.refusal, posted, done.after, contents(world)) == (True, [], None, untouched)


def test_completing_nobody_is_refused() -> None:
    """The service would answer ok and write a certificate that no row names: the trap is named, nothing is sent."""
    world = healthy()
    untouched = contents(world)

    done = reissued(settings(world, effects="data"), "no-course", "nobody", transport=Script(world))

    assert ("no enrollment" in done.refusal, done.state, contents(world)) == (True, State.BROKEN, untouched)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"/api/learn/access": (0, None)}, "whether there is an enrollment could not be found out"),
        ({"/api/certificates/verify": (0, None)}, "nothing is known to be broken; could not be found out: bucket"),
    ],
)
def test_what_could_not_be_found_out_is_not_written_over(answers: Mapping[str, Scripted], why: str) -> None:
    """An unknown link is no reason to write."""
    world = healthy()

    done, posted = reissue(world, completed(world), answers)

    assert (why in done.refusal, posted) == (True, [])


def test_a_completion_without_an_answer_is_followed_by_a_walk() -> None:
    """Whatever became of the request, the chain afterwards is what counts."""
    world = healthy(40, "certificate-altered")
    row = completed(world, 1)
    path = f"/api/admin/courses/{row['course_id']}/enroll/{row['user_id']}/complete"

    done, _ = reissue(world, row, {path: (0, None)})

    assert done.after is not None
    assert ("broke off" in done.answer, states(done.after), done.state) == (True, "ooooobn", State.BROKEN)


def test_a_plan_changes_nothing() -> None:
    """What would be sent and changed can be read without any of it happening."""
    world = healthy(40, "certificate-altered")
    untouched, row, script = contents(world), completed(world, 1), Script(world)

    plan = planned_reissue(settings(world), row["course_id"], row["user_id"], transport=script)

    assert (plan.after, len(plan.changes), contents(world)) == (None, 3, untouched)
    assert {request.method for request in script.asked} == {"GET"}


def test_writing_must_be_allowed() -> None:
    """Without effects `data` the library refuses before anything is asked."""
    world = healthy(1)
    script = Script(world)

    with pytest.raises(ConfigurationError, match="--effects data"):
        reissued(settings(world), "c", "u", transport=script)

    assert script.asked == []


def test_production_must_be_meant() -> None:
    """A target whose name says production is not written to unless its host is named."""
    world = healthy(1)
    world.origins = Origins(api="https://api.prod.example.com")

    with pytest.raises(ConfigurationError, match=r"--i-mean-it api\.prod\.example\.com"):
        settings(world, effects="data")
