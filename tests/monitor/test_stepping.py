"""When people are told that something broke, recovered, flaps; and when they are not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from monitored import ID, MINUTE_MS, NOON_MS, Watch, answer, changes, run

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.state import Health, Policy, State
from deeplearn_checks.monitor.stepping import step

CALM = Policy(flaps=0)
HOURLY = Policy(remind_every_ms=3 * MINUTE_MS, flaps=0)
FLAPPING = Policy(fails_after=1, recovers_after=1, flaps=4, flap_window_ms=10 * MINUTE_MS)


@pytest.mark.parametrize(
    ("letters", "told"),
    [
        ("PPP", ["", "", ""]),
        ("FF", ["", "opened"]),
        ("EEE", ["", "", "opened"]),
        ("FPF", ["", "", ""]),
        ("FFFF", ["", "opened", "", ""]),
        ("FFPP", ["", "opened", "", "recovered"]),
        ("FFPPPP", ["", "opened", "", "recovered", "", ""]),
        ("FFPFPF", ["", "opened", "", "", "", ""]),
        ("FFPPFF", ["", "opened", "", "recovered", "", "opened"]),
    ],
)
def test_a_row_of_results_is_a_change(letters: str, told: list[str]) -> None:
    """Two failures or three errors in a row open, two passes recover, and each is told once."""
    assert Watch(CALM).play(letters) == told


def test_failures_and_errors_are_counted_apart() -> None:
    """Neither begins the other's row anew: what alternates is found out too."""
    watch = Watch(CALM)

    told = watch.play("EFEF")

    assert (told, watch.standing.failed, watch.standing.errors) == (["", "", "", "opened"], 2, 2)
    assert watch.told[0].since_ms == NOON_MS + MINUTE_MS


@pytest.mark.parametrize("letter", ["B", "S"])
def test_what_is_blocked_or_skipped_is_no_evidence(letter: str) -> None:
    """It neither opens nor recovers, and leaves the counts as they are."""
    watch = Watch(CALM)

    told = watch.play(letter * 5 + f"F{letter}F" + letter * 5 + f"P{letter}P")

    assert [change for change in told if change] == ["opened", "recovered"]
    assert told[7] == "opened"


def test_what_was_never_asked_is_not_known() -> None:
    """A skipped diagnostic has no standing."""
    watch = Watch()

    watch.play("SB")

    assert watch.state == State()


def test_a_symptom_is_named_by_its_root_cause() -> None:
    """What is broken by the same cause tells nothing of itself: the root says what it blocks, and who is hit."""
    watch = Watch(Policy(fails_after=1))
    seen = run(answer("F", "platform.root"), answer("B", "a.one"), answer("B", "a.two"))

    told = watch.see(replace(seen, affected={"platform.root": 7, "a.one": 3}))

    assert [(one.diagnostic, one.blocks, one.affected) for one in told] == [("platform.root", ("a.one", "a.two"), 7)]


def test_a_change_says_what_is_broken_since_when() -> None:
    """It began with the first result of the row, not with the one that made it a change."""
    watch = Watch(CALM)
    watch.play("PFF")

    (told,) = watch.told

    assert (told.target, told.diagnostic, told.cause, told.severity) == ("staging", ID, "slow", Severity.CRITICAL)
    assert (told.outcome, told.summary, told.remedy) == (Outcome.FAILED, "It failed.", "mend it")
    assert (told.since_ms, told.at_ms) == (NOON_MS + 2 * MINUTE_MS, NOON_MS + 3 * MINUTE_MS)


def test_a_recovery_says_of_what() -> None:
    """It bears the cause, the severity and the beginning that people were told of."""
    watch = Watch(CALM)
    watch.play("FFPP")

    recovered = watch.told[-1]

    assert (recovered.cause, recovered.severity, recovered.outcome) == ("slow", Severity.CRITICAL, Outcome.PASSED)
    assert (recovered.since_ms, recovered.summary) == (NOON_MS + MINUTE_MS, "It passed.")
    assert (watch.standing.cause, watch.standing.opened_ms) == ("", 0)


def test_reminders_come_at_their_interval_only() -> None:
    """While it is broken; never of what passes or cannot be seen just now."""
    told = Watch(HOURLY).play("FFFFFFFBBPFPP")

    assert told == ["", "opened", "", "", "reminded", "", "", "", "", "", "reminded", "", "recovered"]


