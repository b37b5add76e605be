"""Nothing secret and nobody's name leaves the process, and two mentions of one person can still be joined."""

from __future__ import annotations

import re

import pytest

from deeplearn_checks.redaction import MASK, Redactor, identified_by, wire_forms

SECRET = 'a b/"ö<+=' + "x" * 9
REDACT = Redactor((SECRET, " padded\n"), b"key")
ASHA = REDACT.person("asha@example.com")
PHONE = REDACT.person("+919876543210")


@pytest.mark.parametrize("form", sorted(wire_forms(SECRET)))
def test_a_secret_is_masked_in_every_form_it_takes_on_the_wire(form: str) -> None:
    """Plain, URL-encoded, JSON-escaped, in HTML, base64: none is shown."""
    text = REDACT(f"before-{form}-after")

    assert text == f"before-{MASK}-after"


@pytest.mark.parametrize(
    "form",
    [
        "a%20b%2F%22%C3%B6%3C%2B%3D",
        "a+b%2f%22%c3%b6%3c%2b%3d",
        'a b/\\"\\u00f6<+=',
        'a b\\/\\"ö<+=',
        "a b/&quot;ö&lt;+=",
    ],
)
def test_the_forms_are_those_that_others_write(form: str) -> None:
    """URL-encoding in either case, JSON with its escapes, HTML."""
    assert form + "x" * 9 in wire_forms(SECRET)


def test_white_space_around_a_secret_does_not_unmask_it() -> None:
    """A server that strips what it echoes is redacted too."""
    assert REDACT("token 'padded'") == f"token '{MASK}'"


def test_an_empty_secret_masks_nothing() -> None:
    """A setting that is not set is no secret."""
    assert Redactor(("", " "))("some text") == "some text"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pass@host/path", f"https://{MASK}@host/path"),
        ("Authorization: Basic cnpwX3Rlc3Q6a2V5", f"Authorization: Basic {MASK}"),
        ("bearer eyJhbGciOi.J9.x-y_z", f"bearer {MASK}"),
        ("a basic course", "a basic course"),
    ],
)
def test_credentials_are_known_by_their_pattern(text: str, shown: str) -> None:
    """What others hold is masked as well."""
    assert REDACT(text) == shown


@pytest.mark.parametrize(
    "spelling",
    [
        "asha@example.com",
        "ASHA@Example.COM",
        "asha%40example.com",
        "email=asha@example.com&x=1",
        "'asha@example.com',",
        "<asha@example.com>.",
        "/api/funnel/payment/status?email=asha@example.com",
    ],
)
def test_an_address_has_one_pseudonym_however_it_stands(spelling: str) -> None:
    """Two findings about one learner can be joined."""
    text = REDACT(spelling)

    assert ASHA in text
    assert "asha" not in text.lower()


@pytest.mark.parametrize(
    "spelling",
    [
        "+919876543210",
        "+91 98765 43210",
        "+91-98765-43210",
        "%2B919876543210",
        "%2b919876543210",
        "9876543210",
        "09876543210",
        "919876543210",
        "98765 43210",
        "98765-43210",
        "(9876543210)",
        "tel.9876543210",
    ],
)
def test_a_number_has_one_pseudonym_however_it_is_written(spelling: str) -> None:
    """With and without the country, with blanks and dashes, URL-encoded."""
    text = REDACT(spelling)

    assert PHONE in text


@pytest.mark.parametrize("text", ["9876543210@okbank", "jörg@exämple.de", "o'neill@example.com", "a@b.c@d.e"])
def test_unusual_addresses_are_hidden_whole(text: str) -> None:
    """A payment address and an address in another alphabet identify a person too."""
    assert REDACT(text) == REDACT.person(text)


@pytest.mark.parametrize(
    "text",
    [
        "1750000000000",
        "1750000000",
        "2025-06-01T09:30:00+00:00",
        "0.9876543210",
        "lead_9876543210",
        "pay_29QQoUBi66xm2f",
        "rzp_test_Key01",
        "123e4567-e89b-12d3-a456-426614174000",
        "learner_9f86d081884c",
        "INR 149900 of 300 leads",
        "person-9876543210",
    ],
)
def test_numbers_times_and_ids_stay(text: str) -> None:
    """What a diagnosis needs is not mistaken for a telephone number."""
    assert REDACT(text) == text


def test_a_pseudonym_is_nobody_elses() -> None:
    """Without the key nobody can tell who it is."""
    assert Redactor(key=b"other").person("asha@example.com") != ASHA


@pytest.mark.parametrize(("identity", "shown"), [("", ""), (" ", ""), (ASHA, ASHA), (f" {ASHA} ", ASHA)])
def test_nobody_and_a_pseudonym_stay(identity: str, shown: str) -> None:
    """A pseudonym is not hidden again, and an empty field says that there is nobody."""
    assert REDACT.person(identity) == shown


