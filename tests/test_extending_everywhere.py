"""What a team declares is known wherever runs are made, and what is not known is told plainly."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from own_checks import ASKED, CAUSE, FAULT

from deeplearn_checks.extending import VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

    from command import Command

pytestmark = pytest.mark.usefixtures("team")
QUIET = ("--without", "browser")
BROKEN = ("--sandbox", "--fault", FAULT, *QUIET)
EXTENDED = ("--extend", "acme")
REMEDY = "Name it in the console, then look at "
RULE = """-- id: paid-by-nobody
-- severity: info
-- cause: acme-course-nameless
-- runbook: payment-failure-playbook/3
-- key: lead_id
-- tables: lead_registrations (lead_id)
-- meaning: It is so.

SELECT lead_id FROM lead_registrations
"""


@pytest.fixture
def incident(command: Command) -> str:
    """Open an incident for what a check of the team's own finds; answer its id."""
    return command("incident", "open", *EXTENDED, *BROKEN).output.strip()


@pytest.fixture
def bundle(command: Command) -> str:
    """Record a run that a check of the team's own fails."""
    command("run", *EXTENDED, *BROKEN, "--only", ASKED, "--record", "broken.bundle")
    return "broken.bundle"


def test_the_environment_names_modules_for_every_command(command: Command) -> None:
    """Also for those that have no option for it: a fault of one's own breaks what they look at."""
    os.environ[VARIABLE] = "acme"

    ended = command("alerts", "list", "--sandbox", "--fault", FAULT)

    assert (ended.status, ended.errors) == (0, "")


def test_a_module_that_the_environment_names_is_refused_by_its_variable(command: Command) -> None:
    """Nobody looks for an option that was never given."""
    os.environ[VARIABLE] = "nowhere_at_all"

    ended = command("triage", "--sandbox")

    assert (ended.status, ended.errors.partition(": there")[0]) == (2, f"deeplearn-checks: {VARIABLE} nowhere_at_all")


def test_the_doctor_says_what_is_added(command: Command) -> None:
    """And counts it among what a part that is not configured would enable."""
    ours = command("doctor", "--sandbox", "--offline", *QUIET).output
    os.environ[VARIABLE] = "acme"

    both = command("doctor", "--sandbox", "--offline", *QUIET).output

    assert "1 diagnostic and 1 fault of your own" not in ours
    assert "1 diagnostic and 1 fault of your own" in both


def test_the_first_run_of_init_asks_them_too(command: Command) -> None:
    """What will be asked from then on is asked at once."""
    os.environ[VARIABLE] = "acme"

    ended = command("init", "--ci", "none", "--sandbox", "--fault", FAULT, *QUIET)

    assert (ended.status, CAUSE in ended.output) == (1, True)


def test_an_incident_is_opened_for_what_they_find(command: Command, incident: str) -> None:
    """It is named for their cause."""
    told = command("incident", "status", incident).output

    assert incident.endswith(CAUSE)
    assert CAUSE in told


def test_an_incident_is_closed_where_they_pass_again(command: Command, incident: str) -> None:
    """They are asked once more: that is its proof."""
    ended = command("incident", "close", incident, "--yes", "--sandbox", *QUIET, *EXTENDED)

    assert (ended.status, ended.output) == (0, f"{incident} is closed\n")


def test_what_is_not_known_proves_nothing(command: Command, incident: str) -> None:
    """Without the module that found it an incident stays open, and says what to name."""
    ended = command("incident", "close", incident, "--yes", "--sandbox", *QUIET)

    why = f"{ASKED} is not known here, so nothing proves it: name its module with --extend"
    assert (ended.status, ended.output) == (1, f"  stays open: {why}\n{incident} is not closed\n")


def test_closing_by_force_says_what_was_not_known(command: Command, incident: str) -> None:
    """It stays on record."""
    ended = command("incident", "close", incident, "--force", "--why", "we know", "--yes", "--sandbox", *QUIET)

    assert (ended.status, f"not proved: {ASKED} is not known here" in ended.output) == (0, True)


def test_a_review_proposes_what_their_causes_say(command: Command, incident: str) -> None:
    """Without the module the cause stands there, and nothing is proposed for it."""
    told, bare = command("incident", "review", incident, *EXTENDED), command("incident", "review", incident)

    assert "Read a course's page before it goes on sale." in told.output
    assert (bare.status, CAUSE in bare.output, "before it goes on sale" in bare.output) == (0, True, False)


def test_a_bundle_shows_what_nobody_here_knows(command: Command, bundle: str) -> None:
    """Meaning and remedy stand in it."""
    shown, changed = command("bundle", "show", bundle), command("bundle", "diff", bundle, bundle)

    assert (shown.status, changed.status) == (0, 0)
    assert CAUSE in shown.output


def test_an_incident_is_opened_for_a_bundle_of_theirs(command: Command, bundle: str) -> None:
    """Whoever opens it need not know the module."""
    opened = command("incident", "open", "--bundle", bundle)

    assert (opened.status, CAUSE in opened.output) == (0, True)


def test_a_replay_says_what_it_does_not_know(command: Command, bundle: str) -> None:
    """With the module it is judged again."""
    bare, known = command("run", "--replay", bundle), command("run", "--replay", bundle, *EXTENDED)

    assert (bare.status, bare.errors.count("\n"), "name its module with --extend" in bare.errors) == (2, 1, True)
    assert (known.status, REMEDY in known.output) == (1, True)


def test_a_rule_of_an_audit_names_a_cause_of_theirs(command: Command, team: Path) -> None:
    """Its remedy stands in the report; without the module the rule is judged all the same."""
    (team / "rules").mkdir()
    (team / "rules/paid-by-nobody.sql").write_text(RULE, encoding="utf-8")
    asked = ("audit", "sandbox", "--seed", "2", "--rules", "rules", "--only", "paid-by-nobody", "--fail-on", "info")

    known, bare = command(*asked, *EXTENDED, "--fault", FAULT), command(*asked)

    assert (known.status, bare.status) == (1, 1)
    assert REMEDY in known.output
    assert (CAUSE in bare.output, REMEDY in bare.output) == (True, False)
