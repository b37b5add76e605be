"""From a run that is over to its bundle: every exchange whole and redacted, settings named but not valued. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.configuration import described
from deeplearn_checks.bundle.contents import (
    FORMAT,
    VERSION,
    Answered,
    Asked,
    Bundle,
    Failure,
    Manifest,
    Recorded,
)
from deeplearn_checks.bundle.voice import voice
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from deeplearn_checks.finding import Finding
    from deeplearn_checks.redaction import Json, Redactor
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.wire import Answer, Observed, Record, Request

_LONE = "\ud800"
"""Half a character, which JSON can hold and strict readers refuse."""


def bundled(seen: Observed) -> Bundle:
    """Make the bundle of a run."""
    results = tuple(replace(result, attachments=()) for result in seen.report.results)
    report = replace(seen.report, results=results, exchanges=())
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        made_by=version("deeplearn-checks"),
        started_ms=seen.started_ms,
        interrupted=report.interrupted,
        selected=tuple(result.id for result in report.results if result.selected),
        unfinished={id_: tuple(used) for id_, used in seen.unfinished.items()},
        configuration=described(seen.settings, seen.redact),
        pseudonyms=seen.redact.person(FORMAT),
        requests=len(seen.records),
    )
    exchanges = tuple(_recorded(record, seen.settings, seen.redact) for record in seen.records)
    return Bundle(manifest, exchanges, report)


def _recorded(record: Record, settings: Settings, redact: Redactor) -> Recorded:
    return Recorded(
        number=record.number,
        started_at=record.started_at,
        seconds=record.seconds,
        attempts=record.attempts,
        ended=record.ended,
        asked=asked(record.request, settings, redact),
        answered=_answered(record.answer, redact) if record.answer else None,
        failure=_failure(record.finding) if record.finding else None,
    )


def asked(request: Request, settings: Settings, redact: Redactor) -> Asked:
    """Redact a request, and say who asks."""
    return Asked(
        method=request.method,
        origin=redact(request.origin),
        path=redact(request.path),
        params=redact.pairs(request.params),
        headers=redact.pairs(request.headers),
        body=body(request.body.decode("utf-8", "replace"), redact),
        voice=voice(request, settings, redact),
    )


def _answered(answer: Answer, redact: Redactor) -> Answered:
    text, is_text = answer.body.decode("utf-8", "replace"), True
    try:
        answer.body.decode("utf-8")
    except UnicodeDecodeError:
        is_text = False
    return Answered(
        status=answer.status,
        headers=redact.pairs(answer.headers),
        body=body(text, redact),
        is_text=is_text,
        received=answer.size,
        seconds=answer.seconds,
        attempts=answer.attempts,
        received_at=answer.received_at,
        certificate_ends=answer.certificate_ends,
        url=redact(answer.url),
    )


def _failure(finding: Finding) -> Failure:
    return Failure(cause=finding.cause, summary=finding.summary, evidence=dict(finding.evidence))


def body(text: str, redact: Redactor) -> Redacted:
    """Redact a body whole: JSON field by field, with the types of its values; anything else as text.

    What strict readers refuse (NaN, bottomless nesting, half a character) they refuse of the redacted body too.
    """
    try:
        value: Json = json.loads(text)
        return Redacted(json.dumps(_typed(value, redact.json(value)), separators=(",", ":"), allow_nan=False))
    except (ValueError, RecursionError):
        return redact.fields(text)


def _typed(before: Json, after: Json) -> Json:
    """Give a redacted value the type that it had: a withheld number becomes 0."""
    if isinstance(before, dict) and isinstance(after, dict) and len(before) == len(after):
        return {name: _typed(value, after[name]) for value, name in zip(before.values(), after, strict=True)}
    if isinstance(before, list) and isinstance(after, list):
        return [_typed(*pair) for pair in zip(before, after, strict=True)]
    if isinstance(before, int | float) and isinstance(after, str):
        return type(before)(0)
    if isinstance(before, str) and isinstance(after, str) and not _is_whole(before):
        return after + _LONE
    return after


def _is_whole(text: str) -> bool:
    """Whether no half characters are in a text."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
