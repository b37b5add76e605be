"""Requests, answers and what is kept of them: frozen values between the transport and those who read it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Protocol
from urllib.parse import quote, urlencode

from deeplearn_checks.finding import UnansweredError, error
from deeplearn_checks.redaction import EMPTY, Redacted
from deeplearn_checks.results import Exchange, LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.changes import Change
    from deeplearn_checks.finding import Finding
    from deeplearn_checks.redaction import Json, Redactor
    from deeplearn_checks.results import RunReport
    from deeplearn_checks.settings import Settings

SHOWN_BODY = 20_000
"""How many characters of a body an exchange keeps."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One question on the wire. `urgent`: other questions wait for its answer; `change`: what it can change.

    `queries`: a POST that only reads, because what it sends is a question (a SELECT).
    """

    method: str
    origin: str
    path: str
    params: Pairs = ()
    headers: Pairs = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    urgent: bool = field(default=False, compare=False)
    change: Change | None = field(default=None, compare=False)
    queries: bool = field(default=False, compare=False)

    @property
    def url(self) -> str:
        """The whole URL with its query."""
        query = urlencode(self.params, quote_via=quote)
        return f"{self.origin}{self.path}{'?' if query else ''}{query}"

    @property
    def repeatable(self) -> bool:
        """Whether asking twice is the same as asking once."""
        return self.may_be_led_on or self.queries

    @property
    def may_be_led_on(self) -> bool:
        """Whether a redirect is followed: what has a body is sent where it was meant to go, and nowhere else."""
        return self.method in {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `number` is that of its exchange; `seconds` and `attempts` as there.

    `received_at` is the local time of the last byte; `certificate_ends` the end of the server certificate's
    validity; both in seconds since the epoch, the latter None without TLS. `url` is where redirects led. `received` is
    the length in bytes of the body that came, where `body` is a redacted copy of it.
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
    url: str = ""
    received: int | None = None

    @property
    def size(self) -> int:
        """The length in bytes of the body that came."""
        return len(self.body) if self.received is None else self.received

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
    """An exchange as it happened, unredacted, for this process only; `left`: what it left behind, where it is known.

    `finding` says why there is no answer; `ended` is its place in the order in which exchanges ended, 0 where it
    never did.
    """

    number: int
    request: Request
    started_at: float
    answer: Answer | None = None
    seconds: float = 0.0
    attempts: int = 0
    problem: str = ""
    left: str = ""
    finding: Finding | None = None
    ended: int = 0


class Wires(Protocol):
    """What carries the questions of one run to their answers. `records` are all exchanges by number, from 1."""

    @property
    def records(self) -> list[Record]:
        """All exchanges, in the order in which they began."""

    async def ask(self, request: Request) -> Answer:
        """Answer the request, whatever its status; raises UnansweredError."""

    async def lull(self) -> None:
        """Let the first requests leave before work of our own begins."""

    async def settled(self) -> None:
        """Wait for what has been sent and can change something, even where nobody waits for its answer any more."""

    async def close(self) -> None:
        """Close every connection."""


class RecordedWires(Wires, Protocol):
    """Wires on which nothing travels: a recorded run answers."""

    @property
    def started_ms(self) -> int:
        """When the recorded run began, in milliseconds since the epoch."""

    @property
    def interrupted(self) -> bool:
        """Whether it was interrupted."""

    @property
    def unfinished(self) -> Mapping[str, Sequence[int]]:
        """The diagnostics that its end left without a finding, with the exchanges that each had used by then."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A run that is over, with all that it saw, unredacted, for this process only. `unfinished` as above."""

    settings: Settings
    redact: Redactor
    started_ms: int
    records: Sequence[Record]
    unfinished: Mapping[str, Sequence[int]]
    report: RunReport


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
    try:
        text = json.dumps(redact.json(json.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        text = redact.fields(text)
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
