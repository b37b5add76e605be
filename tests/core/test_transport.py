"""Whatever goes wrong on the wire becomes a cause; what may be repeated is, and no credential goes astray."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from surroundings import (
    API,
    GET,
    KEY_ID,
    POST,
    TOKEN,
    Pieces,
    Script,
    Silence,
    ask,
    breaking,
    reply,
    settings,
    streamed,
)

from deeplearn_checks.redaction import Redactor
from deeplearn_checks.settings import load_settings
from deeplearn_checks.transport import ANSWER_LIMIT, Transport, trusted_by

if TYPE_CHECKING:
    from surroundings import Reply

OK = reply(200, {"ok": True})
BAD_GATEWAY = reply(502, "<html>bad gateway</html>", content_type="text/html")
MiB = bytes(1024 * 1024)


def batched(body: bytes, size: int) -> list[bytes]:
    """Cut a body into pieces."""
    return [body[start : start + size] for start in range(0, len(body), size)]


def untrusted(text: str, *, chained: bool) -> Exception:
    """Answer what httpx raises for a certificate that does not hold."""
    problem = httpx.ConnectError(text)
    problem.__cause__ = ssl.SSLCertVerificationError("certificate has expired") if chained else None
    return problem


@pytest.mark.parametrize(
    ("problem", "cause", "attempts"),
    [
        (httpx.ReadTimeout("slow"), "timed-out", 1),
        (httpx.ConnectTimeout(""), "timed-out", 1),
        (httpx.PoolTimeout(""), "timed-out", 1),
        (httpx.ConnectError("refused"), "unreachable", 3),
        (httpx.UnsupportedProtocol("no scheme"), "unreachable", 3),
        (httpx.InvalidURL("no host"), "unreachable", 3),
        (httpx.DecodingError("no gzip"), "malformed-answer", 1),
        (httpx.ReadError("reset by peer"), "connection-lost", 3),
        (httpx.RemoteProtocolError("incomplete"), "connection-lost", 3),
        (untrusted("failed", chained=True), "tls-invalid", 1),
        (untrusted("[SSL: CERTIFICATE_VERIFY_FAILED] expired", chained=False), "tls-invalid", 1),
    ],
)
def test_a_problem_of_the_network_has_a_cause(problem: Exception, cause: str, attempts: int) -> None:
    """Each says what it means, is repeated where that may help, and the evidence counts the attempts."""
    asked = ask(breaking(problem))

    assert (asked.cause, asked.finding and asked.finding.evidence) == (cause, {"attempts": attempts})


def test_a_hang_ends_with_the_timeout() -> None:
    """A service that takes the question and is silent is `timed-out`, whatever the client library thinks."""
    asked = ask(wire=Silence(), DEEPLEARN_CHECKS_TIMEOUT="0.001")

    assert asked.summary == f"GET /health on {API}: no answer in time (TimeoutError)"


def test_what_went_wrong_holds_no_secret() -> None:
    """The text of an exception is redacted like everything else."""
    asked = ask(breaking(httpx.LocalProtocolError(f"Illegal header value b'{TOKEN}'")))

    assert asked.record.problem.endswith("(LocalProtocolError: Illegal header value b'[secret]')")


def test_an_answer_is_kept_with_its_request() -> None:
    """A record has what was asked, what was answered, how long it took and how often it was tried."""
    asked = ask(OK)

    assert (asked.record.request, asked.record.answer, asked.record.attempts) == (GET, asked.answer, 1)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (Pieces(*[MiB] * 20), {}),
        (Pieces(*batched(gzip.compress(bytes(80 * 1024 * 1024), mtime=0), 4096)), {"content_encoding": "gzip"}),
    ],
    ids=["plain", "gzip"],
)
def test_an_answer_is_read_up_to_the_limit(body: Pieces, headers: dict[str, str]) -> None:
    """Reading stops soon after the limit, counted after decompression, and nothing is repeated."""
    asked = ask(streamed(body, **headers))

    assert (asked.cause, body.given < 10, len(asked.urls)) == ("answer-too-large", True, 1)


def test_an_answer_may_be_as_large_as_the_limit() -> None:
    """The limit itself is still read."""
    asked = ask(streamed(Pieces(bytes(ANSWER_LIMIT))))

    assert asked.answer is not None
    assert len(asked.answer.body) == ANSWER_LIMIT


def test_a_body_that_cannot_be_decompressed_is_malformed() -> None:
    """A proxy that lies about the encoding is not a lost connection."""
    asked = ask(streamed(Pieces(b"no gzip at all"), content_encoding="gzip"))

    assert asked.cause == "malformed-answer"


@pytest.mark.parametrize("location", ["/healthy", f"{API}/healthy"])
def test_a_redirect_within_the_origin_is_followed(location: str) -> None:
    """The answer is that of the place it leads to."""
    asked = ask(reply(307, location=location), OK)

    assert asked.urls == [f"{API}/health", f"{API}/healthy"]


@pytest.mark.parametrize(
    "location", ["https://evil.example.com/health", "//evil.example.com", "http://api.example.com/"]
)
def test_a_redirect_to_another_origin_is_refused(location: str) -> None:
    """No request goes there, so neither does a credential: another scheme is another origin too."""
    asked = ask(reply(302, location=location), request=replace(GET, headers=(("x-admin-token", TOKEN),)))

    assert (asked.cause, asked.urls) == ("redirected-away", [f"{API}/health"])


@pytest.mark.parametrize("location", ["/health", "", "http://[nowhere"])
def test_a_redirect_that_leads_nowhere_is_given_up(location: str) -> None:
    """A circle, a missing and an unreadable location end after three requests."""
    asked = ask(reply(301, location=location))

    assert (asked.cause, len(asked.urls)) == ("redirected-away", 3)


def test_what_writes_is_not_redirected() -> None:
    """A POST is not sent again to where it is pointed."""
    asked = ask(reply(307, location="/elsewhere"), request=POST)

    assert (asked.summary, len(asked.urls)) == ("POST /api/chat/counselor answered 307 and leads nowhere", 1)


def test_an_address_that_is_none_is_unreachable() -> None:
    """A URL that cannot be asked is a finding, not an exception."""
    asked = ask(OK, request=replace(GET, origin="https://api.example.com\x00"))

    assert asked.cause == "unreachable"


@pytest.mark.parametrize(
    ("headers", "pauses"),
    [
        ({"retry_after": "2"}, [2.0, 2.0]),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, [0.0, 0.0]),
        ({"retry_after": "soon"}, [0.2, 0.4]),
        ({"retry_after": "²".encode("latin-1")}, [0.2, 0.4]),
        ({}, [0.2, 0.4]),
        ({"retry_after": "3600"}, []),
        ({"retry_after": format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)}, []),
    ],
    ids=["seconds", "date", "words", "no digits", "none", "beyond the deadline", "date beyond the deadline"],
)
def test_too_many_requests_are_repeated_when_the_server_says(
    headers: dict[str, str | bytes], pauses: list[float]
) -> None:
    """The pause is the one that is asked for, else it doubles; beyond the deadline nothing is waited for."""
    asked = ask(reply(429, {"error": "slow down"}, **headers))

    assert (asked.cause, asked.pauses) == ("rate-limited", pauses)


def test_a_refusal_says_how_often_it_was_given() -> None:
    """The operator reads how many attempts were refused."""
    asked = ask(reply(429))

    assert asked.summary == "GET /health answered 429 (too many requests) to 3 attempts"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_error_before_the_service_is_repeated(status: int) -> None:
    """A proxy's error page may be gone a moment later; the answer says which attempt it took."""
    asked = ask(reply(status, "<html>"), OK)

    assert asked.answer is not None
    assert (asked.answer.status, asked.answer.attempts, asked.pauses) == (200, 2, [0.2])


