"""Razorpay, through its official SDK: the only module that imports it.

The SDK builds paths, parameters and credentials and reads the answers; the bytes travel over our own transport.
So every call is bounded in time and size, follows no redirect with credentials, trusts current certificates,
prints nothing, and keeps the status that the SDK's exceptions lose.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn, TypeVar

from pydantic import ValidationError

from deeplearn_checks import models
from deeplearn_checks.asking import where
from deeplearn_checks.finding import UnansweredError, error
from deeplearn_checks.lean_imports import import_razorpay
from deeplearn_checks.wire import Answer, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping

    import razorpay

    from deeplearn_checks.redaction import Json
    from deeplearn_checks.target import Target

M = TypeVar("M", models.GatewayPayments, models.GatewayRefunds)
N = TypeVar("N", bound=models.Wire)

PAGE = 100
"""Razorpay's largest page."""
MOST_PAGES = 50
"""How many pages of one listing are read: 5,000 payments."""
_DAY = 86_400
_UNAUTHORIZED = 401
_BAD_REQUEST = 400
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class _Read:
    """An answer in the shape that the SDK reads; always a success to it, because we judge the status ourselves."""

    body: Json
    status_code: int = 200

    def json(self) -> Json:
        """Answer the parsed body."""
        return self.body


class _Session:
    """Stands for the SDK's `requests` session: keeps what it wants to send, then gives it what came back.

    The SDK calls and waits, which an event loop must not: so each call is made twice, around our own exchange. The
    first gets an empty answer that nobody reads.
    """

    def __init__(self, origin: str) -> None:
        self.read = _Read({})
        self.wanted: list[Request] = []
        self._origin = origin

    def get(self, url: str, *, auth: tuple[str, str], params: Mapping[str, int] | None = None, **_: object) -> _Read:
        """Keep a GET of the SDK, and answer it with what there is."""
        pairs = tuple((name, str(value)) for name, value in (params or {}).items())
        credential = base64.b64encode(":".join(auth).encode()).decode()
        headers = (("authorization", f"Basic {credential}"),)
        self.wanted.append(Request("GET", self._origin, url.removeprefix(self._origin), pairs, headers, urgent=True))
        return self.read


async def _answer(target: Target, request: Request, *, anew: bool) -> _Read:
    """Ask Razorpay; raises UnansweredError where there is no usable answer."""
    try:
        answer = await (target.send(request) if anew else target.answer(request))
        if not answer.ok:
            _refuse(answer, target)
        return _Read(answer.json(target.redact))
    except UnansweredError as unanswered:
        raise _from_the_gateway(unanswered, target) from None


def _refuse(answer: Answer, target: Target) -> NoReturn:
    """Say what a status other than 2xx means; raises UnansweredError, always."""
    if answer.status == _UNAUTHORIZED:
        text = "Razorpay refuses RAZORPAY_KEY_ID with RAZORPAY_KEY_SECRET (401 Authentication failed)"
        answer.reject("gateway-keys-rejected", target.redact(text))
    answer.reject("gateway-unreachable", target.redact(f"Razorpay answered {answer.status} to {answer.request.path}"))


_OUR_CAUSES = frozenset({"gateway-keys-rejected", "gateway-unreachable", "rate-limited"})


def _from_the_gateway(unanswered: UnansweredError, target: Target) -> UnansweredError:
    """Keep what is said of the gateway apart from what is said of the service."""
    finding = unanswered.finding
    if finding.cause in _OUR_CAUSES:
        return unanswered
    text = target.redact(f"Razorpay's API: {finding.summary}")
    return UnansweredError(error("gateway-unreachable", text, finding.evidence, question=finding.question))


