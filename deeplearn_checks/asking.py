"""How a target is asked: each question once per run, answers read strictly, evidence redacted."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

from pydantic import ValidationError

from deeplearn_checks import models

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

    from deeplearn_checks.finding import Evidence, Fact
    from deeplearn_checks.questions import Questions
    from deeplearn_checks.redaction import Redactor
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.wire import Answer, Request, Wires

T = TypeVar("T")
M = TypeVar("M", bound=models.Wire)


@dataclass(frozen=True, slots=True)
class Asking:
    """Questions to one deployment. `used` are the numbers of the exchanges that the answers took.

    `started_ms` is when the run began, by our clock. Every method raises UnansweredError where there is no usable
    answer.
    """

    settings: Settings
    redact: Redactor
    transport: Wires
    questions: Questions
    started_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    used: set[int] = field(default_factory=set)

    def view(self) -> Self:
        """Answer the same target with exchanges noted apart, for one diagnostic."""
        return replace(self, used=set())

    def evidence(self, **facts: str | float | list[str]) -> Evidence:
        """Build evidence, every text redacted; a list keeps its first ten and says how many more there are.

        Empty texts and lists say nothing and are left out.
        """
        return {name: self._fact(value) for name, value in facts.items() if value not in ("", [])}

    def _fact(self, value: str | float | list[str]) -> Fact:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return tuple(self.redact(text) for text in first_ten(value))
        return value

    # -- asking -----------------------------------------------------------------------------

    async def once(self, key: Hashable, ask: Callable[[Self], Awaitable[T]]) -> T:
        """Answer a composed question, asked once per run."""
        return await self.questions.once(key, self.used, lambda noted: ask(replace(self, used=noted)))

    async def answer(self, request: Request) -> Answer:
        """Answer the request, whatever the status."""
        return await self.once(request, lambda view: view.send(request))

    async def send(self, request: Request) -> Answer:
        """Answer the request anew, even if the same was asked before, whatever the status."""
        answer = await self.transport.ask(request)
        self.used.add(answer.number)
        return answer

    async def anew(self, request: Request, model: type[M]) -> M:
        """Answer the request anew as *model*."""
        return self.read(await self.send(request), model)

    def left(self, answer: Answer, text: str) -> None:
        """Note for the ledger what a request left behind, where it is another thing than announced."""
        self.transport.records[answer.number - 1].left = text

    async def parsed(self, request: Request, model: type[M]) -> M:
        """Answer the request as *model*; another status than 2xx or another shape is unanswered."""

        async def ask(view: Self) -> M:
            return view.read(await view.answer(request), model)

        return await self.once((request, model), ask)

    def read(self, answer: Answer, model: type[M]) -> M:
        """Read an answer that should be 2xx as *model*; raises UnansweredError."""
        if not answer.ok:
            self.refuse(answer)
        value = answer.json(self.redact)
        try:
            return model.model_validate(value)
        except ValidationError as problem:
            text = f"{answer.asked} answered {answer.status}, but {where(problem)}"
            answer.reject("unexpected-answer", self.redact(text))

    def refuse(self, answer: Answer) -> NoReturn:
        """Say why an answer that should be 2xx is of no use; raises UnansweredError, always."""
        refusal = self.refusal(answer)
        said = f": {refusal.error} {refusal.details}".rstrip() if refusal else ""
        text = self.redact(f"{answer.asked} answered {answer.status}{said}")
        if answer.status == 404 and refusal is None:  # noqa: PLR2004  the status is the point
            answer.reject("endpoint-missing", text, symptom_of="platform.endpoints")
        answer.reject("server-error" if answer.status >= 500 else "unexpected-answer", text)  # noqa: PLR2004

    def refusal(self, answer: Answer) -> models.Refusal | None:
        """Read an error in the service's own words; None where it is none."""
        try:
            return models.Refusal.model_validate(json.loads(answer.body))
        except (ValueError, RecursionError):
            return None


def first_ten(texts: list[str]) -> list[str]:
    """Keep the first ten and say how many more there are."""
    return texts if len(texts) <= 10 else [*texts[:10], f"and {len(texts) - 10} more"]  # noqa: PLR2004


def where(problem: ValidationError) -> str:
    """Name the first place in an answer that is not as it should be: `leads[3].crm.stage: Field required`."""
    first = problem.errors(include_url=False, include_input=False)[0]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
    return f"{path.removeprefix('.') or 'the answer'}: {first['msg']}"
