"""What is done to alerts by hand reaches the journals that it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.incident import entries
from deeplearn_checks.incident.facts import facts, inside, text, texts
from deeplearn_checks.incident.journal import Kind
from deeplearn_checks.incident.kept_runs import KeptRun
from deeplearn_checks.incident.times import times

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from deeplearn_checks.incident.case import Cases
    from deeplearn_checks.incident.journal import Journal
    from deeplearn_checks.redaction import Json
    from deeplearn_checks.settings import Settings


@dataclass(frozen=True, slots=True)
class Recording:
    """Records changes of alerts in every open incident that holds them, by id or by group.

    What no incident holds goes to the journal `beside`, where there is one.
    """

    holding: tuple[tuple[Journal, frozenset[str]], ...]
    beside: Journal | None
    ids: frozenset[str]

    def __call__(self, kind: str, data: Mapping[str, Json]) -> None:
        """Write down one thing that is done; raises JournalError."""
        about = {text(data, name) for name in ("alert_id", "kind") if name in data} or self.ids
        journals = [journal for journal, names in self.holding if names & about]
        for journal in journals or filter(None, [self.beside]):
            journal.record(kind, data)
        if kind == Kind.RAN and data.get("passed") is True:
            for journal, _ in self.holding:
                _recovered(journal, data)

    def kept_run(self, purpose: str) -> KeptRun | None:
        """Answer what keeps the run behind it; None where nobody writes it down."""
        journals = [*(journal for journal, _ in self.holding), *filter(None, [self.beside])]
        return KeptRun.of(journals[0], purpose) if journals else None


def _recovered(journal: Journal, ran: Mapping[str, Json]) -> None:
    """Write down that an incident is over, where a passing run asked whatever belongs to it."""
    told = facts(journal.read().entries)
    wanted = told.diagnostics | {one.id for one in told.root_causes}
    unasked = any(not texts(group, "diagnostics") for _, group in told.groups.values())
    if wanted <= inside(ran, "results").keys() and not unasked:
        passed: dict[str, Json] = {"diagnostics": [*entries.passing(ran)]}
        journal.append_unless(Kind.RECOVERED, passed, lambda before: times(before.entries).recovered is not None)


def recording(known: Cases, ids: Collection[str], settings: Settings, *, forced: bool = False) -> Recording:
    """Answer what records the changes of these alerts of a target in its incidents, not in those of another target.

    What is *forced* is kept in any case. Raises JournalError.
    """
    wanted, target = frozenset(ids), known.scribe.redact(settings.api_base_url)
    ours = ((journal, told) for journal, told in known.open() if told.target == target)
    open_ = ((journal, frozenset((*told.alerts, *told.groups))) for journal, told in ours)
    holding = tuple((journal, names) for journal, names in open_ if names & wanted)
    return Recording(holding, known.beside() if forced else None, wanted)
