"""An incident is opened with what was found, and closed only on proof, each step once, whatever kills it in between."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from alarms import (
    FORGED,
    HOUR_MS,
    LOST_LEAD,
    STATUS,
    UNKNOWN,
    Wire,
    deployment,
    raised,
    settings_of,
    statuses,
    undisturbed,
)
from incidents import LOST, closed, kinds, known, mended, opened
from records import NOON, DyingDisk, Killed

from deeplearn_checks.bundle.archive import load
from deeplearn_checks.diagnostics import platform
from deeplearn_checks.incident import case, resolving
from deeplearn_checks.incident.facts import facts
from deeplearn_checks.incident.finding_out import found
from deeplearn_checks.incident.journal import JournalError, Kind
from deeplearn_checks.incident.kept_runs import KeptRun
from deeplearn_checks.incident.recording import recording
from deeplearn_checks.incident.times import times
from deeplearn_checks.runner import run
from deeplearn_checks.settings import ConfigurationError


def test_an_incident_begins_with_what_the_service_does_not_keep(tmp_path: Path) -> None:
    """When the alerts were seen, the verdict, the run behind it, and the first proof where all has recovered."""
    journal = opened(tmp_path, mended(FORGED))

    assert (journal.id, kinds(journal)) == (
        "2026-03-02-payment-verify",
        [Kind.OPENED, Kind.ALERT_FIRST_SEEN, Kind.TRIAGED, Kind.RAN, Kind.RECOVERED],
    )


def test_harm_is_dated_by_data_and_root_causes_are_kept(tmp_path: Path) -> None:
    """A lost enrollment dates the harm to its payment, before any alert; the run that found it keeps its requests."""
    world = deployment(LOST)
    world.execute("DELETE FROM ops_alerts")
    raised(world, FORGED, age_ms=HOUR_MS)

    journal = opened(tmp_path, world)

    entries = journal.read().entries
    ran = next(entry for entry in entries if entry.kind == Kind.RAN)
    alert = next(entry for entry in entries if entry.kind == Kind.ALERT_FIRST_SEEN)
    harm = times(entries).harm
    causes = [one.cause for one in facts(entries).root_causes]
    assert (causes, ran.data["passed"], bool(ran.data["exchanges"])) == (["paid-without-enrollment"], False, True)
    assert harm
    assert harm.at_ms < alert.data["created_at_ms"]  # type: ignore[operator]  # it is a number


def test_without_an_alert_a_run_opens_an_incident(tmp_path: Path) -> None:
    """Where nobody was alerted every diagnostic is asked, and the root cause names the incident."""
    world = deployment(LOST)
    world.execute("DELETE FROM ops_alerts")

    journal = opened(tmp_path, world, title="Nobody was told")

    assert (journal.id, kinds(journal)) == ("2026-03-02-paid-without-enrollment", [Kind.OPENED, Kind.RAN])


def test_a_second_incident_of_a_kind_gets_a_number(tmp_path: Path) -> None:
    """Ids are unique; what has no letters in its name is called an incident."""
    world = mended(FORGED)
    closed(opened(tmp_path, world), world)
    raised(world, FORGED, status="open ")
    world.execute("UPDATE ops_alerts SET status = 'open', id = id || '-again' WHERE status = 'open '")
    nameless = mended("---/x")

    ids = [opened(tmp_path, world).id, opened(tmp_path, nameless).id]

    assert ids == ["2026-03-02-payment-verify-2", "2026-03-02-incident"]


def test_an_open_incident_is_continued_not_opened_twice(tmp_path: Path) -> None:
    """One that holds an alert takes what is new about it; alerts that were seen are not seen first again."""
    world = mended(FORGED)
    first = opened(tmp_path, world)
    raised(world, UNKNOWN)

    second = opened(tmp_path, world)

    seen = [kind for kind in kinds(first) if kind == Kind.ALERT_FIRST_SEEN]
    assert (second.id, len(seen), len(known(tmp_path).journals())) == (first.id, 2, 1)


@pytest.mark.parametrize(("change", "count"), [("same", 1), ("other target", 2), ("other cause", 2)])
def test_what_a_run_finds_belongs_to_the_incident_of_its_target_and_cause(
    tmp_path: Path, change: str, count: int
) -> None:
    """Only the same root cause at the same target continues an incident without alerts."""
    first, second = deployment(LOST), deployment("modules-locked" if change == "other cause" else LOST)
    for world in (first, second):
        world.execute("DELETE FROM ops_alerts")
    opened(tmp_path, first)
    url = {"DEEPLEARN_API_BASE_URL": "http://other.localhost"} if change == "other target" else {}
    report = asyncio.run(run([platform.root], settings_of(second, **url), transport=Wire(second, undisturbed)))
    what = report if url else found(settings_of(second), transport=Wire(second, undisturbed))

    case.open_case(what, known(tmp_path))

    assert len(known(tmp_path).journals()) == count


def test_the_bundle_behind_a_run_is_on_record(tmp_path: Path) -> None:
    """Whatever a recorded run stands on can be found again."""
    world = mended(FORGED)
    what = found(settings_of(world), transport=Wire(world, undisturbed))

    journal = case.open_case(what, known(tmp_path), bundle="run.zip").journal

    assert [entry.data["bundle"] for entry in journal.read().entries if entry.kind == Kind.RAN] == ["run.zip"]


def test_a_note_is_kept_once(tmp_path: Path) -> None:
    """A repeated command writes nothing; the same words later are another note."""
    journal = opened(tmp_path, mended(FORGED))

    for text in ("a", "a", "b", "a"):
        case.note(journal, text)

    assert [entry.data["text"] for entry in journal.read().entries if entry.kind == Kind.NOTED] == ["a", "b", "a"]


def test_an_incident_is_closed_on_proof(tmp_path: Path) -> None:
    """Its playbooks pass again, its alerts are resolved, and each step is on record before the next."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)

    done = closed(journal, world)

    assert (done.is_closed, set(statuses(world).values()), kinds(journal)[5:]) == (
        True,
        {"resolved"},
        [Kind.RAN, Kind.RESOLVING, Kind.RESOLVED, Kind.CLOSED],
    )


