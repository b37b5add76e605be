"""A recorded run answers again: the same findings, offline, whatever they were."""

from __future__ import annotations

import socket
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest
from surroundings import environment
from taped import (
    HARMLESS,
    SEEN_AT_NONE,
    configured,
    connected,
    content,
    people,
    recorded,
    replayed,
    secrets,
    taped,
    timeless,
)

from deeplearn_checks.redaction import wire_forms
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start

if TYPE_CHECKING:
    from deeplearn_checks.bundle.contents import Bundle
    from deeplearn_checks.results import RunReport


@cache
def fixed(name: str) -> tuple[RunReport, Bundle]:
    """Record a run against one fault, once."""
    return recorded(name)


@pytest.mark.parametrize("name", ["", *SEEN_AT_NONE])
def test_a_replay_finds_the_same(name: str) -> None:
    """Byte for byte but for times, with every fault and with none."""
    report, bundle = fixed(name)

    again = replayed(bundle)

    assert timeless(again) == timeless(report)


@pytest.mark.parametrize("name", ["", "gateway-down", "webhook-secret-is-key-secret", "console-broken"])
def test_a_replay_shows_the_same_exchanges(name: str) -> None:
    """Whoever reads the report finds the requests as they were, with their times."""
    report, bundle = fixed(name) if name in SEEN_AT_NONE else fixed("")

    again = replayed(bundle)

    assert again.exchanges == report.exchanges


@pytest.mark.parametrize("name", ["", *SEEN_AT_NONE])
def test_no_bundle_names_anybody(name: str) -> None:
    """No secret, in any form of the wire, no name, no address and no number stands in it."""
    world = start(count=40, faults=[name] if name else [])
    known = {"DEEPLEARN_KNOWN_LEAD": max(people(world))}
    held = secrets(server.exports(world) | known)
    forms = {form for secret in held for form in wire_forms(secret)} | people(world)

    _, bundle = taped(HARMLESS, *connected(world, name, **known))

    written = content(bundle)
    assert [form for form in forms if form in written] == []


def test_a_replay_needs_no_network() -> None:
    """It opens no socket, reads no setting and resolves no name."""
    _, bundle = fixed("enrollment-lost")
    opened: list[str] = []
    watching = [True]

    def watch(event: str, _: tuple[object, ...]) -> None:
        if watching[0] and event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}:
            opened.append(event)

    sys.addaudithook(watch)
    with environment(DEEPLEARN_API_BASE_URL="no URL", DEEPLEARN_CHECKS_DEADLINE="-1"):
        again = replayed(bundle)
    watching[0] = False

    assert (opened, [root.result.cause for root in again.root_causes()]) == ([], ["paid-without-enrollment"])


def test_the_watch_would_see_a_connection() -> None:
    """The test above stands on this event."""
    seen: list[str] = []
    watching = [True]
    sys.addaudithook(lambda event, _: seen.append(event) if watching[0] and event == "socket.connect" else None)

    with socket.create_server(("127.0.0.1", 0)) as served:
        socket.create_connection(served.getsockname()).close()
    watching[0] = False

    assert seen == ["socket.connect"]


@pytest.mark.parametrize(
    "known",
    ["asha@example.com", "+91 98765 43210", "tel:+919876543210", "lead-unknown", "first/last@example.com"],
)
@pytest.mark.parametrize("count", [3, 310])
def test_a_known_lead_that_is_not_there_is_missed_again(known: str, count: int) -> None:
    """By whatever it was named: its pseudonym does not tell."""
    report, bundle = recorded(count=count, DEEPLEARN_KNOWN_LEAD=known)

    again = replayed(bundle)

    assert timeless(again) == timeless(report)


@pytest.mark.parametrize("column", ["email", "phone", "lead_id"])
def test_a_known_lead_is_found_again(column: str) -> None:
    """By whatever it was named."""
    world = start(count=40)
    known = str(world.execute("SELECT * FROM lead_registrations ORDER BY created_at_ms")[0][column])
    report, bundle = taped(HARMLESS, configured(world, DEEPLEARN_KNOWN_LEAD=f" {known} "), server.transport(world))

    again = replayed(bundle)

    assert timeless(again) == timeless(report)


def test_the_newest_lead_is_found_again_without_an_address() -> None:
    """It is asked for by its id, which is kept as it is."""
    world = start(count=40)
    world.execute("UPDATE lead_registrations SET email = ''")
    report, bundle = taped(HARMLESS, configured(world), server.transport(world))

    again = replayed(bundle)

    assert timeless(again) == timeless(report)


@pytest.mark.parametrize(
    ("faults", "variables"),
    [
        (["webhook-secret-differs"], {"RAZORPAY_WEBHOOK_SECRET": " spaced "}),
        (["webhook-secret-is-key-secret"], {"RAZORPAY_WEBHOOK_SECRET": "sandbox-key-secret"}),
        ([], {"RAZORPAY_WEBHOOK_SECRET": " sandbox-webhook-secret "}),
        ([], {"RAZORPAY_WEBHOOK_SECRET": ""}),
        ([], {"RAZORPAY_KEY_ID": "", "RAZORPAY_KEY_SECRET": ""}),
        ([], {"ADMIN_API_TOKEN": ""}),
        ([], {"DEEPLEARN_CHECKS_WITHOUT": "pages,counselor", "DEEPLEARN_CHECKS_FAIL_ON": "info"}),
        ([], {"DEEPLEARN_CHECKS_LATENCY_MS": "0.001", "DEEPLEARN_CHECKS_CURRENCY": "EUR"}),
    ],
)
def test_a_replay_knows_which_secrets_there_were(faults: list[str], variables: dict[str, str]) -> None:
    """Which were set, which were the same and which were spaced: their values it does not need."""
    world = start(count=7, faults=faults)
    report, bundle = taped(HARMLESS, configured(world, **variables), server.transport(world))

    again = replayed(bundle)

    assert timeless(again) == timeless(report)


def test_flags_overrule_the_recorded_settings() -> None:
    """What fails the run is the reader's to say."""
    _, bundle = fixed("modules-locked")

    gates = [replayed(bundle, fail_on=level).gate for level in ("critical", "warning")]

    assert gates == ["passed", "failed"]
