"""Alerts are acknowledged and resolved one by one, on proof, and never twice, whatever happens in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from alarms import (
    CONTENT,
    FORGED,
    HOUR_MS,
    LOST_LEAD,
    STATUS,
    UNKNOWN,
    Wire,
    broken_alerts,
    deployment,
    outcomes,
    raised,
    settings_of,
    statuses,
    undisturbed,
)

from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.incident.resolving import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.redaction import Json
    from deeplearn_checks.sandbox.world import World


def test_an_alert_is_resolved_when_its_playbook_passes() -> None:
    """Open or acknowledged; afterwards no critical alert is open, and it is recovered."""
    world = deployment()
    ids = [*raised(world, FORGED), *raised(world, FORGED, status="acknowledged")]

    done = resolve(settings_of(world), [FORGED], transport=Wire(world, undisturbed))

    assert (outcomes(done.changes), statuses(world), done.is_recovered) == (
        ["done", "done"],
        dict.fromkeys(ids, "resolved"),
        True,
    )


def test_an_alert_whose_reason_stands_is_left() -> None:
    """The diagnostics that do not pass are named."""
    world = deployment("webhook-lost")
    (id_,) = raised(world, FORGED)
    wire = Wire(world, undisturbed)

    done = resolve(settings_of(world), [id_], transport=wire)

    assert (outcomes(done.changes), done.changes[0].failing, wire.sent, done.is_recovered) == (
        ["held-back"],
        ("payment.captured-is-paid",),
        [],
        False,
    )


def test_what_no_diagnostic_looks_into_is_left() -> None:
    """Without proof an alert is not resolved."""
    world = deployment(count=0)
    raised(world, UNKNOWN, severity="info")

    done = resolve(settings_of(world), [UNKNOWN], transport=Wire(world, undisturbed))

    assert (outcomes(done.changes), "--force --why" in done.changes[0].said) == (["held-back"], True)


def test_force_is_possible_and_on_record() -> None:
    """With a reason an alert is resolved against its diagnostics, and both are recorded, without secrets."""
    world = deployment("webhook-lost")
    (id_,) = raised(world, FORGED)
    kept: list[tuple[str, Mapping[str, Json]]] = []

    done = resolve(
        settings_of(world),
        [id_],
        transport=Wire(world, undisturbed),
        record=lambda kind, data: kept.append((kind, data)),
        why="paid back by hand, told jane.doe@example.com",
    )

    why = str(kept[1][1]["why"])
    assert (outcomes(done.changes), [kind for kind, _ in kept], why.startswith("paid back by hand, told person-")) == (
        ["done"],
        ["ran", "forced", "resolving", "resolved"],
        True,
    )


def test_force_without_need_is_not_force() -> None:
    """Where the diagnostics pass, an alert is resolved on proof."""
    world = deployment()
    raised(world, FORGED)
    kept: list[str] = []

    resolve(
        settings_of(world),
        [FORGED],
        transport=Wire(world, undisturbed),
        record=lambda kind, _: kept.append(kind),
        why="in a hurry",
    )

    assert kept == ["ran", "resolving", "resolved"]


def test_what_cannot_be_recorded_is_not_sent() -> None:
    """A record that fails, as on a full disk, ends the work before the request."""
    world = deployment()
    raised(world, FORGED, count=2)
    wire = Wire(world, undisturbed)

    def full(_kind: str, _data: Mapping[str, Json]) -> None:
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        resolve(settings_of(world), [FORGED], transport=wire, record=full)

    assert wire.sent == []


def breaking_after(number: int, world: World) -> Wire:
    """Answer a wire on which the service goes away for good after so many changes."""

    def disturb(_request: httpx.Request, wire: Wire) -> None:
        if len(wire.sent) > number:
            raise httpx.ConnectError("Connection refused")

    return Wire(world, disturb)


def test_a_service_that_goes_away_in_the_middle_is_told_alert_by_alert() -> None:
    """What was resolved, what got no answer, and what was not sent: each is said, and it is not recovered."""
    world = deployment()
    raised(world, FORGED, count=4)
    wire = breaking_after(2, world)

    done = resolve(settings_of(world), [FORGED], transport=wire)

    assert (outcomes(done.changes), len(wire.sent), "nothing was sent" in done.changes[3].said, done.is_recovered) == (
        ["done", "done", "unanswered", "unanswered"],
        3,
        True,
        False,
    )


def test_running_again_goes_on_and_does_nothing_twice() -> None:
    """After a break the rest is resolved, and what was resolved is not sent again."""
    world = deployment()
    ids = raised(world, FORGED, count=4)
    first = breaking_after(2, world)
    resolve(settings_of(world), ids, transport=first)
    second = Wire(world, undisturbed)

    done = resolve(settings_of(world), ids, transport=second)

    assert (sorted(outcomes(done.changes)), sorted([*first.sent[:2], *second.sent]), done.is_recovered) == (
        ["already", "already", "done", "done"],
        sorted(ids),
        True,
    )


def test_what_somebody_else_resolved_meanwhile_is_left_to_them() -> None:
    """Between the first look and the change another operator may have been here."""
    world = deployment()
    mine, theirs = raised(world, FORGED, count=2)

    def disturb(request: httpx.Request, wire: Wire) -> None:
        if request.url.path.endswith("/enrollments") and not wire.sent:
            world.execute("UPDATE ops_alerts SET status = 'resolved' WHERE id = ?", (theirs,))

    wire = Wire(world, disturb)

    done = resolve(settings_of(world), [mine, theirs], transport=wire)

    assert (outcomes(done.changes), wire.sent, done.is_recovered) == (["done", "already"], [mine], True)


def test_a_repeat_opens_the_alert_again_and_that_is_told() -> None:
    """An alert of the same kind that is raised meanwhile fails the resolution, also when it is no critical one."""
    world = deployment(count=0)
    raised(world, CONTENT, severity="warning")

    def disturb(request: httpx.Request, _wire: Wire) -> None:
        if request.url.path.endswith(STATUS):
            raised(world, CONTENT, severity="warning", age_ms=-1000, tag="repeat")

    done = resolve(settings_of(world), [CONTENT], transport=Wire(world, disturb))

    opened = [alert.id for alert in done.opened]
    assert (outcomes(done.changes), opened, done.critical_open, done.is_recovered) == (
        ["done"],
        ["daily_content_generation_failed-repeat-0"],
        (),
        False,
    )


def test_a_critical_alert_that_opens_meanwhile_fails_the_resolution() -> None:
    """The runbook's last step: confirm that no critical alert is open."""
    world = deployment(count=0)
    raised(world, CONTENT, severity="warning")

    def disturb(request: httpx.Request, _wire: Wire) -> None:
        if request.url.path.endswith(STATUS):
            raised(world, FORGED, age_ms=-1000)

    done = resolve(settings_of(world), [CONTENT], transport=Wire(world, disturb))

    assert (len(done.opened), len(done.critical_open), done.is_recovered) == (1, 1, False)


