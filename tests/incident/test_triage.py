"""Triage asks just what the playbooks of the open alerts call for, and tells what is behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from alarms import CONTENT, DAY_MS, FORGED, LOST_LEAD, UNKNOWN, Wire, broken_alerts, deployment, raised, settings_of
from alarms import undisturbed as pass_on

from deeplearn_checks.diagnostic import closure
from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.incident.playbooks import KINDS
from deeplearn_checks.incident.triage import triage

if TYPE_CHECKING:
    from deeplearn_checks.alerting import TriagedGroup
    from deeplearn_checks.sandbox.world import World

WEBHOOK = "payment_webhook/webhook_signature_invalid"
ORDERS = "payment_gateway/razorpay_not_configured"


def only(world: World, kind: str, wire: Wire | None = None, age_ms: int = 3_600_000, **variables: str) -> TriagedGroup:
    """Answer what triage says of one alert of a kind."""
    raised(world, kind, age_ms=age_ms)
    (one,) = triage(settings_of(world, **variables), wire or Wire(world, pass_on)).groups
    return one


def test_no_open_alert_is_nothing_to_do() -> None:
    """Nothing is asked but the alerts."""
    world = deployment()

    done = triage(settings_of(world), Wire(world, pass_on))

    assert (done.groups, done.report.results) == ((), ())


@pytest.mark.parametrize("kind", ["/".join(kind) for kind in KINDS])
def test_just_the_playbooks_diagnostics_are_asked(kind: str) -> None:
    """With their prerequisites, and nothing beside them."""
    world = deployment()
    raised(world, kind)

    done = triage(settings_of(world), Wire(world, pass_on))

    playbook = done.groups[0].group.playbook
    assert {result.id for result in done.report.results} == {one.id for one in closure(playbook.diagnostics)}


@pytest.mark.parametrize("kind", [FORGED, WEBHOOK, CONTENT, "counselor_chat/counselor_request_failed"])
def test_an_alert_whose_diagnostics_pass_has_recovered(kind: str) -> None:
    """The next action is to resolve it."""
    world = deployment()

    one = only(world, kind)

    assert (one.verdict.value, one.next_action) == ("recovered", f"deeplearn-checks alerts resolve {kind}")


@pytest.mark.parametrize(
    ("fault", "kind", "cause"),
    [
        ("webhook-secret-differs", WEBHOOK, "webhook-secret-mismatch"),
        ("webhook-lost", FORGED, "captured-but-not-paid"),
        ("enrollment-lost", WEBHOOK, "paid-without-enrollment"),
        ("content-run-failed", CONTENT, "content-run-failed"),
        ("lead-rows-lost", LOST_LEAD, "lead-writes-lost"),
        ("model-key-unset", "counselor_chat/counselor_request_failed", "counselor-not-configured"),
        ("certificate-altered", "certificate_issuer/failed", "certificate-altered"),
    ],
)
def test_the_root_cause_is_named_with_its_remedy(fault: str, kind: str, cause: str) -> None:
    """A fault is found behind the alert that tells of it, and the next action is its remedy."""
    world = deployment(fault)

    one = only(world, kind)

    found = [root.result for root in one.root_causes]
    assert (one.verdict.value, [result.cause for result in found], one.next_action) == (
        "confirmed",
        [cause],
        found[0].remedy,
    )


def test_an_alert_of_another_playbook_is_not_blamed() -> None:
    """A cause belongs to the groups whose diagnostics it breaks."""
    world = deployment("content-run-failed")
    raised(world, CONTENT)
    raised(world, FORGED)

    done = triage(settings_of(world), Wire(world, pass_on))

    assert {one.group.name: one.verdict.value for one in done.groups} == {FORGED: "recovered", CONTENT: "confirmed"}


@pytest.mark.parametrize("kind", [UNKNOWN, "knowledge_ingestion/ingest_failed"])
def test_what_no_diagnostic_looks_into_stays_unknown(kind: str) -> None:
    """Nothing is claimed, and the next action says what people do."""
    world = deployment()

    one = only(world, kind)

    assert (one.verdict.value, f"resolve {kind} --force --why" in one.next_action) == ("unknown", True)


def test_what_only_a_write_shows_stays_unknown_until_it_is_allowed() -> None:
    """The Worker's own gateway keys show only in an order: the level that would tell is named."""
    world = deployment("gateway-keys-unset")

    one = only(world, ORDERS)

    assert (one.verdict.value, one.unproved, one.next_action) == (
        "unknown",
        ("payment.order-can-be-created",),
        "payment.order-can-be-created would tell: deeplearn-checks triage --effects data",
    )


