"""What is critical opens an incident, its end is noted there, and nothing is closed but on proof, where it is meant."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from watched import NOON_MS, Box

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.incident.journal import FILE as JOURNAL
from deeplearn_checks.incident.journal import Kind, reading
from deeplearn_checks.monitor.bundles import Bundles
from deeplearn_checks.monitor.incidents import Incidents
from deeplearn_checks.monitor.state import Change, Health, Standing, State, Transition
from deeplearn_checks.redaction import EMPTY, Redacted
from deeplearn_checks.sandbox import server

OPENS = (
    '[incidents]\nopen = true\nfolder = "{folder}/incidents"\n[bundles]\nfolder = "{folder}/bundles"\nkept = {kept}\n'
)
DIAGNOSTIC = "payment.webhook-secret-configured"
ALERT = "payment_webhook/webhook_secret_missing"
NOTHING = State()
BROKE = Transition(
    Change.OPENED,
    "box",
    DIAGNOSTIC,
    Severity.CRITICAL,
    Outcome.FAILED,
    "webhook-secret-not-configured",
    Redacted("it says so"),
    EMPTY,
    NOON_MS,
    NOON_MS,
)


class Ward(Box):
    """A box whose critical changes open incidents."""

    def __init__(self, folder: Path, *, kept: int = 5, auto_resolve: bool = False, minutes: int = 8) -> None:
        added = OPENS.format(folder=folder, kept=kept)
        if auto_resolve:
            added = added.replace("open = true", "open = true\nauto_resolve = true")
        super().__init__(folder, added, minutes=minutes)

    def watch(self) -> None:
        """Watch until the time is over."""
        asyncio.run(self.monitor().watch())

    def bundles(self) -> Bundles:
        """Answer where runs are kept."""
        config = self.config()
        return Bundles(Path(config.bundles), config.bundles_kept, self.logged.append)

    def incidents(self, known: State = NOTHING) -> Incidents:
        """Answer what hears of changes, where that is known of the target."""
        return Incidents(
            self.config(),
            lambda _: known,
            self.bundles(),
            self.logged.append,
            lambda _: server.transport(self.world),
        )

    def raised(self) -> None:
        """Leave the alert behind that the service raises where it has no secret."""
        at_ms = self.world.now_ms()
        source, _, event_type = ALERT.partition("/")
        row = {"id": "alert-1", "source": source, "event_type": event_type, "severity": "critical"}
        row |= {"message": "It went wrong.", "status": "open"}
        self.world.insert("ops_alerts", [{**row, "created_at_ms": at_ms, "updated_at_ms": at_ms}])

    @property
    def status(self) -> str:
        """The status of that alert."""
        return str(self.world.execute("SELECT status FROM ops_alerts WHERE id = 'alert-1'")[0]["status"])

    def kinds(self) -> list[str]:
        """Answer the kinds of entries of the only incident."""
        (journal,) = self.folder.glob(f"incidents/*/{JOURNAL}")
        return [entry.kind for entry in reading(journal.read_bytes()).entries]

    def journals(self) -> int:
        """Answer how many incidents there are."""
        return len([*self.folder.glob(f"incidents/*/{JOURNAL}")])


def test_a_critical_change_opens_an_incident_with_its_bundle(tmp_path: Path) -> None:
    """The run in which it broke is kept beside the journal; its end is noted, and the incident stays open."""
    ward = Ward(tmp_path)
    ward.clock.at = {1: ward.breaks, 4: ward.mends}

    ward.watch()

    assert (ward.kinds(), len([*tmp_path.glob("incidents/bundles/*.bundle")])) == (
        [Kind.OPENED, Kind.RAN, Kind.NOTED, Kind.RECOVERED],
        1,
    )


def test_where_no_bundle_is_kept_it_is_run_again(tmp_path: Path) -> None:
    """An incident has a run to stand on, and a bundle of it."""
    ward = Ward(tmp_path, kept=0, minutes=4)
    ward.breaks()

    ward.watch()

    assert (ward.kinds(), len([*tmp_path.glob("incidents/bundles/*-monitor-*.bundle")])) == (
        [Kind.OPENED, Kind.RAN],
        1,
    )


def test_a_bundle_that_cannot_be_read_is_no_obstacle(tmp_path: Path) -> None:
    """It is run again then, and the damaged one is not kept."""
    ward = Ward(tmp_path)
    ward.breaks()
    bundles = ward.bundles()
    bundles.folder.mkdir()
    bundles.path("box", NOON_MS).write_text("no bundle", encoding="utf-8")

    said = ward.incidents()(BROKE)

    kept = [file.name for file in tmp_path.glob("incidents/bundles/*")]
    assert (said, ward.kinds(), len(kept), "-monitor-" in kept[0]) == ("", [Kind.OPENED, Kind.RAN], 1, True)


def test_what_is_not_watched_any_more_is_nobodys_incident(tmp_path: Path) -> None:
    """It was taken out of the file since."""
    ward = Ward(tmp_path)

    said = ward.incidents()(replace(BROKE, target="gone"))

    assert (said, ward.journals()) == ("", 0)


def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Whoever delivers tries again."""
    ward = Ward(tmp_path)
    (tmp_path / "incidents").touch()

    said = ward.incidents()(BROKE)

    assert said.startswith("incident: ")


