"""Requests, answers and what is kept of them: frozen values between the transport and those who read it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote, urlencode

from deeplearn_checks.finding import UnansweredError, error
from deeplearn_checks.redaction import EMPTY, Redacted
from deeplearn_checks.results import Exchange, LedgerEntry

if TYPE_CHECKING:
    from deeplearn_checks.changes import Change
    from deeplearn_checks.redaction import Json, Redactor

SHOWN_BODY = 20_000
"""How many characters of a body an exchange keeps."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One question on the wire. `urgent`: other questions wait for its answer; `change`: what it can change."""

    method: str
    origin: str
    path: str
    params: Pairs = ()
    headers: Pairs = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    urgent: bool = field(default=False, compare=False)
    change: Change | None = field(default=None, compare=False)

    @property
    def url(self) -> str:
        """The whole URL with its query."""
        query = urlencode(self.params, quote_via=quote)
        return f"{self.origin}{self.path}{'?' if query else ''}{query}"

    @property
    def repeatable(self) -> bool:
        """Whether asking twice is the same as asking once."""
        return self.method in {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `number` is that of its exchange; `seconds` and `attempts` as there.

    `received_at` is the local time of the last byte; `certificate_ends` the end of the server certificate's
    validity; both in seconds since the epoch, the latter None without TLS.
    """

    request: Request
    status: int
    headers: Pairs
    body: bytes = field(repr=False)
    number: int
    seconds: float
    attempts: int
    received_at: float
    certificate_ends: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004  the range is the definition

    def header(self, name: str) -> str:
        """Answer the first header of that name, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def json(self, redact: Redactor) -> Json:
        """Parse the body strictly: no NaN, no bottomless nesting. Raises UnansweredError."""
        kind = self.header("content-type").partition(";")[0].strip().lower()
        if kind == "text/html" or self.body.lstrip()[:1] == b"<":
            self.reject("not-the-api", redact(f"{self.asked} answered {self.status} with a page, not with JSON"))
        try:
            value: Json = json.loads(self.body.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as problem:
            text = f"{self.asked} answered {self.status} with malformed JSON ({type(problem).__name__})"
            self.reject("malformed-answer", redact(text))
        return value

    @property
    def asked(self) -> str:
        """Name the question as an operator would: method and path."""
        return f"{self.request.method} {self.request.path}"

    def reject(self, cause: str, summary: Redacted, *, symptom_of: str = "") -> NoReturn:
        """Say that this answer cannot be used, and which broken diagnostic explains it; raises UnansweredError."""
        groups = (frozenset({symptom_of}),) if symptom_of else ()
        raise UnansweredError(error(cause, summary, {"status": self.status}, question=self.number, explained_by=groups))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


@dataclass(slots=True)
class Record:
    """An exchange as it happened, unredacted, for this process only; `left`: what it left behind, where it is known."""

    number: int
    request: Request
    started_at: float
    answer: Answer | None = None
    seconds: float = 0.0
    attempts: int = 0
    problem: str = ""
    left: str = ""


def exchange(record: Record, redact: Redactor) -> Exchange:
    """Make the redacted exchange of a record."""
    request, answer = record.request, record.answer
    params = urlencode(redact.pairs(request.params), quote_via=quote)
    url = redact(f"{request.origin}{request.path}{'?' if params else ''}{params}")
    return Exchange(
        number=record.number,
        method=request.method,
        url=url,
        status=answer.status if answer else 0,
        started_at=record.started_at,
        seconds=record.seconds,
        attempts=record.attempts,
        request_headers=redact.pairs(request.headers),
        request_body=_shown(request.body, redact),
        response_headers=redact.pairs(answer.headers) if answer else (),
        response_body=_shown(answer.body, redact) if answer else EMPTY,
        curl=_curl(request, url, redact),
        problem=redact(record.problem),
    )


def ledger_entry(record: Record, redact: Redactor) -> LedgerEntry | None:
    """Make the ledger's entry of a record; None for a request that only reads."""
    change = record.request.change
    if change is None:
        return None
    status = record.answer.status if record.answer else 0
    return LedgerEntry(
        number=record.number,
        effects=change.effects,
        request=redact(f"{record.request.method} {record.request.path}"),
        sent=redact(change.sends),
        status=status,
        left=redact(record.left or _left(change, record.answer)),
    )


def _left(change: Change, answer: Answer | None) -> str:
    """Say what a request left behind, as far as its answer tells."""
    if answer is None:
        return "unknown: no answer came"
    if answer.ok:
        return change.leaves
    return "unknown: the service failed over it" if answer.status >= 500 else "refused: nothing was written"  # noqa: PLR2004  a server's error


def _shown(body: bytes, redact: Redactor) -> Redacted:
    """Redact a body: JSON field by field, anything else as text; then cut it."""
    text = body.decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        text = json.dumps(redact.json(json.loads(text)), ensure_ascii=False)
    return Redacted(redact(text[: 4 * SHOWN_BODY])[:SHOWN_BODY])  # cut afterwards, or half a secret might show


_VARIABLES = {"x-admin-token": "$ADMIN_API_TOKEN"}
_SIGNED = "x-razorpay-signature"
_SIGN = "openssl dgst -sha256 -hmac \"$RAZORPAY_WEBHOOK_SECRET\" -r | cut -d' ' -f1"


def _curl(request: Request, url: Redacted, redact: Redactor) -> Redacted:
    """Write the command that repeats the request, with variables in place of secrets."""
    words = ["curl -sS", f"-X {request.method}" if request.method != "HEAD" else "--head", _quoted(url)]
    body = _quoted(_shown(request.body, redact))
    for name, value in redact.pairs(request.headers):
        if name.lower() == "authorization":
            words.append('-u "$RAZORPAY_KEY_ID:$RAZORPAY_KEY_SECRET"')
        elif name.lower() == _SIGNED:
            words.append(f'-H "{name}: $(printf %s {body} | {_SIGN})"')
        elif name.lower() in _VARIABLES:
            words.append(f'-H "{name}: {_VARIABLES[name.lower()]}"')
        else:
            words.append(f"-H {_quoted(f'{name}: {value}')}")
    if request.body:
        words.append(f"--data-raw {body}")
    return redact(" ".join(words))


def _quoted(text: str) -> str:
    """Quote for a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"
