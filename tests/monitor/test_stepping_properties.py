"""What holds of all that people are told, whatever the monitor sees, in whatever order, however often restarted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from monitored import ID, LETTERS, NOON_MS, Watch, answer, run

from deeplearn_checks.finding import Severity
from deeplearn_checks.monitor.state import Change, Policy, State, Transition
from deeplearn_checks.monitor.state_json import state_from, state_json
from deeplearn_checks.monitor.stepping import WAIVER_EXPIRED, step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deeplearn_checks.monitor.observing import Observed

CAUSES = st.sampled_from(["slow", "reset"])
SEVERITIES = st.sampled_from(Severity)
EVERYTHING = st.sampled_from(sorted(LETTERS))
EVIDENCE = st.text("PFE", max_size=40)
INCIDENT = frozenset({Change.OPENED, Change.RECOVERED, Change.REMINDED})
unhurried = settings(deadline=None, max_examples=50)


@dataclass(frozen=True)
class Seen:
    """One run of one diagnostic, the clock when it is judged, and what is silent then."""

    letter: str
    at_ms: int
    now_ms: int
    cause: str = "slow"
    severity: Severity = Severity.CRITICAL
    is_silent: bool = False
    has_expired: bool = False

    @property
    def run(self) -> Observed:
        """The run."""
        return run(answer(self.letter, cause=self.cause, severity=self.severity), at_ms=self.at_ms)


@st.composite
def histories(draw: st.DrawFn, least_ms: int = -120_000) -> list[Seen]:
    """Any runs: bunched and spread, given twice, too late; with a clock that is put back where *least_ms* allows."""
    now, history = NOON_MS, list[Seen]()
    for letter in draw(st.lists(EVERYTHING, max_size=40)):
        now += draw(st.integers(least_ms, 240_000))
        at = now - draw(st.sampled_from([0, 0, 0, 90_000]))
        is_silent = draw(st.booleans()) and draw(st.booleans())
        history.append(Seen(letter, at, now, draw(CAUSES), draw(SEVERITIES), is_silent, draw(st.booleans())))
        if draw(st.integers(0, 5)) == 0:
            history.append(replace(draw(st.sampled_from(history)), now_ms=now))
    return history


policies = st.builds(
    Policy,
    fails_after=st.integers(1, 3),
    errors_after=st.integers(1, 3),
    recovers_after=st.integers(1, 3),
    remind_every_ms=st.sampled_from([0, 150_000, 600_000]),
    flaps=st.integers(0, 5),
    flap_window_ms=st.sampled_from([300_000, 3_600_000]),
)
plain = st.builds(
    Policy,
    fails_after=st.integers(1, 3),
    errors_after=st.integers(1, 3),
    recovers_after=st.integers(1, 3),
    flaps=st.just(0),
)


def unchanged(state: State) -> State:
    """Answer the state as it is."""
    return state


def judged(
    history: Sequence[Seen], policy: Policy, between: Callable[[State], State] = unchanged
) -> list[tuple[Transition, ...]]:
    """Answer what is told of each run, with something done to the state between every two."""
    state, told = State(), list[tuple[Transition, ...]]()
    for seen in history:
        state, now_told = step(
            between(state),
            seen.run,
            {"": policy},
            seen.now_ms,
            silenced=lambda _name, _now, seen=seen: "silent" if seen.is_silent else "",  # type: ignore[misc]  # bound now
            expired=lambda name, _now, seen=seen: "ran out" if seen.has_expired and name == "slow" else "",  # type: ignore[misc]  # likewise
        )
        told.append(now_told)
    return told


def told_in_all(history: Sequence[Seen], policy: Policy) -> list[Transition]:
    """Answer all that is told, in order."""
    return [one for told in judged(history, policy) for one in told]


def is_open(letters: str, policy: Policy) -> bool:
    """Whether people believe that it is broken, after so many runs a minute apart."""
    told = [word for word in Watch(policy).play(letters) if word]
    return bool(told) and told[-1] == "opened"


@unhurried
@given(histories(), policies)
def test_nothing_is_told_twice_of_one_incident(history: list[Seen], policy: Policy) -> None:
    """What opened recovers before it opens anew, unless it has become worse than was told: each rise once."""
    worst, has_expired, is_down = Severity.INFO, False, False
    for one in told_in_all(history, policy):
        if one.change is Change.OPENED:
            is_worse = one.severity > worst or (WAIVER_EXPIRED in one.cause and not has_expired)
            assert not is_down or is_worse
            worst, has_expired = one.severity, WAIVER_EXPIRED in one.cause
            is_down = True
        elif one.change is Change.RECOVERED:
            assert is_down
            is_down = False
        elif is_down:
            has_expired = has_expired or WAIVER_EXPIRED in one.cause


@unhurried
@given(histories(), policies)
def test_while_it_flaps_only_that_is_told(history: list[Seen], policy: Policy) -> None:
    """One `flapping`, then nothing, then one `steady`."""
    flaps = False
    for one in told_in_all(history, policy):
        if one.change in INCIDENT:
            assert not flaps
        else:
            assert flaps is (one.change is Change.STEADY)
            flaps = one.change is Change.FLAPPING


@unhurried
@given(histories(least_ms=0), policies)
def test_reminders_keep_their_interval(history: list[Seen], policy: Policy) -> None:
    """None comes sooner after anything that was told, and none where there are to be none."""
    told = told_in_all(history, policy)

    gaps = [one.at_ms - before.at_ms for before, one in pairwise(told) if one.change is Change.REMINDED]

    assert all(0 < policy.remind_every_ms <= gap for gap in gaps)


@unhurried
@given(histories(), policies)
def test_silence_is_kept(history: list[Seen], policy: Policy) -> None:
    """Nothing is told of what is silent then."""
    told = judged(history, policy)

    assert not [all_of_it for seen, all_of_it in zip(history, told, strict=True) if seen.is_silent and all_of_it]


@unhurried
@given(histories(), policies)
def test_a_restart_at_any_point_changes_nothing(history: list[Seen], policy: Policy) -> None:
    """All that is known is in the state, and the state survives being kept."""
    restarted = judged(history, policy, lambda state: state_from(state_json(state)))

    assert restarted == judged(history, policy)


@unhurried
@given(histories(), policies, st.lists(st.tuples(st.integers(0, 40), st.sampled_from("BS")), max_size=9))
def test_what_is_no_evidence_changes_nothing(
    history: list[Seen], policy: Policy, others: list[tuple[int, str]]
) -> None:
    """Blocked and skipped results may come at any time."""
    mixed = list(history)
    for place, letter in others:
        mixed.insert(place, Seen(letter, NOON_MS + place, NOON_MS + place))

    assert told_in_all(mixed, policy) == told_in_all(history, policy)


@unhurried
@given(histories(least_ms=1), policies)
def test_what_is_given_again_changes_nothing(history: list[Seen], policy: Policy) -> None:
    """Each run may be given twice, later runs between."""
    punctual = [replace(seen, at_ms=seen.now_ms) for seen in history]
    ordered = sorted({seen.now_ms: seen for seen in punctual}.values(), key=lambda seen: seen.now_ms)
    again = [
        late
        for number, seen in enumerate(ordered)
        for late in (seen, replace(ordered[number // 2], now_ms=seen.now_ms))
    ]

    assert told_in_all(again, policy) == told_in_all(ordered, policy)


@unhurried
@given(EVIDENCE, plain)
def test_no_row_of_failures_goes_without_notice(letters: str, policy: Policy) -> None:
    """N failures in a row, or as many errors as are too many, and people believe that it is broken."""
    for letter, enough in (("F", policy.fails_after), ("E", policy.errors_after)):
        assert is_open(letters + letter * enough, policy)


@unhurried
@given(EVIDENCE, plain, st.data())
def test_no_mixed_row_goes_without_notice(letters: str, policy: Policy, data: st.DataObject) -> None:
    """However failures and errors alternate."""
    length = policy.fails_after + policy.errors_after - 1
    row = data.draw(st.text("FE", min_size=length, max_size=length))

    assert is_open(letters + row, policy)


@unhurried
@given(EVIDENCE, plain)
def test_no_recovery_goes_without_notice(letters: str, policy: Policy) -> None:
    """M passes in a row, and nobody believes that it is broken."""
    assert not is_open(letters + "P" * policy.recovers_after, policy)


@unhurried
@given(EVIDENCE, plain)
def test_it_opens_on_a_row_and_never_on_less(letters: str, policy: Policy) -> None:
    """Each `opened` follows a row without a pass that is long enough, each `recovered` one of passes."""
    for place, told in enumerate(Watch(policy).play(letters), 1):
        row = letters[:place]
        since_pass = row[row.rfind("P") + 1 :]
        if told == "opened":
            assert since_pass.count("F") >= policy.fails_after or since_pass.count("E") >= policy.errors_after
        if told == "recovered":
            assert row.endswith("P" * policy.recovers_after)


@unhurried
@given(histories(), policies)
def test_a_state_stays_small(history: list[Seen], policy: Policy) -> None:
    """It holds one standing of each diagnostic, and no more changes than flapping needs."""
    watch = Watch(policy)
    for seen in history:
        watch.see(seen.run, seen.now_ms)

    assert watch.state.standings.keys() <= {ID}
    assert all(len(one.changes_ms) <= max(1, policy.flaps) for one in watch.state.standings.values())