def test_a_critical_alert_that_was_open_before_is_no_new_one() -> None:
    """It keeps the target from being recovered, and is told apart from one that opened meanwhile."""
    world = deployment(count=0)
    raised(world, CONTENT, severity="warning")
    raised(world, FORGED)

    done = resolve(settings_of(world), [CONTENT], transport=Wire(world, undisturbed))

    assert (done.opened, len(done.critical_open), done.is_recovered) == ((), 1, False)


def test_two_hundred_alerts_are_resolved() -> None:
    """As many as the service lists at once."""
    world = deployment(count=0)
    raised(world, CONTENT, severity="warning", count=200)

    done = resolve(settings_of(world), [CONTENT], transport=Wire(world, undisturbed))

    assert (len(done.changes), set(statuses(world).values()), done.is_recovered) == (200, {"resolved"}, True)


def test_a_critical_alert_beyond_the_list_is_not_taken_for_none() -> None:
    """Where as many are open as the service lists, what is beyond them cannot be seen, and nothing is proved."""
    world = deployment(count=0)
    raised(world, FORGED, age_ms=2 * HOUR_MS)
    raised(world, CONTENT, severity="warning", count=200)
    (id_,) = raised(world, CONTENT, severity="warning", status="acknowledged")

    done = resolve(settings_of(world), [id_], transport=Wire(world, undisturbed))

    assert (outcomes(done.changes), done.critical_open, "beyond" in done.unverified, done.is_recovered) == (
        ["done"],
        (),
        True,
        False,
    )


def test_alerts_that_cannot_be_read_are_not_guessed() -> None:
    """An alerts endpoint that answers 500 ends it before anything is sent."""
    world = deployment(count=0)

    with pytest.raises(UnansweredError, match="answered 500"):
        resolve(settings_of(world), [CONTENT], transport=Wire(world, broken_alerts))


def test_alerts_that_cannot_be_read_any_more_are_left() -> None:
    """Where the state before the change cannot be seen, nothing is sent, and nothing is said of what is open."""
    world = deployment(count=0)
    raised(world, CONTENT, severity="warning", count=2)

    def disturb(request: httpx.Request, wire: Wire) -> httpx.Response | None:
        begun = any("/content/runs" in line for line in wire.asked)
        return broken_alerts(request, wire) if begun else None

    wire = Wire(world, disturb)

    done = resolve(settings_of(world), [CONTENT], transport=wire)

    assert (outcomes(done.changes), wire.sent, "answered 500" in done.unverified, done.is_recovered) == (
        ["unanswered", "unanswered"],
        [],
        True,
        False,
    )


def test_a_lead_that_came_since_proves_that_the_form_works() -> None:
    """What only a submission shows is shown by somebody else's."""
    world = deployment()
    raised(world, LOST_LEAD, severity="warning", age_ms=400 * 24 * 3_600_000)

    done = resolve(settings_of(world), [LOST_LEAD], transport=Wire(world, undisturbed))

    assert outcomes(done.changes) == ["done"]


def test_without_a_lead_since_the_form_is_not_proved() -> None:
    """Nothing shows that the form works again until somebody submits it, or the run may."""
    world = deployment()
    raised(world, LOST_LEAD, severity="warning", age_ms=0)

    done = resolve(settings_of(world), [LOST_LEAD], transport=Wire(world, undisturbed))

    assert (outcomes(done.changes), done.changes[0].failing) == (["held-back"], ("lead.capture-works",))


def test_leads_that_cannot_be_read_prove_nothing() -> None:
    """Where the leads are not answered, the form counts as not proved."""
    world = deployment()
    raised(world, LOST_LEAD, severity="warning", age_ms=400 * 24 * 3_600_000)

    def disturb(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
        return httpx.Response(500, json={"error": "x"}) if request.url.path == "/api/admin/crm/leads" else None

    done = resolve(settings_of(world), [LOST_LEAD], transport=Wire(world, disturb))

    assert outcomes(done.changes) == ["held-back"]
