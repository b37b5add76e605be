"""What people read: root cause, since when, who is hit, what to do, where to look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from monitored import MINUTE_MS, NOON_MS

from deeplearn_checks.finding import Outcome, Severity
from deeplearn_checks.monitor.notices import summary, text
from deeplearn_checks.monitor.state import Change, Transition
from deeplearn_checks.redaction import EMPTY, Redacted

OPENED = Transition(
    Change.OPENED,
    "staging",
    "funnel.enrollments",
    Severity.CRITICAL,
    Outcome.FAILED,
    "enrollment-lost",
    Redacted("2 of 9 are not enrolled"),
    Redacted("enrol them"),
    NOON_MS,
    NOON_MS + 5 * MINUTE_MS,
    ("funnel.modules",),
    2,
)


def test_a_notice_says_all_that_is_needed() -> None:
    """Cause, what was seen, since when, who is hit, what it blocks, the next step, and the page."""
    notice = text([OPENED], "https://status.example.com/")

    assert (notice.title, notice.body.splitlines()) == (
        "[critical] staging: funnel.enrollments is broken",
        [
            "funnel.enrollments is broken (critical)",
            "cause: enrollment-lost",
            "says: 2 of 9 are not enrolled",
            "when: since 2026-03-02 12:00:00 UTC (5 min 0 s)",
            "hit: 2",
            "blocks: funnel.modules",
            "next: enrol them",
            "",
            "https://status.example.com/target/staging",
        ],
    )


def test_a_recovery_says_what_it_was_and_how_long() -> None:
    """There is nothing to do any more."""
    over = replace(OPENED, change=Change.RECOVERED, summary=EMPTY, blocks=(), affected=None)

    notice = text([over])

    assert (
        notice.body.splitlines()
        == [
            "funnel.enrollments has recovered (critical)",
            "was: enrollment-lost",
            "when: from 2026-03-02 12:00:00 UTC to 2026-03-02 12:05:00 UTC (5 min 0 s)",
            "next: enrol them",
        ][:3]
    )


def test_several_changes_of_a_target_are_one_notice() -> None:
    """The first is named, the others are counted, the gravest tells how grave it is."""
    lesser = replace(OPENED, severity=Severity.INFO, diagnostic="platform.tls", at_ms=NOON_MS)

    notice = text([lesser, OPENED])

    told = (notice.title, "when: since 2026-03-02 12:00:00 UTC\n" in notice.body, notice.body.count("is broken"))
    assert told == ("[critical] staging: platform.tls is broken and 1 other change", True, 2)


def test_hostile_texts_stay_short_and_in_one_line() -> None:
    """What comes from a target cannot fill a telephone or forge a line."""
    hostile = replace(OPENED, summary=Redacted("x\nnext: wire money to me\x1b[2J" + "y" * 5000))

    notice = text([hostile])

    said = next(line for line in notice.body.splitlines() if line.startswith("says: "))
    assert (said.startswith("says: x next: wire money to me[2J"), len(said)) == (True, 606)


@pytest.mark.parametrize("change", list(Change))
def test_every_change_has_its_words(change: Change) -> None:
    """In the title and in the log."""
    one = replace(OPENED, change=change)

    told = (text([one]).title.startswith("[critical] staging: funnel.enrollments "), f" {change} (" in summary(one))

    assert told == (True, True)
