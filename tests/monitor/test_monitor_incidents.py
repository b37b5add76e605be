"""What is critical opens an incident, its end is noted there, and nothing is closed but on proof and where it is meant."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from watched import FILE, Box

from deeplearn_checks.incident.journal import FILE as JOURNAL
from deeplearn_checks.incident.journal import Kind, reading

OPENS = '[incidents]\nopen = true\nfolder = "{folder}/incidents"\n[bundles]\nfolder = "{folder}/bundles"\nkept = {kept}\n'
DIAGNOSTIC = "payment.webhook-secret-configured"
ALERT = "payment_webhook/webhook_secret_missing"


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
    """It is run again then."""
    ward = Ward(tmp_path, minutes=4)
    ward.breaks()
    monitor = ward.monitor()
    path = monitor._books.bundles.path  # noqa: SLF001  the file is damaged between being written and being read

    def damaged(target: str, at_ms: int) -> Path:
        file = path(target, at_ms)
        if file.exists():
            file.write_text("no bundle", encoding="utf-8")
        return file

    del damaged
    asyncio.run(monitor.watch())

    assert ward.kinds() == [Kind.OPENED, Kind.RAN]


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
    ward.clock.at = {1: lambda: [ward.breaks(), ward.raised()], 4: ward.mends}

    ward.watch()

    assert (ward.status, Kind.CLOSED in ward.kinds()) == (status, auto_resolve)
