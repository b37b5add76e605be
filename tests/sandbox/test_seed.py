"""The seeded population agrees with itself: rows, events, gateway, certificates, at every size."""

import json
import time
from datetime import UTC, datetime
from functools import cache

import pytest

from deeplearn_checks.sandbox.certificate import signature
from deeplearn_checks.sandbox.razorpay_entities import number
from deeplearn_checks.sandbox.seed import seed
from deeplearn_checks.sandbox.seed_learners import SHARES, stages
from deeplearn_checks.sandbox.world import SETTINGS, World, empty_world

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC).timestamp()
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
COUNTS = (0, 1, 2, 14, 40, 101)


def seeded(count: int, at: float = NOON) -> World:
    """Seed a world whose clock shows `at`."""
    world = empty_world(SETTINGS)
    world.clock_offset = at - time.time()
    seed(world, count)
    return world


same_world = cache(seeded)


def rows(world: World, table: str) -> list[dict[str, object]]:
    """Answer all rows of a table."""
    return [dict(row) for row in world.execute(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608  own names


def objects(world: World) -> dict[str, str]:
    """Answer what the certificate bucket holds."""
    keys = world.certificates.keys()
    return {key: world.certificates.get(key) or "" for key in keys}


OFFENDERS = {
    "a lead's course and cohort belong together": """
        SELECT l.lead_id FROM lead_registrations l LEFT JOIN cohorts c ON c.id = l.cohort_id
        LEFT JOIN courses k ON k.id = l.course_id AND k.slug = l.course_slug
        WHERE k.id IS NULL OR c.course_id IS NOT l.course_id OR c.status NOT IN ('live', 'open')""",
    "a paid lead is a platform user with its name and address": """
        SELECT l.lead_id FROM lead_registrations l LEFT JOIN platform_users u ON u.uid = l.user_id
        WHERE l.payment_status = 'paid' AND (u.email IS NOT l.email OR u.display_name IS NOT l.full_name)""",
    "a paid lead is enrolled in its course": """
        SELECT l.lead_id FROM lead_registrations l LEFT JOIN course_enrollments e
        ON e.course_id = l.course_id AND e.user_id = l.user_id
        WHERE l.payment_status = 'paid' AND coalesce(e.status, '') NOT IN ('active', 'completed')""",
    "a paid lead is enrolled in its cohort": """
        SELECT l.lead_id FROM lead_registrations l LEFT JOIN cohort_enrollments e
        ON e.cohort_id = l.cohort_id AND e.user_id = l.user_id AND e.course_id = l.course_id
        WHERE l.payment_status = 'paid' AND e.id IS NULL""",
    "nobody is enrolled without having paid": """
        SELECT e.id FROM course_enrollments e LEFT JOIN lead_registrations l
        ON e.course_id = l.course_id AND e.user_id = l.user_id WHERE l.payment_status IS NOT 'paid'""",
    "only paid leads have a user and a time of payment": """
        SELECT lead_id FROM lead_registrations
        WHERE (payment_status = 'paid') <> (user_id <> '') OR (payment_status = 'paid') <> (paid_at_ms IS NOT NULL)""",
    "times are in order and in the last 90 days": """
        SELECT l.lead_id FROM lead_registrations l LEFT JOIN course_enrollments e ON e.user_id = l.user_id
        WHERE l.created_at_ms < :now - 89 * 86400000 OR l.updated_at_ms NOT BETWEEN l.created_at_ms AND :now
        OR l.paid_at_ms NOT BETWEEN l.created_at_ms AND :now OR e.created_at_ms < l.paid_at_ms
        OR e.completed_at_ms NOT BETWEEN l.paid_at_ms AND :now OR e.updated_at_ms > :now""",
    "every lead has one registration event of its own time": """
        SELECT l.lead_id FROM lead_registrations l LEFT JOIN lead_events e ON e.lead_id = l.lead_id
        AND e.event_name = 'webinar_registration_submitted' AND e.created_at_ms = l.created_at_ms
        GROUP BY l.lead_id HAVING count(e.id) <> 1""",
    "every activation has one event of its own time": """
        SELECT l.lead_id FROM lead_registrations l LEFT JOIN lead_events e ON e.lead_id = l.lead_id
        AND e.event_name = 'payment_completed' AND e.created_at_ms = l.paid_at_ms
        GROUP BY l.lead_id HAVING count(e.id) <> (l.payment_status = 'paid')""",
    "every cohort with learners has a module of its course unlocked": """
        SELECT e.id FROM cohort_enrollments e LEFT JOIN cohort_module_unlocks u ON u.cohort_id = e.cohort_id
        LEFT JOIN course_modules m ON m.id = u.module_id AND m.course_id = e.course_id WHERE m.id IS NULL""",
    "a completed enrollment has its certificate, and no other has one": """
        SELECT id FROM course_enrollments WHERE (status = 'completed') <> (coalesce(certificate_url, '') <> '')
        OR (status = 'completed') <> (completed_at_ms IS NOT NULL) OR (status = 'completed') <> (progress_pct = 100)""",
    "a completed cohort enrollment agrees with that of the course": """
        SELECT h.id FROM cohort_enrollments h JOIN course_enrollments e USING (course_id, user_id)
        WHERE h.status = 'completed' AND (h.completed_at_ms, h.certificate_url, h.progress_pct, h.completion_state)
        <> (e.completed_at_ms, e.certificate_url, e.progress_pct, 'completed')""",
    "every sellable course has a cohort that takes learners": """
        SELECT id FROM courses WHERE status IN ('live', 'published')
        AND id NOT IN (SELECT course_id FROM cohorts WHERE status IN ('live', 'open'))""",
    "all staff are platform users of the same role": """
        WITH staff AS (SELECT user_id, role FROM course_staff UNION SELECT user_id, role FROM organization_staff)
        SELECT user_id FROM staff LEFT JOIN platform_users u ON u.uid = user_id WHERE u.role IS NOT staff.role""",
    "every successful run wrote a post, and no other did": """
        SELECT r.id FROM content_generation_runs r LEFT JOIN content_posts p ON p.id = r.post_id
        WHERE (r.status = 'success') <> (p.id IS NOT NULL) OR r.created_at_ms > :now""",
    "no alert is open": "SELECT id FROM ops_alerts WHERE status = 'open' OR updated_at_ms > :now",
}


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("rule", OFFENDERS)
def test_no_row_breaks_the_rule(count: int, rule: str) -> None:
    """At every size, no row breaks the rule that names the case."""
    world = same_world(count)

    offenders = world.database.execute(OFFENDERS[rule], {"now": world.now_ms()}).fetchall()

    assert [tuple(row) for row in offenders] == []


@pytest.mark.parametrize("count", COUNTS)
def test_every_size_has_that_many_leads_with_addresses_of_their_own(count: int) -> None:
    """A population of N has N leads, and no two share an address or a telephone number."""
    world = same_world(count)

    leads = rows(world, "lead_registrations")

    assert [len({row[column] for row in leads}) for column in ("lead_id", "email", "phone")] == [count] * 3


@pytest.mark.parametrize("count", COUNTS)
def test_the_gateway_was_paid_what_the_cohort_costs(count: int) -> None:
    """A captured payment is its lead's reference, of its order, for the cohort's fee or else the course's price."""
    world = same_world(count)
    priced = """
        SELECT payment_ref, iif(c.fee_cents > 0, c.fee_cents, k.price_cents) AS amount, l.lead_id, email, phone,
        metadata_json ->> 'amount_cents' AS known, metadata_json ->> 'razorpay_order_id' AS ordered
        FROM lead_registrations l JOIN cohorts c ON c.id = cohort_id JOIN courses k ON k.id = l.course_id
        WHERE payment_status = 'paid'"""

    charged = {
        (p["id"], p["amount"], *(p[name] for name in ("email", "contact", "order_id")), str(p["notes"]))
        for p in world.gateway.payments.values()
        if p["status"] == "captured"
    }

    assert charged == {
        (row["payment_ref"], row["amount"], row["email"], row["phone"], row["ordered"], notes)
        for row in world.execute(priced)
        if row["known"] == row["amount"]
        for notes in [str(world.gateway.orders[row["ordered"]]["notes"])]
        if row["lead_id"] in notes
    }


@pytest.mark.parametrize("count", COUNTS)
def test_an_order_is_as_paid_as_its_payments(count: int) -> None:
    """An order counts its attempts, and is paid by the captured one among them."""
    world = same_world(count)

    attempts = {
        order_id: [str(p["status"]) for p in world.gateway.payments.values() if p["order_id"] == order_id]
        for order_id in world.gateway.orders
    }

    states = {(): "created", ("failed",): "attempted", ("captured",): "paid", ("failed", "captured"): "paid"}
    assert {order_id: (len(tried), states[tuple(tried)]) for order_id, tried in attempts.items()} == {
        order_id: (order["attempts"], order["status"]) for order_id, order in world.gateway.orders.items()
    }


@pytest.mark.parametrize("count", COUNTS)
def test_every_unpaid_reference_is_known_to_the_gateway(count: int) -> None:
    """A pending lead refers to an order, a failed one to a payment that failed."""
    world = same_world(count)
    statement = "SELECT payment_ref FROM lead_registrations WHERE payment_ref <> '' AND payment_status <> 'paid'"

    references = {row["payment_ref"] for row in world.execute(statement)}

    pending = {order_id for order_id, order in world.gateway.orders.items() if order["status"] == "created"}
    last_failed = {p["id"] for p in world.gateway.payments.values() if p["status"] == "failed"} & references
    assert references == pending | last_failed


@pytest.mark.parametrize("count", COUNTS)
def test_every_certificate_holds(count: int) -> None:
    """Each completed enrollment has both artifacts, and the JSON is signed by the service's secret."""
    world = same_world(count)
    done = [row for row in rows(world, "course_enrollments") if row["status"] == "completed"]

    artifacts = {
        f"https://gbdeeplearn-certificates.r2.dev/{key.replace('.json', '.svg')}": json.loads(body)
        for key, body in objects(world).items()
        if key.endswith(".json") and key.replace(".json", ".svg") in objects(world)
    }

    assert {
        url: artifact["signature"] for url, artifact in artifacts.items() if artifact["issued_at_ms"] < world.now_ms()
    } == {
        str(row["certificate_url"]): signature(
            SETTINGS, str(row["course_id"]), str(row["user_id"]), str(row["certificate_url"])[-14:-4]
        )
        for row in done
    }


def test_stages_keep_their_shares() -> None:
    """Among any forty in a row from the start there are as many of each stage as its share says."""
    dealt = list(stages(80))

    assert [{stage: dealt[part].count(stage) for stage in SHARES} for part in (slice(40), slice(40, 80))] == [
        SHARES
    ] * 2


def test_the_stored_stages_are_those_of_unpaid_leads() -> None:
    """Of forty leads, eight are stored as new and six as contacted, and nobody else has a stored stage."""
    world = same_world(40)
    stored = "SELECT json_extract(metadata_json, '$.crm_stage') AS stage, payment_ref, count(*) FROM lead_registrations"

    counted = world.execute(f"{stored} WHERE stage IS NOT NULL GROUP BY stage, payment_ref ORDER BY stage")

    assert [tuple(row) for row in counted] == [("contacted", "", 6), ("new", "", 8)]


@pytest.mark.parametrize("count", [40, 101])
def test_money_is_recent(count: int) -> None:
    """An active and a completed learner paid within five days, at least an hour ago."""
    world = same_world(count)
    statement = """
        SELECT DISTINCT h.status FROM lead_registrations l JOIN cohort_enrollments h USING (user_id)
        WHERE ? - paid_at_ms BETWEEN 3600000 AND 5 * 86400000 AND h.status <> 'in_progress' ORDER BY h.status"""

    states = world.execute(statement, (world.now_ms(),))

    assert [row["status"] for row in states] == ["completed", "enrolled"]


@pytest.mark.parametrize("hour", [0, 3, 12, 23])
def test_the_newest_lead_is_of_today(hour: int) -> None:
    """At any time of day the newest lead is 1 to 12 hours old."""
    world = seeded(14, NOON + (hour - 12) * 3600)

    newest = world.execute("SELECT max(created_at_ms) AS at FROM lead_registrations")[0]["at"]

    assert HOUR_MS <= world.now_ms() - newest <= 12 * HOUR_MS


@pytest.mark.parametrize(("minute", "day"), [(34, "2026-03-01"), (36, "2026-03-02")])
def test_the_content_job_has_run_when_it_was_due(minute: int, day: str) -> None:
    """Five minutes after 03:30 UTC today's run is there; before that yesterday's is the newest of thirty."""
    world = seeded(0, datetime(2026, 3, 2, 3, minute, 30, tzinfo=UTC).timestamp())

    runs = [
        datetime.fromtimestamp(row["created_at_ms"] / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        for row in world.execute("SELECT created_at_ms FROM content_generation_runs ORDER BY created_at_ms DESC")
    ]

    assert (len(runs), runs[0]) == (30, f"{day} 03:30")


def test_the_same_hour_gives_the_same_world() -> None:
    """Two seeds of one count in one hour agree in every row, entity and object."""

    def everything(world: World) -> tuple[str, ...]:
        return "\n".join(world.database.iterdump()), str(world.gateway), str(objects(world))

    later = everything(seeded(40, NOON + 600))

    assert later == everything(seeded(40))


def test_an_empty_population_has_a_catalogue() -> None:
    """With no learners there are courses, cohorts, modules and staff, and nothing is unlocked or sold."""
    world = same_world(0)
    tables = ("courses", "cohorts", "course_modules", "platform_users", "cohort_module_unlocks", "lead_events")

    assert [len(rows(world, table)) for table in tables] == [3, 4, 10, 4, 0, 0]


def test_one_fee_differs_from_the_price() -> None:
    """Some learners paid a cohort's own fee, which is not the course's price."""
    world = same_world(40)

    paid = {payment["amount"] for payment in world.gateway.payments.values() if payment["captured"]}

    assert paid == {449_900, 499_900, 749_900}


def test_a_declined_payment_may_come_before_the_captured_one() -> None:
    """Some learner's first attempt was declined, and the second on the same order was captured later."""
    world = same_world(40)

    retried = [
        sorted(
            (number(p, "created_at"), str(p["status"])) for p in world.gateway.payments.values() if p["order_id"] == key
        )
        for key, order in world.gateway.orders.items()
        if order["attempts"] == 2
    ]

    assert {tuple(status for _, status in tried) for tried in retried} == {("failed", "captured")}


@pytest.mark.parametrize(("count", "words"), [(-1, "-1 learners"), (1, "courses already")])
def test_a_seed_that_cannot_be_sown_says_why(count: int, words: str) -> None:
    """A negative count and a world that is not empty are refused by name."""
    world = seeded(0)

    with pytest.raises(ValueError, match=words):
        seed(world, count)
