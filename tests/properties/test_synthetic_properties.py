"""What holds of every synthetic learner, and of every id that a run makes."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st
from pace import unhurried

from deeplearn_checks.synthetic import identity, run_id

ENVIRONMENTS = st.text(st.characters(categories=["L", "Nd"], include_characters="_.-"), max_size=80)
URL = "https://api.example.com"
MOMENTS = st.integers(0, 36**13 // 36)


@unhurried
@given(ENVIRONMENTS)
def test_an_address_is_always_one(environment: str) -> None:
    """Whatever the environment is called: plain, short enough for any mailbox, and under the reserved domain."""
    learner = identity(URL, environment, "form-probe")

    assert re.fullmatch(r"[a-z0-9-]{1,64}@deeplearn-checks\.invalid", learner.email)
    assert len(learner.lead_id) <= 80


@unhurried
@given(ENVIRONMENTS, ENVIRONMENTS)
def test_two_environments_have_two_learners(one: str, other: str) -> None:
    """Unless they differ in case only."""
    assume(one.lower() != other.lower())

    assert identity(URL, one) != identity(URL, other)


@unhurried
@given(MOMENTS, st.integers(0, 35), MOMENTS, st.integers(0, 35))
def test_no_two_payments_share_an_id(moment: int, number: int, other: int, another: int) -> None:
    """Of another millisecond or of another number: another id; each of Razorpay's form."""
    ids = run_id("pay_", moment, number), run_id("pay_", other, another)

    assert (ids[0] == ids[1]) is ((moment, number) == (other, another))
    assert all(re.fullmatch(r"pay_[0-9A-Z]{14}", id_) for id_ in ids)
