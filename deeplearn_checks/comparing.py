"""What changed since an earlier run, read from the file that its `--json` wrote."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from deeplearn_checks.finding import BROKEN, Outcome
from deeplearn_checks.results import Comparison, OutcomeChange, Slowdown
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from deeplearn_checks.results import Result, RunReport

FACTOR = 2.0
"""How many times slower or faster something must be to be called a change."""
NOTICEABLE_SECONDS = 0.25
"""By how many seconds a diagnostic must be slower besides: it also waits for its turn, which varies."""

_LONGEST_FILE = 64 * 2**20
_LONGEST_SECONDS = 10**6
_ANSWERED = frozenset({Outcome.PASSED, Outcome.FAILED})
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """What the earlier run found of one diagnostic; `seconds` is how long it took."""

    outcome: Outcome
    cause: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """An earlier run, as far as it is compared. `missing` says why there is none; all else is empty then."""

    target: str = ""
    environment: str = ""
    effects: str = ""
    started_at: str = ""
    interrupted: bool = False
    results: Mapping[str, EarlierResult] = field(default_factory=dict)
    missing: str = ""


def is_change(before: float, after: float, noticeable: float) -> bool:
    """Whether two durations differ by more than FACTOR, and by more than *noticeable*, in the same unit."""
    low, high = sorted((before, after))
    return high > FACTOR * low and high - low > noticeable


def earlier_run(file: Path) -> EarlierRun:
    """Read what `run --json FILE` wrote; none there, or an empty file (that run did not end), is a first run.

    Raises ConfigurationError for a file that cannot be read or is no run.
    """
    try:
        if file.is_file() and file.stat().st_size > _LONGEST_FILE:
            raise _NotARunError(f"it is larger than {_LONGEST_FILE // 2**20} MiB")
        text = file.read_text(encoding="utf-8")
        if not text.strip():
            return EarlierRun(missing=f"{file} is empty: the run that was to write it did not end")
        return _run(json.loads(text))
    except FileNotFoundError:
        return EarlierRun(missing=f"there is no {file} yet: this is the first run")
    except OSError as problem:
        raise ConfigurationError(f"--compare-with: {file} cannot be read: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        why = f" ({problem})" if isinstance(problem, _NotARunError) else ""
        told = f"--compare-with: {file} is no run{why}; write one with: deeplearn-checks run --json {file}"
        raise ConfigurationError(told) from None


class _NotARunError(ValueError):
    """A file holds something else than a run; the text says where."""


def _run(value: object) -> EarlierRun:
    run = _object(value, "the file")
    results = run.get("results")
    if not isinstance(results, list):
        raise _NotARunError("results is no list")
    return EarlierRun(
        **{name: _text(run, name, "the file") for name in ("target", "environment", "effects")},
        started_at=_time(run),
        interrupted=run.get("interrupted") is True,
        results=dict(_result(one, f"results[{number}]") for number, one in enumerate(results)),
    )


def _result(value: object, where: str) -> tuple[str, EarlierResult]:
    result = _object(value, where)
    id_, outcome, cause = (_text(result, name, where) for name in ("id", "outcome", "cause"))
    seconds = result.get("seconds")
    if not _ID.fullmatch(id_) or (cause and not _ID.fullmatch(cause)):
        raise _NotARunError(f"{where} has an id or a cause that is none")
    if outcome not in {*Outcome}:
        raise _NotARunError(f"{where}.outcome is none of {', '.join(Outcome)}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST_SECONDS:
        raise _NotARunError(f"{where}.seconds is no number of seconds")
    return id_, EarlierResult(Outcome(outcome), cause, float(seconds))


def _object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _NotARunError(f"{where} is no object")
    return value


def _text(values: Mapping[str, object], name: str, where: str) -> str:
    value = values.get(name)
    if not isinstance(value, str):
        raise _NotARunError(f"{where} has no text {name}")
    return value


def _time(run: Mapping[str, object]) -> str:
    """Answer when the run began, written anew: nothing of a file's own making is shown."""
    try:
        return datetime.fromisoformat(_text(run, "started_at", "the file")).isoformat(timespec="seconds")
    except ValueError:
        raise _NotARunError("started_at is no time") from None


def comparison(report: RunReport, earlier: EarlierRun) -> Comparison:
    """Compare a run with an earlier one. What was broken and is not asked now is not fixed."""
    if earlier.missing:
        return Comparison("", (earlier.missing,))
    now = {result.id: result for result in report.results}
    changes = [_change(id_, earlier.results.get(id_), now.get(id_)) for id_ in (*now, *(earlier.results.keys() - now))]
    broken = [one for one in changes if one.now in BROKEN]
    healed = [one for one in changes if one.before in BROKEN and one.now not in BROKEN]
    return Comparison(
        since=earlier.started_at,
        notes=tuple(_notes(report, earlier)),
        new=tuple(one for one in broken if one.before not in BROKEN),
        still_failing=tuple(one for one in broken if one.before in BROKEN),
        fixed=tuple(one for one in healed if one.now == Outcome.PASSED),
        not_asked=tuple(sorted((one for one in healed if one.now != Outcome.PASSED), key=lambda one: one.id)),
        slower=tuple(_slower(report, earlier)),
    )


def _change(id_: str, before: EarlierResult | None, now: Result | None) -> OutcomeChange:
    return OutcomeChange(
        id_,
        before.outcome.value if before else "",
        now.outcome.value if now else "",
        before.cause if before else "",
        now.cause if now else "",
    )


def _notes(report: RunReport, earlier: EarlierRun) -> Iterator[str]:
    """Say what keeps two runs from being alike."""
    if earlier.target != report.target:
        yield "the earlier run was of another target"
    if earlier.environment != report.environment:
        yield "the earlier run was of another environment"
    if earlier.effects != report.effects.label:
        yield "the earlier run was allowed other effects"
    if earlier.interrupted:
        yield "the earlier run was interrupted"


def _slower(report: RunReport, earlier: EarlierRun) -> Iterator[Slowdown]:
    """Answer what was answered in both runs and took noticeably longer, the longest first."""
    both = ((result, earlier.results[result.id]) for result in report.results if result.id in earlier.results)
    found = [
        Slowdown(now.id, before.seconds, now.seconds)
        for now, before in both
        if {now.outcome, before.outcome} <= _ANSWERED
        and now.seconds > before.seconds
        and is_change(before.seconds, now.seconds, NOTICEABLE_SECONDS)
    ]
    yield from sorted(found, key=lambda one: one.before - one.now)
