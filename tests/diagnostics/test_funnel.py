"""Whether everybody got what they paid for: the links of the chain, and what is out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import Script, ask, crowd, healthy, verdict

from deeplearn_checks.diagnostics import funnel

if TYPE_CHECKING:
    from deeplearn_checks.diagnostic import Diagnostic

ALL = (
    funnel.paid_has_user,
    funnel.paid_is_won,
    funnel.paid_has_enrollment,
    funnel.paid_has_cohort_enrollment,
    funnel.paid_can_access,
    funnel.won_is_paid,
    funnel.modules_unlocked,
)
BEYOND = "only the newest 300 leads are within reach"


@pytest.mark.parametrize("diagnostic", ALL, ids=lambda one: one.id)
def test_without_leads_nothing_is_judged(diagnostic: Diagnostic) -> None:
    """An empty deployment passes, and the finding says that it judged nothing."""
    world = healthy(0)

    result = ask(world, diagnostic)

    assert (verdict(result), result.summary) == ("passed", "no such lead yet: nothing to judge")


@pytest.mark.parametrize("diagnostic", ALL, ids=lambda one: one.id)
def test_a_full_page_of_leads_is_not_all_of_them(diagnostic: Diagnostic) -> None:
    """Where the CRM is at its limit, the finding says that there may be more."""
    world = healthy(310)

    result = ask(world, diagnostic)

    assert BEYOND in result.summary


def test_a_failure_tells_what_was_out_of_reach() -> None:
    """A finding of broken leads says as well whom it could not see."""
    world = healthy(310, "stage-stuck")

    result = ask(world, funnel.paid_is_won)

    assert (verdict(result), BEYOND in result.summary) == ("paid-but-not-won", True)


@pytest.mark.parametrize(("count", "reach"), [(299, ""), (300, BEYOND)])
def test_the_limit_is_three_hundred(count: int, reach: str) -> None:
    """One lead fewer than the limit is all of them."""
    world = healthy(count)

    result = ask(world, funnel.paid_has_user)

    assert result.evidence.get("reach", "") == reach


def test_ten_are_shown_and_the_rest_counted() -> None:
    """Evidence names the first ten leads, and how many more there are."""
    world = healthy(40)
    world.execute("UPDATE lead_registrations SET user_id = '' WHERE payment_status = 'paid'")

    result = ask(world, funnel.paid_has_user)

    assert str(result.evidence["leads"]).endswith("'and 2 more')")


def test_a_learner_beyond_the_list_is_asked_for_by_name() -> None:
    """A course lists its newest learners only: an older one is enrolled all the same."""
    world = healthy(14)
    crowd(world, 600)

    result = ask(world, funnel.paid_has_enrollment)

    assert verdict(result) == "passed"


@pytest.mark.parametrize(
    "diagnostic", [funnel.paid_can_access, funnel.paid_has_cohort_enrollment, funnel.modules_unlocked]
)
@pytest.mark.parametrize("fault", ["enrollment-lost", "paid-without-user"])
def test_a_broken_chain_counts_once(diagnostic: Diagnostic, fault: str) -> None:
    """A lead whose chain breaks at one link is not judged at the next."""
    judged = ask(healthy(14), diagnostic).evidence["judged"]
    world = healthy(14, fault)

    result = ask(world, diagnostic)

    assert (verdict(result), result.evidence["judged"]) == ("passed", int(str(judged)) - 1)


def test_whom_the_course_lists_must_be_let_in() -> None:
    """A learner whom the course lists and who may open nothing has paid without access."""
    world = healthy(14)
    script = Script(world, {"/api/learn/access": (200, {"user_id": "u", "access": []})})

    result = ask(world, funnel.paid_can_access, script=script)

    assert verdict(result) == "paid-without-access"


def test_who_bought_no_cohort_needs_none() -> None:
    """A lead that is paid without a cohort is not judged for one."""
    world = healthy(14)
    world.execute("UPDATE lead_registrations SET cohort_id = ''")
    world.execute("DELETE FROM cohort_enrollments")

    result = ask(world, funnel.paid_has_cohort_enrollment)

    assert result.summary == "no such lead yet: nothing to judge"


def test_a_course_without_modules_has_none_locked() -> None:
    """Where a course has no modules yet, none of them is locked."""
    world = healthy(14)
    world.execute("DELETE FROM course_modules")

    result = ask(world, funnel.modules_unlocked)

    assert result.summary == "no such lead yet: nothing to judge"


@pytest.mark.parametrize("status", ["refunded", "failed", "registered"])
def test_who_is_won_has_paid(status: str) -> None:
    """A lead that sales counts as won and that has not paid, or has its money back, is reported."""
    world = healthy(14)
    won = "metadata_json = json_set(metadata_json, '$.crm_stage', 'won')"
    world.execute(f"UPDATE lead_registrations SET {won}, payment_status = '{status}'")  # noqa: S608  of this test

    result = ask(world, funnel.won_is_paid)

    assert verdict(result) == "won-but-not-paid"
