"""One lead's chain: whole at every stage, and broken exactly where a fault breaks it."""

from __future__ import annotations

from itertools import cycle

import pytest
from strolling import (
    ACTIVE,
    COMPLETED,
    FAILED,
    NEW,
    PENDING,
    REFUNDED,
    Script,
    Silence,
    change,
    healthy,
    lead,
    on,
    states,
    stroll,
    verdict,
)

from deeplearn_checks.finding import Effects
from deeplearn_checks.playbooks import walk_lead
from deeplearn_checks.playbooks.chain import State
from deeplearn_checks.sandbox import razorpay_entities as entities
from deeplearn_checks.sandbox.faults import FAULTS
from deeplearn_checks.settings import ConfigurationError

STATUS, LEADS, ACCESS = "/api/funnel/payment/status", "/api/admin/crm/leads", "/api/learn/access"


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (NEW, "onnnnnnnnn"),
        (PENDING, "oonnnnnnnn"),
        (FAILED, "oonon" + "nnnnn"),
        (ACTIVE, "ooooooooon"),
        (COMPLETED, "oooooooooo"),
    ],
)
def test_a_healthy_lead_is_whole_as_far_as_it_has_come(which: str, expected: str) -> None:
    """What has happened is ok, what has not is not due, and neither is broken or unknown."""
    world = healthy()

    walk = stroll(world, lead(world, which)["email"])

    assert (states(walk), walk.state) == (expected, State.OK)


def test_a_refunded_lead_is_whole() -> None:
    """Where money went back and the service says so, nothing is due after it."""
    world = healthy()
    row = lead(world, ACTIVE)
    payment = world.gateway.payments[row["payment_ref"]]
    world.gateway.payments[row["payment_ref"]] = entities.refunded(payment, entities.number(payment, "amount"))
    change(world, row, payment_status="refunded")

    walk = stroll(world, lead(world, REFUNDED)["lead_id"])

    assert (states(walk), walk.state) == ("oooonnnnnn", State.OK)


@pytest.mark.parametrize(
    ("fault", "which", "broken", "cause", "expected"),
    [
        ("webhook-lost", PENDING, "webhook", "captured-but-not-paid", "ooobuuuuuu"),
        ("webhook-secret-differs", PENDING, "webhook", "webhook-secret-mismatch", "oonbuuuuuu"),
        ("webhook-secret-unset", PENDING, "webhook", "webhook-secret-not-configured", "oonbuuuuuu"),
        ("payment-unknown", ACTIVE, "gateway", "paid-without-payment", "oobooooo" + "on"),
        ("amount-differs", ACTIVE, "gateway", "amount-mismatch", "oobooooo" + "on"),
        ("paid-twice", ACTIVE, "gateway", "paid-twice", "oobooooo" + "on"),
        ("refund-ignored", ACTIVE, "paid", "refunded-but-paid", "oooobuuuuu"),
        ("stage-stuck", ACTIVE, "won", "paid-but-not-won", "ooooobooon"),
        ("won-unpaid", NEW + " OR " + PENDING, "won", "won-but-not-paid", None),
        ("paid-without-user", ACTIVE, "enrollment", "paid-without-user", "oooooobuuu"),
        ("enrollment-lost", ACTIVE, "enrollment", "paid-without-enrollment", "oooooobuuu"),
        ("enrollment-dropped", ACTIVE, "enrollment", "paid-without-access", "oooooobuuu"),
        ("cohort-enrollment-lost", ACTIVE, "cohort", "paid-without-cohort-enrollment", "ooooooobun"),
        ("certificate-bucket-unbound", COMPLETED, "certificate", "certificate-bucket-not-bound", "ooooooooob"),
    ],
)
def test_a_fault_breaks_its_link(fault: str, which: str, broken: str, cause: str, expected: str | None) -> None:
    """The link that a fault breaks is broken for its cause; what depends on it is unknown, what can be seen is told."""
    world = healthy(40, fault)

    walk = stroll(world, lead(world, which)["email"])

    assert (*verdict(walk), states(walk)) == (broken, cause, expected or states(walk))


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("modules-locked", "no-module-unlocked"),
        ("certificate-url-missing", "certificate-url-missing"),
        ("certificate-artifact-missing", "certificate-artifact-missing"),
        ("certificate-altered", "certificate-altered"),
        ("certificate-secret-rotated", "certificate-secret-rotated"),
        ("certificate-url-unreachable", "certificate-url-unreachable"),
    ],
)
def test_a_fault_of_some_leads_is_found_at_them_alone(fault: str, cause: str) -> None:
    """Walking for every paid lead finds the cause, and no other."""
    world = healthy(40, fault)
    everyone = world.execute("SELECT lead_id FROM lead_registrations WHERE payment_status = 'paid'")

    causes = {verdict(stroll(world, row["lead_id"]))[1] for row in everyone}

    assert causes - {""} == {cause}


