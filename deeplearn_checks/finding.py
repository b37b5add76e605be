"""The answer of a diagnostic, as frozen values: severity, outcome, effects, evidence, findings.

Nothing here does I/O. Text enters a finding only as `Redacted`, so that a secret or a person
cannot reach a report by accident: anything else does not type-check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import ClassVar

from deeplearn_checks.redaction import Redacted


class Severity(IntEnum):
    """How much harm a failure does, by the runbook's table; ordered, so that a gate can compare."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def label(self) -> str:
        """The runbook's word for it."""
        return self.name.lower()


class Outcome(StrEnum):
    """What became of a question; `BLOCKED` is judged after the run, never by a diagnostic."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    BLOCKED = "blocked"
    SKIPPED = "skipped"


class Effects(IntEnum):
    """What a diagnostic may do to the target; ordered, so that permission can be compared."""

    NONE = 0
    ALERTS = 1
    DATA = 2

    @property
    def label(self) -> str:
        """The word that `--effects` takes."""
        return self.name.lower()


BROKEN = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.BLOCKED})
"""The outcomes that a gate counts against the target."""

Fact = Redacted | int | float | tuple[Redacted, ...]
Evidence = Mapping[str, Fact]
"""What was observed, by name: redacted text, numbers, or a list of redacted texts."""


class Skip(StrEnum):
    """Why a question was not asked; only `NOT_CONFIGURED` counts against readiness."""

    NOT_CONFIGURED = "not-configured"
    LEFT_OUT = "left-out"
    NOT_PERMITTED = "effects-not-permitted"
    DOES_NOT_APPLY = "does-not-apply"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture of what was seen; `name` is ours, `body` a file of that media type.

    Only what shows nothing personal is attached, for a picture cannot be redacted: the site before anybody signs in,
    seen by a browser that holds no credential.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"val_json_bytes": "base64"}
    """How pydantic reads the body back where a report has travelled as JSON."""

    name: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question.

    `cause` is a slug of `causes.py`, a `Skip` for a skipped question, empty when passed.
    `explained_by`: groups of diagnostic ids; where every group holds one that is broken, this finding
    is a symptom of them (an open alert is one of the fault that its playbook diagnoses).
    `question` is the number of the exchange that went unanswered (0: none), so that one silent endpoint is one
    root cause, however many diagnostics asked it. `attachments`: pictures for the reports that can show some.
    """

    outcome: Outcome
    summary: Redacted
    cause: str = ""
    evidence: Evidence = field(default_factory=dict)
    explained_by: tuple[frozenset[str], ...] = ()
    question: int = 0
    attachments: tuple[Attachment, ...] = ()


class UnansweredError(Exception):
    """A question to the target got no usable answer; carries the finding that says so."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.summary)
        self.finding = finding


def passed(summary: Redacted, evidence: Evidence | None = None) -> Finding:
    """Say that the target is right."""
    return Finding(Outcome.PASSED, summary, evidence=evidence or {})


def failed(
    cause: str,
    summary: Redacted,
    evidence: Evidence | None = None,
    *,
    explained_by: tuple[frozenset[str], ...] = (),
) -> Finding:
    """Say that the target is wrong, and why."""
    return Finding(Outcome.FAILED, summary, cause, evidence or {}, explained_by)


def error(
    cause: str,
    summary: Redacted,
    evidence: Evidence | None = None,
    *,
    question: int = 0,
    explained_by: tuple[frozenset[str], ...] = (),
) -> Finding:
    """Say that the answer could not be found out: a verdict on the probe, never on the target."""
    return Finding(Outcome.ERROR, summary, cause, evidence or {}, explained_by, question)


def skipped(reason: Skip, summary: Redacted) -> Finding:
    """Say that the question was not asked, and why."""
    return Finding(Outcome.SKIPPED, summary, reason.value)


LONGEST_SUMMARY = 500
"""How many characters a summary has at most: it is read in a line of a terminal, a notice, a table."""
LONGEST_FACT = 2_000
"""How many characters a text of the evidence has at most, and an entry of a list of them."""


def bounded(finding: Finding) -> Finding:
    """Cut the texts that a service made endless: people read them, and the whole answer is among the exchanges."""
    evidence = {name: _bounded_fact(fact) for name, fact in finding.evidence.items()}
    return replace(finding, summary=_cut(finding.summary, LONGEST_SUMMARY), evidence=evidence)


def _bounded_fact(fact: Fact) -> Fact:
    if isinstance(fact, tuple):
        return tuple(_cut(text, LONGEST_FACT) for text in fact)
    return _cut(fact, LONGEST_FACT) if isinstance(fact, str) else fact


def _cut(text: Redacted, longest: int) -> Redacted:
    """Cut redacted text: what is left of it is redacted."""
    return text if len(text) <= longest else Redacted(f"{text[: longest - 1]}…")
