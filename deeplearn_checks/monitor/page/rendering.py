"""The pages as HTML: templates that escape whatever they are given, and one style sheet inside each page.

The pages ask nothing of any host but the links that somebody follows; they need no script.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

from deeplearn_checks.monitor.page import words
from deeplearn_checks.monitor.page.charts import bar, chart, spark
from deeplearn_checks.monitor.page.judged import Status, worst
from deeplearn_checks.monitor.page.tally import Kind, Slot, Tally
from deeplearn_checks.reporting.runbook import place
from deeplearn_checks.reporting.wording import count, ids_line, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jinja2 import Environment

    from deeplearn_checks.monitor.page.charts import Bar
    from deeplearn_checks.monitor.page.freshness import Overdue
    from deeplearn_checks.monitor.page.judged import Broken, Target
    from deeplearn_checks.monitor.page.reading import Snapshot, Watched

MANY = 6
"""From so many targets on the groups of those that are up are folded."""
_NAMED = 5
_PASSED, _FAILED, _ERROR = Tally(passed=1), Tally(failed=1), Tally(errors=1)
_SAMPLES = {
    Kind.PASSED: _PASSED,
    Kind.PARTLY: Tally(passed=1, failed=1),
    Kind.FAILED: _FAILED,
    Kind.ERROR: _ERROR,
    Kind.NONE: Tally(),
}
_ICONS = {
    Status.UP: ("1a6b3c", "M5 10l3.5 4L15 6.5"),
    Status.DOWN: ("a8201a", "M6 6l8 8M14 6l-8 8"),
    Status.DEGRADED: ("7a5200", "M10 4v8M10 15v1"),
    Status.UNKNOWN: ("245a8d", "M6 10h8"),
    Status.MAINTENANCE: ("245a8d", "M7.5 5v10M12.5 5v10"),
}


def style() -> str:
    """Answer the style sheet."""
    return files("deeplearn_checks.monitor.page").joinpath("page.css").read_text(encoding="utf-8")


@cache
def style_hash() -> str:
    """Answer the source expression that allows the style sheet and no other (Content Security Policy, level 3)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()}'"


@dataclass(frozen=True, slots=True)
class Asked:
    """A page with what all pages need: `root` is the way from its address to that of the overview."""

    root: str
    names: frozenset[str]


def overview(snapshot: Snapshot, asked: Asked) -> str:
    """Write the page of all targets, ending in a line break."""
    every = [one.now for one in snapshot.targets]
    return _page(
        "overview.html.j2",
        asked,
        snapshot.status,
        snapshot=snapshot,
        headline=headline(every),
        problems=problems(snapshot.problem, snapshot.overdue),
        broken=_alike(snapshot.broken),
        tolerated=_alike(chain.from_iterable(one.tolerated for one in every)),
        shown=_ordered(snapshot.targets),
        is_open=lambda now: now.status not in {Status.UP, Status.MAINTENANCE} or len(every) < MANY,
    )


def target_page(
    snapshot: Snapshot,
    watched: Watched,
    quarters: Mapping[str, Sequence[Slot]],
    durations: Mapping[tuple[str, str], Tally],
    asked: Asked,
) -> str:
    """Write the page of one target, ending in a line break."""
    return _page(
        "target.html.j2",
        asked,
        watched.now.status,
        snapshot=snapshot,
        watched=watched,
        quarters=quarters,
        durations=durations,
        problems=problems(snapshot.problem, snapshot.overdue),
        broken=_alike(watched.now.broken),
        tolerated=_alike(watched.now.tolerated),
        incidents=[one for one in snapshot.incidents if one.target == watched.now.name],
    )


def problem_page(headline: str, said: str, asked: Asked) -> str:
    """Write a page that says why there is none, ending in a line break."""
    return _page("problem.html.j2", asked, Status.UNKNOWN, headline=headline, words=said)


