"""A recorded run answers again: nothing travels, and every answer comes in the order in which it came then."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.configuration import recorded_settings
from deeplearn_checks.bundle.recording import asked
from deeplearn_checks.finding import Finding, UnansweredError, error
from deeplearn_checks.redaction import Redacted, Redactor
from deeplearn_checks.wire import Answer, Record, Request

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from deeplearn_checks.bundle.contents import Answered, Asked, Bundle, Failure, Recorded
    from deeplearn_checks.finding import Fact

_TURNS = 50
"""Turns of the event loop after which nobody is at work any more: whoever could ask on has asked."""
_NEVER = 1 << 62
"""When what was never answered is given up: after everything else."""
_FIRST_UNKNOWN = -2
"""The number of the first question that the bundle does not hold; no exchange has it."""


class Replay:
    """The wires of a replay. `records` are the exchanges of the recorded run, whoever asks what."""

    def __init__(self, bundle: Bundle, overruled: Mapping[str, object] | None = None) -> None:
        """Raise ConfigurationError where the bundle's settings cannot be used; *overruled* beat them."""
        self.settings = recorded_settings(bundle.manifest.configuration, dict(overruled or {}))
        self.selected = bundle.manifest.selected
        self.started_ms = bundle.manifest.started_ms
        self.interrupted = bundle.manifest.interrupted
        self.unfinished: Mapping[str, Sequence[int]] = bundle.manifest.unfinished
        self.records = [_record(one) for one in bundle.exchanges]
        self._redact = Redactor(self.settings.secrets())
        self._unknown = itertools.count(_FIRST_UNKNOWN, -1)
        self._left: dict[Hashable, deque[int]] = defaultdict(deque)
        for one in bundle.exchanges:
            self._left[_key(one.asked)].append(one.number)
        self._coming = _InOrder()

    async def ask(self, request: Request) -> Answer:
        """Answer as the target did then; raises UnansweredError as then, and where the bundle holds no answer."""
        left = self._left[_key(asked(request, self.settings, self._redact))]
        record = self.records[left.popleft() - 1] if left else None
        if record is not None:
            record.request = request  # what the ledger reads: what it is meant to change
        await self._coming.turn(record.ended if record and record.ended else _NEVER)
        if record is not None and record.finding is not None:
            raise UnansweredError(record.finding)
        if record is None or record.answer is None:
            raise UnansweredError(self._not_recorded(request))
        return replace(record.answer, request=request)

    def _not_recorded(self, request: Request) -> Finding:
        text = f"the bundle holds no answer to {request.method} {request.path} (any more)"
        return error("not-recorded", self._redact(text), question=next(self._unknown))

    async def lull(self) -> None:
        """Go on: nothing has to leave."""

    async def settled(self) -> None:
        """Go on: nothing is under way."""

    async def close(self) -> None:
        """Close nothing."""


class _InOrder:
    """Lets those who wait go on in the order of their numbers, the next one when nobody is at work any more."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()
        self._quiet = 0
        self._watching = False

    async def turn(self, number: int) -> None:
        """Wait until it is this number's turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiting, (number, next(self._arrivals), turn))
        self._quiet = 0
        if not self._watching:
            self._watching = True
            loop.call_soon(self._watch, loop)
        await turn

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count the turns in which nobody asked; after enough of them, let the next go on."""
        self._quiet += 1
        if self._quiet > _TURNS:
            self._quiet = 0
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
        self._watching = bool(self._waiting)
        if self._watching:
            loop.call_soon(self._watch, loop)


def _key(question: Asked) -> Hashable:
    """Answer by what a question is found again; headers that do not say who asks are left out."""
    where = f"{question.origin}{question.path}"
    named = {name for name, _ in question.voice}
    params = tuple(sorted(pair for pair in question.params if f"?{pair[0]}" not in named))
    return (question.method, where, params, question.body, question.voice)


def _record(one: Recorded) -> Record:
    question = one.asked
    request = Request(
        question.method,
        question.origin,
        question.path,
        question.params,
        question.headers,
        question.body.encode(),
    )
    finding = _finding(one.failure, one.number) if one.failure else None
    return Record(
        one.number,
        request,
        one.started_at,
        _answered(one.answered, request, one.number) if one.answered else None,
        one.seconds,
        one.attempts,
        finding.summary if finding else "",
        finding=finding,
        ended=one.ended,
    )


def _answered(said: Answered, request: Request, number: int) -> Answer:
    return Answer(
        request=request,
        status=said.status,
        headers=said.headers,
        body=said.body.encode() + (b"" if said.is_text else b"\xff"),
        number=number,
        seconds=said.seconds,
        attempts=said.attempts,
        received_at=said.received_at,
        certificate_ends=said.certificate_ends,
        url=said.url,
        received=said.received,
    )


def _finding(failure: Failure, number: int) -> Finding:
    """Answer the finding as it was; a bundle holds redacted texts only."""
    facts = {name: _fact(value) for name, value in failure.evidence.items()}
    return error(failure.cause, Redacted(failure.summary), facts, question=number)


def _fact(value: str | float | tuple[str, ...]) -> Fact:
    if isinstance(value, str):
        return Redacted(value)
    return tuple(map(Redacted, value)) if isinstance(value, tuple) else value