def test_a_recovery_is_noted_once(tmp_path: Path) -> None:
    """Also where it is delivered again, because the first time could not be marked; elsewhere it is not noted."""
    ward = Ward(tmp_path)
    ward.breaks()
    incidents = ward.incidents()
    incidents(BROKE)
    other = replace(BROKE, change=Change.RECOVERED, diagnostic="platform.health")

    for _ in range(2):
        incidents(replace(BROKE, change=Change.RECOVERED))
        incidents(other)

    assert ward.kinds() == [Kind.OPENED, Kind.RAN, Kind.NOTED, Kind.RECOVERED]


def test_an_incident_is_over_when_all_of_it_is(tmp_path: Path) -> None:
    """One of its root causes that is still down keeps it from being so."""
    ward = Ward(tmp_path)
    ward.breaks()
    incidents = ward.incidents(State({DIAGNOSTIC: Standing(Health.DOWN)}))
    incidents(BROKE)

    incidents(replace(BROKE, change=Change.RECOVERED))

    assert ward.kinds() == [Kind.OPENED, Kind.RAN, Kind.NOTED]


def test_what_is_not_proved_is_not_closed(tmp_path: Path) -> None:
    """The reasons are noted and logged, and nothing is forced."""
    ward = Ward(tmp_path, auto_resolve=True)
    ward.breaks()
    incidents = ward.incidents()
    incidents(BROKE)

    incidents(replace(BROKE, change=Change.RECOVERED))

    assert (ward.kinds()[-1], Kind.CLOSED in ward.kinds(), " stays open: " in ward.logged[-1]) == (
        Kind.NOTED,
        False,
        True,
    )


def test_what_breaks_again_continues_its_incident(tmp_path: Path) -> None:
    """As long as nobody has closed it, it is the same."""
    ward = Ward(tmp_path, minutes=12)
    ward.clock.at = {1: ward.breaks, 4: ward.mends, 7: ward.breaks}

    ward.watch()

    assert (ward.journals(), ward.kinds()[-1]) == (1, Kind.RAN)


@pytest.mark.parametrize(("auto_resolve", "status"), [(True, "resolved"), (False, "open")])
def test_an_alert_is_resolved_only_where_that_is_meant(tmp_path: Path, *, auto_resolve: bool, status: str) -> None:
    """And then on proof; without the word, nothing is ever sent."""
    ward = Ward(tmp_path, auto_resolve=auto_resolve)
    ward.write(
        ward.path.read_text(encoding="utf-8").replace(
            f'"{DIAGNOSTIC}"]', f'"{DIAGNOSTIC}", "alerts.none-critical-open"]'
        )
    )
    ward.clock.at = {1: ward.breaks, 2: ward.raised, 4: ward.mends}

    ward.watch()

    assert (ward.status, Kind.CLOSED in ward.kinds()) == (status, auto_resolve)
