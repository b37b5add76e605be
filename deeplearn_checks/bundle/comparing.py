"""What changed between two recorded runs: findings, latencies, shapes of answers. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.shapes import Shape, endpoint, parent, shapes
from deeplearn_checks.comparing import is_change
from deeplearn_checks.finding import BROKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deeplearn_checks.bundle.contents import Bundle
    from deeplearn_checks.finding import Fact
    from deeplearn_checks.results import Result

NOTICEABLE_MS = 20.0
"""By how many milliseconds the median must differ to be called a change, besides the factor."""

_MEASURED = re.compile(r"(?:^|_)(?:ms|seconds|hours|days|bytes)(?:_|$)")
"""Names of facts that are measured: they differ from run to run."""
_MEASUREMENT = re.compile(r"\d[\d.]*(?= (?:ms|s|h|hours|days|bytes)\b)")
_PSEUDONYM = re.compile(r"person-[0-9a-f]{10}")


@dataclass(frozen=True, slots=True)
class FindingChange:
    """One question that was answered otherwise. None where it was not asked.

    `change`: `appeared` (it is broken now), `went` (it was), or `changed`; `evidence` names the facts that differ,
    each before and after.
    """

    id: str
    change: str
    before: Result | None
    after: Result | None
    evidence: Mapping[str, tuple[Fact | None, Fact | None]]


@dataclass(frozen=True, slots=True)
class LatencyChange:
    """The median of an endpoint's answers before and after, in milliseconds, each with the number of answers."""

    endpoint: str
    before_ms: float
    before_count: int
    after_ms: float
    after_count: int

    @property
    def is_change(self) -> bool:
        """Whether it differs by more than FACTOR, and by more than NOTICEABLE_MS."""
        return is_change(self.before_ms, self.after_ms, NOTICEABLE_MS)


@dataclass(frozen=True, slots=True)
class ShapeChange:
    """One field of an endpoint's answers: `appeared`, `vanished`, or `type`, with its JSON types before and after."""

    endpoint: str
    path: str
    change: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two runs. `same_key`: whether people have the same pseudonyms in both."""

    findings: tuple[FindingChange, ...]
    latencies: tuple[LatencyChange, ...]
    shapes: tuple[ShapeChange, ...]
    same_key: bool

    @property
    def is_none(self) -> bool:
        """Whether findings and shapes are the same; latencies always differ a little and do not count."""
        return not self.findings and not self.shapes


def difference(before: Bundle, after: Bundle) -> Difference:
    """Compare two recorded runs."""
    same_key = before.manifest.pseudonyms == after.manifest.pseudonyms
    return Difference(
        tuple(_findings(before, after, same_key=same_key)),
        tuple(_latencies(before, after)),
        tuple(_shapes(before, after)),
        same_key,
    )


def _findings(before: Bundle, after: Bundle, *, same_key: bool) -> Iterator[FindingChange]:
    old, new = ({result.id: result for result in one.report.results} for one in (before, after))
    for id_ in dict.fromkeys((*old, *new)):
        was, now = old.get(id_), new.get(id_)
        broken = (was is not None and was.outcome in BROKEN, now is not None and now.outcome in BROKEN)
        evidence = _evidence(was, now, same_key=same_key) if was and now and all(broken) else {}
        if evidence or was is None or now is None or (was.outcome, was.cause) != (now.outcome, now.cause):
            change = {(False, True): "appeared", (True, False): "went"}.get(broken, "changed")
            yield FindingChange(id_, change, was, now, evidence)


def _evidence(was: Result, now: Result, *, same_key: bool) -> dict[str, tuple[Fact | None, Fact | None]]:
    """Answer the facts that differ, but for what is measured."""
    names = [name for name in dict.fromkeys((*was.evidence, *now.evidence)) if not _MEASURED.search(name)]
    pairs = {name: (was.evidence.get(name), now.evidence.get(name)) for name in names}
    return {
        name: pair
        for name, pair in pairs.items()
        if _lasting(pair[0], same_key=same_key) != _lasting(pair[1], same_key=same_key)
    }


def _lasting(fact: Fact | None, *, same_key: bool) -> object:
    """Answer a fact without what is measured, and without pseudonyms of different keys."""
    if isinstance(fact, tuple):
        return [_lasting(text, same_key=same_key) for text in fact]
    if not isinstance(fact, str):
        return fact
    text = _MEASUREMENT.sub("…", fact)
    return text if same_key else _PSEUDONYM.sub("person-…", text)


def _latencies(before: Bundle, after: Bundle) -> Iterator[LatencyChange]:
    old, new = _milliseconds(before), _milliseconds(after)
    for name in sorted(old.keys() & new.keys()):
        yield LatencyChange(name, median(old[name]), len(old[name]), median(new[name]), len(new[name]))


def _milliseconds(bundle: Bundle) -> dict[str, list[float]]:
    """Answer how long each endpoint's answers took."""
    taken: dict[str, list[float]] = defaultdict(list)
    for one in bundle.exchanges:
        if one.answered is not None:
            taken[endpoint(one, bundle.manifest.configuration.origins)].append(one.answered.seconds * 1000)
    return taken


def _shapes(before: Bundle, after: Bundle) -> Iterator[ShapeChange]:
    old, new = shapes(before), shapes(after)
    for name in sorted(old.keys() & new.keys()):
        for path in sorted(old[name].keys() | new[name].keys()):
            change = _shape_change(path, old[name], new[name])
            if change:
                types = (tuple(sorted(shape[path].types)) if path in shape else () for shape in (old[name], new[name]))
                yield ShapeChange(name, path, change, *types)


def _shape_change(path: str, old: Shape, new: Shape) -> str:
    """Say what became of a field; nothing where too little was seen to tell, as in an empty list."""
    if path in old and path in new:
        was, now = old[path].types - {"null"}, new[path].types - {"null"}
        return "type" if was and now and was != now else ""
    here, there = (old, new) if path in old else (new, old)
    holder = there.get(parent(path))
    if not here[path].always or holder is None or "object" not in holder.types:
        return ""
    return "vanished" if path in old else "appeared"
