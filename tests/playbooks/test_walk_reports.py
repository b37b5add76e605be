"""Walks as text and JSON: what an operator reads, what a machine reads, and that no person is in either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from strolling import ACTIVE, CERTIFICATES, Script, certify, healthy, lead, settings, stroll

from deeplearn_checks.playbooks import planned_reissue, reissued
from deeplearn_checks.playbooks.reissue import declined
from deeplearn_checks.reporting.walks import announcement, reissue_json, reissue_text, walk_json, walk_text
from deeplearn_checks.sandbox.faults import FAULTS


def test_a_chain_has_a_line_for_each_link() -> None:
    """State, title and what was seen, in order; the verdict stands last."""
    walk = stroll(healthy(), lead(healthy(), ACTIVE)["email"])

    shown = walk_text(walk).splitlines()

    assert [line.split()[0] for line in shown[1:11]] == ["ok"] * 9 + ["not"]
    assert shown[-1] == "NOTHING IS BROKEN"


def test_a_broken_link_says_what_to_do() -> None:
    """Cause, meaning, remedy and runbook step stand under it, and under no other."""
    world = healthy(40, "enrollment-lost")

    shown = walk_text(stroll(world, world.known_lead))

    assert shown.splitlines()[-1] == "BROKEN at: enrolled in the course (paid-without-enrollment)"
    assert [shown.count(f"\n          {name}") for name in ("cause", "means", "next", "runbook")] == [1, 1, 1, 1]
    assert "because of: enrolled in the course" in shown


def test_what_could_not_be_found_out_is_no_success() -> None:
    """The verdict of an unknown chain says so, with the environment it was walked in."""
    world = healthy(40, "gateway-down")

    shown = walk_text(stroll(world, world.known_lead, DEEPLEARN_CHECKS_ENVIRONMENT="staging"))

    assert (shown.splitlines()[-1], "(staging)" in shown) == ("COULD NOT FIND OUT", True)


def test_colours_are_asked_for() -> None:
    """A terminal gets them, a pipe does not."""
    walk = stroll(healthy(1), "nobody@example.com")

    coloured = [("\x1b[" in walk_text(walk, colour=colour)) for colour in (True, False)]

    assert coloured == [True, False]


def test_the_json_has_its_keys() -> None:
    """The keys that docs/one-lead.md names."""
    world = healthy(40, "enrollment-lost")

    shown = json.loads(walk_json(stroll(world, world.known_lead)))

    assert set(shown) == {
        "playbook", "subject", "target", "environment", "started_at", "seconds", "requests", "state", "broken", "links",
        "exchanges",
    }  # fmt: skip
    assert set(shown["links"][0]) == {
        "link", "title", "state", "summary", "cause", "meaning", "remedy", "because", "runbook", "evidence",
        "exchanges",
    }  # fmt: skip
    assert (shown["state"], shown["broken"], shown["links"][7]["because"]) == ("broken", "enrollment", "enrollment")


def test_every_exchange_of_a_link_is_listed() -> None:
    """The numbers that links refer to are among the exchanges of the walk."""
    world = healthy()

    shown = json.loads(walk_json(stroll(world, world.known_lead)))

    referred = {number for link in shown["links"] for number in link["exchanges"]}
    assert referred == {exchange["number"] for exchange in shown["exchanges"]}


def test_the_keys_are_documented() -> None:
    """Every key of the JSON stands on the page for operators."""
    world = healthy()
    page = (Path(__file__).parents[2] / "docs" / "one-lead.md").read_text(encoding="utf-8")

    shown = json.loads(walk_json(stroll(world, world.known_lead)))

    keys = {*shown, *shown["links"][0], *shown["exchanges"][0]}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def persons(world_rows: list[tuple[str, ...]]) -> set[str]:
    """Answer every text that identifies one of these people."""
    return {text for row in world_rows for text in (*row, row[2].removeprefix("+91")) if text}


@pytest.mark.parametrize("fault", ["enrollment-lost", "webhook-lost", "paid-twice", "gateway-down", "unknown"])
def test_no_person_is_in_a_walk(fault: str) -> None:
    """Neither e-mail address, name nor phone number of anybody, in text and JSON, however the lead was named."""
    world = healthy(40, *[one.name for one in FAULTS if one.name == fault])
    people = persons([tuple(row) for row in world.execute("SELECT full_name, email, phone FROM lead_registrations")])
    row = lead(world, "1 = 1")

    walks = [stroll(world, who) for who in (row["email"], row["phone"], row["lead_id"])]

    shown = "".join(walk_text(walk) + walk_json(walk) for walk in walks)
    assert [text for text in people if text in shown] == []


def test_what_was_typed_for_nobody_is_not_repeated() -> None:
    """An argument that names nobody may be a name: it stands nowhere, also not in the address of a request."""
    walk = stroll(healthy(1), "Gowri")

    assert "Gowri" not in walk_text(walk) + walk_json(walk)


def test_hostile_text_cannot_break_out_of_a_line() -> None:
    """What the service answers is folded into the line that it stands in."""
    world = healthy()
    row = world.execute(CERTIFICATES)[0]
    said = {"ok": True, "valid": False, "reason": "x\n\x1b[31mBROKEN\x07"}

    shown = walk_text(certify(world, script=Script(world, {"/api/certificates/verify": (200, said)})))

    assert (row["user_id"] in shown, "\x1b" in shown, "\x07" in shown, "\nBROKEN" in shown) == (
        True,
        False,
        False,
        False,
    )


def test_a_reissue_is_announced_before_it_is_sent() -> None:
    """Whom it is for, the request, and a line for everything that it changes."""
    world = healthy(40, "certificate-altered")
    row = world.execute(CERTIFICATES)[1]
    plan = planned_reissue(settings(world), row["course_id"], row["user_id"], transport=Script(world))

    shown = announcement(plan).splitlines()

    assert (shown[0].startswith("Reissue for course"), "POST /api/admin/courses/" in shown[0]) == (True, True)
    assert [line.split()[0] for line in shown[1:]] == ["changes"] * 3


def test_a_reissue_shows_before_and_after() -> None:
    """As text and as JSON, with the service's answer between."""
    world = healthy(40, "certificate-altered")
    row = world.execute(CERTIFICATES)[1]
    done = reissued(settings(world, effects="data"), row["course_id"], row["user_id"], transport=Script(world))

    shown, read = reissue_text(done), json.loads(reissue_json(done))

    assert shown.index("BEFORE\n") < shown.index("  answer  POST") < shown.index("AFTER\n")
    assert (read["state"], read["before"]["state"], read["after"]["state"]) == ("ok", "broken", "ok")


def test_a_plan_that_was_not_confirmed_says_so() -> None:
    """Nothing was sent, and there is no after."""
    world = healthy(40, "certificate-altered")
    row = world.execute(CERTIFICATES)[1]
    plan = planned_reissue(settings(world), row["course_id"], row["user_id"], transport=Script(world))

    shown, read = reissue_text(declined(plan)), json.loads(reissue_json(declined(plan)))

    assert ("not reissued: it was not confirmed" in shown, "  answer" in shown, read["after"]) == (True, False, None)
