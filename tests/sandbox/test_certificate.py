"""Certificates are named, signed and published as the service does it."""

import hashlib
import hmac
import json

import pytest

from deeplearn_checks.sandbox.certificate import certificate_id, certificate_url, signature, write_artifacts
from deeplearn_checks.sandbox.world import empty_world

PAYLOAD = b'{"certificate_id":"c-u-2026-01-01","course_id":"c","user_id":"u","issued_on":"2026-01-01"}'


@pytest.mark.parametrize(
    ("variables", "key"),
    [
        ({"CERTIFICATE_SIGNING_SECRET": "s", "ADMIN_API_TOKEN": "a"}, b"s"),
        ({"CERTIFICATE_SIGNING_SECRET": "", "ADMIN_API_TOKEN": "a"}, b"a"),
    ],
)
def test_the_signing_secret_comes_before_the_admin_token(variables: dict[str, str], key: bytes) -> None:
    """A certificate is signed with the signing secret, else with the admin token."""
    expected = hmac.new(key, PAYLOAD, hashlib.sha256).hexdigest()

    assert signature(variables, "c", "u", "2026-01-01") == expected


def test_without_any_secret_the_signature_is_a_bare_digest() -> None:
    """With neither secret the signature is the SHA-256 of the payload."""
    expected = hashlib.sha256(PAYLOAD).hexdigest()

    assert signature({}, "c", "u", "2026-01-01") == expected


def test_an_id_is_cut_and_cleaned() -> None:
    """An id keeps letters, digits, `_` and `-`, and 80 characters."""
    name = certificate_id("a.b", "ü@x" + "y" * 90, "2026-01-01")

    assert name == "a-b---x" + "y" * 73


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://certs.example.org/", "https://certs.example.org/c/u.svg"),
        ("", "https://gbdeeplearn-certificates.r2.dev/certificates/c/u-2026-01-01.svg"),
    ],
)
def test_a_public_base_drops_the_date(base: str, url: str) -> None:
    """Under a public base URL the name of the picture carries no date."""
    assert certificate_url({"CERTIFICATE_PUBLIC_BASE_URL": base}, "c", "u", "2026-01-01") == url


def test_an_artifact_has_its_keys_in_order() -> None:
    """The JSON in the bucket holds the four signed fields, the signature, and the time, in this order."""
    world = empty_world({})

    write_artifacts(world, "c", "u", "2026-01-01", 1_767_225_600_000)

    artifact = json.loads(world.certificates.get("certificates/c/u-2026-01-01.json") or "")
    assert list(artifact) == ["certificate_id", "course_id", "user_id", "issued_on", "signature", "issued_at_ms"]


def test_a_picture_says_what_it_certifies_and_no_more() -> None:
    """Text in the picture is escaped."""
    world = empty_world({})

    write_artifacts(world, "c", "<u&>", "2026-01-01", 1)

    assert ">&lt;u&amp;&gt;</text>" in (world.certificates.get("certificates/c/<u&>-2026-01-01.svg") or "")