def test_closing_again_does_nothing(tmp_path: Path) -> None:
    """What is closed is said to be, and nothing is sent."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)
    closed(journal, world)
    wire = Wire(world, undisturbed)

    done = closed(journal, world, wire)

    assert (done.already, wire.asked) == (True, [])


def test_what_is_still_broken_keeps_it_open(tmp_path: Path) -> None:
    """The failing diagnostic is named, and the alert stays."""
    world = deployment(LOST)
    world.execute("DELETE FROM ops_alerts")
    raised(world, FORGED)
    journal = opened(tmp_path, world)

    done = closed(journal, world)

    named = [reason for reason in done.reasons if "funnel.paid-has-enrollment" in reason]
    assert (done.is_closed, bool(named), statuses(world)) == (
        False,
        True,
        {"invalid_checkout_signature-open-0": "open"},
    )


def test_force_closes_and_says_what_was_not_proved(tmp_path: Path) -> None:
    """The reason and the failing diagnostics stay on record."""
    world = deployment(LOST)
    world.execute("DELETE FROM ops_alerts")
    raised(world, FORGED)
    journal = opened(tmp_path, world)

    done = closed(journal, world, why="the learner was enrolled by hand")

    last = journal.read().entries[-1]
    assert (done.is_closed, last.kind, last.data["forced"], last.data["why"], Kind.RECOVERED in kinds(journal)) == (
        True,
        Kind.CLOSED,
        True,
        "the learner was enrolled by hand",
        False,
    )


def test_a_root_cause_beyond_every_playbook_is_asked_first(tmp_path: Path) -> None:
    """While it is there nothing else is done; when it is gone the incident recovers."""
    broken, healthy = deployment(LOST), deployment()
    for world in (broken, healthy):
        world.execute("DELETE FROM ops_alerts")
    journal = opened(tmp_path, broken)

    done = [closed(journal, world) for world in (broken, healthy)]

    assert ([one.is_closed for one in done], kinds(journal)) == (
        [False, True],
        [Kind.OPENED, Kind.RAN, Kind.RAN, Kind.RAN, Kind.RECOVERED, Kind.CLOSED],
    )


def test_force_goes_past_a_root_cause_that_is_still_there(tmp_path: Path) -> None:
    """It closes, and says what does not pass."""
    world = deployment(LOST)
    world.execute("DELETE FROM ops_alerts")
    journal = opened(tmp_path, world)

    done = closed(journal, world, why="known, and mended tomorrow")

    assert (done.is_closed, [reason.split()[0] for reason in done.reasons]) == (True, ["funnel.paid-has-enrollment"])


def test_without_anything_to_ask_only_force_closes(tmp_path: Path) -> None:
    """An incident that somebody told of has no proof: closing it needs a reason."""
    world = deployment(count=0)
    world.execute("DELETE FROM ops_alerts")
    what = found(settings_of(world), transport=Wire(world, undisturbed))
    journal = case.open_case(what, known(tmp_path), title="A learner called").journal

    done = [closed(journal, world, why=why) for why in ("", "called back")]

    assert [(one.is_closed, one.reasons[0]) for one in done] == [
        (False, "no diagnostic belongs to this incident, so nothing proves that it is over"),
        (True, "no diagnostic belongs to this incident, so nothing proves that it is over"),
    ]


def test_a_critical_alert_of_somebody_else_keeps_it_open(tmp_path: Path) -> None:
    """Recovery is verified as the runbook asks: no critical alert is open."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)
    raised(world, "payment_gateway/create_order_failed")

    done = closed(journal, world)

    assert (done.is_closed, done.reasons) == (
        False,
        ("alert create_order_failed-open-0 is open: payment_gateway/create_order_failed",),
    )


