"""What a test of the core hands in: settings from nowhere else, answers by script, pauses that only count."""

from __future__ import annotations

import asyncio
import contextlib
import os
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import httpx

from deeplearn_checks.changes import COUNSELOR
from deeplearn_checks.finding import Finding, UnansweredError
from deeplearn_checks.questions import Questions
from deeplearn_checks.settings import Settings, load_settings, redactor
from deeplearn_checks.target import Target
from deeplearn_checks.transport import Transport
from deeplearn_checks.wire import Answer, Record, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator, Mapping

    Reply = Callable[[httpx.Request], httpx.Response]

T = TypeVar("T")

API = "https://api.example.com"
GATEWAY = "https://gateway.example.com"
TOKEN = "admin-token-1"
KEY_ID = "rzp_test_Key01"
KEY_SECRET = "key-secret-1"
WEBHOOK_SECRET = "webhook-secret-1"
GET = Request("GET", API, "/health")
POST = Request("POST", API, "/api/chat/counselor", body=b"{}", change=COUNSELOR)

_OURS = ("DEEPLEARN", "ADMIN_API_TOKEN", "RAZORPAY")
_HELD = {
    "DEEPLEARN_API_BASE_URL": API,
    "ADMIN_API_TOKEN": TOKEN,
    "RAZORPAY_KEY_ID": KEY_ID,
    "RAZORPAY_KEY_SECRET": KEY_SECRET,
    "RAZORPAY_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "RAZORPAY_API_BASE_URL": GATEWAY,
}


@contextmanager
def environment(folder: Path = Path(__file__).parent, /, **variables: str) -> Iterator[None]:
    """Stand in *folder*, with *variables* and no other of ours in the environment."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith(_OURS)]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def settings(**variables: str) -> Settings:
    """Read settings that point at `API` and hold every credential; *variables* overrule them."""
    with environment():
        return load_settings(variables=_HELD | variables)


class Pieces(httpx.AsyncByteStream):
    """A body that comes piece by piece; `given` counts those that were taken."""

    def __init__(self, *pieces: bytes) -> None:
        self.given = 0
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.given += 1
            yield piece


def reply(status: int, body: str | bytes | Mapping[str, object] = "", **headers: str | bytes) -> Reply:
    """Answer with *status*; a mapping is sent as JSON, and `_` in the name of a header stands for `-`."""
    named = [
        (name.replace("_", "-").encode(), v if isinstance(v, bytes) else v.encode()) for name, v in headers.items()
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        if isinstance(body, str | bytes):
            return httpx.Response(status, headers=named, content=body)
        return httpx.Response(status, headers=named, json=body)

    return answer


def streamed(body: AsyncIterable[bytes], **headers: str) -> Reply:
    """Answer 200 with a body that is read as it comes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(200, headers=named, content=body)


def breaking(problem: Exception) -> Reply:
    """Raise *problem* instead of an answer."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise problem

    return answer


class Script(httpx.AsyncBaseTransport):
    """Answers each request with the next reply, and for ever with the last; `asked` are the requests that came."""

    def __init__(self, *replies: Reply) -> None:
        self.asked: list[httpx.Request] = []
        self._replies = replies

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as scripted."""
        self.asked.append(request)
        return self._replies[min(len(self.asked), len(self._replies)) - 1](request)


class Silence(httpx.AsyncBaseTransport):
    """Takes every request and answers none."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait until cancelled."""
        await asyncio.Event().wait()
        raise AssertionError(request)


@dataclass(frozen=True)
class Asked:
    """What became of one request: an answer, or the finding that says why there is none."""

    answer: Answer | None
    finding: Finding | None
    urls: list[str]
    pauses: list[float]
    record: Record

    @property
    def cause(self) -> str:
        """The cause of the finding, or nothing."""
        return self.finding.cause if self.finding else ""

    @property
    def summary(self) -> str:
        """What the finding says, or nothing."""
        return self.finding.summary if self.finding else ""


async def _ask(request: Request, given: Settings, wire: httpx.AsyncBaseTransport) -> Asked:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    transport = Transport(given, redactor(given), transport=wire, sleep=pause)
    answer, finding = None, None
    try:
        answer = await transport.ask(request)
    except UnansweredError as unanswered:
        finding = unanswered.finding
    finally:
        await transport.close()
    urls = [str(one.url) for one in wire.asked] if isinstance(wire, Script) else []
    return Asked(answer, finding, urls, pauses, transport.records[0])


def ask(
    *replies: Reply, request: Request = GET, wire: httpx.AsyncBaseTransport | None = None, **variables: str
) -> Asked:
    """Ask one request of a service that answers by script; nothing is waited for."""
    return asyncio.run(_ask(request, settings(**variables), wire or Script(*replies)))


@asynccontextmanager
async def target(wire: httpx.AsyncBaseTransport, **variables: str) -> AsyncIterator[Target]:
    """Stand before a service that is reached by *wire*; nothing is asked twice."""
    given = settings(**({"DEEPLEARN_CHECKS_ATTEMPTS": "1"} | variables))
    redact = redactor(given)
    transport = Transport(given, redact, transport=wire)
    questions = Questions()
    try:
        yield Target(given, redact, transport, questions)
    finally:
        await questions.close()
        await transport.close()


def answered(question: Callable[[Target], Awaitable[T]], wire: httpx.AsyncBaseTransport, **variables: str) -> T:
    """Answer a question to a target; raises UnansweredError."""

    async def main() -> T:
        async with target(wire, **variables) as asked:
            return await question(asked)

    return asyncio.run(main())


def unanswered(
    question: Callable[[Target], Awaitable[object]], wire: httpx.AsyncBaseTransport, **variables: str
) -> Finding:
    """Answer the finding that says why a question has no answer."""
    try:
        answered(question, wire, **variables)
    except UnansweredError as problem:
        return problem.finding
    raise AssertionError("the question was answered")
