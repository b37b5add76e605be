"""Whatever happens to a store, in whatever order, it answers as a plain model of it does."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from monitored import ID, MINUTE_MS, NOON_MS, answer, run
from stored import CHAT, DAY_MS, HOUR_MS, change

from deeplearn_checks.monitor.sql_notices import LEASE_MS
from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.monitor.state import Change, Standing, State

DIAGNOSTICS = (ID, "payment.known-lead")
KEPT_MS = {MINUTE_MS: 2 * DAY_MS, HOUR_MS: 90 * DAY_MS}
OUTCOMES = {"P": "passed", "F": "failed", "E": "errors", "B": "blocked", "S": "skipped"}


class StoreMachine(RuleBasedStateMachine):
    """A store in a file, and beside it what it should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.where = str(Path(self.folder.name) / "monitor.db")
        self.store = open_store(self.where)
        self.now_ms = NOON_MS
        self.runs = 0
        self.counts = Counter[tuple[int, int, str]]()
        self.waiting: list[tuple[str, str, int]] = []
        self.open: set[str] = set()
        self.ended = 0

    @rule(letter=st.sampled_from([*OUTCOMES]), tells=st.lists(st.sampled_from(DIAGNOSTICS), unique=True))
    def keep(self, letter: str, tells: list[str]) -> None:
        """Keep the next run, which opens what is closed and recovers what is open."""
        self.now_ms += MINUTE_MS
        self.runs += 1
        kinds = {one: Change.RECOVERED if one in self.open else Change.OPENED for one in tells}
        told = [change(kind, self.now_ms, one) for one, kind in kinds.items()]
        self.store.state("staging")
        state = State({ID: Standing(failed=self.runs)})
        self.store.keep(run(answer(letter), at_ms=self.now_ms), state, told, dict.fromkeys(range(len(told)), CHAT))

        self.counts.update((span, self.now_ms - self.now_ms % span, letter) for span in (*KEPT_MS, DAY_MS))
        self.waiting += [(one, kind.value, self.now_ms) for one, kind in kinds.items()]
        self.ended += sum(kind is Change.RECOVERED for kind in kinds.values())
        self.open ^= set(tells)

    @rule(days=st.sampled_from([0.1, 1, 3, 45]))
    def wait(self, days: float) -> None:
        """Let time go by, a part of it a minute that was not waited for."""
        self.now_ms += int(days * DAY_MS)

    @rule()
    def roll_up(self) -> None:
        """Leave of what is old the sums."""
        self.store.roll_up(self.now_ms)
        for key in list(self.counts):
            span, from_ms, _ = key
            if span in KEPT_MS and from_ms + span <= self.now_ms - KEPT_MS[span]:
                del self.counts[key]
        self.waiting = [one for one in self.waiting if one[2] >= self.now_ms - KEPT_MS[HOUR_MS]]

    @rule()
    def restart(self) -> None:
        """Close the store and open it again."""
        self.store.close()
        self.store = open_store(self.where)

    @precondition(lambda self: self.waiting)
    @rule(is_delivered=st.booleans())
    def deliver(self, is_delivered: bool) -> None:  # noqa: FBT001  hypothesis names it
        """Deliver the oldest of each diagnostic, or none of them and try again once its time has come."""
        due = self.store.untold(self.now_ms)
        heads = {one: (one, kind) for one, kind, _ in reversed(self.waiting)}
        assert sorted((one.transition.diagnostic, one.transition.change.value) for one in due) == sorted(heads.values())

        for one in due:
            if is_delivered:
                self.store.delivered(one.number, self.now_ms)
                first = next(held for held in self.waiting if held[0] == one.transition.diagnostic)
                self.waiting.remove(first)
            else:
                self.store.deferred(one.number, self.now_ms + LEASE_MS)
        self.now_ms += 0 if is_delivered else LEASE_MS

    @invariant()
    def holds_what_it_should(self) -> None:
        """The state, the sums and the incidents are those of the model."""
        found = Counter[tuple[int, int, str]]()
        for span in (*KEPT_MS, DAY_MS):
            for one in self.store.buckets("staging", 0, span, ID):
                for letter, name in OUTCOMES.items():
                    found[span, one.from_ms, letter] += getattr(one, name)
        incidents = self.store.incidents(0, limit=1_000)
        known = self.store.state("staging").standings
        assert +found == self.counts
        assert ({one.diagnostic for one in incidents if not one.ended_ms}, len(incidents)) == (
            self.open,
            self.ended + len(self.open),
        )
        assert (known[ID].failed if known else 0) == self.runs

    def teardown(self) -> None:
        """Let go of it."""
        self.store.close()
        self.folder.cleanup()


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