@pytest.mark.parametrize(
    ("fault", "which", "unknown", "expected"),
    [
        ("gateway-down", ACTIVE, {"gateway": "gateway-unreachable"}, "oouooooo" + "on"),
        ("gateway-keys-rejected", PENDING, {"gateway": "gateway-keys-rejected"}, "oouuuuuuuu"),
        (
            "admin-token-differs",
            ACTIVE,
            {"won": "admin-token-rejected", "enrollment": "admin-token-rejected"},
            "ooooouuuuu",
        ),
        ("admin-token-unset", PENDING, {"won": "admin-token-not-configured"}, "oonnnunnnn"),
        ("database-unbound", ACTIVE, {"registration": "database-not-bound"}, "uuouuuuuuu"),
    ],
)
def test_what_cannot_be_asked_is_unknown(fault: str, which: str, unknown: dict[str, str], expected: str) -> None:
    """A part that does not answer leaves its links unknown for the reason that stands behind it, and breaks none."""
    world = healthy(40, fault)

    walk = stroll(world, lead(world, which)["email"])

    causes = {link.slug: link.cause for link in walk.links if link.state is State.UNKNOWN and link.cause}
    assert (causes, states(walk), walk.state) == (unknown, expected, State.UNKNOWN)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"DEEPLEARN_CHECKS_WITHOUT": "gateway"}, "left out with --without gateway"),
        ({"RAZORPAY_KEY_ID": "", "RAZORPAY_KEY_SECRET": ""}, "set RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET"),
    ],
)
def test_a_setting_that_is_missing_is_named(variables: dict[str, str], named: str) -> None:
    """Without the gateway its view is unknown, and says what would enable it."""
    world = healthy()

    walk = on(world, lambda target: walk_lead(target, world.known_lead), variables=variables)

    assert (walk.link("gateway").state, named in walk.link("gateway").summary) == (State.UNKNOWN, True)


def test_without_the_gateway_an_unpaid_lead_is_unknown() -> None:
    """Whether money was taken is not known, so that nothing after it is called not due."""
    world = healthy()

    walk = stroll(world, lead(world, PENDING)["email"], DEEPLEARN_CHECKS_WITHOUT="gateway")

    assert (states(walk), walk.link("paid").because) == ("oouuuuuuuu", "webhook")


@pytest.mark.parametrize("kind", ["email", "phone", "lead_id"])
def test_a_lead_is_found_by_whatever_names_it(kind: str) -> None:
    """By e-mail address, phone number and lead id the same lead is walked."""
    world = healthy()
    row = lead(world, ACTIVE)

    walk = stroll(world, f" {row[kind]} ".upper() if kind == "email" else row[kind])

    assert (walk.link("registration").evidence["lead"], states(walk)) == (row["lead_id"], "ooooooooon")


