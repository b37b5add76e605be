"""What a bundle holds: everything of a run but its secrets and its people."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from surroundings import API, KEY_ID, WEBHOOK_SECRET, Script, reply, settings
from taped import HARMLESS, configured, content, recorded, taped

from deeplearn_checks.bundle.configuration import KEPT, NOT_KEPT, ORIGINS, described, recorded_settings
from deeplearn_checks.bundle.recording import asked, body
from deeplearn_checks.diagnostics import access, platform
from deeplearn_checks.redaction import MASK, Redactor
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import ConfigurationError, Settings, redactor
from deeplearn_checks.wire import Request

REDACT = Redactor(("secret-1",), b"key")
ASHA = REDACT.person("asha@example.com")
BY_STAND_IN = {
    "admin_token",
    "certificate_signing_secret",
    "d1_token",
    "known_lead",
    "pseudonym_key",
    "razorpay_key_id",
    "razorpay_key_secret",
    "razorpay_webhook_secret",
    "razorpay_webhook_secret_previous",
    "turnstile_token",
}


def people(text: str) -> set[str]:
    """Answer the pseudonyms in a text."""
    return set(re.findall(r"person-[0-9a-f]{10}", text))


def test_every_setting_has_its_place() -> None:
    """A new one is kept with its value, by its origin, by a stand-in, or not: somebody has decided which."""
    assert set(Settings.model_fields) == KEPT | ORIGINS | NOT_KEPT | BY_STAND_IN


def test_settings_are_named_not_valued() -> None:
    """Of a secret it is known that it was set; which are the same; and around which there is white space."""
    given = settings(
        RAZORPAY_WEBHOOK_SECRET=" same ",
        RAZORPAY_KEY_SECRET="same",
        DEEPLEARN_CHECKS_PSEUDONYM_KEY="other",
        DEEPLEARN_KNOWN_LEAD="+91 98765 43210",
    )
    redact = redactor(given)

    held = described(given, redact)

    assert held.stand_ins == {
        "admin_token": "stand-in-1",
        "razorpay_key_secret": "stand-in-2",
        "razorpay_webhook_secret": " stand-in-2 ",
        "pseudonym_key": "stand-in-3",
        "razorpay_key_id": "rzp_test_stand_in",
        "known_lead": f"tel:{redact.person('9876543210')}",
    }


def test_what_a_judgement_depends_on_is_kept() -> None:
    """Thresholds, levels and names of parts survive as they are."""
    given = settings(
        DEEPLEARN_CHECKS_ENVIRONMENT="production",
        DEEPLEARN_CHECKS_FAIL_ON="warning",
        DEEPLEARN_CHECKS_WITHOUT="pages,gateway",
        DEEPLEARN_CHECKS_LATENCY_MS="12.5",
        DEEPLEARN_CHECKS_GATEWAY_DAYS="3",
    )

    again = recorded_settings(described(given, REDACT), {})

    assert {name: getattr(again, name) for name in KEPT | ORIGINS} == {
        name: getattr(given, name) for name in KEPT | ORIGINS
    }


def test_settings_that_cannot_be_used_are_refused() -> None:
    """A bundle may come from anywhere."""
    held = described(settings(), REDACT)
    wrong = held.model_copy(update={"values": {**held.values, "latency_ms": -1}})
    torn = held.model_copy(update={"stand_ins": {"razorpay_key_id": "rzp_test_1"}})

    with pytest.raises(ConfigurationError, match=r"^the bundle holds settings that cannot be used: .*LATENCY_MS: "):
        recorded_settings(wrong, {})
    with pytest.raises(ConfigurationError, match=r"^the bundle holds settings that cannot be used: its settings: "):
        recorded_settings(torn, {})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{ "email": "asha@example.com", "n": 1.0 }', f'{{"email":"{ASHA}","n":1.0}}'),
        (
            '{"phone": 9876543210, "token": 1.5, "q": true, "sum": 9876543210}',
            '{"phone":0,"token":0.0,"q":true,"sum":9876543210}',
        ),
        ('[{"token": ["a", 2]}]', f'[{{"token":["{MASK}",0]}}]'),
        ('{"a": "\\ud800x"}', '{"a":"?x\\ud800"}'),
        ('{"a@b.cd": 1, "A@b.cd": 2}', f'{{"{REDACT.person("a@b.cd")}":2}}'),
        ('{"é": "é"}', '{"\\u00e9":"\\u00e9"}'),
        ("secret-1, asha@example.com", f"{MASK}, {ASHA}"),
        ('{"full_name": "Asha', '{"full_name": "[personal]'),
        ("[NaN]", "[NaN]"),
        ("", ""),
    ],
)
def test_a_body_is_kept_whole_and_redacted(text: str, kept: str) -> None:
    """JSON by the names of its fields and with the types of its values; anything else as text."""
    assert body(text, REDACT) == kept


def test_a_large_body_is_not_cut() -> None:
    """A replay needs all of it."""
    text = json.dumps([{"id": number} for number in range(10_000)])

    kept = body(text, REDACT)

    assert json.loads(kept) == json.loads(text)


def test_who_asks_is_kept_without_the_secret() -> None:
    """A wrong token is told from the right one, and a person who is claimed to be is nobody."""
    given = settings(DEEPLEARN_KNOWN_LEAD="lead-7")
    headers = (("X-Admin-Token", "wrong"), ("x-user-id", "asha@example.com"), ("accept", "*/*"))
    request = Request("GET", API, "/", (("lead_id", "lead-7"), ("q", "lead-8")), headers)

    kept = asked(request, given, REDACT)

    assert kept.voice == (
        ("?lead_id", "known_lead"),
        ("?q", "lead-8"),
        ("x-admin-token", "none of ours"),
        ("x-user-id", str(ASHA)),
    )


def test_a_signature_is_kept_by_the_name_of_its_secret() -> None:
    """A forged one is nobody's."""
    given = settings()
    requests = [Request("POST", API, "/", (), (("x-razorpay-signature", text),), b"{}") for text in ("forged", "")]

    kept = [asked(request, given, REDACT).voice for request in requests]

    assert kept == [(("x-razorpay-signature", "none of ours"),)] * 2


