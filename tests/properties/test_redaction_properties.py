"""What holds of every redacted text: nothing secret survives, and redacting twice changes nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from pace import unhurried

from deeplearn_checks.redaction import MASK, Redactor, wire_forms

if TYPE_CHECKING:
    from deeplearn_checks.redaction import Json

SECRETS = st.text(min_size=8).filter(lambda secret: bool(secret.strip()) and not set("[]") & set(secret))
PIECES = st.sampled_from(
    [
        "asha@example.com",
        "%40",
        "@",
        "+91 98765 43210",
        "9876543210",
        "://",
        "basic ",
        "Bearer abcdefgh",
        "person-",
        "0123456789",
        ".",
        "'",
        "-",
        " ",
        "/",
        MASK,
        "é",
        "a",
        "{",
        '"',
        "\\",
        "+",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join))
ADDRESS = re.compile(r"\w[\w.+'-]{0,63}(?:(?:@|%40)[\w-]+(?:\.[\w-]+)*)+")
"""What an e-mail address or a payment address is; the redactor finds the same faster, from each at sign on."""
NEARLY_ADDRESSES = st.lists(st.sampled_from([*"ab_é.-+' <%@@@@", "%40", "a" * 63, "a" * 64])).map("".join)
NAMES = st.sampled_from(["email", "token", "message", "card", "paid_at_ms", "q"])
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=12,
)


@unhurried
@given(st.data(), SECRETS, TEXTS, TEXTS)
def test_no_secret_survives(data: st.DataObject, secret: str, before: str, after: str) -> None:
    """Of any alphabet, in any form of the wire, in any surroundings."""
    form = data.draw(st.sampled_from(sorted(wire_forms(secret))))

    shown = Redactor((secret,))(f"{before}{form}{after}")

    assert not [one for one in wire_forms(secret) if one in shown]


@unhurried
@given(st.lists(SECRETS, max_size=3), TEXTS)
def test_redacting_twice_changes_nothing(secrets: list[str], text: str) -> None:
    """What was redacted at the door may pass through another."""
    redact = Redactor(tuple(secrets))

    assert redact(redact(text)) == redact(text)


@unhurried
@given(st.text() | st.lists(PIECES).map("".join))
def test_a_pseudonym_has_no_other(identity: str) -> None:
    """Hiding somebody twice is hiding them once."""
    redact = Redactor()

    assert redact.person(redact.person(identity)) == redact.person(identity)


@unhurried
@given(TEXTS)
def test_every_redacted_text_can_be_written(text: str) -> None:
    """To a file in UTF-8."""
    assert Redactor()(text + "\ud800").encode()


def shape(value: Json) -> object:
    """Answer a value without its texts."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else ...


@unhurried
@given(VALUES)
def test_json_keeps_its_structure(value: Json) -> None:
    """Lists, objects and names stay as they were."""
    assert shape(Redactor().json(value)) == shape(value)


@unhurried
@given(VALUES, SECRETS)
def test_json_holds_no_secret(value: Json, secret: str) -> None:
    """However deep it stands, as text or as part of one."""
    shown = Redactor((secret,)).json({"a": [value, {"b": f"x{secret}y"}]})

    assert secret not in json.dumps(shown, ensure_ascii=False)


@unhurried
@given(NEARLY_ADDRESSES)
def test_every_address_is_found_and_nothing_else(text: str) -> None:
    """However many at signs there are, one after another or behind a word that is longer than a name can be."""
    redact = Redactor()

    expected, before = text, ""
    while expected != before:
        before, expected = expected, ADDRESS.sub(lambda found: redact.person(found[0]), expected)

    assert redact(text) == expected
