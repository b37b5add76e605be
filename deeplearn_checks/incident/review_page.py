"""The review of an incident as one HTML file that asks nothing of any host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.incident.facts import rows, text
from deeplearn_checks.incident.journal import Kind
from deeplearn_checks.incident.picture import WIDTH, picture
from deeplearn_checks.incident.review import measured, numbers
from deeplearn_checks.incident.telling import told
from deeplearn_checks.reporting.pages import page
from deeplearn_checks.reporting.wording import count, line, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deeplearn_checks.incident.journal import Entry
    from deeplearn_checks.incident.review import Review
    from deeplearn_checks.redaction import Json


def review_page(review: Review) -> str:
    """Write the page, ending in a line break. Raises ModuleNotFoundError without Jinja2 (the extra `report`)."""
    functions: dict[str, Callable[..., object]] = {
        "line": line,
        "told": told,
        "measured": measured,
        "numbers": numbers,
        "count": count,
    }
    values = {
        "review": review,
        "picture": picture(review.times),
        "width": WIDTH,
        "spans": (review.times.window, *review.times.spans),
        "details": {entry.number: _details(entry) for entry in review.entries},
    }
    return page("incident/review.html.j2", functions, values)


def _details(entry: Entry) -> tuple[tuple[str, str, str], ...]:
    """Answer what an entry about a run holds beside its sentence: anchor, name and text of each part."""
    if entry.kind != Kind.RAN:
        return ()
    anchor = f"entry-{entry.number}"
    bundle = text(entry.data, "bundle")
    causes = [("", text(one, "cause"), text(one, "remedy")) for one in rows(entry.data, "root_causes")]
    asked = [
        (f"{anchor}-exchange-{one['number']}", text(one, "request"), _answered(one))
        for one in rows(entry.data, "exchanges")
    ]
    return (*causes, *asked, *([(f"{anchor}-bundle", "bundle", bundle)] if bundle else []))


def _answered(exchange: Mapping[str, Json]) -> str:
    """Say what came back, and how to ask again."""
    status = exchange.get("status") or text(exchange, "problem") or "no answer"
    return lines(f"{status}\n{text(exchange, 'curl')}").strip()