def headline(targets: Sequence[Target]) -> str:
    """Say in one line how all targets are."""
    if len(targets) == 1:
        return f"{line(targets[0].name)} is {_IS[targets[0].status]}"
    statuses = [one.status for one in targets]
    status = worst([one for one in statuses if one is not Status.MAINTENANCE] or statuses)
    number = statuses.count(status)
    if number == len(statuses):
        return f"All {number} targets are {_IS[status]}"
    others = [one for one in _ORDER if one in statuses and one not in {status, Status.UP}]
    rest = "".join(f", {statuses.count(one)} {_IS[one]}" for one in others)
    return f"{number} of {len(statuses)} targets {'is' if number == 1 else 'are'} {_IS[status]}{rest}"


_ORDER = (Status.DOWN, Status.DEGRADED, Status.UNKNOWN, Status.MAINTENANCE, Status.UP)
_IS = {
    Status.UP: "up",
    Status.DOWN: "down",
    Status.DEGRADED: "degraded",
    Status.UNKNOWN: "unknown",
    Status.MAINTENANCE: "under maintenance",
}


def problems(problem: str, overdue: Sequence[Overdue]) -> tuple[str, ...]:
    """Say what is wrong with the monitor itself, a line each."""
    said = [line(problem)] if problem else []
    if overdue:
        names = ", ".join(f"{line(one.target)} {line(one.group)}" for one in overdue[:_NAMED])
        rest = f" and {len(overdue) - _NAMED} more" if len(overdue) > _NAMED else ""
        said.append(f"no fresh run of {names}{rest}; what is shown of them may be old")
    return tuple(said)


def _alike(found: Iterable[Broken]) -> tuple[tuple[Broken, ...], ...]:
    """Group root causes that many targets share, in the order in which they first occur."""
    groups: dict[tuple[str, str, str], list[Broken]] = {}
    for one in found:
        groups.setdefault((one.diagnostic, one.cause, one.tolerated), []).append(one)
    return tuple(map(tuple, groups.values()))


def _ordered(targets: Sequence[Watched]) -> list[Watched]:
    """Put what needs attention first; the rest stays in the order of the file."""
    return sorted(targets, key=lambda one: _ORDER.index(one.now.status))


def _page(template: str, asked: Asked, status: Status, **about: object) -> str:
    given = {"root": asked.root, "names": asked.names, "icon": _icon(status), **about}
    return _environment(asked.root, asked.names).get_template(template).render(given).rstrip() + "\n"


@cache
def _environment(root: str, names: frozenset[str]) -> Environment:
    """Make the environment; imported macros see its globals only, so what they need stands there."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  only a page needs it

    made = Environment(
        loader=PackageLoader("deeplearn_checks.monitor.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        line=line,
        iso=words.iso,
        moment=words.moment,
        length_of=words.length,
        day=words.day,
        clock=words.clock,
        percent=words.percent,
        duration=words.duration,
        place=place,
        ids=ids_line,
        urlpart=lambda name: quote(name, safe=""),
        drawn=bar,
        chart=chart,
        spark=spark,
        tick=lambda seconds: f"{seconds:g} s",
    )
    made.globals.update(root=root, names=names, count=count, css=_safe_style(), legend_bars=_legend())
    return made


def _safe_style() -> object:
    from markupsafe import Markup  # noqa: PLC0415  comes with Jinja2

    return Markup(style())  # noqa: S704  our own file


def _legend() -> tuple[tuple[str, Bar], ...]:
    return tuple((kind.words, bar([Slot(0, 1, tally)], kind.words)) for kind, tally in _SAMPLES.items())


def _icon(status: Status) -> str:
    colour, path = _ICONS[status]
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="10" fill="#{colour}"/>'
        f'<path d="{path}" fill="none" stroke="#fff" stroke-width="2.4"/></svg>'
    )
    return f"data:image/svg+xml,{quote(drawn)}"
