"""A playbook walked for one person, as frozen values: a chain of links, each with what was seen of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote

from deeplearn_checks.causes import explain
from deeplearn_checks.finding import Evidence, Finding, Outcome
from deeplearn_checks.redaction import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.playbooks.asked import Asked
    from deeplearn_checks.redaction import Redacted
    from deeplearn_checks.results import Exchange
    from deeplearn_checks.target import Target


class State(StrEnum):
    """What is known of a link.

    `NOT_DUE`: it has not happened and need not have, such as the certificate of somebody who is still learning.
    `UNKNOWN`: it could not be found out, or depends on a link that is broken or unknown; never a kind of ok.
    """

    OK = "ok"
    NOT_DUE = "not-due"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain.

    `cause` is a slug of the book of causes or a `Skip`, empty where nothing is wrong; `because` the slug of the link
    that this one depends on and that keeps it from being judged; `exchanges` the numbers of those it was judged by.
    """

    slug: str
    title: str
    runbook: str
    state: State
    summary: Redacted
    cause: str = ""
    meaning: str = ""
    remedy: Redacted = EMPTY
    because: str = ""
    evidence: Evidence = field(default_factory=dict)
    exchanges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """One playbook, walked once. `playbook` is its slug in the runbook, `subject` whom it was walked for.

    `started_at` is an ISO 8601 time in UTC, `seconds` the wall clock of the walk.
    """

    playbook: str
    subject: Redacted
    target: Redacted
    environment: str
    started_at: str
    seconds: float
    links: tuple[Link, ...]
    exchanges: tuple[Exchange, ...] = ()

    @property
    def broken(self) -> Link | None:
        """The first broken link: where to begin."""
        return next((link for link in self.links if link.state is State.BROKEN), None)

    @property
    def state(self) -> State:
        """The verdict: broken where a link is, else unknown where one is, else ok."""
        states = {link.state for link in self.links}
        return next((state for state in (State.BROKEN, State.UNKNOWN) if state in states), State.OK)

    @property
    def requests(self) -> int:
        """How many requests were sent, repetitions counted."""
        return sum(max(1, exchange.attempts) for exchange in self.exchanges)

    def link(self, slug: str) -> Link:
        """Answer the link of that slug; raises KeyError."""
        return {link.slug: link for link in self.links}[slug]


@dataclass(frozen=True, slots=True)
class Step:
    """A link before it is judged: its slug, its title and its step of the runbook."""

    slug: str
    title: str
    runbook: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged of a link, in plain text; `link()` redacts it. `asked` is what it was judged by."""

    state: State
    text: str
    cause: str = ""
    because: str = ""
    facts: Mapping[str, str | float | list[str]] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=dict)
    asked: tuple[Asked[object], ...] = ()


def ok(text: str, *asked: Asked[object], **facts: str | float | list[str]) -> Verdict:
    """Say that the link holds."""
    return Verdict(State.OK, text, facts=facts, asked=asked)


def not_due(text: str, *asked: Asked[object], **facts: str | float | list[str]) -> Verdict:
    """Say that the link has not happened, and need not have."""
    return Verdict(State.NOT_DUE, text, facts=facts, asked=asked)


def broken(cause: str, text: str, *asked: Asked[object], **facts: str | float | list[str]) -> Verdict:
    """Say that the link is broken, and why."""
    return Verdict(State.BROKEN, text, cause, facts=facts, asked=asked)


def cannot_tell(cause: str, text: str, *asked: Asked[object], **facts: str | float | list[str]) -> Verdict:
    """Say that the link could not be found out, and why."""
    return Verdict(State.UNKNOWN, text, cause, facts=facts, asked=asked)


def unanswered(asked: Asked[object]) -> Verdict:
    """Say that the link could not be found out, because a question got no answer.

    Where the reason is known to be a fault of the target (no database, another admin token), that is its cause.
    """
    finding = asked.reason
    return Verdict(State.UNKNOWN, finding.summary, finding.cause, evidence=finding.evidence, asked=(asked,))


def found(finding: Finding, text: str, *asked: Asked[object]) -> Verdict:
    """Take over what a diagnostic found: broken where it failed, else unknown."""
    state = State.BROKEN if finding.outcome is Outcome.FAILED else State.UNKNOWN
    return Verdict(state, f"{text}: {finding.summary}", finding.cause, evidence=finding.evidence, asked=asked)


def because(step: Step, text: str = "") -> Verdict:
    """Say that the link cannot be judged, because another one that it depends on is broken or unknown."""
    return Verdict(State.UNKNOWN, f"because of: {step.title}{text and f'; {text}'}", because=step.slug)


def standing(judged: Mapping[str, Verdict], step: Step) -> bool:
    """Whether what depends on this link can be judged: it holds, or need not yet."""
    return judged[step.slug].state in {State.OK, State.NOT_DUE}


def link(target: Target, step: Step, verdict: Verdict, ids: Mapping[str, str]) -> Link:
    """Make the link: redacted, with meaning and remedy of its cause; *ids* fill the remedy's placeholders."""
    meaning, remedy = explain(verdict.cause, target.settings)
    for placeholder, value in ids.items():
        remedy = remedy.replace(placeholder, quote(value, safe="")) if value else remedy
    return Link(
        slug=step.slug,
        title=step.title,
        runbook=step.runbook,
        state=verdict.state,
        summary=target.redact(verdict.text),
        cause=verdict.cause,
        meaning=meaning,
        remedy=target.redact(remedy),
        because=verdict.because,
        evidence={**verdict.evidence, **target.evidence(**verdict.facts)},
        exchanges=tuple(sorted({number for asked in verdict.asked for number in asked.exchanges if number})),
    )


def worst(links: Sequence[Link]) -> Link:
    """Answer the link that tells most about a chain: the first broken, else the first unknown, else the last."""
    first = (next((one for one in links if one.state is state), None) for state in (State.BROKEN, State.UNKNOWN))
    return next(filter(None, first), links[-1])


def moment(at_ms: int) -> str:
    """Write a time in milliseconds since the epoch as an ISO 8601 time, in UTC; empty for none."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC") if at_ms else ""
    except (OverflowError, OSError, ValueError):
        return f"{at_ms} ms"
