"""What holds of every recorded exchange: redacting it again, with whatever key, changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from pace import unhurried

from deeplearn_checks.bundle.recording import body
from deeplearn_checks.bundle.shapes import shape
from deeplearn_checks.redaction import Redactor

if TYPE_CHECKING:
    from deeplearn_checks.redaction import Json

SECRET = "canary/secret 1"
LIVE = Redactor((SECRET,), b"the operator's key")
REPLAY = Redactor(("stand-in-1",), b"another key")

PIECES = st.sampled_from(
    [SECRET, "asha@example.com", "+91 98765 43210", "9876543210", "person-0123456789", "[secret]", "é", '"', "\\", " "]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join))
NAMES = st.sampled_from(["email", "token", "phone", "full_name", "card", "message", "paid_at_ms", "q", "notes"])
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=12,
)


@unhurried
@given(VALUES)
def test_a_recorded_body_is_redacted_for_good(value: Json) -> None:
    """A replay, which has another key and no secret, shows it as it was."""
    kept = body(json.dumps(value), LIVE)

    assert json.loads(body(kept, REPLAY)) == json.loads(kept)


@unhurried
@given(VALUES)
def test_a_recorded_body_has_the_shape_that_it_had(value: Json) -> None:
    """Every field is there, with its type: what is judged of it is judged again."""
    kept = body(json.dumps(value), LIVE)

    assert shape([json.loads(kept)]) == shape([value])


@unhurried
@given(TEXTS, st.integers(min_value=0, max_value=200))
def test_a_broken_off_body_is_redacted_for_good(text: str, end: int) -> None:
    """Wherever it broke off, and no name stands in it."""
    broken = json.dumps({"full_name": "Canary Name", "email": "canary@example.com", "message": text})[:end]

    kept = body(broken, LIVE)

    assert (body(kept, REPLAY), "Canary Name" in kept, "canary@example.com" in kept) == (kept, False, False)
