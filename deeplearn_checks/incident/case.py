"""One incident from opening to closing: what is written down, and when it may be closed (runbook: Alert Workflow).

An incident is closed only on proof: the playbooks of its alerts and whatever diagnostic found a root cause pass, its
alerts are resolved, and no critical alert is open. Whoever closes it without says why, and that stays on record.
Each step may be repeated after a kill: what is on record is not done again.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from deeplearn_checks.alerting import SETTLED, ChangeOutcome, Triage
from deeplearn_checks.diagnostic import closure
from deeplearn_checks.diagnostics import CATALOG, alerts
from deeplearn_checks.incident import entries
from deeplearn_checks.incident.facts import Facts, facts, text, texts
from deeplearn_checks.incident.journal import FILE, Journal, JournalError, Kind, Scribe, opening
from deeplearn_checks.incident.kept_runs import KeptRun
from deeplearn_checks.incident.resolving import acknowledge
from deeplearn_checks.incident.times import times
from deeplearn_checks.redaction import Json, Redacted
from deeplearn_checks.runner import run
from deeplearn_checks.settings import ConfigurationError, redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    import httpx

    from deeplearn_checks.alerting import AlertChange, Resolution
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.incident.journal import Reading, Written
    from deeplearn_checks.results import RunReport
    from deeplearn_checks.settings import Settings

    Record = Callable[[str, Mapping[str, Json]], None]

BESIDE = "alerts"
"""The journal of what was forced and belongs to no incident."""


_OF_ALERTS = frozenset({alerts.none_critical_open.id, alerts.none_unattended.id})
"""What asks whether alerts are open: asked when those of the incident are resolved, for they keep it from passing."""


class Resolve(Protocol):
    """Resolves alerts on proof, as `resolving.resolve` does."""

    def __call__(  # noqa: PLR0913  the seams of a resolve, each by its name
        self,
        settings: Settings,
        ids: Sequence[str],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        record: Record | None = None,
        keep: KeptRun | None = None,
        why: str = "",
    ) -> Resolution:
        """Answer what became of the alerts; *why* forces it."""


@dataclass(frozen=True, slots=True)
class Cases:
    """The incidents of a folder."""

    folder: Path
    scribe: Scribe

    def journals(self) -> tuple[Journal, ...]:
        """Answer the journal of every incident, oldest id first."""
        found = sorted(path.parent.name for path in self.folder.glob(f"[!.]*/{FILE}"))
        return tuple(Journal.at(self.folder, id_, self.scribe) for id_ in found if id_ != BESIDE)

    def beside(self) -> Journal:
        """Answer the journal of what was forced beside every incident, begun where there is none.

        Raises JournalError.
        """
        with opening(self.folder):
            if (self.folder / BESIDE / FILE).is_file():
                return self.journal(BESIDE)
            first = (Kind.OPENED, {"title": "Alerts resolved by force, beside every incident"})
            return Journal.create(self.folder, BESIDE, self.scribe, [first])

    def journal(self, id_: str) -> Journal:
        """Answer the journal of one incident; raises JournalError."""
        return Journal.at(self.folder, id_, self.scribe)

    def open(self) -> tuple[tuple[Journal, Facts], ...]:
        """Answer every incident that is not closed, with what is known of it; raises JournalError."""
        known = ((journal, facts(journal.read().entries)) for journal in self.journals())
        return tuple((journal, told) for journal, told in known if not told.closed)


@dataclass(frozen=True, slots=True)
class Opened:
    """An incident that was opened, or one that was open for the same and has been continued."""

    journal: Journal
    is_new: bool


def cases(folder: Path, settings: Settings, actor: str) -> Cases:
    """Answer the incidents of a folder; whatever is written there goes through the redaction of these settings."""
    return Cases(folder, Scribe(redactor(settings), actor))


def chosen(triage: Triage, alerts: Collection[str], groups: Collection[str]) -> Triage:
    """Answer a triage of only these alerts and groups, of all where none is named.

    Raises ConfigurationError for one that is not open.
    """
    known = {*entries.alert_ids(triage), *(one.group.name for one in triage.groups)}
    for name in (*alerts, *groups):
        if name not in known:
            raise ConfigurationError(f"{name!r} is no open alert and no group of them; see: deeplearn-checks alerts")
    return entries.narrowed(triage, frozenset(alerts), frozenset(groups)) if alerts or groups else triage


def open_case(found: Triage | RunReport, known: Cases, *, title: str = "", bundle: str = "") -> Opened:
    """Open an incident for what was found, or continue the open one that holds one of the same alerts.

    Without alerts, that of the same target with one of the same root causes is continued; without these too, that with
    the same title. *bundle* is the path of the recorded run behind it. Raises JournalError, and then nothing was
    written.
    """
    report, name = found.report if isinstance(found, Triage) else found, known.scribe.redact(title)
    with opening(known.folder):
        same = next((journal for journal, told in known.open() if _is_same(told, found, report, name)), None)
        if same is not None:
            seen = frozenset(facts(same.read().entries).alerts)
            same.extend([*_told(found, bundle, seen)])
            return Opened(same, is_new=False)
        head: Written = (
            Kind.OPENED,
            {"title": title, "target": report.target, "environment": report.environment},
        )
        first = [head, *_told(found, bundle, frozenset())]
        return Opened(Journal.create(known.folder, _new_id(known, found, report), known.scribe, first), is_new=True)


def _told(found: Triage | RunReport, bundle: str, seen: frozenset[str]) -> list[Written]:
    if isinstance(found, Triage):
        return [*entries.of_triage(found, seen=seen, bundle=bundle)]
    return [entries.of_run(found, "check", bundle=bundle)]


def _is_same(told: Facts, found: Triage | RunReport, report: RunReport, title: str) -> bool:
    """Whether an incident is about what was found."""
    if told.target != report.target:
        return False
    alerts = entries.alert_ids(found) if isinstance(found, Triage) else ()
    if alerts:
        return bool(set(alerts) & set(told.alerts))
    causes = {root.result.id for root in report.root_causes()}
    if not (causes or told.alerts or told.root_causes):
        return told.title == title
    return bool(causes & {one.id for one in told.root_causes})


def _new_id(known: Cases, found: Triage | RunReport, report: RunReport) -> str:
    """Answer an id that is free: the day, what it is about, and a number from the second of its kind on."""
    sources = [one.group.source for one in found.groups] if isinstance(found, Triage) else []
    about = [*sources, *(root.result.cause for root in report.root_causes()), "incident"][0]
    slug = re.sub(r"[^a-z0-9]+", "-", about.lower()).strip("-")[:40] or "incident"
    day = f"{known.scribe.now():%Y-%m-%d}-{slug}"
    number = 1
    while (known.folder / (id_ := day if number == 1 else f"{day}-{number}")).exists():
        number += 1
    return id_


def acknowledge_all(journal: Journal, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None) -> bool:
    """Acknowledge the alerts of an incident, each step on record; answers whether all are.

    Raises UnansweredError where the alerts cannot be read, JournalError where nothing can be written.
    """
    with journal.alone():
        told = facts(journal.read().entries)
        changes = acknowledge(settings, told.alerts, transport=transport, record=journal.record)
        _settled(journal, Kind.ACKNOWLEDGED, changes)
    return all(change.outcome in SETTLED for change in changes)


def note(journal: Journal, words: str, field: str = "") -> None:
    """Write down what a person knows or did; *field* names the field of the review that it fills. Raises JournalError.

    A note that repeats the last entry word for word is that of a repeated command: it is not written twice.
    """
    told: dict[str, Json] = {"text": journal.scribe.redact(words), "field": field}

    def is_last(before: Reading) -> bool:
        return bool(before.entries) and before.entries[-1].data == told

    journal.append_unless(Kind.NOTED, told, is_last)


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of the wish to close: closed now or `already`, else the `reasons` why not, a line each."""

    is_closed: bool
    already: bool = False
    reasons: tuple[Redacted, ...] = ()
    changes: tuple[AlertChange, ...] = ()


