"""Incidents that are opened offline, for what a recorded run found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.incident.facts import rows
from deeplearn_checks.incident.journal import Entry, Journal, Kind, Scribe
from deeplearn_checks.redaction import Redactor

if TYPE_CHECKING:
    from command import Command

pytestmark = pytest.mark.usefixtures("nothing_configured")


def read(id_: str) -> tuple[Entry, ...]:
    """Answer the entries of the journal of an incident."""
    return Journal.at(Path("incidents"), id_, Scribe(Redactor(()))).read().entries


def recorded(command: Command, *faults: str) -> str:
    """Record a run against a sandbox; answer the file."""
    broken = [word for name in faults for word in ("--fault", name)]
    command("run", "--sandbox", "--without", "browser", *broken, "--record", "run.bundle")
    return "run.bundle"


def test_a_recorded_run_opens_an_incident_offline(command: Command) -> None:
    """Its root causes are on record with the bundle behind them, and the same bundle opens no second incident."""
    file = recorded(command, "enrollment-lost")

    first, again = (command("incident", "open", "--bundle", file) for _ in range(2))

    told = [entry.data for entry in read(first.output.strip()) if entry.kind == Kind.RAN]
    assert (first.status, again.output, "it is continued" in again.errors) == (0, first.output, True)
    assert "enrollment-lost" not in first.output
    assert [data["bundle"] for data in told] == [file, file]


def test_alerts_of_a_recorded_run_are_triaged_offline(command: Command) -> None:
    """The incident knows its alerts, and whatever else the run found."""
    file = recorded(command, "critical-alert-open", "modules-locked")

    id_ = command("incident", "open", "--bundle", file).output.strip()

    causes = [root["cause"] for one in read(id_) if one.kind == Kind.RAN for root in rows(one.data, "root_causes")]
    assert (Kind.ALERT_FIRST_SEEN in [one.kind for one in read(id_)], sorted(causes, key=str)) == (
        True,
        ["critical-alert-open", "no-module-unlocked"],
    )


def test_a_recorded_run_that_found_nothing_opens_nothing(command: Command) -> None:
    """Unless a title says what it is about."""
    file = recorded(command)

    refused, titled = command("incident", "open", "--bundle", file), ("--title", "Slow since noon")
    opened_all_the_same = command("incident", "open", "--bundle", file, *titled)

    assert (refused.status, refused.errors.count("\n"), opened_all_the_same.status) == (2, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--sandbox",), "--bundle asks nobody"),
        (("--alert", "a"), "--bundle asks nobody"),
        (("--effects", "data"), "--bundle asks nobody"),
        ((), "none.bundle cannot be read"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_one_line(command: Command, arguments: tuple[str, ...], named: str) -> None:
    """A recorded run is asked of nobody; and it has to be there."""
    ended = command("incident", "open", "--bundle", "none.bundle", *arguments)

    assert (ended.status, named in ended.errors, ended.errors.count("\n")) == (2, True, 1)
