"""Requests and answers as values: strict reading, and exchanges that anybody may see."""

from __future__ import annotations

import base64
import json
import shlex

import pytest
from surroundings import API, GET, POST

from deeplearn_checks.finding import UnansweredError
from deeplearn_checks.redaction import MASK, Redactor
from deeplearn_checks.wire import SHOWN_BODY, Answer, Pairs, Record, Request, exchange

TOKEN = "to'ken/1+"
REDACT = Redactor((TOKEN, "key-secret-1"), b"key")
ASHA = REDACT.person("asha@example.com")


def answer(body: bytes = b"{}", kind: str = "application/json", status: int = 200, request: Request = GET) -> Answer:
    """Answer *request* as the third exchange of a run."""
    headers: Pairs = (("Content-Type", kind), ("set-cookie", "session=1"))
    return Answer(request, status, headers, body, number=3, seconds=0.1, attempts=1, received_at=0.0)


def record(request: Request = GET, reply: Answer | None = None, problem: str = "") -> Record:
    """Keep an exchange as it happened."""
    return Record(1, request, 0.0, reply, 0.1, 1, problem)


@pytest.mark.parametrize(
    ("params", "url"),
    [((), f"{API}/p"), ((("q", "a b&c"), ("x", "@")), f"{API}/p?q=a%20b%26c&x=%40")],
)
def test_a_url_is_whole(params: Pairs, url: str) -> None:
    """Parameters are encoded, and without any there is no question mark."""
    assert Request("GET", API, "/p", params).url == url


@pytest.mark.parametrize(("method", "repeatable"), [("GET", True), ("HEAD", True), ("POST", False)])
def test_only_reading_may_be_repeated(method: str, *, repeatable: bool) -> None:
    """What writes may have written although no answer came."""
    assert Request(method, API, "/").repeatable is repeatable


def test_a_request_shows_no_credential() -> None:
    """It may stand in a traceback."""
    assert TOKEN not in repr(Request("POST", API, "/", headers=(("x-admin-token", TOKEN),), body=TOKEN.encode()))


def test_urgency_makes_no_other_question() -> None:
    """The same question is the same, whoever waits for it."""
    assert Request("GET", API, "/", urgent=True) == Request("GET", API, "/")


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (204, True), (299, True), (300, False)])
def test_two_hundred_and_something_is_ok(status: int, *, ok: bool) -> None:
    """Nothing else is."""
    assert answer(status=status).ok is ok


@pytest.mark.parametrize(("name", "value"), [("content-type", "application/json"), ("retry-after", "")])
def test_a_header_is_found_whatever_its_case(name: str, value: str) -> None:
    """One that is not there is empty."""
    assert answer().header(name) == value


@pytest.mark.parametrize(
    ("body", "value"),
    [(b'{"a": [1, null]}', {"a": [1, None]}), (b" 2.5 ", 2.5), ('"é"'.encode(), "é"), (b"[" * 200 + b"]" * 200, ...)],
)
def test_json_is_read(body: bytes, value: object) -> None:
    """Any valid document is; its type is judged where it is used."""
    read = answer(body).json(REDACT)

    assert value is ... or read == value


