"""What an incident is opened for, and what people are told of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alarms import FORGED, UNKNOWN, Wire, deployment, raised, settings_of, undisturbed
from incidents import LOST, known, mended
from records import NOON

from deeplearn_checks.bundle.archive import load
from deeplearn_checks.diagnostics import funnel
from deeplearn_checks.incident.finding_out import found, found_recorded, is_nothing, summary
from deeplearn_checks.incident.kept_runs import KeptRun
from deeplearn_checks.runner import run
from deeplearn_checks.settings import ConfigurationError


def test_alerts_can_be_chosen(tmp_path: Path) -> None:
    """By id or by group; the others are left out."""
    world = mended(FORGED, UNKNOWN)
    settings, wire = settings_of(world), Wire(world, undisturbed)

    texts = [
        summary(found(settings, ["flux_lost-open-0"], transport=wire)),
        summary(found(settings, [], [FORGED], transport=wire)),
    ]

    assert [(FORGED in text, UNKNOWN in text) for text in texts] == [(False, True), (True, False)]
    with pytest.raises(ConfigurationError, match="'none' is no open alert"):
        found(settings, ["none"], transport=wire)
    assert known(tmp_path).journals() == ()


def test_a_recorded_run_that_read_no_alerts_is_told_by_its_root_causes(tmp_path: Path) -> None:
    """It cannot be triaged; what it found is known all the same."""
    world = deployment(LOST)
    keep = KeptRun(tmp_path, "check", NOON)
    wire = Wire(world, undisturbed)
    asyncio.run(run([funnel.paid_has_enrollment], settings_of(world), transport=wire, keep=keep))

    told = found_recorded(load(Path(keep.path)))

    assert summary(told).startswith("critical paid-without-enrollment: ")


def test_a_run_that_was_not_kept_needs_no_discarding(tmp_path: Path) -> None:
    """There is nothing to throw away where nothing was asked."""
    KeptRun(tmp_path, "open", NOON).discard()

    assert [*tmp_path.iterdir()] == []


def test_a_summary_tells_what_a_run_found() -> None:
    """A line for each root cause; a healthy target yields none."""
    broken, healthy = deployment(LOST), deployment(count=0)
    for world in (broken, healthy):
        world.execute("DELETE FROM ops_alerts")

    told = [found(settings_of(world), transport=Wire(world, undisturbed)) for world in (broken, healthy)]

    assert (summary(told[0]).startswith("critical paid-without-enrollment: "), [is_nothing(one) for one in told]) == (
        True,
        [False, True],
    )


def test_a_summary_tells_the_money_at_stake() -> None:
    """Who is hit, what is at stake, and what to do, in one line for each group."""
    world = deployment("webhook-lost")
    world.execute("DELETE FROM ops_alerts")
    raised(world, "payment_webhook/webhook_processing_failed")

    told = summary(found(settings_of(world), transport=Wire(world, undisturbed)))

    assert ("critical payment_webhook/" in told, "INR" in told, "next: " in told) == (True, True, True)