def test_another_cause_is_the_same_incident() -> None:
    """It is told with the next reminder, not at once."""
    watch = Watch(HOURLY)
    watch.play("FF")

    told = watch.play("FFF", cause="reset")

    assert (told, watch.told[-1].cause) == (["", "", "reminded"], "reset")


def test_what_becomes_more_severe_is_told_anew() -> None:
    """Other people are told of what is critical; a fall, or the same severity again, is no news."""
    watch = Watch(Policy(fails_after=1, flaps=0))
    rising = [Severity.WARNING, Severity.INFO, Severity.CRITICAL, Severity.WARNING, Severity.CRITICAL]

    told = [watch.minute(answer("F", severity=severity)) for severity in rising]
    watch.play("PP")

    assert told == ["opened", "", "opened", "", ""]
    assert [one.severity for one in watch.told] == [Severity.WARNING, Severity.CRITICAL, Severity.CRITICAL]


def test_flapping_is_said_once_and_so_is_its_end() -> None:
    """Between them nothing; then also that it broke or recovered, where people believe otherwise."""
    watch = Watch(FLAPPING)

    told = watch.play("FPFPFPFP" + "P" * 9)

    assert told[:5] == ["opened", "recovered", "opened", "flapping", ""]
    assert [change for change in told[5:] if change] == ["steady+recovered"]


def test_flapping_may_settle_on_what_people_know() -> None:
    """Then only that it is steady is said."""
    watch = Watch(FLAPPING)

    told = watch.play("FPFPF" + "F" * 9)

    assert [change for change in told if change] == ["opened", "recovered", "opened", "flapping", "steady"]
    assert watch.told[-1].outcome is Outcome.FAILED


def test_a_single_result_settles_nothing() -> None:
    """What flapped is steady when the results agree with what it is judged to be."""
    watch = Watch(replace(FLAPPING, fails_after=2, recovers_after=2))
    watch.play("FFPPFFPP")
    watch.now_ms += 20 * MINUTE_MS

    told = watch.play("FP")

    assert told == ["", "steady+recovered"]


def test_flapping_that_is_allowed_no_more_is_over() -> None:
    """A policy without flapping, read anew, ends it."""
    watch = Watch(FLAPPING)
    watch.play("FPFP")
    watch.policy = replace(FLAPPING, flaps=0)

    told = watch.play("P")

    assert told == ["steady+recovered"]


def test_what_settles_broken_is_reminded_of_an_interval_later() -> None:
    """Not in the same breath."""
    watch = Watch(replace(FLAPPING, remind_every_ms=3 * MINUTE_MS))
    watch.play("FPFPF" + "F" * 7)

    told = watch.play("FFFF")

    assert told == ["steady", "", "", "reminded"]


def test_flapping_ends_by_a_clock_that_is_put_back() -> None:
    """What changed in the time to come is forgotten a window after, not when that time has come."""
    watch = Watch(FLAPPING)
    watch.play("FPFP")
    watch.now_ms -= 600 * MINUTE_MS

    told = watch.play("P" * 12)

    assert [change for change in told if change] == ["steady+recovered"]


def test_what_is_silent_is_told_when_it_is_over_and_still_so() -> None:
    """The change is kept, and told with the next result of its kind."""
    silent = Watch(HOURLY, silenced=lambda name, _: "maintenance" if name == ID else "")
    silent.play("FFF")

    silent.silenced = lambda _name, _now: ""
    told = silent.play("PFPP")

    assert (told, silent.told[0].since_ms) == (["", "opened", "", "recovered"], NOON_MS + MINUTE_MS)


def test_what_came_and_went_in_silence_is_never_told() -> None:
    """Neither its beginning nor its end."""
    silent = Watch(CALM, silenced=lambda _name, _now: "maintenance")
    silent.play("FFFPP")

    silent.silenced = lambda _name, _now: ""
    told = silent.play("PPF")

    assert (told, silent.standing.health) == (["", "", ""], Health.UP)


def test_a_recovery_waits_for_the_end_of_silence() -> None:
    """And is told once; what broke again meanwhile was never said to be well."""
    watch = Watch(CALM)
    watch.play("FF")
    watch.silenced = lambda _name, _now: "maintenance"
    watch.play("PP")
    watch.silenced = lambda _name, _now: ""

    told = watch.play("FP")

    assert told == ["", "recovered"]


