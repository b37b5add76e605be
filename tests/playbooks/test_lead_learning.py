"""The links of learning where seeds and faults do not reach: no course, no cohort, no modules, another cohort."""

from __future__ import annotations

from strolling import ACTIVE, COMPLETED, Script, change, healthy, lead, states, stroll, verdict

LEADS, STATUS = "/api/admin/crm/leads", "/api/funnel/payment/status"


def test_a_lead_for_no_cohort_needs_none() -> None:
    """Whoever paid for the course alone is not missing a cohort."""
    world = healthy()
    row = lead(world, ACTIVE)
    change(world, row, cohort_id="")
    world.execute("DELETE FROM cohort_enrollments WHERE user_id = ?", (row["user_id"],))

    walk = stroll(world, row["email"])

    assert states(walk) == "ooooooonon"


def test_another_cohort_than_was_paid_for_is_told() -> None:
    """A place in another cohort of the course is a place, and the summary says which."""
    world = healthy()
    row = lead(world, ACTIVE)
    change(world, row, cohort_id="elsewhere")

    walk = stroll(world, row["email"])

    assert "in another cohort than was paid for" in walk.link("cohort").summary


def test_a_course_without_modules_locks_nothing() -> None:
    """Where there is nothing to unlock, nothing is due."""
    world = healthy()
    row = lead(world, ACTIVE)
    world.execute("DELETE FROM course_modules WHERE course_id = ?", (row["course_id"],))

    walk = stroll(world, row["email"])

    assert walk.link("modules").summary == "the course has no modules"


def test_a_lead_without_a_course_is_enrolled_in_none() -> None:
    """A paid lead that names no course has paid for nothing that could be looked up."""
    world = healthy()
    row = lead(world, ACTIVE)
    change(world, row, course_id="", course_slug="", cohort_id="")

    walk = stroll(world, row["phone"], script=Script(world, {STATUS: (500, {"error": "x"})}))

    assert verdict(walk) == ("enrollment", "paid-without-enrollment")


def test_a_learner_whom_the_course_lists_and_who_finds_it_closed() -> None:
    """An enrollment that the learner does not see is no access."""
    world = healthy()
    row = lead(world, ACTIVE)
    access = {"user_id": row["user_id"], "access": []}

    walk = stroll(world, row["email"], script=Script(world, {"/api/learn/access": (200, access)}))

    assert (*verdict(walk), walk.link("enrollment").summary) == (
        "enrollment",
        "paid-without-access",
        "the course lists the learner, and the learner may not open it",
    )


def test_a_course_that_cannot_be_listed_leaves_the_enrollment_unknown() -> None:
    """Not to be seen in one answer is not to be missing."""
    world = healthy(40, "enrollment-lost")
    row = lead(world, ACTIVE)
    path = f"/api/admin/courses/{row['course_id']}/enrollments"

    walk = stroll(world, row["email"], script=Script(world, {path: (0, None)}))

    assert (walk.link("enrollment").cause, states(walk)) == ("connection-lost", "oooooouuuu")


def test_a_lead_beyond_the_crm_without_a_user_is_unknown() -> None:
    """Where only the payment status tells, and it names no user, there may be one all the same."""
    world = healthy(40, "paid-without-user")
    row = lead(world, "payment_status = 'paid' AND user_id = ''")

    hidden = stroll(world, row["email"], script=Script(world, {LEADS: (200, {"leads": []})}))
    refused = stroll(world, row["email"], ADMIN_API_TOKEN="")

    assert (hidden.link("enrollment").because, refused.link("enrollment").cause) == ("paid", "not-configured")


def test_a_completed_course_shows_its_certificate() -> None:
    """The last link is the Certification Failure Playbook's chain, and names what breaks it."""
    world = healthy(40, "certificate-bucket-unbound")

    walk = stroll(world, lead(world, COMPLETED)["email"])

    assert walk.link("certificate").summary.startswith("bucket bound: the service cannot tell")


def test_remedies_name_the_leads_own_course_and_user() -> None:
    """What is to be typed next can be pasted as it stands."""
    world = healthy(40, "enrollment-lost")
    row = lead(world, "payment_status = 'paid'")

    remedy = stroll(world, row["email"]).link("enrollment").remedy

    assert (row["course_id"] in remedy, row["user_id"] in remedy, "COURSE_ID" in remedy) == (True, True, False)