def test_another_target_is_refused(tmp_path: Path) -> None:
    """The alerts of one deployment are not resolved on the proof of another."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)
    settings = settings_of(world, DEEPLEARN_API_BASE_URL="http://other.localhost")

    with pytest.raises(ConfigurationError, match=r"is an incident of http://api\.sandbox\.localhost: give --target"):
        case.close(journal, settings, resolving.resolve)


def test_a_service_that_falls_silent_leaves_it_open_until_the_next_time(tmp_path: Path) -> None:
    """The request in the middle goes unanswered: nothing is called resolved, and the same command goes on there."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)

    def silent(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
        if request.url.path.endswith(STATUS):
            raise httpx.ConnectError("gone")
        return None

    done = [closed(journal, world, Wire(world, disturb)) for disturb in (silent, undisturbed)]

    assert ([one.is_closed for one in done], kinds(journal).count(Kind.RESOLVED)) == ([False, True], 1)


def test_an_alert_that_somebody_else_resolved_is_on_record(tmp_path: Path) -> None:
    """It is settled; the journal says so once."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)
    world.execute("UPDATE ops_alerts SET status = 'resolved'")

    closed(journal, world)

    resolved = [entry.data["outcome"] for entry in journal.read().entries if entry.kind == Kind.RESOLVED]
    assert resolved == ["already"]


def test_changes_made_elsewhere_reach_the_incidents_that_they_concern(tmp_path: Path) -> None:
    """Acknowledging by hand, by id or by group, is written into the open incident that holds the alert, no other."""
    world = mended(FORGED, UNKNOWN, LOST_LEAD)
    settings, wire, wanted = settings_of(world), Wire(world, undisturbed), [FORGED, UNKNOWN]
    whats = [found(settings, [], [group], transport=wire) for group in (FORGED, UNKNOWN, LOST_LEAD)]
    journals = [case.open_case(what, known(tmp_path)).journal for what in whats]

    resolving.acknowledge(settings, wanted, transport=wire, record=recording(known(tmp_path), wanted, settings))

    assert [kinds(journal).count(Kind.ACKNOWLEDGED) for journal in journals] == [1, 1, 0]


@pytest.mark.parametrize("why", ["", "paid back by hand"])
def test_what_is_forced_beside_every_incident_stays_on_record(tmp_path: Path, why: str) -> None:
    """Force, its reason and its run are kept in a journal of the folder that is no incident; proof needs no record."""
    world = mended(UNKNOWN if why else FORGED)
    folder = known(tmp_path)
    for kind in statuses(world):
        record = recording(folder, [kind], settings_of(world), forced=bool(why))
        keep = record.kept_run("proof")
        wire = Wire(world, undisturbed)
        resolving.resolve(settings_of(world), [kind], transport=wire, record=record, keep=keep, why=why)

    beside = tmp_path / "incidents" / case.BESIDE
    assert (set(statuses(world).values()), folder.journals(), beside.exists()) == ({"resolved"}, (), bool(why))
    if why:
        told = folder.beside().read().entries
        assert [entry.kind for entry in told] == [Kind.OPENED, Kind.FORCED, Kind.RESOLVING, Kind.RESOLVED]
        assert told[1].data["why"] == why


def test_every_run_of_an_incident_has_its_bundle(tmp_path: Path) -> None:
    """The run that opened it, the proof beyond its playbooks, and the proof of its playbooks: each can be shown."""
    broken, healthy = deployment(LOST), deployment()
    for world in (broken, healthy):
        world.execute("DELETE FROM ops_alerts")
        raised(world, UNKNOWN)
        raised(world, FORGED)
    keep = KeptRun(tmp_path / "incidents", "open", NOON)
    what = found(settings_of(broken), transport=Wire(broken, undisturbed), keep=keep)
    journal = case.open_case(what, known(tmp_path), bundle=keep.path).journal

    closed(journal, healthy, why="read and mended")

    paths = [Path(str(entry.data["bundle"])) for entry in journal.read().entries if entry.kind == Kind.RAN]
    asked = [load(path).manifest.selected for path in paths]
    assert (len(paths), len(set(paths)), all(asked)) == (2, 2, True)


def test_a_bundle_that_cannot_be_kept_stops_before_anything_is_sent(tmp_path: Path) -> None:
    """Where the folder of bundles cannot be made, closing is refused in one line and no alert is changed."""
    world = mended(FORGED)
    journal = opened(tmp_path, world)
    (tmp_path / "incidents" / "bundles").write_text("in the way")

    with pytest.raises(JournalError, match=r"cannot write to .*bundles: File exists; mend that and repeat the command"):
        closed(journal, world)

    assert set(statuses(world).values()) == {"open"}


@pytest.mark.parametrize("number", range(1, 9))
def test_acknowledging_that_was_cut_off_is_finished_by_the_next_opening(tmp_path: Path, number: int) -> None:
    """What a kill left between request and record is on record once; an incident that is in order is left alone."""
    world, other = mended(FORGED, UNKNOWN), mended(LOST_LEAD)
    opened(tmp_path, world)
    opened(tmp_path, other)
    wire, dying = Wire(world, undisturbed), DyingDisk(number)
    journal = known(tmp_path, dying.disk).journal("2026-03-02-payment-verify")
    with suppress(Killed):
        case.acknowledge_all(journal, settings_of(world), transport=wire)

    finished = case.finish_acknowledging(known(tmp_path), settings_of(world), transport=wire)

    told = [str(one.data["alert_id"]) for one in journal.read().entries if one.kind == Kind.ACKNOWLEDGED]
    assert (len(finished), len(told), len(wire.sent)) == {
        1: (0, 0, 0), 2: (1, 2, 2), 3: (1, 2, 2), 4: (0, 1, 1), 5: (0, 1, 1), 6: (1, 2, 2), 7: (1, 2, 2), 8: (0, 2, 2),
    }[number]  # fmt: skip


def test_an_incident_of_another_name_is_refused(tmp_path: Path) -> None:
    """One line says where to look."""
    with pytest.raises(JournalError, match="there is no incident 'none'"):
        known(tmp_path).journal("none")


def test_cases_come_from_the_settings(tmp_path: Path) -> None:
    """Whoever uses the library hands in folder, settings and name; redaction is that of the settings."""
    world = mended(FORGED)

    made = case.cases(tmp_path, settings_of(world), "ada")

    assert (made.scribe.actor, made.scribe.redact("sandbox-admin-token")) == ("ada", "[secret]")
