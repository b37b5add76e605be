"""The incident workflow hears of the monitor: a critical change opens an incident, its end is noted there.

An incident is closed, and its alerts resolved, only where `auto_resolve` says so, and then only on proof
(`incident.case.close`). Blocks on disk and target, and runs event loops of its own: for a thread.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.archive import BundleError, load
from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.incident import case
from deeplearn_checks.incident.finding_out import found_recorded
from deeplearn_checks.incident.journal import JournalError, Kind
from deeplearn_checks.incident.kept_runs import FOLDER, KeptRun
from deeplearn_checks.incident.resolving import resolve
from deeplearn_checks.incident.times import times, utc
from deeplearn_checks.monitor.looking import over_the_network
from deeplearn_checks.monitor.state import Change, Health
from deeplearn_checks.runner import run
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.alerting import Triage
    from deeplearn_checks.incident.facts import Facts
    from deeplearn_checks.incident.journal import Journal
    from deeplearn_checks.monitor.bundles import Bundles
    from deeplearn_checks.monitor.config import Config, TargetConfig
    from deeplearn_checks.monitor.looking import Wires
    from deeplearn_checks.monitor.state import State, Transition
    from deeplearn_checks.results import RunReport

ACTOR = "monitor"
"""Who writes in the journals."""


class Incidents:
    """The incidents of a configuration; `state` answers what is known of a target.

    `log` hears which were opened, and which were closed or not.
    """

    def __init__(
        self,
        config: Config,
        state: Callable[[str], State],
        bundles: Bundles,
        log: Callable[[str], None],
        wires: Wires = over_the_network,
    ) -> None:
        self._config = config
        self._state = state
        self._bundles = bundles
        self._log = log
        self._wires = wires

    def __call__(self, transition: Transition) -> str:
        """Open an incident for what broke, or note that it is over; answers why that could not be done, else empty.

        Done again, it goes on: an incident that is open for the same is continued, a note that is there is not
        repeated.
        """
        target = next((one for one in self._config.targets if one.name == transition.target), None)
        if target is None:
            return ""
        try:
            if transition.change is Change.OPENED:
                self._open(target, transition)
            else:
                self._over(target, transition)
        except (ConfigurationError, JournalError, UnansweredError, OSError) as problem:
            return f"incident: {problem}"
        return ""

    def _cases(self, target: TargetConfig) -> case.Cases:
        return case.cases(Path(self._config.incidents.folder), target.settings, ACTOR)

    def _open(self, target: TargetConfig, transition: Transition) -> None:
        known = self._cases(target)
        found, bundle = self._found(target, transition, known)
        title = f"{transition.target}: {transition.diagnostic} ({transition.cause})"
        began = case.open_case(found, known, title=title, bundle=bundle)
        self._log(f"{transition.target} incident {began.journal.id} {'opened' if began.is_new else 'continued'}")

    def _found(self, target: TargetConfig, transition: Transition, known: case.Cases) -> tuple[Triage | RunReport, str]:
        """Answer what the run found in which it broke, its bundle beside the journals; else what a new one finds."""
        kept = self._bundles.path(transition.target, transition.at_ms)
        if not kept.is_file():
            return self._found_now(target, transition, known)
        shelf = known.folder / FOLDER
        shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
        copied = Path(shutil.copy(kept, shelf / kept.name))
        try:
            return found_recorded(load(copied)), str(copied)
        except BundleError:
            copied.unlink()
            return self._found_now(target, transition, known)

    def _found_now(self, target: TargetConfig, transition: Transition, known: case.Cases) -> tuple[RunReport, str]:
        keep = KeptRun(known.folder, ACTOR, known.scribe.now())
        asked = [one for one in self._config.known.values() if one.id == transition.diagnostic]
        return asyncio.run(run(asked, target.settings, transport=self._wires(target), keep=keep)), keep.path

    def _over(self, target: TargetConfig, transition: Transition) -> None:
        """Note in every open incident of it that it is over; close what is over as a whole, where that is meant."""
        known = self._cases(target)
        redacted, state = known.scribe.redact(target.settings.api_base_url), self._state(target.name)
        for journal, told in known.open():
            if told.target == redacted and any(one.id == transition.diagnostic for one in told.root_causes):
                self._noted(journal, transition)
                if _is_well(told, state):
                    self._recovered(journal, told, target)

    def _noted(self, journal: Journal, transition: Transition) -> None:
        words = f"{transition.diagnostic} passes again since {utc(transition.at_ms)}: {transition.summary}"
        if not any(one.kind == Kind.NOTED and one.data.get("text") == words for one in journal.read().entries):
            case.note(journal, words)

    def _recovered(self, journal: Journal, told: Facts, target: TargetConfig) -> None:
        passing = sorted({one.id for one in told.root_causes})
        journal.append_unless(
            Kind.RECOVERED, {"diagnostics": [*passing]}, lambda before: times(before.entries).recovered is not None
        )
        if self._config.incidents.auto_resolve:
            self._close(journal, target)

    def _close(self, journal: Journal, target: TargetConfig) -> None:
        """Close an incident where it is proved to be over; where it is not, that is noted, and people see to it."""
        known = tuple(self._config.known.values())
        done = case.close(journal, target.settings, resolve, transport=self._wires(target), catalogue=known)
        if done.is_closed:
            self._log(f"{target.name} incident {journal.id} closed")
            return
        reasons = "; ".join(done.reasons)
        case.note(journal, f"stays open: {reasons}")
        self._log(f"{target.name} incident {journal.id} stays open: {reasons}")


def _is_well(told: Facts, state: State) -> bool:
    """Whether nothing that the incident is about is down any more."""
    standings = (state.standings.get(one.id) for one in told.root_causes)
    return all(one is None or one.health is not Health.DOWN for one in standings)