def test_what_identifies_otherwise_has_a_pseudonym_too() -> None:
    """A person may be looked up by an id; it folds like an address."""
    assert REDACT.person("Lead-1") == REDACT.person(" lead-1")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("X-Admin-Token", "anything", MASK),
        ("cookie", "", ""),
        ("q", "asha@example.com", ASHA),
        ("Phone", "98765 43210", PHONE),
        ("full_name", "Asha Rao", "[personal]"),
        ("full_name", "", ""),
        ("message", "to asha@example.com", f"to {ASHA}"),
    ],
)
def test_a_name_says_how_to_show_its_value(name: str, value: str, shown: str) -> None:
    """Headers, parameters and fields are known by their names."""
    assert REDACT.named(name, value) == shown


def test_pairs_keep_their_names() -> None:
    """Headers stay in their order."""
    assert REDACT.pairs([("token", "t"), ("accept", "*/*")]) == (("token", MASK), ("accept", "*/*"))


def test_json_is_redacted_all_through() -> None:
    """Strings by the name of their field, lists by the name of theirs, keys as text; what is harmless stays."""
    value = REDACT.json(
        {
            "leads": [{"email": "asha@example.com", "paid_at_ms": 1750000000000, "ok": True, "ref": None, "x": 0.5}],
            "contact": 9876543210,
            "phone": ["98765 43210"],
            "token": 12345678,
            "secret": False,
            "asha@example.com": "full",
        }
    )

    assert value == {
        "leads": [{"email": ASHA, "paid_at_ms": 1750000000000, "ok": True, "ref": None, "x": 0.5}],
        "contact": PHONE,
        "phone": [PHONE],
        "token": MASK,
        "secret": False,
        ASHA: "full",
    }


def test_what_stands_inside_something_private_is_private() -> None:
    """A card's holder and number are hidden with the card, however deep they stand."""
    value = REDACT.json({"card": {"name": "Asha", "last4": 1111, "issuer": [{"id": "hdfc"}]}})

    assert value == {"card": {"name": "[personal]", "last4": "[personal]", "issuer": [{"id": "[personal]"}]}}


@pytest.mark.parametrize("show", [REDACT, REDACT.person])
def test_what_no_report_can_hold_is_replaced(show: Redactor) -> None:
    """Half a character, as JSON can hold, would keep the report from being written."""
    shown = show("\ud800")

    assert shown.encode()


def test_its_own_text_shows_no_secret() -> None:
    """A redactor may stand in a traceback."""
    assert "padded" not in repr(REDACT)


def test_a_long_text_costs_little() -> None:
    """A picture in base64, or a run of one letter, is no trap: this would take minutes if each letter began anew."""
    text = "a" * 100_000 + " @ home"

    assert REDACT(text) == text


def test_a_number_that_holds_a_secret_is_masked() -> None:
    """A secret of digits is one as a number too; other numbers stay numbers."""
    shown = Redactor(("20250815",)).json({"count": 20250815, "sum": 1202508151, "age": 41})

    assert shown == {"count": "[secret]", "sum": "1[secret]1", "age": 41}


@pytest.mark.parametrize(
    "text", ["synthetic-staging@deeplearn-checks.invalid", "q=synthetic-a%40deeplearn-checks.invalid"]
)
def test_the_synthetic_learner_keeps_its_address(text: str) -> None:
    """The suite's own learner is nobody: operators recognise what a run left behind."""
    assert REDACT(text) == text


def test_a_person_cannot_pose_as_the_synthetic_learner() -> None:
    """Only the reserved domain is exempt, not an address that merely holds it."""
    shown = REDACT("asha@deeplearn-checks.invalid.example.com")

    assert re.fullmatch(r"person-[0-9a-f]{10}", shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"full_name": "Asha \\"A\\" Rao", "id": 7', '{"full_name": "[personal]", "id": 7'),
        ('{"Full_Name":"As', '{"Full_Name":"[personal]'),
        ('{"token": 123, "sum": 5', '{"token": [secret], "sum": 5'),
        ('{"token": "[secret]", "phone": ""', '{"token": "[secret]", "phone": ""'),
        ("no JSON at all", "no JSON at all"),
    ],
)
def test_fields_are_hidden_in_broken_json_too(text: str, shown: str) -> None:
    """An answer that broke off names people like a whole one."""
    assert REDACT.fields(text) == shown


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("asha@example.com", "email"),
        ("person-0123456789", "email"),
        ("+91 98765 43210", "phone"),
        ("9876543210", "phone"),
        ("tel:person-0123456789", "phone"),
        ("98765", "lead_id"),
        ("lead-9876543210", "lead_id"),
        ("", "lead_id"),
    ],
)
def test_a_text_tells_by_what_it_names_somebody(text: str, by: str) -> None:
    """Also where the address is hidden behind a pseudonym."""
    assert identified_by(text) == by
