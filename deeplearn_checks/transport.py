"""The one HTTP client of a run: bounded in time, size and number, retried with care, every exchange kept.

Whatever goes wrong on the wire becomes an `UnansweredError` with a cause, so that what stands above
reads answers and never exceptions of the network.
"""

from __future__ import annotations

import asyncio
import email.utils
import itertools
import ssl
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import urljoin, urlsplit

from deeplearn_checks.authorities import trust
from deeplearn_checks.bodies import ACCEPTED, Body
from deeplearn_checks.finding import Effects, Finding, UnansweredError, error
from deeplearn_checks.lean_imports import import_httpx
from deeplearn_checks.limiter import Limiter
from deeplearn_checks.wire import Answer, Record, Request
from deeplearn_checks.wire_logs import withheld

import_httpx()
import httpx  # noqa: E402  the line above must come first

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tenacity import RetryCallState

    from deeplearn_checks.redaction import Redactor
    from deeplearn_checks.settings import Settings

ANSWER_LIMIT = 8 * 1024 * 1024
"""The largest answer that is read, in bytes after decompression."""

_RETRIED = frozenset({429, 502, 503, 504})
_REPEATED = frozenset({"unreachable", "connection-lost"})
"""The causes on the wire for which a question is repeated: not for silence, which has used up its time."""
_TOO_MANY = 429
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_FIRST_PAUSE = 0.2
"""Seconds before the second attempt; doubled before each further one."""

_CAUSES: tuple[tuple[type[Exception], str, str], ...] = (
    (TimeoutError, "timed-out", "no answer in time"),
    (httpx.TimeoutException, "timed-out", "no answer in time"),
    (httpx.ConnectError, "unreachable", "no connection"),
    (httpx.UnsupportedProtocol, "unreachable", "no connection"),
    (zlib.error, "malformed-answer", "the body cannot be decompressed"),
    (httpx.DecodingError, "malformed-answer", "the body cannot be decompressed"),
    (httpx.TransportError, "connection-lost", "the connection broke off"),
    (httpx.InvalidURL, "unreachable", "no address that could be asked"),
)
"""What an exception of the network means; the first match counts."""


class _TransientError(Exception):
    """An attempt that may be repeated: its answer or its finding, and the pause that the server asks for."""

    def __init__(self, answer: Answer | None, finding: Finding | None, after: float | None = None) -> None:
        super().__init__()
        self.answer = answer
        self.finding = finding
        self.after = after