def test_with_effects_allowed_it_is_found() -> None:
    """At effects data the order is asked for."""
    world = deployment("gateway-keys-unset")

    one = only(world, ORDERS, DEEPLEARN_CHECKS_EFFECTS="data")

    assert [root.result.cause for root in one.root_causes] == ["gateway-not-configured"]


def test_what_is_not_configured_stays_unknown() -> None:
    """The setting that is missing is the next action."""
    world = deployment()

    one = only(world, FORGED, RAZORPAY_KEY_ID="", RAZORPAY_KEY_SECRET="")

    assert (one.verdict.value, "set RAZORPAY_KEY_ID" in one.next_action) == ("unknown", True)


def test_what_is_left_out_on_purpose_counts_against_nothing() -> None:
    """The other diagnostics of the playbook are the proof."""
    world = deployment()

    one = only(world, FORGED, DEEPLEARN_CHECKS_WITHOUT="gateway")

    assert one.verdict.value == "recovered"


def test_what_is_left_out_whole_proves_nothing() -> None:
    """Where no diagnostic of the playbook passed, nothing is proved."""
    world = deployment()

    one = only(world, "counselor_chat/counselor_request_failed", DEEPLEARN_CHECKS_WITHOUT="counselor")

    assert (one.verdict.value, one.unproved) == ("unknown", ("counselor.replies",))


def test_what_could_not_be_found_out_is_not_confirmed() -> None:
    """An error is a verdict on the probe: the next action is its remedy."""
    world = deployment()

    def disturb(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
        return httpx.Response(500, text="oops") if request.url.path == "/api/admin/content/runs" else None

    one = only(world, CONTENT, Wire(world, disturb))

    assert (one.verdict.value, one.next_action.startswith("npx wrangler tail")) == ("unknown", True)


def test_a_lead_since_proves_that_the_form_works() -> None:
    """Somebody's submission after the last of the alerts shows what the run may not try."""
    world = deployment()

    one = only(world, LOST_LEAD, age_ms=400 * DAY_MS)

    assert one.verdict.value == "recovered"


def test_leads_that_cannot_be_read_prove_nothing() -> None:
    """Where the leads are not answered the form counts as not proved."""
    world = deployment()

    def disturb(request: httpx.Request, _wire: Wire) -> httpx.Response | None:
        return httpx.Response(500, json={"error": "x"}) if request.url.path == "/api/admin/crm/leads" else None

    one = only(world, LOST_LEAD, Wire(world, disturb), age_ms=400 * DAY_MS)

    assert one.verdict.value == "unknown"


def test_two_hundred_alerts_are_all_triaged() -> None:
    """As many as the service lists, and it is said that there may be more."""
    world = deployment()
    raised(world, CONTENT, severity="warning", count=200)

    done = triage(settings_of(world), Wire(world, pass_on))

    assert (len(done.groups[0].group.alerts), done.open.at_limit) == (200, True)


def test_alerts_that_cannot_be_read_are_no_triage() -> None:
    """An alerts endpoint that answers 500 is said so."""
    world = deployment()

    with pytest.raises(UnansweredError, match="answered 500"):
        triage(settings_of(world), Wire(world, broken_alerts))
