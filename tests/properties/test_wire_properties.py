"""Whatever bytes a service answers, reading and showing them raises nothing but that they are no answer."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from pace import unhurried

from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.redaction import Json, Redactor
from deeplearn_checks.wire import SHOWN_BODY, Answer, Record, Request, exchange

GET = Request("GET", "https://api.example.com", "/")
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
NESTED = st.builds(lambda depth, unit: unit * depth, st.integers(0, 5000), st.sampled_from([b"[", b'{"a":', b"[[],"]))
DIGITS = st.builds(lambda size: b"1" * size, st.integers(1, 6000))
BODIES = st.binary() | NESTED | DIGITS | JSON.map(lambda value: json.dumps(value).encode())
KINDS = st.sampled_from(["", "application/json", "text/html", "application/json; charset=latin-1"])


def answer(body: bytes, kind: str = "application/json") -> Answer:
    """Answer with a body."""
    return Answer(GET, 200, (("content-type", kind),), body, number=1, seconds=0.1, attempts=1, received_at=0.0)


@unhurried
@given(BODIES, KINDS)
def test_reading_any_bytes_answers_or_says_why_not(body: bytes, kind: str) -> None:
    """There is no third way."""
    try:
        said = str(answer(body, kind).json(Redactor()) == json.loads(body))
    except UnansweredError as problem:
        said = problem.finding.cause

    assert said in {"True", "malformed-answer", "not-the-api"}


@unhurried
@given(JSON)
def test_every_document_is_read(value: Json) -> None:
    """What Python writes as JSON is understood."""
    assert answer(json.dumps(value).encode()).json(Redactor()) == value


@unhurried
@given(BODIES)
def test_any_bytes_can_be_shown(body: bytes) -> None:
    """In a report, which is UTF-8 and of bounded size."""
    shown = exchange(Record(1, GET, 0.0, answer(body)), Redactor(("secret-1",))).response_body

    assert len(shown.encode()) <= 4 * SHOWN_BODY
