"""Each fault breaks the one thing that it says, and leaves everything else as it was."""

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from deeplearn_checks.finding import Effects, Severity
from deeplearn_checks.sandbox.faults import FAULTS, fault
from deeplearn_checks.sandbox.start import populate
from deeplearn_checks.sandbox.world import REPAIRED, SETTINGS, World, empty_world

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC).timestamp()
BUCKETS = ("certificates", "leads")

Facts = dict[tuple[str, str], object]


def seeded(count: int = 40) -> World:
    """Seed a repaired world at noon."""
    world = empty_world(SETTINGS)
    world.behaviour = REPAIRED
    world.clock_offset = NOON - time.time()
    populate(world, count)
    return world


def facts(world: World) -> Facts:
    """Take the whole world apart: every row, entity, object, page and setting by part and name."""
    found: Facts = {("world", "clock"): world.clock_offset, ("world", "model key"): world.model_key}
    tables = world.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (table,) in tables:
        found |= {(table, str(row[0])): tuple(row) for row in world.execute(f"SELECT * FROM {table}")}  # noqa: S608  own names
    for bucket in BUCKETS:
        objects = getattr(world, bucket)
        found |= {(bucket, key): objects.get(key) for key in objects.keys()}  # noqa: SIM118  a bucket is no mapping
    for part in ("gateway", "site", "behaviour", "origins", "wire"):
        for name, value in asdict(getattr(world, part)).items():
            within = value.items() if isinstance(value, dict) else [(name, value)]
            found |= {(name if isinstance(value, dict) else part, key): str(one) for key, one in within}
    found |= {("endpoints", path): False for path in world.missing_endpoints}
    found |= {("delays", path): seconds for path, seconds in world.delays.items()}
    found |= {("omits", path): field for path, field in world.omits.items()}
    found |= {("variables", name): value for name, value in world.variables.items()}
    return found | {("bindings", name): True for name in world.bindings}


def changed(before: Facts, after: Facts) -> dict[str, int]:
    """Count what differs, by part of the world."""
    names = [part for part, name in before.keys() | after.keys() if before.get((part, name)) != after.get((part, name))]
    return {part: names.count(part) for part in names}


CHANGES = {
    "admin-token-unset": {"variables": 1},
    "admin-token-differs": {"variables": 1},
    "admin-open": {"variables": 2},
    "webhook-secret-unset": {"variables": 1},
    "webhook-secret-differs": {"variables": 1},
    "webhook-secret-is-key-secret": {"variables": 1},
    "webhook-accepts-anything": {"behaviour": 1},
    "gateway-keys-unset": {"variables": 2},
    "gateway-keys-rejected": {"gateway": 1},
    "gateway-test-mode": {},
    "gateway-down": {"gateway": 1},
    "gateway-downtime": {"downtimes": 1},
    "demo-payments-open": {"variables": 1},
    "learner-auth-off": {"variables": 1},
    "turnstile-off": {"variables": 1},
    "database-unbound": {"bindings": 1},
    "lead-storage-unbound": {"bindings": 1},
    "certificate-bucket-unbound": {"bindings": 1},
    "model-key-unset": {"variables": 1},
    "model-key-rejected": {"world": 1},
    "enrollment-lost": {"course_enrollments": 1},
    "enrollment-dropped": {"course_enrollments": 1},
    "cohort-enrollment-lost": {"cohort_enrollments": 1},
    "paid-without-user": {"lead_registrations": 1},
    "alerts-lost": {"behaviour": 1},
    "leads-multiply": {"behaviour": 1},
    "admin-accepts-any-token": {"behaviour": 1},
    "webhook-accepts-unsigned": {"behaviour": 1},
    "webhook-trusts-known-signatures": {"behaviour": 1},
    "payments-ignored": {"behaviour": 1},
    "places-forgotten": {"behaviour": 1},
    "completions-forgotten": {"behaviour": 1},
    "certificates-signed-wrongly": {"behaviour": 1},
    "certificates-for-anyone": {"behaviour": 1},
    "crm-lags": {"behaviour": 1},
    "health-not-ok": {"behaviour": 1},
    "endpoint-missing": {"endpoints": 1},
    "answers-slowly": {"delays": 3},
    "posts-lost": {"content_posts": 28},
    "known-lead-lost": {
        "lead_registrations": 1,
        "lead_events": 2,
        "course_enrollments": 1,
        "cohort_enrollments": 1,
        "platform_users": 1,
        "orders": 1,
        "payments": 1,
    },
    "stage-stuck": {"lead_registrations": 1},
    "won-unpaid": {"lead_registrations": 1},
    "modules-locked": {"cohort_module_unlocks": 1},
    "progress-inconsistent": {"course_enrollments": 1},
    "webhook-lost": {"orders": 1, "payments": 1},
    "refund-ignored": {"payments": 1, "refunds": 1},
    "payment-unknown": {"lead_registrations": 1, "orders": 1, "payments": 1},
    "amount-differs": {"lead_registrations": 1, "orders": 1, "payments": 1},
    "paid-twice": {"orders": 1, "payments": 1},
    "certificate-url-missing": {"course_enrollments": 1, "cohort_enrollments": 1},
    "certificate-url-unreachable": {"course_enrollments": 7, "cohort_enrollments": 4},
    "certificate-artifact-missing": {"certificates": 1},
    "certificate-altered": {"certificates": 1},
    "certificate-secret-rotated": {"variables": 1},
    "lead-rows-lost": {"lead_registrations": 2},
    "leads-stalled": {"lead_registrations": 40, "lead_events": 52, "orders": 26, "payments": 19},
    "course-without-cohort": {"cohorts": 2},
    "staff-without-account": {"platform_users": 1},
    "roles-conflict": {"organization_staff": 1},
    "content-run-failed": {"content_generation_runs": 1},
    "content-runs-stopped": {"content_generation_runs": 5},
    "critical-alert-open": {"ops_alerts": 1},
    "alert-unattended": {"ops_alerts": 1},
    "clock-skewed": {"world": 1},
    "console-missing": {"pages": 1},
    "console-broken": {"pages": 1},
    "learn-page-missing": {"pages": 1},
    "proxy-broken": {"site": 1},
    "unreachable": {"wire": 1},
    "slow": {"wire": 1},
    "server-errors": {"wire": 1},
    "not-json": {"wire": 1},
    "malformed-json": {"wire": 1},
    "rate-limited": {"wire": 1},
    "redirects-away": {"wire": 1},
    "connection-reset": {"wire": 1},
    "oversized-answer": {"wire": 1},
    "gzip-bomb": {"wire": 1},
    "field-missing": {"omits": 1},
    "tls-expired": {"wire": 1},
    "tls-expiring": {"wire": 1},
    "redelivery-undoes-completion": {"behaviour": 1},
    "refund-never-shows": {"behaviour": 1},
    "stored-stage-outlives-payment": {"behaviour": 1},
    "caller-sets-amount": {"behaviour": 1},
}