class Transport:
    """Sends requests for one run. `records` are all exchanges, in the order in which they began.

    *trusted* says whose certificates are trusted where many runs share that: making it anew costs each 20 ms and 1 MB.
    A *transport* that is given has decided for itself.
    """

    def __init__(
        self,
        settings: Settings,
        redact: Redactor,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        trusted: ssl.SSLContext | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.records: list[Record] = []
        self._settings = settings
        self._redact = redact
        self._sleep = sleep
        self._limiter = Limiter(settings.concurrency)
        self._ends = time.monotonic() + settings.deadline
        self._first_answer = asyncio.Event()
        self._endings = itertools.count(1)
        self._changing: set[asyncio.Future[Answer]] = set()
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=trusted or (trusted_by(settings) if transport is None else False),
            timeout=settings.timeout,
            limits=httpx.Limits(max_connections=settings.concurrency, max_keepalive_connections=settings.concurrency),
            headers={"user-agent": "deeplearn-checks", "accept-encoding": ACCEPTED},
        )

    async def close(self) -> None:
        """Close every connection."""
        with withheld():
            await self._client.aclose()

    async def ask(self, request: Request) -> Answer:
        """Send the request and read its whole answer, whatever its status; raises UnansweredError.

        A request that could change something and does not say what is a bug of ours, and not sent: ValueError.
        """
        if not request.repeatable and request.change is None:
            raise ValueError(f"{request.method} {request.path} does not say what it changes")
        async with self._limiter.place(urgent=request.urgent):
            record = Record(len(self.records) + 1, request, time.time())
            self.records.append(record)
            if request.change is None or request.change.effects is Effects.NONE:
                return await self._recorded(request, record)
            sending = asyncio.ensure_future(self._recorded(request, record))
            self._changing.add(sending)
            sending.add_done_callback(self._changing.discard)
            return await asyncio.shield(sending)

    async def settled(self) -> None:
        """Wait for what has been sent and can change something, even where nobody waits for its answer any more."""
        await asyncio.gather(*self._changing, return_exceptions=True)

    async def _recorded(self, request: Request, record: Record) -> Answer:
        began = time.perf_counter()
        try:
            record.answer = await self._with_retries(request, record)
        except UnansweredError as unanswered:
            record.problem, record.finding = unanswered.finding.summary, unanswered.finding
            raise
        finally:
            record.seconds = time.perf_counter() - began
            if record.answer is not None or record.finding is not None:
                record.ended = next(self._endings)
            self._first_answer.set()
        return record.answer

    async def lull(self, patience: float = 0.03) -> None:
        """Wait until the first requests have left and one is answered, at most *patience* seconds.

        For work of our own that would keep them from leaving.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._first_answer.wait(), patience)

    async def _with_retries(self, request: Request, record: Record) -> Answer:
        """Repeat what may be repeated, inside the deadline."""
        try:
            return await self._attempt(request, record)
        except _TransientError as first:
            return await self._repeated(request, record, first)

    async def _repeated(self, request: Request, record: Record, first: _TransientError) -> Answer:
        """Go on after a first attempt that failed; most runs never come here."""
        from tenacity import AsyncRetrying, retry_if_exception_type  # noqa: PLC0415  10 ms of start for the rare case

        failed = [first]

        async def attempt() -> Answer:
            if failed:
                raise failed.pop()
            return await self._attempt(request, record)

        retrying = AsyncRetrying(
            stop=lambda state: self._enough(state, request),
            wait=_pause,
            retry=retry_if_exception_type(_TransientError),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except _TransientError as last:
            if last.finding is not None:
                raise UnansweredError(last.finding) from None
            if last.answer is None:  # pragma: no cover  a transient error carries one of the two
                raise
            return self._final(last.answer)

    def _final(self, answer: Answer) -> Answer:
        """Answer what the last attempt got; raises UnansweredError where that was a refusal for being too many."""
        if answer.status == _TOO_MANY:
            text = f"{answer.asked} answered 429 (too many requests) to {answer.attempts} attempts"
            answer.reject("rate-limited", self._redact(text))
        return answer

    def _enough(self, state: RetryCallState, request: Request) -> bool:
        """Whether to give up: attempts are spent, or the pause would outlast the deadline."""
        attempts = self._settings.attempts if request.repeatable else 1
        return state.attempt_number >= attempts or time.monotonic() + _pause(state) > self._ends

    async def _attempt(self, request: Request, record: Record) -> Answer:
        """Ask once, following redirects within the origin."""
        record.attempts += 1
        record.answer = None
        try:
            async with asyncio.timeout(self._settings.timeout):
                with withheld():
                    answer = await self._follow(request, record)
        except (httpx.HTTPError, httpx.InvalidURL, zlib.error, TimeoutError) as problem:
            finding = self._explain(problem, request, record)
            raise (_TransientError(None, finding) if finding.cause in _REPEATED else UnansweredError(finding)) from None
        if answer.status in _RETRIED and not _in_the_services_words(answer):
            raise _TransientError(answer, None, _retry_after(answer))
        return answer

    async def _follow(self, request: Request, record: Record) -> Answer:
        url = request.url
        for _ in range(_MAX_REDIRECTS):
            answer = record.answer = await self._send(request, url, record)
            if answer.status not in _REDIRECTS or not request.repeatable:
                break
            onward = _onward(url, answer.header("location"))
            if _origin(onward) != _origin(url):
                text = f"{answer.asked} redirects to {_origin(onward)}: not followed, no credential was sent there"
                answer.reject("redirected-away", self._redact(text))
            url = onward
        if answer.status in _REDIRECTS:
            answer.reject("redirected-away", self._redact(f"{answer.asked} answered {answer.status} and leads nowhere"))
        return answer

    async def _send(self, request: Request, url: str, record: Record) -> Answer:
        began = time.perf_counter()
        outgoing = self._client.build_request(
            request.method, url, headers=list(request.headers), content=request.body or None
        )
        response = await self._client.send(outgoing, stream=True)
        try:
            body = await self._read(response, record)
        finally:
            await response.aclose()
        return Answer(
            request=request,
            status=response.status_code,
            headers=tuple(response.headers.multi_items()),
            body=body,
            number=record.number,
            seconds=time.perf_counter() - began,
            attempts=record.attempts,
            received_at=time.time(),
            certificate_ends=_certificate_ends(response),
            url=url,
        )

    async def _read(self, response: httpx.Response, record: Record) -> bytes:
        """Read the body up to the limit; raises UnansweredError beyond it."""
        body = Body(response.headers.get("content-encoding", ""), ANSWER_LIMIT)
        async for piece in cast("httpx.AsyncByteStream", response.stream):  # undecoded: httpx would inflate it whole
            if not body.fits(piece):
                text = f"{record.request.method} {record.request.path} answered more than {ANSWER_LIMIT >> 20} MiB"
                raise UnansweredError(error("answer-too-large", self._redact(text), question=record.number))
        return body.whole()

    def _explain(self, problem: Exception, request: Request, record: Record) -> Finding:
        """Say what an exception of the network means."""
        cause, meaning = next((cause, text) for kind, cause, text in _CAUSES if isinstance(problem, kind))
        if _is_tls(problem):
            cause, meaning = "tls-invalid", "the server's certificate is not valid"
        detail = f": {problem}" if str(problem) else ""
        origin = _origin(request.origin)
        text = f"{request.method} {request.path} on {origin}: {meaning} ({type(problem).__name__}{detail})"
        return error(cause, self._redact(text), {"attempts": record.attempts}, question=record.number)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _onward(url: str, location: str) -> str:
    """Where a redirect leads; back to where it came from when that is no URL."""
    try:
        return urljoin(url, location)
    except ValueError:
        return url


def trusted_by(settings: Settings) -> ssl.SSLContext:
    """Trust the authorities that are configured; nobody (and 20 ms sooner) where no TLS will be spoken.

    It holds no credential: runs of several targets may share it. Raises OSError where the file cannot be read.
    """
    asked = [settings.api_base_url, settings.pages_base_url]
    asked += [settings.razorpay_api_base_url] if settings.razorpay_key_id else []
    if settings.on_loopback and not any(url.startswith("https:") for url in asked):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return trust(settings.ca_file)


def _is_tls(problem: BaseException | None) -> bool:
    """Whether a failed certificate check stands behind the exception."""
    while problem is not None:
        if isinstance(problem, ssl.SSLError):
            return True
        if "CERTIFICATE_VERIFY_FAILED" in str(problem):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def _in_the_services_words(answer: Answer) -> bool:
    """Whether an error is the service's own answer, `{"error": ...}`: repeating the question changes nothing."""
    return answer.status != _TOO_MANY and answer.body.lstrip().startswith(b'{"error"')


def _retry_after(answer: Answer) -> float | None:
    """Read the pause that the server asks for: seconds, or the time until a date."""
    stated = answer.header("retry-after")
    if stated.isascii() and stated.isdigit():
        return float(stated)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(stated).timestamp() - answer.received_at)
    except ValueError:
        return None


def _pause(state: RetryCallState) -> float:
    """Seconds until the next attempt: what the server asks for, else doubling."""
    problem = state.outcome.exception() if state.outcome else None
    after = problem.after if isinstance(problem, _TransientError) else None
    return float(after if after is not None else _FIRST_PAUSE * 2 ** (state.attempt_number - 1))


def _certificate_ends(response: httpx.Response) -> float | None:
    """When the certificate of this connection ends, in seconds since the epoch; None without TLS."""
    stream = response.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream is not None else None
    ends = (secured.getpeercert() or {}).get("notAfter") if secured is not None else None
    return float(ssl.cert_time_to_seconds(ends)) if ends else None
