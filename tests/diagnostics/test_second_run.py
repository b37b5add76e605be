"""What runs with effects leave behind: the first a learner, the later ones no row of anybody."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from asking import Script, report

from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.redaction import SYNTHETIC_PHONE
from deeplearn_checks.sandbox.start import start

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import World

GROWING = {"lead_events", "ops_alerts"}
TOKENS = ("", "XXXX.DUMMY.TOKEN.XXXX")
EMAIL = re.compile(r"[\w.+-]+@[\w.-]+")
OWN = re.compile(r"(synthetic|form-probe)-default-[0-9a-f]{8}@deeplearn-checks\.invalid")


def tables(world: World) -> list[str]:
    """Answer the names of all tables."""
    return [row["name"] for row in world.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def counts(world: World) -> dict[str, int]:
    """Count the rows of every table that may not grow, and the open alerts."""
    quiet = [name for name in tables(world) if name not in GROWING]
    rows = {name: len(world.execute(f"SELECT 1 FROM {name}")) for name in quiet}  # noqa: S608  the schema's own names
    return {**rows, "open alerts": len(world.execute("SELECT 1 FROM ops_alerts WHERE status = 'open'"))}


def everything(world: World, token: str, script: Script | None = None, environment: str = "") -> None:
    """Run the whole catalogue with effects."""
    report(
        world, *CATALOG, script=script, DEEPLEARN_CHECKS_EFFECTS="data", DEEPLEARN_CHECKS_TURNSTILE_TOKEN=token,
        DEEPLEARN_CHECKS_ENVIRONMENT=environment,
    )  # fmt: skip


@pytest.mark.parametrize("repaired", [True, False])
@pytest.mark.parametrize("tokens", list(product(TOKENS, TOKENS)))
@pytest.mark.parametrize("count", [0, 14])
def test_later_runs_add_no_rows(count: int, tokens: tuple[str, str], *, repaired: bool) -> None:
    """With the lead form or without, repaired and as today: the events of the funnel and resolved alerts only."""
    world = start(count=count, repaired=repaired)
    everything(world, tokens[0])
    first = counts(world)

    everything(world, tokens[1])
    everything(world, tokens[0])

    assert counts(world) == first


@pytest.mark.parametrize("repaired", [True, False])
@pytest.mark.parametrize("token", TOKENS)
def test_a_run_changes_no_row_of_others(token: str, *, repaired: bool) -> None:
    """What was there before is there afterwards, to the letter."""
    world = start(count=40, repaired=repaired)
    ours = tables(world)
    before = {name: {tuple(row) for row in world.execute(f"SELECT * FROM {name}")} for name in ours}  # noqa: S608  own names

    everything(world, token)

    after = {name: {tuple(row) for row in world.execute(f"SELECT * FROM {name}")} for name in ours}  # noqa: S608  own names
    assert {name: rows - after[name] for name, rows in before.items() if rows - after[name]} == {}


@pytest.mark.parametrize("token", TOKENS)
def test_no_request_names_anybody_else(token: str) -> None:
    """Whatever is posted speaks of the synthetic learner, or of nobody."""
    world = start(count=40)
    people = world.execute("SELECT lead_id, email, phone, user_id FROM lead_registrations")
    others = {text for row in people for text in tuple(row) if text}
    script = Script(world)

    everything(world, token, script)

    posted = [f"{one.url} {one.content.decode()}" for one in script.asked if one.method not in {"GET", "HEAD"}]
    named = {email for text in posted for email in EMAIL.findall(text)}
    contacts = set(re.findall(r"\+91\d{10}", " ".join(posted)))
    assert [text for text in posted for other in others if other in text] == []
    assert ([email for email in named if not OWN.fullmatch(email)], contacts) == ([], {SYNTHETIC_PHONE})


def test_nothing_that_changes_something_is_sent_twice() -> None:
    """But the deliveries of the payment, whose repeats are what is asked about."""
    world = start(count=14)
    script = Script(world)

    everything(world, TOKENS[1], script)

    posted = [(str(one.url), one.content) for one in script.asked if one.method not in {"GET", "HEAD"}]
    repeated = {json.loads(body)["event"] for url, body in posted if posted.count((url, body)) > 1 and b"event" in body}
    assert repeated == {"payment.captured", "deeplearn.checks.probe"}
    assert len({pair for pair in posted if posted.count(pair) > 1}) == 2


def test_another_environment_has_another_learner() -> None:
    """Two environments of one address do not meet in one learner."""
    world = start(count=0)

    for environment in ("staging", "preview", "staging"):
        everything(world, TOKENS[1], environment=environment)

    rows = world.execute("SELECT email FROM lead_registrations WHERE email LIKE 'synthetic-%' ORDER BY email")
    assert [row["email"].split("-")[1] for row in rows] == ["preview", "staging"]
