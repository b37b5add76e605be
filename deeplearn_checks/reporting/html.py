"""A run as one HTML file that asks nothing of any host: for a browser, a mailbox or a printer."""

from __future__ import annotations

import base64
from collections import Counter
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from deeplearn_checks.finding import BROKEN, Outcome
from deeplearn_checks.reporting import compared, runbook, wording
from deeplearn_checks.reporting.blocking import picture
from deeplearn_checks.reporting.pages import page
from deeplearn_checks.reporting.waterfall import ticks, waterfall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deeplearn_checks.finding import Attachment
    from deeplearn_checks.results import Exchange, Result, RunReport

LARGEST = 500_000
"""How many bytes the page has at most: it can be sent, and kept for every run."""

_SHOWN_BODY = (2_000, 1_000, 400, 100, 0)
"""How many characters of each body the page shows: the first number with which it stays small enough."""

_SHOWN_LINE = (4_000, 200)
"""How many characters of a text in one line the page shows, and how many where it would be too large otherwise."""

_MARKS = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✗",
    Outcome.ERROR: "?",
    Outcome.BLOCKED: "↳",
    Outcome.SKIPPED: "·",
}


_STANDING = frozenset({"new", "still failing"})
"""What a comparison says of a root cause: the words of its card."""


def html(report: RunReport, largest: int = LARGEST) -> str:
    """Write the page, ending in a line break. Raises ModuleNotFoundError without Jinja2 (the extra `report`).

    Where all of it would have *largest* bytes or more, bodies are cut shorter, then pictures are left out, and at last
    long lines are cut; nothing that was asked and found is left out as a whole, however large it is.
    """
    values = _values(report)
    longest, shortest = _SHOWN_LINE
    written = ""
    for body, pictures, line in (
        *((shown, True, longest) for shown in _SHOWN_BODY),
        (0, False, longest),
        (0, False, shortest),
    ):
        functions = {**_FUNCTIONS, **_cutting(report.target, body, line)}
        written = page("reporting/page.html.j2", functions, values | {"pictures": pictures})
        if len(written.encode()) < largest:
            break
    return written


def _values(report: RunReport) -> dict[str, object]:
    """Say what the template is told of a run."""
    roots = report.root_causes()
    return {
        "report": report,
        "verdict": wording.verdict(report),
        "roots": roots,
        "alone": sum(not root.blocks for root in roots),
        "picture": picture(report),
        "reasons": wording.reasons(report),
        **_compared(report),
        "changed": wording.changed(report),
        "not_asked": wording.not_asked(report),
        "areas": _areas(report),
        "outcomes": {outcome: number for outcome, number in report.counts().items() if number},
        "severities": Counter(result.severity.label for result in report.results),
        "broken": BROKEN,
        "marks": _MARKS,
        "bars": waterfall(report),
        "ticks": ticks(report),
        "sections": tuple(runbook.SECTIONS.values()),
    }


def _compared(report: RunReport) -> dict[str, object]:
    """Say what changed since an earlier run: in a line, in groups, and by diagnostic for what is broken."""
    since = report.comparison
    if since is None:
        return {"since": None, "kinds": {}}
    groups = compared.groups(since)
    broken = {id_: group.kind for group in groups if group.kind in _STANDING for id_, _ in group.told}
    known = frozenset(result.id for result in report.results)
    return {"since": since, "since_line": compared.heading(since), "groups": groups, "kinds": broken, "known": known}


def _areas(report: RunReport) -> tuple[tuple[str, tuple[Result, ...]], ...]:
    """Group the results by the first word of their ids, in the order in which the areas first occur."""
    names = list(dict.fromkeys(_area(result) for result in report.results))
    ordered = sorted(report.results, key=lambda result: names.index(_area(result)))
    return tuple((area, tuple(results)) for area, results in groupby(ordered, key=_area))


def _area(result: Result) -> str:
    return result.id.partition(".")[0]


def _cutting(target: str, body: int, line: int) -> dict[str, Callable[..., object]]:
    """Answer the template's functions that cut a body, or a text in one line, to that many characters."""

    def cut(text: str) -> str:
        return text if len(text) <= line else f"{text[: line - 1]}…"

    return {
        "body": partial(_body, shown=body),
        "local": lambda exchange: cut(_local(exchange, target=target)),
        "line": lambda text: cut(wording.line(text)),
        "facts": lambda evidence: [(name, cut(value)) for name, value in wording.facts(evidence)],
        "steps": lambda root: [(name, cut(value)) for name, value in wording.next_steps(root)],
    }


def _body(text: str, *, shown: int) -> str:
    """Cut a body to what the page shows, and say so."""
    cut = "" if len(text) <= shown else f"\n… cut, {len(text)} characters in all"
    return f"{wording.lines(text[:shown])}{cut}".lstrip("\n")


def _local(exchange: Exchange, *, target: str) -> str:
    """Name what was asked: of the target by its path, of others by the whole address."""
    url = wording.line(exchange.url)
    path = url.removeprefix(wording.line(target).rstrip("/"))
    return path if path.startswith("/") else url


def _data_url(attachment: Attachment) -> str:
    """Write a picture into the address that shows it."""
    return f"data:{attachment.media_type};base64,{base64.b64encode(attachment.body).decode()}"


def _capital(text: str) -> str:
    """Begin a text as a sentence does; the rest is left as it is."""
    return text[:1].upper() + text[1:]


def _anchor(reference: str) -> str:
    """Answer where the page shows that step of the runbook."""
    return f"runbook-{reference.replace('/', '-')}"


_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "capital": _capital,
    "count": wording.count,
    "place": runbook.place,
    "step_lines": runbook.step_lines,
    "anchor": _anchor,
    "data_url": _data_url,
}
