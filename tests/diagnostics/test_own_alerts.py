"""The alerts of a run: its own are resolved however it ends, and nobody else's is ever touched."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from asking import Json, Script, ask, healthy, report

from deeplearn_checks.changes import FORGED
from deeplearn_checks.diagnostic import Diagnostic, diagnostic
from deeplearn_checks.diagnostics import CATALOG, refusals
from deeplearn_checks.finding import Effects, Finding, Severity
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox import server
from deeplearn_checks.settings import load_settings
from deeplearn_checks.target import PROBE_EVENT, Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from deeplearn_checks.results import RunReport
    from deeplearn_checks.sandbox.world import World

WEBHOOK = "/api/funnel/payment/razorpay/webhook"
LIST = "/api/admin/alerts"
STATUS = "/api/admin/alerts/*/status"
MINUTE_MS = 60_000
FORGERY = "webhook_signature_invalid"
SEEN = refusals.forgery_raises_alert
FAILURE: tuple[int, Json] = (500, {"error": "The database is away."})


def quiet(count: int = 0, *faults: str) -> World:
    """Build a deployment, broken by *faults* only, that has never raised an alert."""
    world = healthy(count, *faults)
    world.execute("DELETE FROM ops_alerts")
    return world


def leave(world: World, event_type: str, minutes: int, name: str = "theirs") -> None:
    """Leave an alert open that was raised so many minutes ago."""
    at_ms = world.now_ms() - minutes * MINUTE_MS
    row = {"source": "payment_webhook", "severity": "critical", "event_type": event_type, "status": "open"}
    row |= {"dedupe_key": f"razorpay_{event_type}", "message": "It went wrong."}
    world.insert("ops_alerts", [{"id": name, **row, "created_at_ms": at_ms, "updated_at_ms": at_ms}])


def statuses(world: World) -> list[tuple[str, str]]:
    """Answer the alerts, by event type and status, oldest first; a name in place of the type where there is one."""
    rows = world.execute("SELECT id, event_type, status FROM ops_alerts ORDER BY created_at_ms, rowid")
    return [(row["id"] if len(row["id"]) < 20 else row["event_type"], row["status"]) for row in rows]


def left(found: RunReport, sent: str = FORGED.sends) -> str:
    """Answer what the ledger says that a kind of request left behind."""
    return next(entry.left for entry in found.ledger if entry.sent == sent)


def is_forged(request: httpx.Request) -> bool:
    """Whether this is a delivery that the run means to be refused."""
    return request.url.path == WEBHOOK and request.headers.get("x-razorpay-event-id") == "evt_deeplearnchecks"


def once(
    happens: Callable[[], None], when: Callable[[httpx.Request], bool] = is_forged
) -> Callable[[httpx.Request], None]:
    """Let something happen just before the service judges the first such request."""
    waiting = [happens]

    def answer(request: httpx.Request) -> None:
        if waiting and when(request):
            waiting.pop()()

    return answer


def test_an_alert_that_was_open_is_refreshed_and_never_touched() -> None:
    """A repeat moves its time and nothing else; the ledger says so."""
    world = quiet()
    leave(world, FORGERY, 1)
    before = world.execute("SELECT * FROM ops_alerts")[0]

    found = report(world, SEEN, DEEPLEARN_CHECKS_EFFECTS="alerts")

    after = world.execute("SELECT * FROM ops_alerts")
    moved = {name for name in before.keys() if after[0][name] != before[name]}  # noqa: SIM118  sqlite3.Row iterates over values
    assert (len(after), moved, found.left_open) == (1, {"updated_at_ms"}, ())
    assert left(found).endswith("theirs was open before: refreshed, not touched")


def test_an_alert_that_is_too_old_for_repeats_stays() -> None:
    """After 15 minutes a repeat is an alert of its own: that one is the run's, and resolved."""
    world = quiet()
    leave(world, FORGERY, 20)

    found = report(world, SEEN, DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert statuses(world) == [("theirs", "open"), (FORGERY, "resolved")]
    assert "theirs was open before: not touched" in left(found)
    assert left(found).count("raised and resolved") == 1


@pytest.mark.parametrize(
    ("event_type", "minutes"), [("webhook_processing_failed", 0), ("webhook_secret_missing", 60), (FORGERY, 60)]
)
def test_an_alert_of_others_that_appears_meanwhile_stays(event_type: str, minutes: int) -> None:
    """Of a type that the run does not provoke, or raised before it: reopened, say, while the run was under way."""
    world = quiet()
    script = Script(world, {WEBHOOK: once(lambda: leave(world, event_type, minutes))})

    report(world, SEEN, script=script, DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert dict(statuses(world)) == {"theirs": "open", FORGERY: "resolved"}


def test_an_alert_of_others_from_just_before_stays() -> None:
    """Raised when the run had begun, and open before it provoked anything: theirs, though the run's repeat joins it."""
    world = quiet()
    script = Script(world, {LIST: once(lambda: leave(world, FORGERY, 0), lambda _: True)})

    report(world, refusals.webhook_refuses_forgery, script=script, DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert statuses(world) == [("theirs", "open")]


def test_an_alert_behind_two_hundred_others_stays() -> None:
    """One that shows only because others were resolved meanwhile was open before."""
    world = quiet()
    for number in range(202):
        leave(world, FORGERY, 1000 - number, f"theirs {number}")

    def tidy_up() -> None:
        world.execute("UPDATE ops_alerts SET status = 'resolved' WHERE id > 'theirs 150'")

    report(world, SEEN, script=Script(world, {WEBHOOK: once(tidy_up)}), DEEPLEARN_CHECKS_EFFECTS="alerts")

    kept = [name for name, status in statuses(world) if status == "open"]
    assert kept[:2] == ["theirs 0", "theirs 1"]
    assert FORGERY not in kept


def test_the_signed_probes_own_alert_is_resolved_too() -> None:
    """Where the secrets differ the probe raises an alert before anything else does; an older one of its type stays."""
    world = quiet(0, "webhook-secret-differs")
    leave(world, FORGERY, 20)

    report(world, refusals.callback_closed, SEEN, DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert statuses(world)[:2] == [("theirs", "open"), (FORGERY, "resolved")]


@pytest.mark.parametrize("fault", ["webhook-secret-differs", "webhook-secret-unset", "model-key-rejected"])
def test_without_effects_nothing_is_resolved(fault: str) -> None:
    """Two requests that are no GET are sent at effects none, and whatever they raise stays."""
    world = quiet(14, fault)
    script = Script(world)

    found = report(world, *CATALOG, script=script)

    posted = {request.url.path for request in script.asked if request.method not in {"GET", "HEAD"}}
    assert posted == {WEBHOOK, "/api/chat/counselor"}
    assert ({status for _, status in statuses(world)}, found.left_open) == ({"open"}, ())


# -- however it ends ----------------------------------------------------------------------------


def provoking(then: Callable[[], Awaitable[object]], effects: Effects = Effects.ALERTS) -> Diagnostic:
    """Declare a diagnostic that forges a delivery, and what it does after that."""

    @diagnostic("a.forger", severity=Severity.CRITICAL, runbook="alert-workflow/3", effects=effects, changes=[FORGED])
    async def forger(target: Target) -> Finding:
        await target.deliver(PROBE_EVENT, "forged", FORGED, "evt_deeplearnchecks")
        await then()
        raise LookupError("a bug")

    return forger


async def nothing() -> None:
    """Go on."""


@pytest.mark.parametrize(
    ("then", "cause"), [(nothing, "bug-in-deeplearn-checks"), (lambda: asyncio.Event().wait(), "timed-out")]
)
def test_alerts_are_resolved_after_a_bug_and_at_the_deadline(
    then: Callable[[], Awaitable[object]], cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The run ends early, and leaves nothing open."""
    world = quiet()

    with caplog.at_level("CRITICAL", "deeplearn_checks"):
        result = ask(world, provoking(then), DEEPLEARN_CHECKS_DEADLINE="1", DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert (result.cause, statuses(world)) == (cause, [(FORGERY, "resolved")])


def test_alerts_are_resolved_after_a_bug_outside_of_any_question() -> None:
    """The run fails loudly, and leaves nothing open all the same."""
    world = quiet()

    async def ask_nothing(_: Target) -> Finding:
        raise AssertionError

    senseless = Diagnostic(
        "a.senseless", "", "", Severity.INFO, Effects.DATA, "", ask_nothing, needs=None  # type: ignore[arg-type]  # the bug
    )  # fmt: skip

    with pytest.raises(ExceptionGroup):
        report(world, provoking(nothing), senseless, DEEPLEARN_CHECKS_EFFECTS="data")

    assert statuses(world) == [(FORGERY, "resolved")]


class Late(Script):
    """Takes a forged delivery, lets the run be interrupted, and only then judges it, whether or not anybody waits."""

    def __init__(self, world: World, stop: asyncio.Event) -> None:
        super().__init__(world)
        self._stop = stop
        self._working: set[asyncio.Future[httpx.Response]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer in a task of its own, as a service does."""
        working = asyncio.ensure_future(self._answer(request))
        self._working.add(working)
        return await asyncio.shield(working)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if is_forged(request):
            self._stop.set()
            for _ in range(1000):
                await asyncio.sleep(0)
        return await super().handle_async_request(request)


@pytest.mark.parametrize("effects", [Effects.ALERTS, Effects.DATA])
def test_alerts_are_resolved_when_a_run_is_interrupted(effects: Effects) -> None:
    """Also that of a delivery that was under way: giving up on it does not keep it from arriving."""
    world = quiet()
    settings = load_settings({"effects": effects}, variables=server.exports(world))

    async def main() -> RunReport:
        stop = asyncio.Event()
        return await run([provoking(nothing, effects)], settings, transport=Late(world, stop), stop=stop)

    found = asyncio.run(main())

    assert (found.interrupted, found.left_open, statuses(world)) == (True, (), [(FORGERY, "resolved")])
    assert (found.ledger[0].status, found.gate) == (401, "failed")


# -- when they cannot be resolved ---------------------------------------------------------------


@dataclass
class Seen:
    """What a test has seen so far."""

    forged: bool = False


def test_an_alert_that_may_not_be_resolved_is_named() -> None:
    """In the report and in the ledger, and the gate fails for it."""
    world = quiet()

    found = report(world, SEEN, script=Script(world, {STATUS: FAILURE}), DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert [text.split(" ", 2)[1] for text in found.left_open] == [f"payment_webhook/{FORGERY}"]
    assert found.left_open[0].endswith("answered 500: The database is away.")
    assert (found.gate, found.gate_reasons(), left(found).endswith(", still open")) == ("failed", found.left_open, True)


def test_a_list_that_cannot_be_read_at_the_end_is_told() -> None:
    """What was raised may still be open: the gate fails."""
    world, seen = quiet(), Seen()

    def forge(request: httpx.Request) -> None:
        seen.forged |= is_forged(request)

    answers = {WEBHOOK: forge, LIST: lambda _: FAILURE if seen.forged else None}
    found = report(
        world, refusals.webhook_refuses_forgery, script=Script(world, answers), DEEPLEARN_CHECKS_EFFECTS="alerts"
    )

    assert found.gate_reasons() == found.left_open
    assert found.left_open == (
        "alerts that this run raised may still be open: GET /api/admin/alerts answered 500: The database is away.",
    )


class Silent(Script):
    """Takes every request to resolve an alert, and answers none."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for ever, or answer as the world does."""
        if request.url.path.endswith("/status") and request.method == "POST":
            await asyncio.Event().wait()
        return await super().handle_async_request(request)


def test_resolving_has_an_end() -> None:
    """After the time of one request the run ends, and says what it could not do."""
    world = quiet()

    found = report(world, SEEN, script=Silent(world), DEEPLEARN_CHECKS_TIMEOUT="1", DEEPLEARN_CHECKS_EFFECTS="alerts")

    assert found.left_open == (
        "alerts that this run raised may still be open: resolving them took more than 1 s",
    )  # fmt: skip
    assert found.gate == "failed"


def test_nothing_is_provoked_where_alerts_cannot_be_seen() -> None:
    """Whoever cannot see which alerts are open cannot tell its own from theirs: nothing is sent."""
    world = quiet(14)
    script = Script(world, {LIST: FAILURE})

    found = report(world, *CATALOG, script=script, DEEPLEARN_CHECKS_EFFECTS="data")

    posted = {request.url.path for request in script.asked if request.method == "POST"}
    unsent = {one.cause for one in found.results if one.effects > Effects.NONE}
    assert (posted, unsent) == ({WEBHOOK, "/api/chat/counselor"}, {"server-error"})
    assert [request for request in script.asked if is_forged(request)] == []


@pytest.mark.parametrize("fault", ["database-unbound", "admin-token-differs", "webhook-secret-differs"])
def test_nothing_is_sent_where_it_would_be_in_vain(fault: str) -> None:
    """What requires a thing that is known to be broken is held back, and shown as its symptom."""
    world = quiet(14, fault)
    script = Script(world)

    found = report(world, refusals.webhook_refuses_forgery, script=script, DEEPLEARN_CHECKS_EFFECTS="data")

    result = next(one for one in found.results if one.id == refusals.webhook_refuses_forgery.id)
    assert (result.cause, result.outcome, bool(result.blocked_by)) == ("held-back", "blocked", True)
    assert [request for request in script.asked if is_forged(request)] == []
