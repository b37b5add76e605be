"""What reaches an incident from elsewhere, and what a repeated or recorded opening leads to."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from alarms import FORGED, LOST_LEAD, UNKNOWN, Wire, deployment, raised, settings_of, statuses, undisturbed
from incidents import closed, kinds, known, mended, opened

from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.incident import case, entries, resolving
from deeplearn_checks.incident.journal import Kind
from deeplearn_checks.incident.recording import recording
from deeplearn_checks.runner import run

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


@pytest.mark.parametrize(("other", "recovered"), [((), 1), ((UNKNOWN,), 0), ((LOST_LEAD,), 0)])
def test_resolving_by_hand_on_proof_is_the_recovery(tmp_path: Path, other: tuple[str, ...], recovered: int) -> None:
    """The first passing proof counts, whoever ran it, where it asked whatever belongs to the incident."""
    world = mended(FORGED, *other)
    journal = opened(tmp_path, world)
    before = kinds(journal).count(Kind.RECOVERED)
    world.execute("UPDATE ops_alerts SET status = 'acknowledged'")
    journal.record(Kind.RAN, {"passed": False})
    record = recording(known(tmp_path), [FORGED], settings_of(world))

    resolving.resolve(settings_of(world), [FORGED], transport=Wire(world, undisturbed), record=record)

    assert kinds(journal).count(Kind.RECOVERED) - before == recovered


def test_changes_at_another_target_reach_no_incident_of_this_one(tmp_path: Path) -> None:
    """Alerts of the same kind at staging and at production are two stories."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)
    elsewhere = settings_of(world, DEEPLEARN_API_BASE_URL="http://other.localhost")

    record = recording(known(tmp_path), [FORGED], elsewhere)

    assert (record.holding, kinds(journal).count(Kind.RESOLVED)) == ((), 0)


@pytest.mark.parametrize(("title", "number"), [("Drill", 1), ("Another drill", 2)])
def test_opening_for_nothing_but_a_title_is_done_once(tmp_path: Path, title: str, number: int) -> None:
    """A command that was killed after it had opened may be typed again: the title says that it is the same."""
    world = deployment(count=0)
    world.execute("DELETE FROM ops_alerts")
    opened(tmp_path, world, title="Drill")

    opened(tmp_path, world, title=title)

    assert len(known(tmp_path).journals()) == number


@pytest.mark.parametrize(("other", "is_closed"), [((), True), ((LOST_LEAD,), False)])
def test_alerts_that_are_open_do_not_keep_their_own_incident_open(
    tmp_path: Path, other: tuple[str, ...], *, is_closed: bool
) -> None:
    """A run that finds open alerts is a reason to resolve them first; others that stay open are named."""
    world = mended(FORGED)
    asked = [one for one in CATALOG if one.id.startswith("alerts.")]
    report = asyncio.run(run(asked, settings_of(world), transport=Wire(world, undisturbed)))
    journal = opened(tmp_path, world)
    journal.append(*entries.of_run(report, "check"))
    for kind in other:
        raised(world, kind, severity="warning", age_ms=30 * 24 * 3_600_000)
        journal.record(Kind.RAN, {"root_causes": [{"id": "alerts.none-unattended", "cause": "alert-unattended"}]})

    done = closed(journal, world)

    assert (done.is_closed, set(statuses(world).values())) == (is_closed, {"resolved", *(["open"] if other else [])})


def test_one_command_at_a_time_changes_the_alerts_of_an_incident(tmp_path: Path) -> None:
    """While one acknowledges or closes, another waits for its turn: nothing is sent twice. Notes need not wait."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)
    turns = []

    def trying(_request: httpx.Request, _wire: Wire) -> None:
        case.note(journal, "seen")
        folder = os.open(journal.path.parent, os.O_RDONLY)
        with suppress(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            turns.append(folder)
        os.close(folder)

    case.acknowledge_all(journal, settings_of(world), transport=Wire(world, trying))
    done = closed(journal, world, Wire(world, trying))

    assert (done.is_closed, turns) == (True, [])