@pytest.mark.parametrize("name", [one.name for one in FAULTS])
def test_a_fault_changes_what_it_says_and_nothing_else(name: str) -> None:
    """In a world of forty, a fault changes these parts of the world, so many things in each."""
    world = seeded()
    before = facts(world)

    fault(name).apply(world)

    assert changed(before, facts(world)) == CHANGES[name]


@pytest.mark.parametrize("name", [one.name for one in FAULTS])
def test_a_fault_changes_the_same_parts_of_a_small_world(name: str) -> None:
    """In a world of fourteen, a fault changes the same parts (a certificate may be the course's alone)."""
    world = seeded(14)
    before = facts(world)

    fault(name).apply(world)

    assert {*CHANGES[name]} - {"cohort_enrollments"} <= {*changed(before, facts(world))} <= {*CHANGES[name]}


def test_faults_leave_the_repaired_behaviour_of_other_worlds_alone() -> None:
    """What one world does wrong, another repaired one does not."""
    fault("caller-sets-amount").apply(seeded(0))

    assert not REPAIRED.caller_sets_amount


NEEDY = {
    name
    for name, parts in CHANGES.items()
    if parts.keys() & {"lead_registrations", "course_enrollments", "cohort_enrollments", "payments", "certificates"}
} - {"leads-stalled", "certificate-url-unreachable"} | {"modules-locked"}


@pytest.mark.parametrize("name", sorted(NEEDY))
def test_a_fault_says_what_the_world_lacks(name: str) -> None:
    """A fault that needs learners refuses a world without any, and says which it needs."""
    world = seeded(0)

    with pytest.raises(LookupError, match=r"the sandbox has 0 of \d [a-z ]+ that the fault needs: --seed 14 or more"):
        fault(name).apply(world)


def test_live_keys_are_not_in_test_mode() -> None:
    """A gateway with live keys cannot be in test mode, and the fault says so."""
    world = empty_world({"RAZORPAY_KEY_ID": "rzp_live_1"})

    with pytest.raises(LookupError, match="no test key: 'rzp_live_1'"):
        fault("gateway-test-mode").apply(world)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("slow", "unreachable"), "the API never answers already: give one such fault at a time"),
        (("tls-expired", "tls-expiring"), "the API's certificate has an end already: give one such fault at a time"),
    ],
)
def test_a_wire_is_broken_in_one_way_at_a_time(names: tuple[str, str], said: str) -> None:
    """What the API's origin does already cannot be something else as well, and the fault says so."""
    world, (first, second) = seeded(0), names
    fault(first).apply(world)

    with pytest.raises(LookupError, match=said):
        fault(second).apply(world)


@pytest.mark.parametrize(
    ("name", "hint"), [("enrolment-lost", "did you mean .*enrollment-lost"), ("zzz", "--list-faults names them all")]
)
def test_an_unknown_fault_is_refused_with_a_hint(name: str, hint: str) -> None:
    """A name that is no fault is refused with the names that are near, or with where to find them."""
    with pytest.raises(LookupError, match=f"there is no fault '{name}': {hint}"):
        fault(name)


