"""What happened, drawn: bars of slots and a chart of percentiles, as path data of SVG. Pure.

A bar is one path for each kind of slot, whatever its length: neighbours are one stroke, which dashes cut into slots.
Kinds differ in shape as in colour: passed is low, failed is high, partly is a gap with a cap on it, could not find out
is two thin lines, no run is the ground line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from deeplearn_checks.monitor.page.tally import Kind, uptime
from deeplearn_checks.monitor.page.words import clock, day, percent
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks.monitor.page.tally import Slot

PITCH = 4
"""The width of a slot, of which a quarter is a gap."""
HEIGHT = 24
_LINES = {
    Kind.PASSED: ((16, "low"),),
    Kind.PARTLY: ((18, "middle"), (2, "thin")),
    Kind.FAILED: ((12, "high"),),
    Kind.ERROR: ((22, "thin"), (10, "thin")),
    Kind.NONE: ((23, "ground"),),
}
"""Of each kind the middles of its lines, and how thick they are (as the style sheet has it)."""
_NAMED_SPANS = 3


@dataclass(frozen=True, slots=True)
class Stroke:
    """A path of one kind and thickness."""

    kind: Kind
    thickness: str
    path: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with the words that say the same."""

    width: int
    strokes: tuple[Stroke, ...]
    words: str


def bar(row: Sequence[Slot], name: str) -> Bar:
    """Draw slots side by side; *name* begins what is said of them."""
    runs, at = dict[Kind, list[tuple[int, int]]](), 0
    for kind, members in groupby(slot.tally.kind for slot in row):
        number = len(list(members))
        runs.setdefault(kind, []).append((at, number))
        at += number
    strokes = tuple(
        Stroke(kind, thickness, "".join(f"M{PITCH * start} {y}h{PITCH * number}" for start, number in spans))
        for kind, spans in runs.items()
        for y, thickness in _LINES[kind]
    )
    return Bar(PITCH * len(row), strokes, f"{name}: {said(row)}")


def said(row: Sequence[Slot]) -> str:
    """Say in words what a bar shows: the share that passed, how many slots of each kind, and when the bad ones were."""
    unit = "day" if row and row[0].span_ms >= DAY_MS else "hour" if row and row[0].span_ms >= HOUR_MS else "quarter"
    share = uptime(slot.tally for slot in row)
    parts = [f"{percent(share)} of runs passed" if share is not None else "no run yet"]
    kinds = [slot.tally.kind for slot in row]
    for kind in (Kind.FAILED, Kind.ERROR, Kind.PARTLY):
        of_kind = [slot for slot, its in zip(row, kinds, strict=True) if its is kind]
        if of_kind:
            named = ", ".join(_when(slot) for slot in of_kind[-_NAMED_SPANS:])
            rest = f" and {len(of_kind) - _NAMED_SPANS} more" if len(of_kind) > _NAMED_SPANS else ""
            parts.append(f"{kind.words} in {_count(len(of_kind), unit)} ({named}{rest})")
    silent = kinds.count(Kind.NONE)
    if silent and share is not None:
        parts.append(f"no run in {_count(silent, unit)}")
    return "; ".join(parts)


def _when(slot: Slot) -> str:
    return day(slot.from_ms) if slot.span_ms >= DAY_MS else clock(slot.from_ms)


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


@dataclass(frozen=True, slots=True)
class Line:
    """One percentile over time: its name, its path (broken where there was no run), and where it ends."""

    name: str
    path: str
    x: float
    y: float
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Percentiles over time; `ticks` are heights with their seconds, `times` places with their hours."""

    width: int
    height: int
    left: int
    right: int
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, float], ...]
    times: tuple[tuple[float, str], ...]
    top_seconds: float


SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
"""The percentiles that are shown, by name."""
_WIDTH, _TALL, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 220, 76, 54, 16, 28
_NAME_HEIGHT = 20
_STEPS = (1, 2, 2.5, 5, 10)


def chart(row: Sequence[Slot]) -> Chart | None:
    """Draw the percentiles of slots over time; None where nothing ran."""
    values = {name: [slot.tally.quantile(share) for slot in row] for name, share in SHARES}
    highest = max((value for line in values.values() for value in line if value is not None), default=None)
    if highest is None:
        return None
    top, step = _nice(highest)
    scale = _Scale(len(row), top)
    number = round(top / step)
    return Chart(
        _WIDTH,
        _TALL,
        _LEFT,
        _WIDTH - _RIGHT,
        _apart([scale.line(name, line) for name, line in values.items()]),
        tuple((scale.y(position * step), position * step) for position in range(number + 1)),
        tuple((scale.x(at), clock(slot.from_ms)) for at, slot in enumerate(row) if slot.from_ms % (6 * HOUR_MS) == 0),
        top,
    )


def _nice(highest: float) -> tuple[float, float]:
    """Answer the top of an axis that holds the value, and the step of its marks: four or fewer, round numbers."""
    rough = max(highest, 0.01) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in _STEPS if factor * power >= rough)
    number = 1
    while number * step < highest:
        number += 1
    return number * step, step


@dataclass(frozen=True, slots=True)
class _Scale:
    number: int
    top: float

    def x(self, at: int) -> float:
        return round(_LEFT + (at + 0.5) * (_WIDTH - _LEFT - _RIGHT) / self.number, 1)

    def y(self, seconds: float) -> float:
        return round(_TOP + (1 - seconds / self.top) * (_TALL - _TOP - _BOTTOM), 1)

    def line(self, name: str, values: Sequence[float | None]) -> Line:
        """Draw one line; a value without neighbours is a dot."""
        points = [(self.x(at), self.y(value)) if value is not None else None for at, value in enumerate(values)]
        parts, dots, pen = list[str](), list[tuple[float, float]](), "M"
        for at, point in enumerate(points):
            if point is None:
                pen = "M"
                continue
            parts.append(f"{pen}{point[0]:g} {point[1]:g}")
            alone = pen == "M" and (at + 1 == len(points) or points[at + 1] is None)
            dots += [point] if alone else []
            pen = "L"
        last = next(point for point in reversed(points) if point is not None)
        return Line(name, "".join(parts), *last, tuple(dots))


def _apart(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Move the names of lines that end close to each other apart: upwards, and down again from the upper edge."""
    heights, lowest = list[float](), float(_TALL - _BOTTOM + _NAME_HEIGHT)
    for line in lines:
        lowest = min(line.y, lowest - _NAME_HEIGHT)
        heights.append(lowest)
    highest = float(_TOP)
    for at in reversed(range(len(heights))):
        heights[at] = max(heights[at], highest)
        highest = heights[at] + _NAME_HEIGHT
    return tuple(replace(line, y=y) for line, y in zip(lines, heights, strict=True))


SPARK_WIDTH, SPARK_HEIGHT = 96, 24


def spark(row: Sequence[Slot], share: float = 0.95) -> str:
    """Draw one percentile small, without an axis, as path data; empty where nothing ran."""
    values = [slot.tally.quantile(share) for slot in row]
    top = max((value for value in values if value is not None), default=0) or 1
    parts, pen = list[str](), "M"
    for at, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        left = round((at + 0.1) * SPARK_WIDTH / len(row), 1)
        y = round(2 + (1 - value / top) * (SPARK_HEIGHT - 4), 1)
        parts.append(f"{pen}{left:g} {y:g}h{0.8 * SPARK_WIDTH / len(row):.1f}")
        pen = "L"
    return "".join(parts)
