"""Which open alerts are findings: not this run's own, not what another finding explains, and never half a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import ask, healthy, verdict

from deeplearn_checks.diagnostics import alerts

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import World

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
CRITICAL, WARNING = "critical", "warning"


def raised(world: World, kind: str, severity: str, age_ms: int, count: int = 1) -> None:
    """Leave alerts of a kind (source/event type) open, raised so long ago (in the future, if negative)."""
    source, event_type = kind.split("/")
    at_ms = world.now_ms() - age_ms
    row = {"source": source, "severity": severity, "event_type": event_type, "message": "It went wrong."}
    row |= {"status": "open"}
    times = {"created_at_ms": at_ms, "updated_at_ms": at_ms}
    world.insert("ops_alerts", [{"id": f"{event_type} {n}", **row, **times} for n in range(count)])


@pytest.mark.parametrize(
    ("count", "critical", "unattended"), [(199, "passed", "passed"), (200, "cannot-tell", "cannot-tell")]
)
def test_a_full_page_of_alerts_may_hide_the_one(count: int, critical: str, unattended: str) -> None:
    """Where as many alerts are open as the service shows, nothing can be said of the others."""
    world = healthy(0)
    raised(world, "lead_capture/lead_submit_failed", WARNING, HOUR_MS, count)

    results = [ask(world, one) for one in (alerts.none_critical_open, alerts.none_unattended)]

    assert [verdict(result) for result in results] == [critical, unattended]


def test_a_full_page_shows_what_it_shows() -> None:
    """An alert that is shown is reported, however many are not."""
    world = healthy(0)
    raised(world, "lead_capture/lead_submit_failed", WARNING, 48 * HOUR_MS, 200)

    result = ask(world, alerts.none_unattended)

    assert verdict(result) == "alert-unattended"


@pytest.mark.parametrize("offset", [0.0, 900.0, -900.0])
@pytest.mark.parametrize(
    ("event_type", "age_ms", "expected"),
    [
        ("webhook_signature_invalid", -100, "passed"),
        ("webhook_signature_invalid", HOUR_MS, "critical-alert-open"),
        ("webhook_signature_invalid", MINUTE_MS, "critical-alert-open"),
        ("webhook_processing_failed", -100, "critical-alert-open"),
    ],
)
def test_only_what_this_run_provokes_is_its_own(event_type: str, age_ms: int, expected: str, offset: float) -> None:
    """An alert is this run's own when the run can provoke it and began before it, by the service's clock."""
    world = healthy(0)
    world.clock_offset = offset
    raised(world, f"payment_webhook/{event_type}", CRITICAL, age_ms)

    result = ask(world, alerts.none_critical_open)

    assert verdict(result) == expected


def test_the_alert_that_a_probe_raises_is_no_finding() -> None:
    """A run that meets another webhook secret raises an alert, and does not report it."""
    world = healthy(14, "webhook-secret-differs")

    result = ask(world, alerts.none_critical_open)

    opened = world.execute("SELECT event_type FROM ops_alerts WHERE status = 'open'")
    assert (verdict(result), [row["event_type"] for row in opened]) == ("passed", ["webhook_signature_invalid"])


def test_an_alert_of_a_diagnosed_fault_is_its_symptom() -> None:
    """An old alert of the webhook is explained while the webhook refuses what Razorpay signs."""
    world = healthy(14, "webhook-secret-differs")
    raised(world, "payment_webhook/webhook_signature_invalid", CRITICAL, HOUR_MS)

    result = ask(world, alerts.none_critical_open)

    assert result.blocked_by == ("payment.webhook-accepts-our-signature",)


def test_one_unexplained_alert_keeps_the_finding() -> None:
    """Beside an explained alert, one whose playbook finds nothing is a root cause of its own."""
    world = healthy(14, "webhook-secret-differs")
    raised(world, "payment_webhook/webhook_signature_invalid", CRITICAL, HOUR_MS)
    raised(world, "payment_verify/invalid_checkout_signature", CRITICAL, HOUR_MS)

    result = ask(world, alerts.none_critical_open)

    assert (verdict(result), result.summary.partition(":")[0]) == ("critical-alert-open", "2 critical alerts are open")


def test_an_alert_without_a_playbook_is_never_explained() -> None:
    """An alert from a source that no diagnostic looks into stands for itself, whatever else is broken."""
    world = healthy(14, "webhook-secret-differs", "leads-stalled")
    raised(world, "knowledge_ingestion/ingest_failed", WARNING, 48 * HOUR_MS)

    result = ask(world, alerts.none_unattended)

    assert verdict(result) == "alert-unattended"


@pytest.mark.parametrize(("hours", "expected"), [(23, "passed"), (25, "alert-unattended")])
def test_a_lesser_alert_may_wait_a_day(hours: int, expected: str) -> None:
    """An alert that is not critical may be open for 24 hours."""
    world = healthy(0)
    raised(world, "crm_webhook/lead_forward_failed", WARNING, hours * HOUR_MS)

    result = ask(world, alerts.none_unattended)

    assert verdict(result) == expected


def test_a_critical_alert_is_reported_once() -> None:
    """However long a critical alert has been open, it is the other diagnostic's."""
    world = healthy(0)
    raised(world, "payment_verify/invalid_checkout_signature", CRITICAL, 48 * HOUR_MS)

    result = ask(world, alerts.none_unattended)

    assert verdict(result) == "passed"


def test_an_alert_that_somebody_took_is_attended() -> None:
    """Acknowledged alerts are not open."""
    world = healthy(0, "critical-alert-open")
    world.execute("UPDATE ops_alerts SET status = 'acknowledged'")

    result = ask(world, alerts.none_critical_open)

    assert verdict(result) == "passed"
