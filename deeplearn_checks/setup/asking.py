"""The conversation: each thing is asked for, proved by its diagnostics, and kept when it holds, or when it is meant.

Who answers is a `Person`: somebody at a terminal, or nobody, and then all comes from the environment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from deeplearn_checks.finding import BROKEN
from deeplearn_checks.session import ask
from deeplearn_checks.settings import ConfigurationError, Part, Settings, load_settings
from deeplearn_checks.setup.steps import STEPS, Step, is_secret, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import httpx

    from deeplearn_checks.results import Result, RunReport


class Person(Protocol):
    """Who is asked. `is_there` is false where nobody is: then every answer is what is set already."""

    is_there: bool

    def tell(self, line: str) -> None:
        """Say something."""

    def ask(self, question: str, held: str) -> str:
        """Ask for what may be shown; empty keeps *held*, or leaves it out."""

    def ask_secret(self, question: str) -> str:
        """Ask for what is typed without echo."""

    def allows(self, question: str) -> bool:
        """Ask whether something may be done that has been said."""

    def insists(self, question: str) -> bool:
        """Ask whether to go on though something is wrong; nobody never does."""


class UnprovedError(Exception):
    """An answer that did not hold, and nobody there to give another; the text is one line."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The settings so far: what was given before (`flags`), what was answered, and the parts left out on purpose.

    `unproved` are parts whose answers nobody allowed to be proved.
    """

    flags: Mapping[str, object]
    answers: Mapping[str, str]
    without: frozenset[Part] = frozenset()
    unproved: frozenset[Part] = frozenset()

    def settings(self, *besides: Part) -> Settings:
        """Read the settings; *besides* are left out as well. Raises ConfigurationError."""
        parts = ",".join(sorted({*self.without, *besides}))
        return load_settings({**self.flags, "effects": "none", "without": parts}, variables=self.answers)

    @property
    def for_the_run(self) -> Settings:
        """The settings of the first run: what nobody allowed to be proved is not sent there either."""
        return self.settings(*self.unproved)


def missing(draft: Draft) -> list[str]:
    """Say what is not set, a line each with the remedy."""
    settings = draft.settings()
    return [
        f"{name} is not set: set it, or leave the part out on purpose with --without {step.part}"
        for step in STEPS
        if step.part and step.part not in settings.without
        for name in settings.missing(step.part)
    ]


def completed(draft: Draft, person: Person, transport: httpx.AsyncBaseTransport | None = None) -> Draft:
    """Take every step; raises UnprovedError where one does not hold and nobody is there."""
    for step in STEPS:
        if step.part in draft.without:
            person.tell(f"{step.name}: left out on purpose (--without {step.part})")
        else:
            draft = _taken(step, draft, person, transport)
    return draft


def _taken(step: Step, so_far: Draft, person: Person, transport: httpx.AsyncBaseTransport | None) -> Draft:
    """Ask and prove until it holds, or is meant all the same."""
    while True:
        try:
            draft = replace(so_far, answers={**so_far.answers, **_answers(step, so_far, person)})
            settings = draft.settings()
        except ConfigurationError as problem:
            if not person.is_there:
                raise
            person.tell(f"  {problem}")
            continue
        if step.part and settings.missing(step.part):
            person.tell(f"{step.name}: not given, and so left out (--without {step.part})")
            return replace(so_far, without=so_far.without | {step.part})
        if step.part and step.consequence and not person.allows(f"{step.name}: {step.consequence}; send it?"):
            person.tell(f"{step.name}: kept, and not proved: nothing was sent")
            return replace(draft, unproved=draft.unproved | {step.part})
        if _holds(step, settings, person, transport):
            return draft


def _answers(step: Step, draft: Draft, person: Person) -> dict[str, str]:
    """Ask for each variable; what is left empty stays as it is."""
    held = _held(draft)
    given: dict[str, str] = {}
    for name in step.variables:
        kept = value(held, name) if held else ""
        if is_secret(name):
            given[name] = person.ask_secret(f"{name}{' (Enter keeps the one that is set)' if kept else ''}") or kept
        else:
            given[name] = person.ask(name, kept) or kept
    return given


def _held(draft: Draft) -> Settings | None:
    """Read what is set already; None before there is a target."""
    try:
        return draft.settings()
    except ConfigurationError:
        return None


def _holds(step: Step, settings: Settings, person: Person, transport: httpx.AsyncBaseTransport | None) -> bool:
    """Prove a step, say what was found, and ask whether to keep what does not hold; raises UnprovedError."""
    report = ask(step.proofs, settings, transport)
    if report.interrupted:
        raise KeyboardInterrupt
    wrong = [result for result in report.results if result.outcome in BROKEN]
    for line in _found(step, report, wrong):
        person.tell(line)
    if not wrong or person.insists(f"keep the {step.name} all the same?"):
        return True
    if not person.is_there:
        raise UnprovedError(f"{step.name}: {wrong[0].id} does not pass; nothing was written")
    return False


def _found(step: Step, report: RunReport, wrong: Sequence[Result]) -> Iterator[str]:
    for root in report.root_causes():
        yield f"{step.name}: {root.result.summary}"
        yield f"  {root.result.remedy}"
    if not wrong:
        for result in report.results:
            if result.selected:
                yield f"{step.name}: {result.summary}"