def close(  # noqa: PLR0913  the seams of a proof, each by its name
    journal: Journal,
    settings: Settings,
    resolve: Resolve,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    why: str = "",
    catalogue: Sequence[Diagnostic] = CATALOG,
) -> Closing:
    """Close an incident on proof, or by force where *why* says so, and write down each step before the next.

    *catalogue* are the diagnostics that are known: one that is not proves nothing. Where somebody else is closing it,
    waits for that. Raises ConfigurationError for another target than the incident's,
    JournalError where nothing can be written.
    """
    with journal.alone():
        return _closed(journal, _Asking(settings, transport, catalogue), resolve, why)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Whom a proof asks, over what, and all that can be asked."""

    settings: Settings
    transport: httpx.AsyncBaseTransport | None
    catalogue: Sequence[Diagnostic]

    def knows(self, id_: str) -> bool:
        """Whether there is a diagnostic of that id."""
        return any(one.id == id_ for one in self.catalogue)


def _closed(journal: Journal, asking: _Asking, resolve: Resolve, why: str) -> Closing:
    told, settings = facts(journal.read().entries), asking.settings
    redact = journal.scribe.redact
    if told.closed:
        return Closing(is_closed=True, already=True)
    if told.target != redact(settings.api_base_url):
        raise ConfigurationError(f"{journal.id} is an incident of {told.target}: give --target {told.target}")
    beyond = _beyond_playbooks(told)
    unknown = _unknown(beyond, asking, redact)
    first = [id_ for id_ in beyond if id_ not in _OF_ALERTS and asking.knows(id_)]
    last = [id_ for id_ in beyond if id_ in _OF_ALERTS]
    reports = [_ran(journal, first, asking)] if first else []
    failing = _failing(reports)
    if (failing or unknown) and not why:
        return Closing(is_closed=False, reasons=(*_still(failing, redact), *unknown))
    keep = KeptRun.of(journal, "proof")
    resolution = resolve(settings, told.alerts, transport=asking.transport, record=journal.record, keep=keep, why=why)
    if resolution.report.results:
        reports.append(entries.of_proof(resolution.report, (one.failing for one in resolution.changes)))
    _settled(journal, Kind.RESOLVED, resolution.changes)
    if last and all(change.outcome in SETTLED for change in resolution.changes):
        reports.append(_ran(journal, last, asking))
    return _decided(journal, reports, resolution, (*unknown, *_unasked(told, redact)), why)


def _decided(
    journal: Journal, reports: Sequence[Written], resolution: Resolution, unasked: tuple[Redacted, ...], why: str
) -> Closing:
    """Close where all is proved, or forced; an alert whose change was not answered keeps it open even so."""
    redact = journal.scribe.redact
    unsettled = [change for change in resolution.changes if change.outcome not in SETTLED]
    failing = _failing(reports)
    if reports and not (failing or unasked):
        passed: list[Json] = [*sorted({id_ for _, ran in reports for id_ in entries.passing(ran)})]
        journal.append_unless(
            Kind.RECOVERED, {"diagnostics": passed}, lambda before: times(before.entries).recovered is not None
        )
    told_of = {id_ for change in unsettled for id_ in change.failing}
    reasons = (
        *(redact(f"alert {one.alert_id} is not resolved ({one.outcome}): {one.said}") for one in unsettled),
        *_still([id_ for id_ in failing if id_ not in told_of], redact),
        *_open_beside(resolution, {one.alert_id for one in unsettled}, redact),
        *unasked,
    )
    if not (reports or resolution.changes):
        reasons += (Redacted("no diagnostic belongs to this incident, so nothing proves that it is over"),)
    unanswered = any(change.outcome is ChangeOutcome.UNANSWERED for change in unsettled)
    if reasons and (unanswered or not why):
        return Closing(is_closed=False, reasons=reasons, changes=resolution.changes)
    told: dict[str, Json] = {"forced": bool(reasons), "why": why, "unproved": [*reasons]}
    journal.append_unless(Kind.CLOSED, told, lambda before: facts(before.entries).closed)
    return Closing(is_closed=True, reasons=reasons, changes=resolution.changes)


def _open_beside(resolution: Resolution, told_of: set[str], redact: Callable[[str], Redacted]) -> tuple[Redacted, ...]:
    """Name the other alerts that are open afterwards (runbook: Confirm no critical open alerts remain)."""
    others = {one.id: one for one in (*resolution.critical_open, *resolution.opened) if one.id not in told_of}
    named = [redact(f"alert {one.id} is open: {one.source}/{one.event_type}") for one in others.values()]
    return (*named, *filter(None, [resolution.unverified]))


def _beyond_playbooks(told: Facts) -> tuple[str, ...]:
    """Answer the diagnostics that found a root cause and that no playbook of the incident's alerts asks."""
    asked = {one.id for one in closure([one for one in CATALOG if one.id in told.diagnostics])}
    found = (one.id for one in told.root_causes)
    return tuple(id_ for id_ in found if id_ not in asked or not told.alerts)


