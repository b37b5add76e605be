"""Whether leads come in and are kept: what counts as a registration, in which window."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from asking import Script, ask, healthy, verdict

from deeplearn_checks.diagnostics import leads
from deeplearn_checks.sandbox import server

if TYPE_CHECKING:
    from asking import Json

    from deeplearn_checks.sandbox.world import World

CRM = "/api/admin/crm/leads"
NEWEST = "SELECT * FROM lead_registrations WHERE payment_status = 'registered' ORDER BY created_at_ms DESC"


def event(world: World, webinar: str, count: int = 1) -> None:
    """Write registration events, as a form does."""
    row = {"event_name": "webinar_registration_submitted", "webinar_id": webinar, "created_at_ms": world.now_ms()}
    world.insert("lead_events", [{"id": f"{webinar} {n}", **row} for n in range(count)])


def from_the_webhook(world: World, lead_id: str) -> None:
    """Write a lead as the webhook creates it: without name and phone, and without a registration event."""
    now = world.now_ms()
    row = {"lead_id": lead_id, "email": f"{lead_id}@example.com", "webinar_id": "deep-rag-live-webinar"}
    world.insert("lead_registrations", [{**row, "created_at_ms": now, "updated_at_ms": now}])


def lose(world: World, count: int) -> None:
    """Delete the rows of the newest leads; their events stay."""
    for row in world.execute(NEWEST)[:count]:
        world.execute("DELETE FROM lead_registrations WHERE lead_id = ?", (row["lead_id"],))


@pytest.mark.parametrize(("lost", "expected"), [(0, "passed"), (1, "lead-writes-lost")])
@pytest.mark.parametrize(("count", "days"), [(40, 90), (1200, 30)])
def test_rows_are_counted_where_all_are_within_reach(count: int, days: int, lost: int, expected: str) -> None:
    """Ninety days are counted where the CRM shows every row; at its limit thirty, by the service's own count."""
    world = healthy(count)
    lose(world, lost)

    result = ask(world, leads.writes_recorded)

    assert (verdict(result), result.evidence["days"]) == (expected, days)


def test_a_lead_of_the_webhook_does_not_stand_in_for_a_lost_one() -> None:
    """Leads that a webhook created have no registration event: they are not counted."""
    world = healthy(14)
    lose(world, 1)
    from_the_webhook(world, "w1")

    result = ask(world, leads.writes_recorded)

    assert verdict(result) == "lead-writes-lost"


def test_all_rows_may_be_lost() -> None:
    """Registrations are counted even where no row is left to say of which webinar they were."""
    world = healthy(14)
    world.execute("DELETE FROM lead_registrations")

    result = ask(world, leads.writes_recorded)

    assert verdict(result) == "lead-writes-lost"


def test_another_webinar_counts_as_well() -> None:
    """The registrations of every webinar within reach are counted."""
    world = healthy(14)
    world.execute("UPDATE lead_registrations SET webinar_id = 'second' WHERE lead_id = ?", (first(world),))
    event(world, "second", 3)

    result = ask(world, leads.writes_recorded)

    assert result.evidence["events"] == 17


def first(world: World) -> str:
    """Answer the id of the newest lead that has not paid."""
    return str(world.execute(NEWEST)[0]["lead_id"])


def test_who_registers_between_two_answers_is_not_lost() -> None:
    """A lead whose event is counted and whose row came a moment later is found when the rows are read again."""
    world = healthy(14)
    early = late(world)

    def crm(request: httpx.Request) -> tuple[int, Json | str] | None:
        return None if "q" in request.url.params else (200, early)

    result = ask(world, leads.writes_recorded, script=Script(world, {CRM: crm}), DEEPLEARN_KNOWN_LEAD="")

    assert verdict(result) == "passed"


def late(world: World) -> Json:
    """Answer the CRM's list as it was before the newest registration."""
    url = f"{world.origins.api}{CRM}?days=365&limit=300"
    headers = {"x-admin-token": world.variables["ADMIN_API_TOKEN"]}
    request = httpx.Request("GET", url, headers=headers)

    async def answer() -> Json:
        async with httpx.AsyncClient(transport=server.transport(world)) as client:
            found: Json = (await client.send(request)).json()
            return found

    body = asyncio.run(answer())
    rows = body["leads"]
    assert isinstance(rows, list)
    return {**body, "leads": [row for row in rows if row["lead_id"] != first(world)]}


def test_a_webinar_that_cannot_be_counted_is_an_error() -> None:
    """Where the events of one webinar are refused, the rows cannot be held against them."""
    world = healthy(14)
    world.execute("UPDATE lead_registrations SET webinar_id = 'second' WHERE lead_id = ?", (first(world),))

    def refuse(request: httpx.Request) -> tuple[int, Json | str] | None:
        return (500, {"error": "boom"}) if request.url.params["webinar_id"] == "second" else None

    result = ask(world, leads.writes_recorded, script=Script(world, {"/api/analytics/funnel": refuse}))

    assert verdict(result) == "server-error"


def test_without_leads_no_silence_is_judged() -> None:
    """Before the first lead there is no silence, and the finding says so."""
    world = healthy(0)

    result = ask(world, leads.flow_alive)

    assert (verdict(result), result.summary) == ("passed", "no lead has come in yet: nothing to judge")


@pytest.mark.parametrize(("limit", "expected"), [("0.1", "no-recent-leads"), ("0.2", "passed")])
def test_silence_is_held_against_its_limit(limit: str, expected: str) -> None:
    """The newest lead, three to four hours old, is too old for a limit of a tenth of a day."""
    world = healthy(14)

    result = ask(world, leads.flow_alive, DEEPLEARN_CHECKS_LEAD_SILENCE_DAYS=limit)

    assert verdict(result) == expected
