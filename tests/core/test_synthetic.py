"""The suite's own learner: who it is at each target, and the events that it is driven by."""

from __future__ import annotations

import json
import re

import pytest
from surroundings import settings

from deeplearn_checks.redaction import SYNTHETIC_PHONE, Redactor
from deeplearn_checks.synthetic import SOURCE, Purchase, identity, run_id

URL = "https://api.example.com"
BOUGHT = Purchase(
    payment_id="pay_ABCDEFGHIJKLMN",
    order_id="order_ABCDEFGHIJKLMN",
    email="synthetic-x@deeplearn-checks.invalid",
    lead_id="deeplearn-checks-x",
    course_id="course-1",
    cohort_id="",
    amount=499900,
    currency="INR",
    at=1_700_000_000,
)


def who(environment: str = "", url: str = URL) -> str:
    """Answer the address of the learner of a target and an environment."""
    return identity(settings(DEEPLEARN_API_BASE_URL=url).api_base_url, environment).email


@pytest.mark.parametrize(
    ("environment", "url", "same"),
    [
        ("staging", URL, True),
        ("Staging", URL, True),
        ("staging", f"{URL}/", True),
        ("preview", URL, False),
        ("", URL, False),
        ("staging", "https://other.example.com", False),
        ("staging.", URL, False),
    ],
)
def test_the_learner_is_one_per_target_and_environment(environment: str, url: str, *, same: bool) -> None:
    """However the name is written; and names that look alike in an address are told apart."""
    assert (who(environment, url) == who("staging")) is same


@pytest.mark.parametrize("names", [("a.b", "a-b"), ("x" * 50, "x" * 51), ("", "default")])
def test_names_that_an_address_cannot_tell_apart_are_two_learners(names: tuple[str, str]) -> None:
    """The address holds a digest of the whole name."""
    assert who(names[0]) != who(names[1])


def test_the_learner_is_recognised_and_kept_readable() -> None:
    """Its address is under a reserved domain, and is no pseudonym in reports; its form says who it is."""
    learner = identity(URL, "Prüfung.1")

    shown = Redactor((), b"key")(f"{learner.email} has paid")
    assert re.fullmatch(r"synthetic-pr-fung-1-[0-9a-f]{8}@deeplearn-checks\.invalid", learner.email)
    assert shown == f"{learner.email} has paid"
    assert (learner.form["source"], learner.form["phone"], learner.form["email"]) == (
        SOURCE,
        SYNTHETIC_PHONE,
        learner.email,
    )


def test_a_payment_is_written_as_razorpay_writes_it() -> None:
    """With the lead among its notes; what is empty is not among them."""
    event = json.loads(BOUGHT.event("payment.captured"))

    payment = event["payload"]["payment"]["entity"]
    notes = {"lead_id": BOUGHT.lead_id, "course_id": "course-1", "source": SOURCE}
    assert (event["event"], event["contains"], payment["notes"]) == ("payment.captured", ["payment"], notes)
    assert (payment["id"], payment["order_id"], payment["amount"], payment["status"], payment["amount_refunded"]) == (
        BOUGHT.payment_id,
        BOUGHT.order_id,
        499900,
        "captured",
        0,
    )


@pytest.mark.parametrize(
    ("name", "other", "id_"), [("order.paid", "order", "order_"), ("refund.processed", "refund", "rfnd_")]
)
def test_an_order_and_a_refund_come_with_their_payment(name: str, other: str, id_: str) -> None:
    """As two entities of one event, which name the same lead."""
    event = json.loads(BOUGHT.event(name))

    entities = {kind: held["entity"] for kind, held in event["payload"].items()}
    assert event["contains"] == sorted(["payment", other])
    assert (entities[other]["id"], entities[other]["notes"]) == (f"{id_}ABCDEFGHIJKLMN", entities["payment"]["notes"])


def test_a_refunded_payment_says_that_all_came_back() -> None:
    """Its status, the amount, and that it is the whole."""
    payment = json.loads(BOUGHT.event("refund.processed"))["payload"]["payment"]["entity"]

    assert (payment["status"], payment["amount_refunded"], payment["refund_status"]) == ("refunded", 499900, "full")


def test_an_event_repeated_is_the_same_to_the_byte() -> None:
    """A repeat is recognised by its body."""
    assert BOUGHT.event("payment.captured") == BOUGHT.event("payment.captured")


def test_ids_differ_by_run_and_by_number() -> None:
    """A payment of this run is no payment of another."""
    ids = {run_id("pay_", started, number) for started in (1_700_000_000_000, 1_700_000_000_001) for number in (0, 1)}

    assert len(ids) == 4
