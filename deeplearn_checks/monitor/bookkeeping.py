"""What a run means, kept: judged by what is known, with what is to be told and on which routes, all at once.

Blocks on the store: for a thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.config import routes_of
from deeplearn_checks.monitor.keeping import judge_and_keep
from deeplearn_checks.monitor.quorum import combine
from deeplearn_checks.monitor.state import Change
from deeplearn_checks.monitor.stepping import step

if TYPE_CHECKING:
    from deeplearn_checks.monitor.bundles import Bundles
    from deeplearn_checks.monitor.config import Config, GroupConfig
    from deeplearn_checks.monitor.keeping import Judged
    from deeplearn_checks.monitor.looking import Looked
    from deeplearn_checks.monitor.observing import Observed
    from deeplearn_checks.monitor.state import State, Transition
    from deeplearn_checks.monitor.store import Store

INCIDENT_ROUTE = "incident"
"""The route to the incident workflow; those to people are `env:NAME`."""
_BROKEN = frozenset({Outcome.FAILED, Outcome.ERROR})


@dataclass(frozen=True, slots=True)
class Books:
    """Where runs are entered."""

    store: Store
    config: Config
    bundles: Bundles

    def enter(self, looked: Looked, group: GroupConfig, now_ms: int) -> Judged:
        """Judge a run and keep all of it in one transaction; a run in which something breaks is kept as a bundle too.

        Raises StoreError, and then nothing was kept.
        """
        seen = looked.seen
        if looked.kept is not None and any(one.outcome in _BROKEN for one in seen.observations):
            _, transitions, _ = self._judged(self.store.state(seen.target), seen, group, now_ms)
            if any(one.change is Change.OPENED for one in transitions):
                seen = replace(seen, bundle=self.bundles.keep(looked.kept, seen.target, now_ms))
        return judge_and_keep(self.store, seen, lambda state: self._judged(state, seen, group, now_ms))

    def _judged(self, state: State, seen: Observed, group: GroupConfig, now_ms: int) -> Judged:
        quiet = self.config.silences.of(seen.target)
        after, transitions = step(
            state, self._all(seen, now_ms), group.policies, now_ms, silenced=quiet.silenced, expired=quiet.expired
        )
        return after, transitions, {number: self._routes(one) for number, one in enumerate(transitions)}

    def _all(self, seen: Observed, now_ms: int) -> Observed:
        """Answer what all locations say together, where there are several."""
        if not self._is_shared():
            return seen
        others = [
            run
            for run in self.store.last_runs(seen.target)
            if run.group == seen.group and run.location != self.config.location
        ]
        return combine([*others, seen], self.config.voters, now_ms)

    def _is_shared(self) -> bool:
        """Whether other locations may write to the same store."""
        voters, store = self.config.voters, self.config.store.get_secret_value()
        return voters.quorum > 1 or len(voters.locations) > 1 or store.startswith("postgres")

    def _routes(self, transition: Transition) -> tuple[str, ...]:
        people = routes_of(self.config, transition)
        return (*people, INCIDENT_ROUTE) if self._concerns_an_incident(transition) else people

    def _concerns_an_incident(self, transition: Transition) -> bool:
        """Whether it may open an incident, or note in one that it is over."""
        opens = transition.change is Change.OPENED and transition.severity is Severity.CRITICAL
        return self.config.incidents.opens and (opens or transition.change is Change.RECOVERED)
