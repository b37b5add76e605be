"""The commands `incident open|note|status|close|review`."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from listening import SECRET, listening

from deeplearn_checks.cli.incident import login
from deeplearn_checks.incident.journal import Entry, Journal, Kind, Scribe
from deeplearn_checks.redaction import Redactor
from deeplearn_checks.sandbox.start import start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Command

pytestmark = pytest.mark.usefixtures("nothing_configured")
OPEN = ("incident", "open", "--sandbox", "--fault", "critical-alert-open")
WITHOUT_JINJA2 = "import sys; sys.modules['jinja2'] = None; from deeplearn_checks.cli import main; main()"
QUIET = ("incident", "open", "--sandbox", "--without", "browser")


@contextmanager
def terminal(words: str, *, there: bool) -> Iterator[None]:
    """Let somebody sit at a terminal and type, or nobody."""

    class Input(io.StringIO):
        def isatty(self) -> bool:
            return there

    before, sys.stdin = sys.stdin, Input(words)
    try:
        yield
    finally:
        sys.stdin = before


def opened(command: Command, *more: str) -> str:
    """Open an incident in a sandbox; answer its id."""
    return command(*OPEN, *more).output.strip()


def journal(id_: str) -> list[dict[str, object]]:
    """Read the journal of an incident."""
    return [json.loads(line) for line in Path("incidents", id_, "journal.jsonl").read_text().splitlines()]


def kept(id_: str) -> Journal:
    """Answer the journal of an incident as the library reads it."""
    return Journal.at(Path("incidents"), id_, Scribe(Redactor(())))


def read(id_: str) -> tuple[Entry, ...]:
    """Answer the entries of a journal."""
    return kept(id_).read().entries


def test_opening_prints_the_id(command: Command) -> None:
    """The id is the only line, and names the folder of the journal."""
    ended = command(*OPEN, "--title", "Checkout refused", "--actor", "ada@example.com")

    first = journal(ended.output.strip())[0]
    assert (ended.status, ended.errors, first["kind"], "person-" in str(first["actor"])) == (0, "", "opened", True)


def test_folder_and_name_can_be_configured(command: Command) -> None:
    """By the environment, and by options, which win."""
    os.environ |= {"DEEPLEARN_CHECKS_INCIDENTS": "there", "DEEPLEARN_CHECKS_ACTOR": "grace"}

    id_ = opened(command)
    other = opened(command, "--dir", "elsewhere", "--actor", "ada")

    actors = [
        json.loads(Path(folder, name, "journal.jsonl").read_text().splitlines()[0])["actor"]
        for folder, name in (("there", id_), ("elsewhere", other))
    ]
    assert actors == ["grace", "ada"]


def test_the_login_name_is_used_where_there_is_one() -> None:
    """A container may run as somebody whom no file names: then the actor is empty."""

    def unnamed() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    assert (login(lambda: "ada"), login(unnamed)) == ("ada", "")


def test_nothing_is_opened_for_nothing(command: Command) -> None:
    """A healthy target without alerts needs a title."""
    refused, told = command(*QUIET), command(*QUIET, "--title", "A learner called")

    assert (refused.status, refused.errors.count("\n"), "--title" in refused.errors) == (2, 1, True)
    assert (told.status, told.output.strip().endswith("-incident")) == (0, True)


def test_an_open_incident_is_continued(command: Command) -> None:
    """The same root cause again is said to be known."""
    arguments = (*QUIET, "--fault", "modules-locked")

    first, second = command(*arguments), command(*arguments)

    assert (first.output == second.output, "it is continued" in second.errors) == (True, True)


def test_alerts_are_acknowledged_when_asked(command: Command) -> None:
    """The runbook acknowledges when triage starts; intent and answer are on record."""
    id_ = opened(command, "--acknowledge")

    assert [one["kind"] for one in journal(id_)][-2:] == ["acknowledging", "acknowledged"]


def test_what_a_kill_left_half_acknowledged_is_finished(command: Command) -> None:
    """An alert that is acknowledged at the service and not on record: the same command says so, and opens nothing."""
    id_ = command(*QUIET, "--title", "Killed in the middle").output.strip()
    (alert,) = start().execute("SELECT id FROM ops_alerts WHERE status = 'acknowledged'")
    kept(id_).extend([(kind, {"alert_id": alert["id"]}) for kind in (Kind.ALERT_FIRST_SEEN, Kind.ACKNOWLEDGING)])

    ended = command(*QUIET, "--acknowledge")

    last = read(id_)[-1]
    assert (ended.status, ended.output.strip(), "is acknowledged now" in ended.errors) == (0, id_, True)
    assert (last.kind, last.data["outcome"], len([*Path("incidents").glob("2*")])) == ("acknowledged", "already", 1)


def test_only_what_an_incident_stands_on_is_kept(command: Command) -> None:
    """The run behind an incident can be shown; one that found nothing leaves no bundle behind."""
    command(*QUIET)

    id_ = opened(command)

    (bundle,) = Path("incidents", "bundles").iterdir()
    told = [one.data["bundle"] for one in read(id_) if one.kind == Kind.RAN]
    assert (told, command("bundle", "show", str(bundle)).status) == ([str(bundle)], 0)


def test_people_are_notified(command: Command) -> None:
    """The summary is sent; what was not delivered is told without its address, and fails the command."""
    with listening() as service, listening(500) as broken:
        well = command(*OPEN, "--notify", service.url)
        ill = command(*OPEN, "--dir", "other", "--notify", broken.url)

    assert (well.status, well.output.strip() in service.heard[0]["title"]) == (0, True)
    assert (ill.status, "was not notified" in ill.errors, SECRET in ill.errors) == (1, True, False)


def test_a_note_needs_no_target(command: Command) -> None:
    """Nothing is asked of anybody; the answer to a question of the review is marked as such."""
    id_ = opened(command)

    ended = command("incident", "note", id_, "the secret was rotated", "--for", "why")

    assert (ended.status, journal(id_)[-1]["data"]) == (0, {"text": "the secret was rotated", "field": "why"})


def test_status_lists_what_is_open(command: Command) -> None:
    """A line for each incident, and how many there are."""
    id_ = opened(command, "--title", "Checkout refused")
    caused = command(*QUIET, "--fault", "modules-locked").output.strip()

    lines = command("incident", "status").output.splitlines()

    assert [line.split()[0] for line in lines] == [caused, id_, "2"] or [line.split()[0] for line in lines] == [
        id_,
        caused,
        "2",
    ]
    assert any("root causes: no-module-unlocked" in line for line in lines)
    assert any("Checkout refused" in line for line in lines)


def test_status_of_one_shows_times_and_entries(command: Command) -> None:
    """Unknown times say why; a damaged line is reported."""
    id_ = opened(command, "--title", "Checkout refused")
    path = Path("incidents", id_, "journal.jsonl")
    path.write_bytes(path.read_bytes().replace(b"critical", b"CRITICAL", 1))

    told = command("incident", "status", id_).output

    shown = ("open: Checkout refused", "WARNING line 2 of the journal", "time to detect       unknown: ", "triaged: ")
    assert [text for text in shown if text not in told] == []


def test_closing_asks_first(command: Command) -> None:
    """At a terminal; without one --yes is needed, and nothing is sent."""
    id_ = opened(command)
    arguments = ("incident", "close", id_, "--sandbox", "--fault", "critical-alert-open")

    with terminal("", there=False):
        silent = command(*arguments)
    with terminal("n\n", there=True):
        refused = command(*arguments)
    with terminal("y\n", there=True):
        agreed = command(*arguments)

    assert (silent.status, "add --yes" in silent.errors) == (2, True)
    assert (refused.status, "nothing was sent" in refused.errors) == (2, True)
    assert (agreed.status, agreed.output.splitlines()[-1]) == (1, f"{id_} is not closed")


def test_what_stays_open_says_why(command: Command) -> None:
    """Another sandbox does not list the alert: the incident stays open, with a reason; force closes it."""
    id_ = opened(command)
    arguments = ("incident", "close", id_, "--yes", "--sandbox")

    stays, forced = command(*arguments), command(*arguments, "--force", "--why", "that sandbox is gone")

    assert (stays.status, "stays open: alert " in stays.output) == (1, True)
    assert (forced.status, "not proved: " in forced.output, forced.output.splitlines()[-1]) == (
        0,
        True,
        f"{id_} is closed",
    )
    assert command(*arguments).output == f"{id_} is closed already\n"


def test_a_recovered_root_cause_closes_the_incident(command: Command) -> None:
    """The diagnostic that found it passes: closed, and no longer listed as open."""
    id_ = command(*QUIET, "--fault", "modules-locked").output.strip()

    ended = command("incident", "close", id_, "--yes", "--sandbox")

    assert (ended.status, ended.output) == (0, f"{id_} is closed\n")
    assert command("incident", "status").output == "0 incidents open, 1 closed in incidents\n"


@pytest.mark.parametrize(
    ("format_", "begins"), [("markdown", "# Review: "), ("html", "<!doctype html>"), ("json", "{\n")]
)
def test_a_review_is_printed(command: Command, format_: str, begins: str) -> None:
    """In each format; how many fields are open is said beside it."""
    id_ = opened(command)

    ended = command("incident", "review", id_, "--format", format_)

    assert (ended.status, ended.output.startswith(begins), "6 fields are open: began, why" in ended.errors) == (
        0,
        True,
        True,
    )


def test_a_review_that_is_written_is_on_record(command: Command, tmp_path: Path) -> None:
    """The file is its owner's; when nothing is open no hint is given."""
    id_ = opened(command)
    for field in ("began", "why", "told", "action", "owner", "due"):
        command("incident", "note", id_, "x", "--for", field)

    ended = command("incident", "review", id_, "--output", "review.md")

    mode = stat.S_IMODE((tmp_path / "review.md").stat().st_mode)
    assert (ended.output, ended.errors, mode, journal(id_)[-1]["kind"]) == (
        "",
        "deeplearn-checks: 0 fields are open\n",
        0o600,
        "reviewed",
    )


