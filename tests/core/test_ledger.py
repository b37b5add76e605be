"""What a run says that it may send, and what it has sent: announced before, listed afterwards."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from surroundings import API, POST, Script, answered, ask, breaking, reply, settings, target

from deeplearn_checks import changes
from deeplearn_checks.diagnostics import CATALOG, forms, journey, platform, refusals
from deeplearn_checks.finding import Effects, UnansweredError
from deeplearn_checks.redaction import Redactor
from deeplearn_checks.runner import announced
from deeplearn_checks.wire import Record, Request, ledger_entry

if TYPE_CHECKING:
    from surroundings import Reply

    from deeplearn_checks.changes import Change
    from deeplearn_checks.diagnostic import Diagnostic

REDACT = Redactor(("secret-1",), b"key")
LEAD = Request("POST", API, "/api/lead/submit", body=b"{}", change=changes.LEAD)
TOKEN = {"DEEPLEARN_CHECKS_TURNSTILE_TOKEN": "token-1"}
READING = {changes.SIGNED_PROBE, changes.COUNSELOR}


# -- the ledger ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "left"),
    [
        (reply(200, {"ok": True}), 200, changes.LEAD.leaves),
        (reply(400, {"error": "No."}), 400, "refused: nothing was written"),
        (reply(429), 429, "refused: nothing was written"),
        (reply(302, location="https://elsewhere.example.com/"), 302, "refused: nothing was written"),
        (reply(500, {"error": "It broke."}), 500, "unknown: the service failed over it"),
        (reply(504), 504, "unknown: the service failed over it"),
        (breaking(httpx.ConnectError("refused")), 0, "unknown: no answer came"),
        (breaking(httpx.ReadTimeout("silence")), 0, "unknown: no answer came"),
    ],
)
def test_an_entry_says_what_is_known(answer: Reply, status: int, left: str) -> None:
    """Taken, refused, or unknown: no answer, and a service that failed, may have left anything."""
    asked = ask(answer, request=LEAD)

    entry = ledger_entry(asked.record, REDACT)
    assert entry is not None
    assert (entry.status, entry.left, len(asked.urls), entry.effects) == (status, left, 1, Effects.DATA)


def test_what_is_noted_is_told_instead() -> None:
    """A diagnostic that knows better than the announcement says so; secrets stay out of it."""
    record = Record(7, LEAD, 0.0, left="lead row 5 of secret-1")

    entry = ledger_entry(record, REDACT)

    assert entry is not None
    assert (entry.number, entry.request, entry.sent) == (7, "POST /api/lead/submit", changes.LEAD.sends)
    assert (entry.left.startswith("lead row 5 of"), "secret-1" in entry.left) == (True, False)


def test_reading_has_no_entry() -> None:
    """The ledger is of what can change something."""
    assert ledger_entry(Record(1, Request("GET", API, "/health"), 0.0), REDACT) is None


def test_an_answer_that_came_before_a_failure_is_not_the_last_word() -> None:
    """The second attempt of a question had no answer: then none is shown."""
    asked = ask(reply(503), breaking(httpx.ReadError("reset")), DEEPLEARN_CHECKS_ATTEMPTS="2")

    assert (asked.record.attempts, asked.record.answer) == (2, None)


def test_a_note_goes_to_its_own_request() -> None:
    """By the number of its exchange."""

    async def main() -> list[str]:
        async with target(Script(reply(200, {"ok": True}))) as asked:
            await asked.create_order("l")
            answer = await asked.create_order("l")
            asked.left(answer, "an order")
            return [record.left for record in asked.transport.records]

    assert asyncio.run(main()) == ["", "an order"]


# -- sending ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_request_that_does_not_say_what_it_changes_is_not_sent(method: str) -> None:
    """It is a bug of ours, and loud."""
    wire = Script(reply(200))
    request = replace(POST, method=method, change=None)

    with pytest.raises(ValueError, match=f"{method} /api/chat/counselor does not say what it changes"):
        answered(lambda asked: asked.send(request), wire)

    assert wire.asked == []


@pytest.mark.parametrize("change", [changes.COUNSELOR, changes.LEAD])
@pytest.mark.parametrize("answer", [reply(503), reply(429, retry_after="0"), breaking(httpx.ReadError("reset"))])
def test_what_can_change_something_is_sent_once(change: Change, answer: Reply) -> None:
    """Whatever comes of it: a repeat might change it twice."""
    asked = ask(answer, reply(200), request=replace(POST, change=change))

    assert (len(asked.urls), asked.pauses) == (1, [])


def test_what_waits_for_its_turn_is_not_sent_after_all() -> None:
    """A request that is given up on before it left stays; one that had left is waited for."""
    left = asyncio.Event()

    def answer(_: httpx.Request) -> httpx.Response:
        left.set()
        return httpx.Response(200, json={"ok": True})

    wire = Script(answer)

    async def main() -> list[str]:
        async with target(wire, DEEPLEARN_CHECKS_CONCURRENCY="1") as asked:
            sending = [asyncio.ensure_future(asked.create_order(lead_id)) for lead_id in ("first", "second")]
            await left.wait()
            for one in sending:
                one.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
            await asked.transport.settled()
            return [json.loads(one.content)["lead_id"] for one in wire.asked]

    assert asyncio.run(main()) == ["first"]


def test_waiting_for_what_fails_is_quiet() -> None:
    """Nobody waits for that answer any more: that it does not come is no error of the run."""

    async def main() -> None:
        async with target(Script(breaking(httpx.ReadError("reset")))) as asked:
            sending = asyncio.ensure_future(asked.create_order("l"))
            await asked.transport.settled()
            with pytest.raises(UnansweredError):
                await sending
            await asked.transport.settled()

    asyncio.run(main())


# -- the announcement ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "variables", "listed"),
    [
        (CATALOG, {}, READING),
        (CATALOG, {"DEEPLEARN_CHECKS_WITHOUT": "counselor"}, {changes.SIGNED_PROBE}),
        (CATALOG, {"DEEPLEARN_CHECKS_WITHOUT": "counselor,webhook-secret"}, set()),
        (CATALOG, {"RAZORPAY_WEBHOOK_SECRET": ""}, {changes.COUNSELOR}),
        (
            (refusals.callback_closed,),
            {"DEEPLEARN_CHECKS_EFFECTS": "alerts"},
            {changes.CALLBACK, changes.ALERT_STATUS},
        ),
        ((refusals.callback_closed,), {}, set()),
        ((refusals.callback_closed,), {"DEEPLEARN_CHECKS_EFFECTS": "alerts", "ADMIN_API_TOKEN": ""}, set()),
        ((platform.health,), {"DEEPLEARN_CHECKS_EFFECTS": "data"}, set()),
        (
            (journey.lead_captured,),
            {"DEEPLEARN_CHECKS_EFFECTS": "data"} | TOKEN,
            {changes.SIGNED_PROBE, changes.LEAD, changes.CAPTURED, changes.STAGE, changes.ALERT_STATUS},
        ),
        (
            (journey.lead_captured,),
            {"DEEPLEARN_CHECKS_EFFECTS": "data"},
            {changes.SIGNED_PROBE, changes.CAPTURED, changes.STAGE, changes.ALERT_STATUS},
        ),
        ((forms.capture_works,), {"DEEPLEARN_CHECKS_EFFECTS": "data"}, set()),
        (
            (forms.capture_works,),
            {"DEEPLEARN_CHECKS_EFFECTS": "data", "DEEPLEARN_CHECKS_WITHOUT": "turnstile"} | TOKEN,
            set(),
        ),
    ],
)
def test_only_what_may_be_sent_is_announced(
    asked: tuple[Diagnostic, ...], variables: dict[str, str], listed: set[Change]
) -> None:
    """What is not permitted, left out or not configured is not among it; nor is what nobody asks."""
    found = announced(asked, settings(**variables))

    assert (set(found), len(found)) == (listed, len(listed))


def test_everything_is_announced_in_the_order_of_effects() -> None:
    """With all permitted and configured, every kind of change there is but those of commands, each once."""
    found = announced(CATALOG, settings(DEEPLEARN_CHECKS_EFFECTS="data", **TOKEN))

    commands = {changes.OPERATORS_EVENT, changes.OPERATORS_STATUS, changes.REISSUE, changes.REISSUE_IN_COHORT}
    declared = {value for value in vars(changes).values() if isinstance(value, changes.Change)} - commands
    levels = [change.effects for change in found if change is not changes.ALERT_STATUS]
    assert (set(found), len(found), levels) == (declared, len(declared), sorted(levels))
