"""Several locations, one verdict."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from monitored import ID, LETTERS, MINUTE_MS, NOON_MS, Watch, answer, run

from deeplearn_checks.finding import Outcome
from deeplearn_checks.monitor.observing import Observation, Observed
from deeplearn_checks.monitor.quorum import Voters, combine
from deeplearn_checks.monitor.state import Policy

TWO = Voters(quorum=2, stale_ms=5 * MINUTE_MS)
ROOT, SYMPTOM = "platform.root", "platform.health"
unhurried = settings(deadline=None, max_examples=50)


def reports(letters: str, *, at_ms: int = NOON_MS) -> list[Observed]:
    """Answer what each location says, one letter each; a dot for a location that has not reported."""
    said = enumerate(letters)
    return [run(answer(letter), at_ms=at_ms, location=f"l{number}") for number, letter in said if letter != "."]


def verdict(letters: str, voters: Voters = TWO) -> str:
    """Answer the outcome that is agreed upon, empty where there is none."""
    said = combine(reports(letters), voters, NOON_MS).observations
    return said[0].outcome.value if said else ""


def blocked(root: str) -> Observation:
    """Answer a symptom of another diagnostic."""
    return replace(answer("B", SYMPTOM), blocked_by=(root,))


def test_a_quorum_breaks_and_fewer_do_not() -> None:
    """Two of three at a quorum of two; what no quorum would call broken passes."""
    said = [verdict(letters) for letters in ("FFP", "FPP", "PPP", "FEF", "EEP", "FP")]

    assert said == ["failed", "passed", "passed", "failed", "error", "passed"]


def test_who_says_nothing_of_it_has_no_vote() -> None:
    """Skipped is no evidence, and where nobody has any there is no verdict."""
    assert [verdict(letters) for letters in ("FSS", "FSF", "SSS", "PSS")] == ["", "failed", "", "passed"]


def test_the_combined_run_stands_for_all() -> None:
    """It bears no location, the beat of the round, all requests, the longest time and the most people hit."""
    near, far = (
        replace(one, requests=3 + number, seconds=number + 1.0, affected={ID: 4 - number}, bundle=f"run-{number}")
        for number, one in enumerate(reports("FF"))
    )

    seen = combine([near, far], TWO, NOON_MS)

    assert (seen.target, seen.group, seen.location, seen.due_ms) == ("staging", "all", "", NOON_MS)
    assert (seen.requests, seen.seconds, seen.affected, seen.bundle) == (7, 2.0, {ID: 4}, "run-0")


def test_nothing_broken_shows_no_bundle() -> None:
    """A run that is kept is shown where it shows what the verdict says."""
    kept = [replace(one, bundle="run") for one in reports("FPP")]

    seen = combine(kept, TWO, NOON_MS)

    assert (seen.bundle, seen.affected) == ("", None)


def test_the_usual_cause_is_told() -> None:
    """Of different causes the one that most saw."""
    causes = ("reset", "slow", "slow")
    votes = [run(answer("F", cause=cause), location=f"l{number}") for number, cause in enumerate(causes)]

    assert combine(votes, TWO, NOON_MS).observations[0].cause == "slow"


def test_only_the_newest_report_of_a_location_counts() -> None:
    """A location does not agree with itself."""
    votes = [*reports("F", at_ms=NOON_MS - MINUTE_MS), *reports("FP")]

    assert combine(votes, TWO, NOON_MS).observations[0].outcome is Outcome.PASSED


def test_a_symptom_of_what_is_broken_stays_one() -> None:
    """Whether a location saw it blocked or broken: the root that all agree upon is told."""
    votes = [
        run(answer("F", ROOT), blocked(ROOT), location="l0"),
        run(answer("F", ROOT), answer("F", SYMPTOM), location="l1"),
    ]

    _, symptom = combine(votes, TWO, NOON_MS).observations

    assert (symptom.outcome, symptom.blocked_by) == (Outcome.BLOCKED, (ROOT,))


def test_a_symptom_without_an_agreed_root_is_none() -> None:
    """What is broken everywhere, each time by something else, is the first thing that all agree upon."""
    votes = [run(blocked(ROOT), location="l0"), run(blocked("platform.tls"), location="l1")]
    own = [*votes[:1], run(answer("F", SYMPTOM), location="l1")]

    said = [combine(each, TWO, NOON_MS).observations[0] for each in (votes, own)]

    assert [(one.outcome, one.blocked_by) for one in said] == [(Outcome.ERROR, ()), (Outcome.FAILED, ())]


def test_silence_neither_opens_nor_recovers() -> None:
    """What was broken by two is not mended because one of them has fallen silent; nor broken by a report long past."""
    before = reports("FF.", at_ms=NOON_MS - 6 * MINUTE_MS)

    stays = combine([*before, *reports("F.P")], TWO, NOON_MS)
    opens = combine([*before[:1], *reports(".FP")], TWO, NOON_MS)

    assert (stays.observations, opens.observations) == ((), ())


def test_who_is_silent_keeps_nobody_from_recovering() -> None:
    """Where even with its last word there would be no quorum."""
    votes = [*reports("F", at_ms=NOON_MS - 6 * MINUTE_MS), *reports(".PP")]

    assert combine(votes, TWO, NOON_MS).observations[0].outcome is Outcome.PASSED


def test_a_location_that_is_no_more_has_no_vote() -> None:
    """Only those that are named; where none of these has reported, the monitor is blind."""
    named = replace(TWO, locations=("l1", "l2"))

    seen = [combine(reports(letters), named, NOON_MS) for letters in ("FFP", "F..")]

    assert seen[0].observations[0].outcome is Outcome.PASSED
    assert seen[1].problem == "0 of the 2 locations that must agree have looked lately"


def test_too_few_locations_are_a_monitor_that_cannot_look() -> None:
    """And what keeps one from looking is said."""
    blind = run(location="l1", problem="no token")

    seen = combine([*reports("F"), blind], TWO, NOON_MS)

    assert seen.problem == "1 of the 2 locations that must agree have looked lately; l1: no token"
    assert (seen.observations, seen.location) == ((), "")


def test_a_round_counts_once() -> None:
    """However many locations report in it: two rounds make two failures in a row, not four."""
    watch, latest, told = Watch(Policy(fails_after=3)), dict[str, Observed](), list[int]()
    for minute in range(4):
        for number in range(3):
            at_ms = NOON_MS + minute * MINUTE_MS
            latest[f"l{number}"] = replace(
                run(answer("F"), at_ms=at_ms, location=f"l{number}"), started_ms=at_ms + number
            )
            if watch.see(combine(list(latest.values()), TWO, at_ms + number), at_ms + number):
                told.append(minute)

    assert told == [2]


def test_a_round_counts_when_a_quorum_has_reported_on_it() -> None:
    """Before that it is still the round before, which is known."""
    before, now = reports("FFF"), reports("PPP", at_ms=NOON_MS + MINUTE_MS)

    beats = [combine([*before, *now[:count]], TWO, NOON_MS + MINUTE_MS).started_ms - NOON_MS for count in (1, 2, 3)]

    assert beats == [0, MINUTE_MS, MINUTE_MS]


@unhurried
@given(st.lists(st.text("PEFBS", min_size=3, max_size=3), max_size=30))
def test_one_location_of_three_never_opens(rounds: list[str]) -> None:
    """Whatever it says, while the others find nothing."""
    watch = Watch(Policy(fails_after=1, errors_after=1))
    for minute, letters in enumerate(rounds):
        at_ms = NOON_MS + minute * MINUTE_MS
        alone = combine(reports(f"{letters[0]}PP", at_ms=at_ms), TWO, at_ms)
        watch.see(alone, at_ms)

    assert watch.told == []


@unhurried
@given(st.text(sorted(LETTERS), min_size=3, max_size=6), st.data())
def test_the_order_of_reports_does_not_matter(letters: str, data: st.DataObject) -> None:
    """Nor whether one is given twice."""
    votes = reports(letters)
    shuffled = data.draw(st.permutations([*votes, votes[0]]))

    assert combine(shuffled, TWO, NOON_MS) == combine(votes, TWO, NOON_MS)


@unhurried
@given(st.text("PF", min_size=3, max_size=7), st.integers(1, 3), st.integers(0, 6))
def test_who_falls_silent_changes_no_verdict_to_its_opposite(letters: str, quorum: int, silent: int) -> None:
    """What was broken does not pass, what passed is not broken."""
    voters = replace(TWO, quorum=quorum)
    later = NOON_MS + 6 * MINUTE_MS
    votes = reports(letters)
    now = [
        one if number == silent else replace(one, started_ms=later, due_ms=later) for number, one in enumerate(votes)
    ]

    before, after = combine(votes, voters, NOON_MS), combine(now, voters, later)

    opposite = {Outcome.FAILED: Outcome.PASSED, Outcome.PASSED: Outcome.FAILED}[before.observations[0].outcome]
    assert [one for one in after.observations if one.outcome is opposite] == []
