"""A run as one HTML file that asks nothing of any host: for a browser, a mailbox or a printer."""

from __future__ import annotations

import base64
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting import runbook, wording

if TYPE_CHECKING:
    from deeplearn_checks.finding import Attachment
    from deeplearn_checks.results import Exchange, Result, RunReport

_SHOWN_BODY = 2_000
"""How many characters of a body the page shows, so that it stays small enough to send."""

_MARKS = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✗",
    Outcome.ERROR: "?",
    Outcome.BLOCKED: "↳",
    Outcome.SKIPPED: "·",
}


def html(report: RunReport) -> str:
    """Write the page, ending in a line break. Raises ModuleNotFoundError without Jinja2 (the extra `report`)."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  only the page needs it

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(facts=wording.facts, line=wording.line, body=_body, answered=wording.answered)
    environment.filters.update(data_url=_data_url)
    environment.globals.update(
        place=runbook.place, section_slug=runbook.section_slug, steps=wording.next_steps, count=wording.count
    )
    template = files("deeplearn_checks.reporting").joinpath("page.html.j2").read_text(encoding="utf-8")
    page = environment.from_string(template).render(
        report=report,
        verdict=wording.verdict(report),
        roots=report.root_causes(),
        reasons=wording.reasons(report),
        changed=wording.changed(report),
        not_asked=wording.not_asked(report),
        areas=_areas(report),
        marks=_MARKS,
        bars=_bars(report.exchanges),
        sections=tuple(runbook.SECTIONS.values()),
    )
    return page.rstrip() + "\n"


def _areas(report: RunReport) -> tuple[tuple[str, tuple[Result, ...]], ...]:
    """Group the results by the first word of their ids, in the order in which the areas first occur."""
    names = list(dict.fromkeys(_area(result) for result in report.results))
    ordered = sorted(report.results, key=lambda result: names.index(_area(result)))
    return tuple((area, tuple(results)) for area, results in groupby(ordered, key=_area))


def _area(result: Result) -> str:
    return result.id.partition(".")[0]


def _body(text: str) -> str:
    """Cut a body to what the page shows, and say so."""
    shown = wording.lines(text)
    return shown if len(shown) <= _SHOWN_BODY else f"{shown[:_SHOWN_BODY]}\n… cut, {len(shown)} characters in all"


def _data_url(attachment: Attachment) -> str:
    """Write a picture into the address that shows it."""
    return f"data:{attachment.media_type};base64,{base64.b64encode(attachment.body).decode()}"


def _bars(exchanges: tuple[Exchange, ...]) -> tuple[tuple[Exchange, float, float], ...]:
    """Place each exchange on the run's time line: where its bar starts, and how long it is, in per cent."""
    began = min((exchange.started_at for exchange in exchanges), default=0.0)
    whole = max((exchange.started_at + exchange.seconds for exchange in exchanges), default=0.0) - began or 1.0
    return tuple(
        (one, round(100 * (one.started_at - began) / whole, 2), round(100 * one.seconds / whole, 2))
        for one in exchanges
    )