def _ran(journal: Journal, ids: Collection[str], asking: _Asking) -> Written:
    """Ask these diagnostics once more, and write down what they say."""
    keep, selected = KeptRun.of(journal, "proof"), [one for one in asking.catalogue if one.id in ids]
    report = asyncio.run(run(selected, asking.settings, transport=asking.transport, keep=keep))
    written = entries.of_run(report, "proof", bundle=keep.path)
    journal.append(*written)
    return written


def _failing(reports: Sequence[Written]) -> tuple[str, ...]:
    """Answer the diagnostics that keep one of these runs from being a proof."""
    return tuple(dict.fromkeys(id_ for _, ran in reports if not ran["passed"] for id_ in entries.failing(ran)))


def _still(failing: Sequence[str], redact: Callable[[str], Redacted]) -> tuple[Redacted, ...]:
    return tuple(redact(f"{id_} does not pass; see: deeplearn-checks run --only {id_}") for id_ in failing)


def _unknown(ids: Sequence[str], asking: _Asking, redact: Callable[[str], Redacted]) -> tuple[Redacted, ...]:
    """Name the diagnostics that found something and are not known here, such as those of a module that is not named."""
    unknown = [id_ for id_ in ids if not asking.knows(id_)]
    return tuple(
        redact(f"{id_} is not known here, so nothing proves it: name its module with --extend") for id_ in unknown
    )