def test_the_same_operator_names_people_alike() -> None:
    """Two bundles of one key can be joined, whatever they were recorded of."""
    first, second = (content(recorded(name, count=5)[1]) for name in ("", "modules-locked"))

    assert people(first) == people(second) != set()


def test_another_operator_names_them_otherwise() -> None:
    """Two bundles of different keys have nobody in common."""
    first, second = (
        content(recorded(count=5, DEEPLEARN_CHECKS_PSEUDONYM_KEY=key)[1]) for key in ("one key", "another key")
    )

    assert people(first) & people(second) == set()


def test_without_a_key_nobody_can_be_joined() -> None:
    """A known key would let anybody guess: the run makes one of its own."""
    given = settings(ADMIN_API_TOKEN="")
    asha = {redactor(given).person("asha@example.com") for _ in range(2)}

    assert len(asha) == 2


def test_a_bundle_knows_what_was_selected() -> None:
    """Prerequisites were asked too, and are not part of the selection."""
    world = start(count=1)
    _, bundle = taped([platform.health], configured(world), server.transport(world))

    assert bundle.manifest.selected == ("platform.health",)
    assert [result.id for result in bundle.report.results] == ["platform.root", "platform.health"]


def test_the_settings_key_id_is_not_kept() -> None:
    """Only whether it is a live or a test key."""
    _, bundle = taped([access.admin_refuses_missing_token], settings(), Script(reply(401, {"error": "no"})))

    assert [text for text in (KEY_ID, WEBHOOK_SECRET) if text in content(bundle)] == []


def test_recording_changes_nothing() -> None:
    """The run that is kept finds what the run that is not kept finds."""
    world = start(count=3)
    given = configured(world)

    kept, _ = taped(HARMLESS, given, server.transport(world))
    plain = asyncio.run(run(HARMLESS, given, transport=server.transport(world)))

    assert [(one.id, one.outcome, one.cause) for one in kept.results] == [
        (one.id, one.outcome, one.cause) for one in plain.results
    ]
