"""Runs that a monitor sees, as one letter each, and what it tells of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.observing import Observation, Observed
from deeplearn_checks.monitor.state import Policy, State, Transition
from deeplearn_checks.monitor.stepping import never, step
from deeplearn_checks.redaction import EMPTY, Redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deeplearn_checks.monitor.state import Standing

NOON_MS = 1_772_452_800_000
MINUTE_MS = 60_000
LETTERS = {
    "P": Outcome.PASSED,
    "F": Outcome.FAILED,
    "E": Outcome.ERROR,
    "B": Outcome.BLOCKED,
    "S": Outcome.SKIPPED,
}
ID = "platform.health"


def answer(
    letter: str, diagnostic: str = ID, *, cause: str = "slow", severity: Severity = Severity.CRITICAL
) -> Observation:
    """Answer what a diagnostic says: P(assed), F(ailed), E(rror), B(locked), S(kipped)."""
    outcome = LETTERS[letter]
    is_broken = letter in "FEB"
    return Observation(
        diagnostic,
        severity,
        outcome,
        cause if is_broken else "",
        Redacted(f"It {outcome.value}."),
        Redacted("mend it") if is_broken else EMPTY,
        "alert-workflow/3",
        ("platform.root",) if letter == "B" else (),
        0.1,
    )


def run(*observations: Observation, at_ms: int = NOON_MS, location: str = "here", problem: str = "") -> Observed:
    """Answer one run of the group `all` of the target `staging`."""
    said = Redacted(problem) if problem else None
    return Observed("staging", "all", location, at_ms, at_ms, 0.5, observations, problem=said)


@dataclass
class Watch:
    """A monitor in miniature: it keeps the state, and what was told with the minute in which it was."""

    policy: Policy = field(default_factory=Policy)
    silenced: Callable[[str, int], str] = never
    expired: Callable[[str, int], str] = never
    now_ms: int = NOON_MS
    state: State = field(default_factory=State)
    told: list[Transition] = field(default_factory=list)

    def see(self, seen: Observed, now_ms: int | None = None) -> tuple[Transition, ...]:
        """Judge one run."""
        now = seen.started_ms if now_ms is None else now_ms
        self.state, told = step(self.state, seen, {"": self.policy}, now, silenced=self.silenced, expired=self.expired)
        self.told += told
        return told

    def play(self, letters: str, **about: str) -> list[str]:
        """Judge a run a minute, one for each letter, and answer what is told of each, empty for nothing."""
        return [self.minute(replace(answer(letter), **about)) for letter in letters]  # type: ignore[arg-type]  # texts only

    def minute(self, *observations: Observation) -> str:
        """Judge the next minute's run, and answer what is told of it."""
        self.now_ms += MINUTE_MS
        return "+".join(one.change.value for one in self.see(run(*observations, at_ms=self.now_ms)))

    @property
    def standing(self) -> Standing:
        """What is known of the diagnostic."""
        return self.state.standings[ID]


def changes(told: Sequence[Transition]) -> list[str]:
    """Answer the changes that were told, in order."""
    return [one.change.value for one in told]