def test_alerts_changed_by_hand_are_on_record(command: Command) -> None:
    """`alerts acknowledge` writes into the open incident that holds the alert."""
    id_ = opened(command)
    group = "payment_verify/invalid_checkout_signature"

    command("alerts", "acknowledge", group, "--yes", "--sandbox", "--fault", "critical-alert-open")

    assert journal(id_)[-1]["kind"] == "acknowledged"


def test_a_page_without_jinja2_is_refused_in_one_line() -> None:
    """The extra that it needs is named."""
    ended = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", WITHOUT_JINJA2, "incident", "review", "x", "--format", "html"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr.count("\n"), "deeplearn-checks[report]" in ended.stderr) == (2, 1, True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("incident", "open"), "--sandbox"),
        ((*OPEN, "--alert", "none"), "'none' is no open alert"),
        ((*OPEN, "--dir", "file"), "cannot write to file"),
        (("incident", "note", "none", "x"), "no incident 'none'"),
        (("incident", "note", "none", " "), "the note is empty"),
        (("incident", "note", "none", "x", "--for", "whom"), "began, why"),
        (("incident", "status", "none"), "no incident 'none'"),
        (("incident", "close", "none", "--sandbox"), "no incident 'none'"),
        (("incident", "close", "none", "--force"), "--why"),
        (("incident", "review", "none"), "no incident 'none'"),
        (("incident", "review", "none", "--format", "pdf"), "markdown, html, json"),
    ],
)
def test_bad_input_is_one_line(command: Command, arguments: tuple[str, ...], named: str) -> None:
    """A mistake is refused with status 2 and one line that names the remedy."""
    Path("file").touch()

    ended = command(*arguments)

    assert (ended.status, ended.output, ended.errors.count("\n"), named in ended.errors) == (2, "", 1, True)


def test_a_setting_that_cannot_be_used_is_refused_at_rest_too(command: Command) -> None:
    """Only a missing target is no matter where nothing is asked."""
    os.environ["DEEPLEARN_CHECKS_DEADLINE"] = "never"

    ended = command("incident", "status")

    assert (ended.status, "DEEPLEARN_CHECKS_DEADLINE" in ended.errors) == (2, True)


def test_a_review_that_cannot_be_written_is_one_line(command: Command) -> None:
    """The folder does not exist: nothing is on record."""
    id_ = opened(command)

    ended = command("incident", "review", id_, "--output", "missing/review.md")

    assert (
        ended.status,
        "cannot write missing/review.md (No such file or directory)" in ended.errors,
        journal(id_)[-1]["kind"],
    ) == (
        2,
        True,
        "recovered",
    )
