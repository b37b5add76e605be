"""Answers are read strictly: what is missing or mistyped is noticed, what is more is not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from deeplearn_checks.models import Enrollment, GatewayDowntime, GatewayPayment, Health, Verification

HEALTH = {"status": "ok", "timestamp": "2025-06-01T00:00:00Z"}
PAYMENT = {"id": "pay_1", "amount": 100, "currency": "INR", "status": "captured", "created_at": 1}
ENROLLMENT = {"course_id": "c", "user_id": "u", "status": "active", "completed_at_ms": None, "certificate_url": ""}


def test_an_unknown_field_is_no_change() -> None:
    """The service may add to its answers."""
    assert Health.model_validate(HEALTH | {"region": "BOM"}) == Health.model_validate(HEALTH)


@pytest.mark.parametrize("value", [None, 1, True, ["ok"]])
def test_a_text_is_a_text(value: object) -> None:
    """Nothing is made into one."""
    with pytest.raises(ValidationError):
        Health.model_validate(HEALTH | {"status": value})


@pytest.mark.parametrize("amount", ["100", 100.5, True, None])
def test_a_number_is_a_number(amount: object) -> None:
    """No text of digits, no fraction, no truth value."""
    with pytest.raises(ValidationError):
        GatewayPayment.model_validate(PAYMENT | {"amount": amount})


@pytest.mark.parametrize(("progress", "holds"), [(50, True), (33.3, True), (float("inf"), False), ("50", False)])
def test_a_fraction_may_be_whole(progress: object, *, holds: bool) -> None:
    """JSON writes fifty percent as 50."""
    try:
        read = Enrollment.model_validate(ENROLLMENT | {"progress_pct": progress}).progress_pct == progress
    except ValidationError:
        read = False

    assert read is holds


@pytest.mark.parametrize("valid", [True, False, None])
def test_validity_has_three_values(valid: bool | None) -> None:  # noqa: FBT001  the value is the point
    """Null is not false: the service cannot tell."""
    assert Verification.model_validate({"ok": True, "valid": valid}).valid is valid


def test_razorpays_nulls_are_empty() -> None:
    """A payment without order, refund or notes has null or nothing there."""
    nulls: dict[str, object] = {"order_id": None, "amount_refunded": None, "email": None, "contact": None, "notes": []}

    assert GatewayPayment.model_validate(PAYMENT | nulls) == GatewayPayment.model_validate(PAYMENT)


def test_razorpays_notes_are_texts() -> None:
    """Whatever a merchant's program put there."""
    read = GatewayPayment.model_validate(PAYMENT | {"notes": {"lead_id": "lead-1", "seat": 3}})

    assert read.notes == {"lead_id": "lead-1", "seat": "3"}


def test_a_downtime_may_say_little() -> None:
    """Severity and beginning are not always told."""
    read = GatewayDowntime.model_validate({"id": "d", "method": "upi", "status": "started", "severity": None})

    assert (read.severity, read.begin) == ("", 0)
