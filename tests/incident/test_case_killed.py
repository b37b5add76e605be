"""Whatever kills a command, the same command again goes on: nothing is lost, nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alarms import FORGED, UNKNOWN, Wire, deployment, raised, settings_of, statuses, undisturbed
from incidents import closed, kinds, known, mended, opened
from records import DyingDisk, Killed

from deeplearn_checks.incident import case
from deeplearn_checks.incident.finding_out import found
from deeplearn_checks.incident.journal import Kind

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("number", range(1, 20))
def test_killed_at_any_step_the_same_command_goes_on(tmp_path: Path, number: int) -> None:
    """Nothing is lost, nothing is done twice: one request for each alert, each step on record once."""
    world = mended(FORGED, UNKNOWN)
    opened(tmp_path, world)
    dying, wire = DyingDisk(number), Wire(world, undisturbed)
    journals = [known(tmp_path, dying.disk).journals()[0], known(tmp_path).journals()[0]]

    try:
        closed(journals[0], world, wire, why="read and mended")
    except Killed:
        closed(journals[1], world, wire, why="read and mended")

    told = [str(one.data["alert_id"]) for one in journals[1].read().entries if one.kind == Kind.RESOLVED]
    counts = [kinds(journals[1]).count(kind) for kind in (Kind.RECOVERED, Kind.CLOSED)]
    assert (sorted(set(wire.sent)), len(wire.sent), sorted(told), counts, journals[1].read().damaged) == (
        sorted(statuses(world)), 2, sorted(statuses(world)), [0, 1], (),
    )  # fmt: skip


@pytest.mark.parametrize("number", range(1, 12))
def test_killed_while_opening_there_is_one_incident_in_the_end(tmp_path: Path, number: int) -> None:
    """The same command again opens it, or finds it open."""
    world = mended(FORGED)
    what = found(settings_of(world), transport=Wire(world, undisturbed))

    try:
        case.open_case(what, known(tmp_path, DyingDisk(number).disk))
    except Killed:
        case.open_case(what, known(tmp_path))

    (journal,) = known(tmp_path).journals()
    assert kinds(journal)[:2] == [Kind.OPENED, Kind.ALERT_FIRST_SEEN]


@pytest.mark.parametrize("number", range(1, 8))
def test_killed_while_acknowledging_each_alert_is_on_record_once(tmp_path: Path, number: int) -> None:
    """An alert that was acknowledged just before the kill is known to be so the next time; nothing is sent twice."""
    world = mended(FORGED, UNKNOWN)
    opened(tmp_path, world)
    dying, wire = DyingDisk(number), Wire(world, undisturbed)
    journals = [known(tmp_path, dying.disk).journals()[0], known(tmp_path).journals()[0]]

    try:
        case.acknowledge_all(journals[0], settings_of(world), transport=wire)
    except Killed:
        case.acknowledge_all(journals[1], settings_of(world), transport=wire)

    told = [str(one.data["alert_id"]) for one in journals[1].read().entries if one.kind == Kind.ACKNOWLEDGED]
    assert (sorted(told), len(wire.sent)) == (sorted(statuses(world)), 2)


def test_two_hundred_alerts_are_closed_together(tmp_path: Path) -> None:
    """As many as the service lists: each resolved and on record once."""
    world = deployment(count=0)
    raised(world, FORGED, count=200)
    journal = opened(tmp_path, world)

    done = closed(journal, world)

    assert (done.is_closed, kinds(journal).count(Kind.RESOLVED), set(statuses(world).values())) == (
        True,
        200,
        {"resolved"},
    )