def test_an_error_page_that_stays_is_the_answer() -> None:
    """When the attempts are spent, whoever asked reads the last answer."""
    asked = ask(BAD_GATEWAY)

    assert asked.answer is not None
    assert (asked.answer.status, asked.answer.attempts) == (502, 3)


def test_the_services_own_words_are_not_asked_for_again() -> None:
    """An error that the service gives itself does not change by asking twice."""
    asked = ask(reply(503, {"error": "ADMIN_API_TOKEN is not configured."}))

    assert len(asked.urls) == 1


@pytest.mark.parametrize("answer", [BAD_GATEWAY, reply(429), breaking(httpx.ReadError("reset"))])
def test_what_writes_is_never_repeated(answer: Reply) -> None:
    """A POST may have had its effect although no answer came."""
    asked = ask(answer, request=POST)

    assert len(asked.urls) == 1


class Tls(httpx.AsyncByteStream):
    """The stream of a connection with the certificate *held*; None: without TLS."""

    def __init__(self, held: dict[str, str] | None) -> None:
        self._held = held

    def get_extra_info(self, name: str) -> Tls | None:
        """Answer what httpcore's streams answer."""
        return self if name == "ssl_object" and self._held is not None else None

    def getpeercert(self) -> dict[str, str]:
        """Answer the certificate of the other side."""
        return self._held or {}


@pytest.mark.parametrize(
    ("stream", "ends"),
    [({"notAfter": "Jan  1 00:00:10 1970 GMT"}, 10.0), ({}, None), (None, None)],
)
def test_an_answer_knows_when_the_certificate_ends(stream: dict[str, str] | None, ends: float | None) -> None:
    """Its end is read from the connection that was used; without TLS there is none."""
    asked = ask(lambda _: httpx.Response(200, extensions={"network_stream": Tls(stream)}))

    assert asked.answer is not None
    assert asked.answer.certificate_ends == ends


@pytest.mark.parametrize(
    ("variables", "trusts"),
    [
        ({"DEEPLEARN_API_BASE_URL": API}, True),
        ({"DEEPLEARN_API_BASE_URL": "http://127.0.0.1:8787"}, False),
        (
            {
                "DEEPLEARN_API_BASE_URL": "http://127.0.0.1:8787",
                "RAZORPAY_KEY_ID": KEY_ID,
                "RAZORPAY_KEY_SECRET": "key",
                "RAZORPAY_API_BASE_URL": "https://api.razorpay.com",
            },
            True,
        ),
    ],
)
def test_authorities_are_loaded_where_tls_is_spoken(variables: dict[str, str], *, trusts: bool) -> None:
    """A run against this machine loads no authorities; the gateway's own API needs them all the same."""
    context = trusted_by(load_settings(variables=variables))

    assert bool(context.get_ca_certs()) is trusts


def test_a_lull_ends_with_the_first_answer_or_with_patience() -> None:
    """Work of our own waits until something has been answered, and not for ever."""

    async def main() -> int:
        script = Script(OK)
        transport = Transport(settings(), Redactor(), transport=script)
        await transport.lull(0.001)
        await transport.ask(GET)
        await transport.lull(patience=3600)
        await transport.close()
        return len(script.asked)

    asked = asyncio.run(main())

    assert asked == 1