@pytest.mark.parametrize(
    ("body", "kind", "cause"),
    [
        (b"<!doctype html>", "", "not-the-api"),
        (b"  <html>", "application/json", "not-the-api"),
        (b"{}", "text/html; charset=utf-8", "not-the-api"),
        (b"", "application/json", "malformed-answer"),
        (b'{"a": 1', "application/json", "malformed-answer"),
        (b'{"a": NaN}', "application/json", "malformed-answer"),
        (b"[-Infinity]", "application/json", "malformed-answer"),
        (b"[1" + b"0" * 5000 + b"]", "application/json", "malformed-answer"),
        (b'{"a": "\xff"}', "application/json", "malformed-answer"),
        ("{}".encode("utf-16"), "application/json", "malformed-answer"),
        (b"[" * 100_000, "application/json", "malformed-answer"),
        (b'{"a":' * 100_000, "application/json", "malformed-answer"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_no_json_is_refused(body: bytes, kind: str, cause: str) -> None:
    """Pages, broken and bottomless documents, other encodings and what JSON has no word for."""
    with pytest.raises(UnansweredError) as problem:
        answer(body, kind).json(REDACT)

    assert problem.value.finding.cause == cause


def test_a_rejected_answer_names_the_question_and_its_exchange() -> None:
    """The finding leads to the exchange that shows it."""
    with pytest.raises(UnansweredError) as problem:
        answer(b"oops", status=500).json(REDACT)

    finding = problem.value.finding
    assert (finding.summary, finding.evidence, finding.question) == (
        "GET /health answered 500 with malformed JSON (JSONDecodeError)",
        {"status": 500},
        3,
    )


def test_an_exchange_shows_what_happened() -> None:
    """Everything is there, redacted by name, by pattern and by value."""
    headers = (("x-admin-token", TOKEN), ("accept", "*/*"))
    request = Request("POST", API, "/p", (("email", "asha@example.com"),), headers, b'{"password": "p", "n": 1}')
    reply = answer(json.dumps({"error": TOKEN, "phone": "98765 43210"}).encode(), status=401)

    shown = exchange(record(request, reply), REDACT)

    assert (shown.url, shown.status, shown.request_headers, shown.request_body) == (
        f"{API}/p?email={ASHA}",
        401,
        (("x-admin-token", MASK), ("accept", "*/*")),
        '{"password": "[secret]", "n": 1}',
    )
    assert (shown.response_headers[1], shown.response_body) == (
        ("set-cookie", MASK),
        json.dumps({"error": MASK, "phone": REDACT.person("9876543210")}),
    )


def test_an_exchange_without_an_answer_says_why() -> None:
    """There is no status and no body, but the problem, redacted."""
    shown = exchange(record(problem=f"reset by asha@example.com {TOKEN}"), REDACT)

    assert (shown.status, shown.response_body, shown.problem) == (0, "", f"reset by {ASHA} {MASK}")


@pytest.mark.parametrize(
    "body",
    [b"plain asha@example.com", b"[" * 600 + b'"asha@example.com"' + b"]" * 600, b'"\xff asha@example.com'],
    ids=["text", "deep", "binary"],
)
def test_a_body_that_is_no_plain_json_is_redacted_as_text(body: bytes) -> None:
    """Nothing that a service answers keeps its exchange from being shown."""
    shown = exchange(record(reply=answer(body)), REDACT).response_body

    assert ASHA in shown
    assert "asha@" not in shown


@pytest.mark.parametrize("wrap", ["{}", '"{}"'])
def test_a_body_is_cut_after_it_is_redacted(wrap: str) -> None:
    """No half of a secret stands at the end."""
    body = wrap.format("." * (SHOWN_BODY - 3) + TOKEN + "." * 99).encode()

    shown = exchange(record(reply=answer(body)), REDACT).response_body

    assert (len(shown), TOKEN[:2] in shown) == (SHOWN_BODY, False)


def test_half_a_character_keeps_no_report_from_being_written() -> None:
    """JSON may hold a lone surrogate; no file can."""
    shown = exchange(record(reply=answer(b'{"email": "\\ud800", "\\udfff": "\\udc00"}')), REDACT)

    assert shown.response_body.encode()


BASIC = "Basic " + base64.b64encode(b"rzp_test_Key01:key-secret-1").decode()


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (GET, ["curl", "-sS", "-X", "GET", f"{API}/health"]),
        (Request("HEAD", API, "/console/"), ["curl", "-sS", "--head", f"{API}/console/"]),
        (
            Request("GET", API, "/", headers=(("X-Admin-Token", TOKEN), ("x-user-id", "it's me"))),
            [
                "curl",
                "-sS",
                "-X",
                "GET",
                f"{API}/",
                "-H",
                "X-Admin-Token: $ADMIN_API_TOKEN",
                "-H",
                "x-user-id: it's me",
            ],
        ),
        (
            Request("GET", API, "/v1/payments", headers=(("authorization", BASIC),)),
            ["curl", "-sS", "-X", "GET", f"{API}/v1/payments", "-u", "$RAZORPAY_KEY_ID:$RAZORPAY_KEY_SECRET"],
        ),
        (POST, ["curl", "-sS", "-X", "POST", f"{API}/api/chat/counselor", "--data-raw", "{}"]),
    ],
    ids=["get", "head", "admin", "gateway", "post"],
)
def test_curl_repeats_the_request(request_: Request, words: list[str]) -> None:
    """An operator can paste it into a shell: variables stand for the secrets."""
    shown = exchange(record(request_), REDACT).curl

    assert shlex.split(shown) == words


def test_curl_signs_what_it_sends() -> None:
    """The signature of a webhook is made anew from the body and the operator's own secret."""
    body = b'{"event":"probe"}'
    request = Request("POST", API, "/hook", headers=(("x-razorpay-signature", "00" * 32),), body=body)

    shown = exchange(record(request), REDACT).curl

    assert shown == (
        f'curl -sS -X POST \'{API}/hook\' -H "x-razorpay-signature: $(printf %s \'{{"event": "probe"}}\' | openssl dgst'
        ' -sha256 -hmac "$RAZORPAY_WEBHOOK_SECRET" -r | cut -d\' \' -f1)" --data-raw \'{"event": "probe"}\''
    )
