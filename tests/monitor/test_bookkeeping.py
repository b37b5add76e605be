"""A run is judged by what is known, with what other locations say, and kept with what is to be told and where."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from monitored import answer, run
from watched import FILE, NOON_MS, Box

from deeplearn_checks.finding import Severity
from deeplearn_checks.monitor.bookkeeping import INCIDENT_ROUTE, Books
from deeplearn_checks.monitor.bundles import Bundles
from deeplearn_checks.monitor.looking import Looked

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.monitor.keeping import Judged

QUICK = FILE.replace("fails_after = 2", "fails_after = 1").replace("recovers_after = 2", "recovers_after = 1")
OF_TWO = '[locations]\nname = "here"\nall = ["here", "there"]\nquorum = 2\n'
OPENS = "[incidents]\nopen = true\n"


class Ledger:
    """The books of a box, with a run a minute."""

    def __init__(self, folder: Path, added: str = "", file: str = QUICK) -> None:
        self.box = Box(folder, added, file=file)
        self.config = self.box.config()
        self.books = Books(self.box.store(), self.config, Bundles(folder / "bundles", 0, print))
        self.now_ms = NOON_MS

    def enter(self, letter: str, location: str = "here", severity: Severity = Severity.CRITICAL) -> Judged:
        """Enter a run in which the diagnostic says that."""
        seen = replace(run(answer(letter, severity=severity), at_ms=self.now_ms, location=location), target="box")
        books = replace(self.books, config=replace(self.config, location=location))
        judged = books.enter(Looked(seen), self.config.targets[0].groups[0], self.now_ms)
        self.now_ms += 1
        return judged


def told(judged: Judged) -> list[str]:
    """Answer which changes are told."""
    return [one.change.value for one in judged[1]]


def test_a_change_goes_where_it_is_routed(tmp_path: Path) -> None:
    """The store keeps it for each of its routes."""
    ledger = Ledger(tmp_path)

    judged = ledger.enter("F")

    kept = [(one.route, one.transition.change.value) for one in ledger.books.store.untold(ledger.now_ms)]
    assert (told(judged), kept) == (["opened"], [("env:CHAT", "opened")])


def test_one_of_two_locations_is_no_quorum(tmp_path: Path) -> None:
    """When the other says so too, it is told, once."""
    ledger = Ledger(tmp_path, OF_TWO)

    changes = [told(ledger.enter("F", where)) for where in ("here", "there", "here")]

    assert [change for change in changes if change] == [["opened"]]


def test_runners_of_one_postgresql_look_at_each_other(tmp_path: Path) -> None:
    """Whoever writes to a shared store is asked, where the file names nobody."""
    ledger = Ledger(tmp_path, file=QUICK.replace('"monitor.db"', '"postgresql://db.invalid/monitor"'))
    ledger.config = replace(ledger.config, voters=replace(ledger.config.voters, quorum=1))
    ledger.enter("F", "there")

    judged = ledger.enter("P")

    assert judged[0].standings["platform.health"].health.value == "down"


@pytest.mark.parametrize(
    ("letters", "severity", "routed"),
    [("F", 3, True), ("F", 2, False), ("FP", 2, True)],
)
def test_the_incident_workflow_hears_of_what_is_critical(
    tmp_path: Path, letters: str, severity: int, *, routed: bool
) -> None:
    """And of every recovery, for it may be of something that was critical."""
    ledger = Ledger(tmp_path, OPENS)

    judged = [ledger.enter(letter, severity=Severity(severity)) for letter in letters][-1]

    assert (INCIDENT_ROUTE in judged[2][0]) is routed


def test_without_incidents_the_workflow_hears_nothing(tmp_path: Path) -> None:
    """It is asked for in the file."""
    judged = Ledger(tmp_path).enter("F")

    assert judged[2] == {0: ("env:CHAT",)}


def test_in_a_maintenance_window_nothing_is_told(tmp_path: Path) -> None:
    """It is kept, and told when the window is over and it is still so."""
    window = "[[maintenance]]\nfrom = 2026-03-02T11:00:00Z\nto = 2026-03-02T12:00:01Z\n"
    ledger = Ledger(tmp_path, window)
    silent = told(ledger.enter("F"))
    ledger.now_ms += 2000

    judged = ledger.enter("F")

    assert (silent, told(judged)) == ([], ["opened"])