@pytest.mark.parametrize("count", [1, 5, 14, 40])
def test_in_a_healthy_deployment_every_lead_is_whole(count: int) -> None:
    """No lead of a population without a fault has a link that is broken or unknown."""
    world = healthy(count)
    everyone = world.execute("SELECT email FROM lead_registrations")

    walks = {row["email"]: stroll(world, row["email"]) for row in everyone}

    assert {email: states(walk) for email, walk in walks.items() if walk.state is not State.OK} == {}


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.effects is Effects.NONE], ids=lambda one: one.name)
def test_a_walk_never_raises(fault: object) -> None:
    """For any lead of a deployment with any fault, however it is named, a walk has an answer for every link."""
    world = healthy(14, getattr(fault, "name", ""))
    kinds = cycle(("email", "phone", "lead_id"))
    everyone = world.execute("SELECT * FROM lead_registrations")

    walks = [stroll(world, row[kind]) for row, kind in zip(everyone, kinds, strict=False)]

    assert {len(walk.links) for walk in walks} == {10}


@pytest.mark.parametrize("who", ["", " ", "Asha Rao", "a@b.example two", "x" * 300, "a\nb"])
def test_what_names_nobody_is_refused(who: str) -> None:
    """A name, an empty text and white space inside are refused in one line, which does not repeat them."""
    world = healthy(0)

    with pytest.raises(ConfigurationError, match=r"by e-mail address, phone number or lead id$"):
        stroll(world, who)


@pytest.mark.parametrize("who", ["nobody@example.com", "no-such-lead"])
def test_nobody_is_missing_where_the_whole_table_says_so(who: str) -> None:
    """By e-mail address and lead id the service looks in the whole table: there is no such lead."""
    world = healthy()

    walk = stroll(world, who)

    assert (*verdict(walk), states(walk)) == ("registration", "known-lead-missing", "buuuuuuuuu")


def test_a_phone_number_that_is_not_shown_is_unknown() -> None:
    """By phone only the CRM can be asked, which shows a part: the number may be an older lead's."""
    world = healthy()

    walk = stroll(world, "+91 99999 99999")

    registration = walk.link("registration")
    assert (registration.cause, states(walk)) == ("cannot-tell", "uuuuuuuuuu")
    assert "the last 365 days" in registration.summary


@pytest.mark.parametrize("note", ["email", "lead_id"])
def test_money_of_a_lead_that_is_not_there_is_found(note: str) -> None:
    """Whoever paid and has no lead row is named by Razorpay: the registration is broken, and so is the webhook."""
    world = healthy()
    row = lead(world, ACTIVE)
    world.execute("DELETE FROM lead_registrations WHERE lead_id = ?", (row["lead_id"],))

    walk = stroll(world, row[note])

    assert (states(walk)[:4], walk.link("webhook").cause) == ("buob", "captured-but-not-paid")


def test_a_missing_lead_without_the_gateway_says_so() -> None:
    """Where Razorpay cannot be asked either, its view is unknown for that reason."""
    world = healthy()

    walk = stroll(world, "nobody@example.com", DEEPLEARN_CHECKS_WITHOUT="gateway")

    assert walk.link("gateway").cause == "left-out"


def test_a_phone_number_without_the_crm_is_unknown() -> None:
    """Without the admin token a phone number cannot be looked up, and the setting is named."""
    world = healthy()

    walk = stroll(world, lead(world, ACTIVE)["phone"], ADMIN_API_TOKEN="")

    assert (walk.link("registration").cause, "ADMIN_API_TOKEN" in walk.link("registration").summary) == (
        "not-configured",
        True,
    )


def test_a_silent_target_ends_at_the_deadline() -> None:
    """What does not answer within the deadline is unknown, and the walk ends."""
    world = healthy(1)

    walk = stroll(world, "somebody@example.com", script=Silence(), DEEPLEARN_CHECKS_DEADLINE="0.05")

    assert (walk.link("registration").cause, states(walk)) == ("timed-out", "uuuuuuuuuu")


