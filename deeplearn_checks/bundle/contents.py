"""What a bundle holds, as frozen values: docs/bundles.md describes them. Nothing here does I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from deeplearn_checks.results import RunReport

FORMAT = "deeplearn-checks bundle"
"""How a bundle begins, so that another file is not taken for one."""
VERSION = 1
"""The version of the format that is written, and the newest that is read."""

Pairs = tuple[tuple[str, str], ...]


class Part(BaseModel):
    """What all parts share: no coercion, no changes; fields that a later version adds are ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class Configuration(Part):
    """The settings of the recorded run: `values` those that a judgement depends on, everything else by name only.

    `origins` are the base URLs, redacted. `stand_ins` stand for secrets and people: they say which were set, which
    were the same, and around which there was white space; nothing else.
    """

    values: dict[str, str | int | float | tuple[str, ...]]
    origins: dict[str, str]
    stand_ins: dict[str, str]


class Manifest(Part):
    """The run as a whole. `made_by` is the version of deeplearn-checks; `started_ms` since the epoch.

    `selected` are the ids that were asked for, `unfinished` those that the run's end left without a finding, with the
    exchanges each had used; `requests` is the number of exchanges that follow. `pseudonyms` is a pseudonym of nobody:
    two bundles that hold the same were recorded with the same key, and name people alike.
    """

    format: str
    version: int
    made_by: str
    started_ms: int = Field(ge=0, le=253_402_300_799_000)
    interrupted: bool
    selected: tuple[str, ...]
    unfinished: dict[str, tuple[int, ...]]
    configuration: Configuration
    pseudonyms: str
    requests: int = Field(ge=0)


class Asked(Part):
    """A request, redacted. `voice` says who asks: which secret was used, never its value."""

    method: str
    origin: str
    path: str
    params: Pairs
    headers: Pairs
    body: str
    voice: Pairs


class Answered(Part):
    """An answer, redacted. `received` is the length in bytes of the body that came.

    `is_text` is false where that body was no UTF-8. Times as in `wire.Answer`.
    """

    status: int
    headers: Pairs
    body: str
    is_text: bool
    received: int = Field(ge=0)
    seconds: float
    attempts: int
    received_at: float
    certificate_ends: float | None
    url: str = ""


class Failure(Part):
    """Why there is no answer: the cause, summary and evidence of an `error` finding."""

    cause: str
    summary: str
    evidence: dict[str, int | float | str | tuple[str, ...]]


class Recorded(Part):
    """One exchange; `ended` is its place in the order in which exchanges ended, 0 where it never did."""

    number: int = Field(ge=1)
    started_at: float
    seconds: float
    attempts: int
    ended: int = Field(ge=0)
    asked: Asked
    answered: Answered | None
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A recorded run: what it was, every exchange by number, and its report (without exchanges)."""

    manifest: Manifest
    exchanges: tuple[Recorded, ...]
    report: RunReport