def test_a_waived_cause_is_silent_and_another_is_not() -> None:
    """A waiver may be of a cause: whatever else breaks the same diagnostic is told."""
    watch = Watch(CALM, silenced=lambda name, _: "waived" if name == "slow" else "")

    waived, other = watch.play("FFF"), watch.play("F", cause="reset")

    assert (waived, other) == (["", "", ""], ["opened"])


@pytest.mark.parametrize("name", [ID, "slow"])
def test_an_expired_waiver_is_told_beside_the_cause(name: str) -> None:
    """Whether it was of the diagnostic or of the cause; what passes needs none."""
    watch = Watch(CALM, expired=lambda asked, _: "its waiver ran out" if asked == name else "")
    watch.play("PFF")

    (told,) = watch.told

    assert (told.diagnostic, told.cause) == (ID, "slow waiver-expired")
    assert told.summary == "It failed. (its waiver ran out)"


def test_a_waiver_that_expires_is_told_once_of_what_is_open() -> None:
    """Even where people were told before it was waived; another cause in between is still the same incident."""
    watch = Watch(CALM, expired=lambda name, _: "its waiver ran out" if name == "slow" else "")
    watch.expired, expired = (lambda _name, _now: ""), watch.expired
    watch.play("FF")
    watch.expired = expired

    told = [*watch.play("FF"), *watch.play("F", cause="reset"), *watch.play("F")]

    assert told == ["opened", "", "", ""]


def test_a_waiver_that_expires_in_silence_is_told_afterwards() -> None:
    """Silence puts it off as it does all else."""
    watch = Watch(CALM)
    watch.play("FF")
    watch.expired, watch.silenced = (lambda _name, _now: "ran out"), (lambda _name, _now: "maintenance")
    watch.play("FF")
    watch.silenced = lambda _name, _now: ""

    told = watch.play("FF")

    assert told == ["opened", ""]


def test_a_monitor_that_cannot_look_is_told() -> None:
    """A run without observations is an error of the monitor, of that group; what it did not see stays as it was."""
    watch = Watch(CALM)
    watch.play("FF")
    blind = [run(at_ms=NOON_MS + minute * MINUTE_MS, problem="no token") for minute in range(3, 7)]

    told = [one for seen in blind for one in watch.see(seen)]

    assert [(one.diagnostic, one.cause, one.summary) for one in told] == [
        ("monitor.run:all", "monitor-cannot-look", "no token")
    ]
    assert watch.standing.health is Health.DOWN


def test_a_monitor_that_can_look_again_says_so() -> None:
    """Its recovery is told as any other; where it always could, nothing is kept of it."""
    watch = Watch(CALM)
    watch.see(run(at_ms=NOON_MS, problem="no token"))
    for minute in (-3, -2, -1):
        watch.see(run(at_ms=NOON_MS - minute, problem="no token"))

    told = watch.play("PP")

    assert (told, changes(watch.told)) == (["", "recovered"], ["opened", "recovered"])


def test_the_monitor_itself_has_a_policy_too() -> None:
    """It is named `monitor.run` for all groups."""
    policies = {"monitor.run": Policy(errors_after=1)}

    _, told = step(State(), run(problem="no token"), policies, NOON_MS)

    assert changes(told) == ["opened"]


def test_a_run_is_counted_once() -> None:
    """One that is given twice, or is older than what is known, changes nothing."""
    watch = Watch(Policy(fails_after=3))
    watch.play("PF")
    before = watch.state

    watch.see(run(answer("F"), at_ms=watch.now_ms), watch.now_ms + 1)
    watch.see(run(answer("P"), at_ms=NOON_MS + MINUTE_MS), watch.now_ms + 2)

    assert watch.state == before


def test_a_clock_that_is_put_back_stops_nothing() -> None:
    """What is known of the time to come does not make news old; the next reminder comes an interval after."""
    watch = Watch(HOURLY)
    watch.play("PFF")
    watch.now_ms -= 600 * MINUTE_MS

    told = watch.play("FFFFPP")

    assert told == ["", "", "", "reminded", "", "recovered"]
    assert all(one.since_ms <= one.at_ms for one in watch.told[:1])


def test_a_policy_of_a_diagnostic_beats_the_default() -> None:
    """Each diagnostic is judged by its own, the others by the one without a name."""
    policies = {"": Policy(fails_after=2), "a.one": Policy(fails_after=1)}

    _, told = step(State(), run(answer("F", "a.one"), answer("F", "a.two")), policies, NOON_MS)

    assert [one.diagnostic for one in told] == ["a.one"]