def test_of_several_leads_the_newest_is_walked() -> None:
    """As the service does by e-mail, the newest is taken; the others are named."""
    world = healthy()
    newest, older = lead(world, ACTIVE), lead(world, NEW)
    change(world, older, email=newest["email"], created_at_ms=newest["created_at_ms"] - 1)

    walk = stroll(world, newest["email"])

    registration = walk.link("registration")
    assert (registration.evidence["lead"], registration.evidence["other_leads"]) == (
        newest["lead_id"],
        (older["lead_id"],),
    )
    assert "has 2 leads, this is the newest" in registration.summary


def test_an_older_lead_can_be_named() -> None:
    """By its id an older lead is walked, and the summary says that it is not the newest."""
    world = healthy()
    newest, older = lead(world, ACTIVE), lead(world, NEW)
    change(world, older, email=newest["email"], created_at_ms=newest["created_at_ms"] - 1)

    walk = stroll(world, older["lead_id"])

    assert "not the newest" in walk.link("registration").summary


def test_a_lead_beyond_the_crm_is_walked_as_far_as_the_payment_status_tells() -> None:
    """What the CRM does not show any more is found in the whole table: only the stage stays unknown."""
    world = healthy()
    row = lead(world, ACTIVE)
    listed: dict[str, object] = {"leads": []}

    walk = stroll(world, row["email"], script=Script(world, {LEADS: (200, listed)}))

    assert (states(walk), walk.link("won").cause) == ("ooooouooon", "cannot-tell")


def test_a_row_that_the_payment_status_does_not_know_is_a_difference() -> None:
    """The CRM and the payment status must tell of the same leads."""
    world = healthy()
    row = lead(world, ACTIVE)
    unknown = {"error": "Registration not found."}

    walk = stroll(world, row["phone"], script=Script(world, {STATUS: (404, unknown)}))

    assert verdict(walk) == ("registration", "lead-answers-differ")


def test_two_answers_about_the_payment_are_a_difference() -> None:
    """The CRM and the payment status must tell the same of one lead."""
    world = healthy()
    row = lead(world, NEW)
    payment = {"status": "failed", "payment_ref": "", "payment_provider": "", "paid_at_ms": 0, "amount_cents": 0}
    told = {"lead_id": row["lead_id"], "payment": payment | {"currency": "INR"}}

    walk = stroll(world, row["email"], script=Script(world, {STATUS: (200, told)}))

    assert verdict(walk) == ("paid", "lead-answers-differ")


@pytest.mark.parametrize("broken_off", [STATUS, ACCESS])
def test_an_endpoint_that_breaks_off_stops_nothing_else(broken_off: str) -> None:
    """One question without an answer leaves the rest of the walk as it is."""
    world = healthy()
    row = lead(world, ACTIVE)

    walk = stroll(world, row["email"], script=Script(world, {broken_off: (0, None)}))

    expected = {STATUS: "ooooooooon", ACCESS: "oooooouuuu"}
    assert states(walk) == expected[broken_off]


@pytest.mark.parametrize(
    "path", [STATUS, LEADS, ACCESS, "/api/certificates/verify", "/v1/payments", "/api/admin/courses"]
)
@pytest.mark.parametrize("answer", [(200, []), (200, {}), (200, None), (500, {"error": "x"}), (401, {}), (0, None)])
def test_an_answer_of_no_use_stops_no_walk(path: str, answer: tuple[int, object]) -> None:
    """Whatever one endpoint answers, every link has its state, and no other link is called broken for it."""
    world = healthy()
    row = lead(world, COMPLETED)

    walk = stroll(world, row["email"], script=Script(world, {path: answer}))

    assert (len(walk.links), walk.broken) == (10, None)


def test_a_healthy_walk_asks_no_more_than_it_needs() -> None:
    """No sweep over learners, no question twice, and the signed probe only where nothing was delivered."""
    world = healthy()
    script = Script(world)

    stroll(world, lead(world, ACTIVE)["email"], script=script)

    assert len(script.paths()) == len(set(script.paths())) == 8
    assert "/api/funnel/payment/razorpay/webhook" not in script.paths()