@dataclass(frozen=True, slots=True)
class Gateway:
    """Razorpay as one diagnostic asks it; every method raises UnansweredError where there is no usable answer."""

    target: Target

    async def payments(self) -> tuple[models.GatewayPayment, ...]:
        """List every payment of the last `gateway_days` days, newest first."""

        async def ask(view: Target) -> tuple[models.GatewayPayment, ...]:
            pages = _pages(view, lambda window, sdk: sdk.payment.all(window), models.GatewayPayments)
            return tuple([item async for page in pages for item in page.items])

        return await self.target.once("gateway payments", ask)

    async def refunds(self) -> tuple[models.GatewayRefund, ...]:
        """List every refund of the last `gateway_days` days, newest first."""

        async def ask(view: Target) -> tuple[models.GatewayRefund, ...]:
            pages = _pages(view, lambda window, sdk: sdk.refund.all(window), models.GatewayRefunds)
            return tuple([item async for page in pages for item in page.items])

        return await self.target.once("gateway refunds", ask)

    async def downtimes(self) -> tuple[models.GatewayDowntime, ...]:
        """List the downtimes that Razorpay announces."""

        async def ask(view: Target) -> tuple[models.GatewayDowntime, ...]:
            read = await _call(view, lambda sdk: sdk.payment.fetchDownTime(), models.GatewayDowntimes)
            return tuple(read.items)

        return await self.target.once("gateway downtimes", ask)

    async def payment(self, payment_id: str) -> models.GatewayPayment | None:
        """Ask for one payment; None where Razorpay does not know the id."""
        key = ("gateway payment", payment_id)
        return await self._known(key, lambda sdk: sdk.payment.fetch(payment_id), models.GatewayPayment)

    async def order_payments(self, order_id: str) -> tuple[models.GatewayPayment, ...]:
        """List the payments of one order, whenever they were made; none where Razorpay does not know the order."""
        key = ("gateway order", order_id)
        read = await self._known(key, lambda sdk: sdk.order.payments(order_id), models.GatewayPayments)
        return tuple(read.items) if read else ()

    async def payments_page(self, window: dict[str, int]) -> list[models.GatewayPayment]:
        """List one page of payments anew; *window* is `from`, `to` (seconds), `count` (at most `PAGE`) and `skip`."""
        read = await _call(self.target, lambda sdk: sdk.payment.all(window), models.GatewayPayments, anew=True)
        return read.items

    async def refunds_page(self, window: dict[str, int]) -> list[models.GatewayRefund]:
        """List one page of refunds anew; *window* as for payments."""
        read = await _call(self.target, lambda sdk: sdk.refund.all(window), models.GatewayRefunds, anew=True)
        return read.items

    async def payment_now(self, payment_id: str) -> models.GatewayPayment | None:
        """Ask anew for one payment; None where Razorpay does not know the id."""
        return await _where_known(
            _call(self.target, lambda sdk: sdk.payment.fetch(payment_id), models.GatewayPayment, anew=True)
        )

    async def _known(self, key: Hashable, call: Callable[[razorpay.Client], object], model: type[N]) -> N | None:
        """Answer what Razorpay knows by an id; None where it does not know it."""

        async def ask(view: Target) -> N | None:
            return await _where_known(_call(view, call, model))

        return await self.target.once(key, ask)

    @property
    def window_starts(self) -> int:
        """Answer since when listings reach, in seconds since the epoch."""
        return self.target.started_ms // 1000 - self.target.settings.gateway_days * _DAY


async def _where_known(asking: Awaitable[N]) -> N | None:
    """Answer what is asked by an id; None where Razorpay does not know it."""
    try:
        return await asking
    except UnansweredError as unanswered:
        if unanswered.finding.evidence.get("status") in {_BAD_REQUEST, _NOT_FOUND}:
            return None
        raise


async def _pages(
    target: Target, ask: Callable[[dict[str, int], razorpay.Client], object], model: type[M]
) -> AsyncIterator[M]:
    """Read page after page of a listing until one is not full."""
    since, until = Gateway(target).window_starts, target.started_ms // 1000
    for number in range(MOST_PAGES):
        window = {"from": since, "to": until, "count": PAGE, "skip": number * PAGE}
        page = await _call(target, partial(ask, window), model)
        yield page
        if len(page.items) < PAGE:
            return
    text = f"Razorpay lists more than {PAGE * MOST_PAGES} entries; set DEEPLEARN_CHECKS_GATEWAY_DAYS lower"
    raise UnansweredError(error("gateway-window-too-large", target.redact(text)))


async def _call(target: Target, ask: Callable[[razorpay.Client], object], model: type[N], *, anew: bool = False) -> N:
    """Let the SDK ask, and read what it answers as *model*; *anew* even if the same was asked before."""
    settings = target.settings
    session = _Session(settings.razorpay_api_base_url)
    auth = (settings.razorpay_key_id, settings.razorpay_key_secret.get_secret_value())
    await target.transport.lull()  # the SDK's import takes 50 ms: let the first requests leave before it
    sdk: razorpay.Client = import_razorpay().Client(session=session, auth=auth, base_url=settings.razorpay_api_base_url)
    ask(sdk)
    session.read = await _answer(target, session.wanted[0], anew=anew)
    try:
        return model.model_validate(ask(sdk))
    except ValidationError as problem:
        text = f"Razorpay's API answered in another shape: {where(problem)}"
        raise UnansweredError(error("unexpected-answer", target.redact(text))) from None
