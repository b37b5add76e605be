"""The requests of a run on one time line: when each began, how long it took, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.reporting.wording import answered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.results import Exchange, RunReport

_SERVER_ERROR = 500
_TICKS = 6
"""How many times the axis names at most."""

_NARROWEST = 0.4
"""The least width of a bar, in per cent: what took no time can be seen still."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One request. `at` and `width` in per cent of the run, `began` and `took` in milliseconds.

    `asked_for`: the ids of the diagnostics that stand on its answer; `bad`: a server's error, or no answer.
    """

    exchange: Exchange
    at: float
    width: float
    began: int
    took: int
    answer: str
    bad: bool
    asked_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A time that the axis names: where it stands, in per cent, and its words."""

    at: float
    words: str


def waterfall(report: RunReport) -> tuple[Bar, ...]:
    """Place every exchange that the run kept on its time line, in the order in which they began."""
    exchanges = sorted(report.exchanges, key=lambda one: (one.started_at, one.number))
    began, whole = _span(exchanges)
    asked_for: dict[int, list[str]] = {}
    for result in report.results:
        for number in result.exchanges:
            asked_for.setdefault(number, []).append(result.id)
    return tuple(
        Bar(
            exchange=one,
            at=round(min(100 * (one.started_at - began) / whole, 100 - _NARROWEST), 2),
            width=round(max(100 * one.seconds / whole, _NARROWEST), 2),
            began=round(1000 * (one.started_at - began)),
            took=round(1000 * one.seconds),
            answer=answered(one),
            bad=one.status == 0 or one.status >= _SERVER_ERROR,
            asked_for=tuple(asked_for.get(one.number, ())),
        )
        for one in exchanges
    )


def ticks(report: RunReport) -> tuple[Tick, ...]:
    """Choose round times for the axis, from the first request to the last answer."""
    whole = _span(report.exchanges)[1] * 1000
    step = next(
        (10**power * digit for power in range(8) for digit in (1, 2, 5) if whole / (10**power * digit) < _TICKS), whole
    )
    return tuple(Tick(round(100 * at * step / whole, 2), _duration(at * step)) for at in range(int(whole / step) + 1))


def _span(exchanges: Sequence[Exchange]) -> tuple[float, float]:
    """Answer when the first request began, and how many seconds later the last answer had come."""
    began = min((one.started_at for one in exchanges), default=0.0)
    return began, max((one.started_at + one.seconds for one in exchanges), default=0.0) - began or 1.0


def _duration(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"  # noqa: PLR2004  the unit