def _unasked(told: Facts, redact: Callable[[str], Redacted]) -> tuple[Redacted, ...]:
    """Name the groups of alerts that no diagnostic looks into."""
    names = [name for name, (_, group) in told.groups.items() if not texts(group, "diagnostics")]
    return tuple(redact(f"no diagnostic looks into {name}, so nothing proves that it is over") for name in names)


def _settled(journal: Journal, kind: Kind, changes: Sequence[AlertChange]) -> None:
    """Write down which alerts are settled."""
    recorded = {text(one.data, "alert_id") for one in journal.read().entries if one.kind == kind}
    for change in changes:
        if change.outcome in SETTLED and change.alert_id not in recorded:
            _once(journal, kind, change)


def _once(journal: Journal, kind: Kind, change: AlertChange) -> None:
    """Write down what became of an alert, unless somebody has done so by now."""
    told: dict[str, Json] = {"alert_id": change.alert_id, "outcome": change.outcome.value, "said": change.said}

    def known(before: Reading) -> bool:
        return any(one.kind == kind and one.data.get("alert_id") == change.alert_id for one in before.entries)

    journal.append_unless(kind, told, known)


def finish_acknowledging(
    known: Cases, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None
) -> tuple[Journal, ...]:
    """Finish what a killed command began: acknowledge the alerts of every open incident of this target that has begun.

    Answers the journals of those where all are acknowledged now. Raises as `acknowledge_all()` does.
    """
    target = known.scribe.redact(settings.api_base_url)
    begun = [journal for journal, told in known.open() if told.target == target and _has_begun(journal)]
    return tuple([journal for journal in begun if acknowledge_all(journal, settings, transport=transport)])


def _has_begun(journal: Journal) -> bool:
    """Whether an alert was being acknowledged when the last word of it was written."""
    states = {
        text(one.data, "alert_id"): one.kind
        for one in journal.read().entries
        if one.kind in {Kind.ACKNOWLEDGING, Kind.ACKNOWLEDGED, Kind.REFUSED, Kind.RESOLVED}
    }
    return Kind.ACKNOWLEDGING in states.values()


__all__ = [
    "Cases",
    "Closing",
    "Journal",
    "JournalError",
    "Opened",
    "acknowledge_all",
    "cases",
    "chosen",
    "close",
    "finish_acknowledging",
    "note",
    "open_case",
]