def test_every_fault_has_a_name_of_its_own_and_a_sentence() -> None:
    """Names are unique slugs, and every title is one sentence."""
    titles = [one.title for one in FAULTS if one.title[0].isupper() and one.title.endswith(".")]

    assert (len({one.name for one in FAULTS}), len(titles)) == (len(FAULTS), len(FAULTS))


def test_only_the_test_mode_needs_an_environment() -> None:
    """Test keys are a fault in production alone; every other fault is one everywhere."""
    assert {one.name: one.environment for one in FAULTS if one.environment} == {"gateway-test-mode": "production"}


@pytest.mark.parametrize(
    ("effects", "names"),
    [
        (
            Effects.ALERTS,
            {"demo-payments-open", "webhook-accepts-anything", "webhook-accepts-unsigned", "alerts-lost"}
            | {"webhook-trusts-known-signatures"},
        ),
        (
            Effects.DATA,
            {"gateway-keys-unset", "lead-storage-unbound", "turnstile-off", "redelivery-undoes-completion"}
            | {"refund-never-shows", "stored-stage-outlives-payment", "caller-sets-amount", "leads-multiply"}
            | {"payments-ignored", "places-forgotten", "completions-forgotten", "certificates-signed-wrongly"}
            | {"crm-lags"},
        ),
    ],
)
def test_effects_are_those_of_the_diagnostic(effects: Effects, names: set[str]) -> None:
    """Only these faults need more than reading to be seen."""
    assert {one.name for one in FAULTS if one.effects is effects} == names


def test_a_conflict_of_roles_is_information() -> None:
    """The runbook's mildest severity is a fault too, and only that one's."""
    assert [one.name for one in FAULTS if one.severity is Severity.INFO] == ["roles-conflict"]


def test_a_lost_webhook_is_money_of_a_pending_lead() -> None:
    """The payment that nobody heard of is captured, an hour old, whole, and of a lead that still waits."""
    world = seeded()
    before = set(world.gateway.payments)

    fault("webhook-lost").apply(world)

    (payment,) = (p for key, p in world.gateway.payments.items() if key not in before)
    order = world.gateway.orders[str(payment["order_id"])]
    (lead,) = world.execute("SELECT * FROM lead_registrations WHERE payment_ref = ?", (order["id"],))
    assert (payment["status"], payment["amount"], order["status"], lead["payment_status"], payment["created_at"]) == (
        "captured",
        order["amount"],
        "paid",
        "registered",
        world.now_ms() // 1000 - 3600,
    )


def test_an_altered_certificate_keeps_its_signature() -> None:
    """Somebody else's name stands under the signature of the second-oldest certificate."""
    world = seeded()
    before = {key: world.certificates.get(key) or "" for key in world.certificates.keys()}  # noqa: SIM118  a bucket

    fault("certificate-altered").apply(world)

    ((old, new),) = (
        (json.loads(body), json.loads(world.certificates.get(key) or ""))
        for key, body in before.items()
        if world.certificates.get(key) != body
    )
    assert new == old | {"user_id": "learner_000000000000"}


def test_an_ignored_refund_is_a_full_one() -> None:
    """The refunded payment's money is all back, and its lead is still paid."""
    world = seeded()

    fault("refund-ignored").apply(world)

    (refund,) = world.gateway.refunds.values()
    payment = world.gateway.payments[str(refund["payment_id"])]
    (lead,) = world.execute("SELECT * FROM lead_registrations WHERE payment_ref = ?", (payment["id"],))
    assert (payment["status"], payment["amount_refunded"], lead["payment_status"]) == (
        "refunded",
        refund["amount"],
        "paid",
    )


def test_an_unknown_payment_is_nowhere_at_the_gateway() -> None:
    """One paid lead's payment and order are unknown to the gateway, and every other's are known."""
    world = seeded()

    fault("payment-unknown").apply(world)

    paid = world.execute(
        "SELECT payment_ref, metadata_json ->> 'razorpay_payment_id' AS known,"
        " metadata_json ->> 'razorpay_order_id' AS ordered FROM lead_registrations WHERE payment_status = 'paid'"
    )
    unknown = [row for row in paid if row["payment_ref"] not in world.gateway.payments]
    assert [(row["payment_ref"] == row["known"], row["ordered"] in world.gateway.orders) for row in unknown] == [
        (True, False)
    ]


def test_unreachable_certificates_keep_their_file_names() -> None:
    """The URLs point to the Pages site, where nothing is, under the names that certificates have."""
    world = seeded()
    names = (
        "SELECT substr(certificate_url, -32) AS name FROM course_enrollments WHERE certificate_url <> '' ORDER BY id"
    )
    before = [row["name"] for row in world.execute(names)]

    fault("certificate-url-unreachable").apply(world)

    gone = world.execute(f"{names.replace(' ORDER', ' AND certificate_url LIKE ? ORDER')}", ("http://pages.%/gone/%",))
    assert [row["name"] for row in gone] == before
