"""`run --record`, `run --replay` and the commands `bundle show` and `bundle diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.bundle.archive import load, save
from deeplearn_checks.bundle.contents import Bundle

if TYPE_CHECKING:
    from command import Command, Ended

pytestmark = pytest.mark.usefixtures("nothing_configured")
FAULT = "modules-locked"
ID = "funnel.modules-unlocked"


@pytest.fixture
def before(command: Command) -> str:
    """Record a healthy sandbox."""
    command("run", "--sandbox", "--without", "browser", "--record", "before.bundle")
    return "before.bundle"


@pytest.fixture
def after(command: Command) -> str:
    """Record a sandbox with one fault."""
    command("run", "--sandbox", "--without", "browser", "--fault", FAULT, "--record", "after.bundle")
    return "after.bundle"


def without_times(ended: Ended) -> dict[str, object]:
    """Answer a run's JSON without its times."""
    value: dict[str, object] = json.loads(ended.output)
    results = value.pop("results")
    assert isinstance(results, list)
    kept = [{name: fact for name, fact in result.items() if name != "seconds"} for result in results]
    return {name: fact for name, fact in value.items() if name not in {"started_at", "seconds"}} | {"results": kept}


def test_a_recorded_run_is_judged_again(command: Command) -> None:
    """By the same selection, with the same findings and exit status, and no setting but the bundle."""
    asked = ("run", "--sandbox", "--fault", FAULT, "--fail-on", "warning", "--only", ID, "--format", "json")
    recorded = command(*asked, "--record", "run.bundle")

    replayed = command("run", "--replay", "run.bundle", "--format", "json")

    assert (replayed.status, without_times(replayed)) == (1, without_times(recorded))


def test_a_part_of_a_recorded_run_is_judged_again(command: Command, after: str) -> None:
    """`--only` selects anew, and other flags overrule what was recorded."""
    ended = command("run", "--replay", after, "--only", "platform.health", "--fail-on", "info", "--format", "json")

    value = json.loads(ended.output)
    assert ([result["id"] for result in value["results"]], value["fail_on"]) == (
        ["platform.root", "platform.health"],
        "info",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sandbox",), "--replay asks nobody: leave --sandbox out"),
        (("--target", "https://api.example.com"), "--replay asks nobody: leave --target out"),
        (("--fault", FAULT), "--replay asks nobody: leave --fault out"),
        (("--record", "other.bundle"), "--replay asks nobody: leave --record out"),
    ],
)
def test_a_replay_takes_no_target(command: Command, arguments: tuple[str, ...], said: str) -> None:
    """Whatever says who is to be asked is refused in one line."""
    ended = command("run", "--replay", "none.bundle", *arguments)

    assert (ended.status, ended.output, ended.errors) == (2, "", f"deeplearn-checks: {said}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--replay", "none.bundle"), "none.bundle cannot be read: No such file or directory"),
        (("run", "--replay", "text"), "text is no bundle"),
        (("bundle", "show", "text"), "text is no bundle"),
        (("bundle", "diff", "text", "text"), "text is no bundle"),
        (("run", "--sandbox", "--record", "."), ". cannot be written: give a file in a folder that exists"),
        (("run", "--sandbox", "--record", "no/x"), "no/x cannot be written: give a file in a folder that exists"),
        (("bundle", "show"), "Missing argument 'BUNDLE'"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """With the exit status of bad usage."""
    (tmp_path / "text").write_text("hello")

    ended = command(*arguments)

    assert (ended.status, ended.output, ended.errors.count("\n")) == (2, "", 1)
    assert said in ended.errors


def test_a_question_that_is_no_more_is_said(command: Command, before: str) -> None:
    """A bundle of another version may have asked it; the rest can be asked by name."""
    path = Path(before)
    held = load(path)
    manifest = held.manifest.model_copy(update={"selected": ("platform.oracle",)})
    save(Bundle(manifest, held.exchanges, held.report), path)

    ended = command("run", "--replay", before)

    said = (
        "the recorded run asked platform.oracle, which is not known here; "
        "name its module with --extend, or choose others: --only ID"
    )
    assert (ended.status, ended.errors) == (2, f"deeplearn-checks: {said}\n")


def test_a_bundle_is_shown(command: Command, after: str) -> None:
    """When and of what, what was wrong, and what took longest."""
    ended = command("bundle", "show", after)

    shown = ("recorded 20", "ADMIN_API_TOKEN", "no-module-unlocked", "http://api.sandbox.localhost", "SLOWEST REQUESTS")
    assert (ended.status, [text for text in shown if text not in ended.output]) == (0, [])


def test_a_bundle_is_shown_as_json(command: Command, after: str) -> None:
    """With the run as `run --json` writes it."""
    value = json.loads(command("bundle", "show", after, "--json").output)

    assert ([root["id"] for root in value["report"]["root_causes"]], len(value["slowest"])) == ([ID], 5)
    assert "exchanges" not in value


def test_every_exchange_is_listed(command: Command, before: str) -> None:
    """As text and as JSON."""
    listed = command("bundle", "show", before, "--exchanges").output.partition("EXCHANGES\n")[2].splitlines()
    value = json.loads(command("bundle", "show", before, "--exchanges", "--json").output)

    assert len(listed) == len(value["exchanges"]) == value["report"]["requests"]


def test_an_exchange_is_shown_in_full(command: Command, before: str) -> None:
    """The request and its answer, redacted."""
    rows = command("bundle", "show", before, "--exchanges").output.splitlines()
    number = next(row.split()[0] for row in rows if "razorpay/webhook" in row)

    told = command("bundle", "show", before, "--exchange", number).output
    value = json.loads(command("bundle", "show", before, "--exchange", number, "--json").output)

    assert ("> x-razorpay-signature: [secret]" in told, '"event_not_handled"' in told) == (True, True)
    assert (str(value["number"]), value["answered"]["status"]) == (number, 200)


@pytest.mark.parametrize("number", ["0", "999"])
def test_an_exchange_that_is_not_there_is_refused(command: Command, before: str, number: str) -> None:
    """In one line that says which there are."""
    ended = command("bundle", "show", before, "--exchange", number)

    assert (ended.status, ended.errors) == (2, "deeplearn-checks: --exchange: before.bundle holds exchanges 1 to 48\n")


def test_two_bundles_are_compared(command: Command, before: str, after: str) -> None:
    """What the deploy between them brought."""
    ended = command("bundle", "diff", before, after)

    assert ended.status == 1
    assert f"appeared {ID}: passed -> failed (no-module-unlocked)" in ended.output


def test_two_bundles_are_compared_as_json(command: Command, before: str, after: str) -> None:
    """With what it was before and what it is now."""
    value = json.loads(command("bundle", "diff", before, after, "--json").output)

    (found,) = value["findings"]
    assert (found["id"], found["change"], found["before"]["outcome"], found["after"]["cause"]) == (
        ID,
        "appeared",
        "passed",
        "no-module-unlocked",
    )
    assert value["latencies"]["factor"] == 2


def test_a_bundle_does_not_differ_from_itself(command: Command, before: str) -> None:
    """Exit status 0 says so."""
    ended = command("bundle", "diff", before, before)

    assert (ended.status, ended.output.splitlines()[0]) == (0, "FINDINGS: 0 changes")
