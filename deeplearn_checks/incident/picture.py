"""The timeline of an incident as a picture: where each moment stands, which times lie between.

Long gaps are drawn shorter than they are, so that minutes beside days can be read; each gap says how long it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import log1p
from typing import TYPE_CHECKING

from deeplearn_checks.incident.times import duration, utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.incident.times import Moment, Times

WIDTH = 960
_MARGIN = 80
_SHORTEST = 95
"""Units between two moments at least, so that their labels do not meet."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at *x*; `above` says on which side of the line its label stands."""

    x: float
    what: str
    at: str
    entry: int
    above: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between two moments that follow each other: how long it is, around *x*."""

    x: float
    length: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A measured time, drawn from *x* on."""

    x: float
    width: float
    name: str
    length: str
    row: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn, in units of which `WIDTH` fit side by side."""

    marks: tuple[Mark, ...]
    gaps: tuple[Gap, ...]
    bars: tuple[Bar, ...]


def picture(times: Times) -> Picture:
    """Lay out the moments of an incident; those that are unknown are not drawn."""
    every = (times.harm, times.detected, times.acknowledged, times.recovered, times.closed)
    known = sorted((moment for moment in every if moment), key=lambda moment: moment.at_ms)
    places = _places(known)
    x = {id(moment): place for moment, place in zip(known, places, strict=True)}
    marks = tuple(
        Mark(place, moment.what, utc(moment.at_ms), moment.entry, number % 2 == 0)
        for number, (moment, place) in enumerate(zip(known, places, strict=True))
    )
    gaps = tuple(
        Gap((a.x + b.x) / 2, duration((later.at_ms - earlier.at_ms) / 1000))
        for (a, b), (earlier, later) in zip(pairwise(marks), pairwise(known), strict=True)
    )
    spans = [span for span in times.spans if span.seconds is not None]
    bars = tuple(
        Bar(x[id(span.begin)], x[id(span.end)] - x[id(span.begin)], span.name, duration(span.seconds or 0.0), row)
        for row, span in enumerate(spans)
    )
    return Picture(marks, gaps, bars)


def _places(known: Sequence[Moment]) -> tuple[float, ...]:
    """Place moments from left to right: the logarithm of a gap above the shortest."""
    lengths = [log1p((later.at_ms - earlier.at_ms) / 1000) for earlier, later in pairwise(known)]
    spare = WIDTH - 2 * _MARGIN - _SHORTEST * len(lengths)
    whole = sum(lengths) or 1.0
    places = [float(_MARGIN)]
    for length in lengths:
        places.append(round(places[-1] + _SHORTEST + spare * length / whole, 1))
    return tuple(places[: len(known)])
