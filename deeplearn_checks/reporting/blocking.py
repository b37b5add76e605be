"""What blocks what in a run, as a picture: every root cause that has symptoms, and below it what stands on it.

A row is a diagnostic, a step to the right a layer: a diagnostic hangs under the last broken one that it stands on, so
that no line crosses another. What it stands on besides is a dashed line at the right, one lane for each origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.finding import BROKEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from deeplearn_checks.results import Result, RunReport

ROW = 27
"""The height of a row, in pixels."""

_BOX = 22
_STEP = 30
_SPINE = 12
_LANE = 14
_CHARACTER = 7.3
_EDGE = 1


@dataclass(frozen=True, slots=True)
class Node:
    """One diagnostic: its box, and the ids of the broken diagnostics that it directly stands on, nearest last."""

    result: Result
    stands_on: tuple[str, ...]
    layer: int
    row: int

    @property
    def x(self) -> int:
        """The left of the box, in pixels."""
        return _EDGE + self.layer * _STEP

    @property
    def y(self) -> int:
        """The top of the box, in pixels."""
        return self.row * ROW + (ROW - _BOX) // 2

    @property
    def middle(self) -> int:
        """Half way down the box, in pixels."""
        return self.y + _BOX // 2

    @property
    def width(self) -> int:
        """The width of the box, in pixels: room for a mark and the id."""
        return round((len(self.result.id) + 2) * _CHARACTER) + 16

    @property
    def right(self) -> int:
        """The right of the box, in pixels."""
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Picture:
    """The nodes from top to bottom, and the lines between them as paths of SVG; sizes in pixels."""

    nodes: tuple[Node, ...]
    lines: tuple[str, ...]
    lanes: tuple[str, ...]
    tips: tuple[str, ...]
    width: int
    height: int

    @property
    def box(self) -> int:
        """The height of a node's box."""
        return _BOX


def picture(report: RunReport) -> Picture | None:
    """Draw what the root causes of a run block; None where they block nothing."""
    roots = {root.result.id for root in report.root_causes() if root.blocks}
    drawn = {r.id: r for r in report.results if r.id in roots or (r.outcome in BROKEN and r.blocked_by)}
    above = _above(drawn)
    reached = {id_: _reached(id_, above) for id_ in drawn}
    stands_on = {id_: _last(direct, reached) for id_, direct in above.items()}
    nodes = tuple(_placed(drawn, stands_on))
    if not nodes:
        return None
    by_id = {node.result.id: node for node in nodes}
    edge = max(node.right for node in nodes)
    besides = _besides(by_id)
    lanes = tuple(_lanes(by_id, besides, edge))
    tips = tuple(f"M{node.right + 1} {node.middle}l7 -4v8z" for targets in besides.values() for node in targets)
    width = edge + _LANE * (len(lanes) + 1)
    return Picture(nodes, tuple(_lines(by_id)), lanes, tips, width, ROW * len(nodes))


def _above(drawn: Mapping[str, Result]) -> dict[str, tuple[str, ...]]:
    """Answer for each id what it directly stands on among the drawn: what it requires, and its other root causes."""
    required = {id_: tuple(p for p in result.requires if p in drawn) for id_, result in drawn.items()}
    reached = {id_: _reached(id_, required) for id_ in drawn}
    return {
        id_: (*required[id_], *(r for r in result.blocked_by if r in drawn and r not in reached[id_]))
        for id_, result in drawn.items()
    }


def _reached(id_: str, links: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(links[id_])
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += links[current]
    return found


def _last(above: Collection[str], reached: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Leave out what is already said by another: whoever stands on that stands on this."""
    return tuple(one for one in dict.fromkeys(above) if not any(one in reached[other] for other in above))


def _placed(drawn: Mapping[str, Result], stands_on: Mapping[str, tuple[str, ...]]) -> Iterator[Node]:
    """Place every diagnostic below the one in the deepest layer that it stands on."""
    layers: dict[str, int] = {}
    for id_ in sorted(drawn, key=lambda one: len(_reached(one, stands_on))):
        layers[id_] = max((layers[other] + 1 for other in stands_on[id_]), default=0)
    nearest_last = {id_: tuple(sorted(above, key=lambda one: layers[one])) for id_, above in stands_on.items()}
    children: dict[str, list[str]] = {}
    for id_, above in nearest_last.items():
        children.setdefault(above[-1] if above else "", []).append(id_)
    waiting = children.get("", [])[::-1]
    row = 0
    while waiting:
        id_ = waiting.pop()
        yield Node(drawn[id_], nearest_last[id_], layers[id_], row)
        waiting += children.get(id_, [])[::-1]
        row += 1


def _lines(nodes: Mapping[str, Node]) -> Iterator[str]:
    """Draw, for each node, one line down to all that hang under it."""
    under: dict[str, list[Node]] = {}
    for node in nodes.values():
        for above in node.stands_on[-1:]:
            under.setdefault(above, []).append(node)
    for id_, below in under.items():
        top, x = nodes[id_].y + _BOX, nodes[id_].x + _SPINE
        branches = "".join(f"M{x} {node.middle}H{node.x}" for node in below)
        yield f"M{x} {top}V{below[-1].middle}{branches}"


def _besides(nodes: Mapping[str, Node]) -> dict[str, list[Node]]:
    """Answer who stands on each node besides the one that it hangs under."""
    besides: dict[str, list[Node]] = {}
    for node in nodes.values():
        for other in node.stands_on[:-1]:
            besides.setdefault(other, []).append(node)
    return besides


def _lanes(nodes: Mapping[str, Node], besides: Mapping[str, Sequence[Node]], edge: int) -> Iterator[str]:
    """Draw a lane at the right from each node to those that stand on it besides."""
    for number, (id_, targets) in enumerate(besides.items(), start=1):
        origin, x = nodes[id_], edge + _LANE * number
        ends = [node.middle for node in (origin, *targets)]
        branches = "".join(f"M{x} {node.middle}H{node.right + 6}" for node in targets)
        yield f"M{origin.right} {origin.middle}H{x}M{x} {min(ends)}V{max(ends)}{branches}"
