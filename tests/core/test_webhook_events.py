"""Razorpay's events: each can be built, and its fields set by their paths."""

from __future__ import annotations

import json

import pytest

from deeplearn_checks.sandbox import razorpay_entities, webhook
from deeplearn_checks.webhooks.entities import ENTITIES
from deeplearn_checks.webhooks.events import EVENTS, HANDLED, EventError, build, build_all, paths, sample, value

AT = 1_767_225_600
AMOUNT = "payload.payment.entity.amount"


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_razorpays_envelope(event: str) -> None:
    """Its name, what it contains, an entity for each of that, and its time in seconds."""
    built = json.loads(build(event, at=AT))

    contained = [name for name in built["contains"] if built["payload"][name]["entity"]]
    assert (built["entity"], built["event"], contained, built["created_at"]) == (
        "event",
        event,
        list(built["payload"]),
        AT,
    )


@pytest.mark.parametrize("event", EVENTS)
def test_every_path_of_an_event_can_be_set(event: str) -> None:
    """A name that holds points included."""
    whole = sample(event, AT)

    unset = [path for path in paths(whole) if b'"set here"' not in build(event, [f"{path}=set here"], at=AT)]

    assert unset == []


def test_the_service_handles_what_the_events_say() -> None:
    """The sandbox acts upon the same events, all of which can be built."""
    assert (set(webhook.HANDLED), set(EVENTS) >= HANDLED) == (set(HANDLED), True)


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("order", razorpay_entities.order("order_1", 1, AT, {})),
        ("payment", razorpay_entities.payment("pay_1", razorpay_entities.order("order_1", 1, AT, {}), AT, "", "")),
        ("refund", razorpay_entities.refund("rfnd_1", {"id": "pay_1", "currency": "INR"}, 1, AT)),
        ("payment.downtime", razorpay_entities.downtime("down_1", AT)),
    ],
)
def test_entities_have_the_shape_that_the_gateway_gives(name: str, entity: dict[str, object]) -> None:
    """Whatever Razorpay's API answers of an entity, its events carry too."""
    assert entity.keys() - ENTITIES[name].keys() == set()


def test_a_body_is_compact() -> None:
    """As Razorpay writes it: no white space, nothing escaped."""
    body = build("payment.captured", ["payload.payment.entity.notes.name=Zoë"], at=AT)

    assert (b": " in body, b", " in body, "Zoë".encode() in body) == (False, False, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("499900", 499900),
        ("true", True),
        ("null", None),
        ('"1"', "1"),
        ('{"a": [1.5]}', {"a": [1.5]}),
        ("", ""),
        ("pay_1", "pay_1"),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("[" * 100_000, "[" * 100_000),
    ],
    ids=lambda text: str(text)[:20],
)
def test_a_value_is_json_where_it_can_be(text: str, expected: object) -> None:
    """Else it is the text itself; what JSON cannot hold is text too."""
    assert value(text) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("amount=1", f"the nearest is {AMOUNT}"),
        ("payload.payment.entity.amont=1", f"the nearest is {AMOUNT}"),
        ("payload.payment.entity.amount.more=1", f"the nearest is {AMOUNT}"),
        ("contains.1=x", "the nearest is contains.0"),
        ("contains.first=x", "the nearest is contains"),
        ("payload.payment.entity.notes.=x", "the nearest is payload.payment.entity.notes"),
        ("amount", "write PATH=VALUE"),
        ("=1", "write PATH=VALUE"),
    ],
)
def test_a_wrong_path_names_the_nearest(change: str, message: str) -> None:
    """A typing mistake is answered with what was probably meant."""
    with pytest.raises(EventError) as refused:
        build("payment.captured", [change], at=AT)

    assert message in str(refused.value)


def test_a_note_may_have_any_name() -> None:
    """Notes are the caller's own; they are flat, so that a point is part of the name."""
    changes = ["payload.payment.entity.notes.lead_id=l1", "payload.payment.entity.notes.a.b=2"]

    built = json.loads(build("payment.captured", changes, at=AT))

    assert built["payload"]["payment"]["entity"]["notes"] == {"lead_id": "l1", "a.b": 2}


def test_notes_that_were_made_a_list_take_none() -> None:
    """Razorpay writes empty notes as a list; nothing can be noted there."""
    with pytest.raises(EventError, match="is no path"):
        build("payment.captured", ["payload.payment.entity.notes=[]", "payload.payment.entity.notes.a=1"], at=AT)


def test_an_item_of_a_list_can_be_set() -> None:
    """By its number, and what is below it by further steps."""
    changes = ['contains=["a",{"b":1}]', "contains.0=c", "contains.1.b=2"]

    assert json.loads(build("payment.captured", changes, at=AT))["contains"] == ["c", {"b": 2}]


def test_an_unknown_event_names_the_nearest() -> None:
    """Razorpay has none of that name."""
    with pytest.raises(EventError, match=r"no event 'payment.capture' \(the nearest is payment.captured\)"):
        build("payment.capture", at=AT)


def test_of_several_events_those_change_that_can() -> None:
    """A path of one of them is enough."""
    first, second = build_all(
        ["payment.captured", "order.paid"], [f"{AMOUNT}=1", "payload.order.entity.amount=2"], at=AT
    )

    amounts = [
        {name: one["entity"]["amount"] for name, one in json.loads(body)["payload"].items()} for body in (first, second)
    ]
    assert amounts == [{"payment": 1}, {"order": 2, "payment": 1}]


def test_a_path_of_no_event_is_refused() -> None:
    """However many there are."""
    with pytest.raises(EventError, match=r"is no path of payment\.captured"):
        build_all(["payment.captured", "order.paid"], ["nothing=1"], at=AT)


def test_building_leaves_the_samples_alone() -> None:
    """One event knows nothing of the last."""
    before = build("payment.captured", at=AT)

    build("payment.captured", [f"{AMOUNT}=1", "payload.payment.entity.notes.a=1"], at=AT)

    assert build("payment.captured", at=AT) == before
