"""What an entry of a journal says, in one sentence: for the timeline of a terminal and of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.amounts import amount
from deeplearn_checks.incident.facts import inside, number, rows, text, texts
from deeplearn_checks.incident.journal import Kind
from deeplearn_checks.incident.times import utc
from deeplearn_checks.reporting.wording import count, ids_line, line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deeplearn_checks.incident.journal import Entry
    from deeplearn_checks.redaction import Json

    Data = Mapping[str, Json]


def told(entry: Entry) -> str:
    """Say what an entry tells; one of an unknown kind names its kind."""
    say = _SAYINGS.get(entry.kind)
    return line(say(entry.data)) if say else line(entry.kind)


def affected(hit: Data) -> str:
    """Say who is hit: leads and learners, exactly, and the money at stake."""
    who = f"{count(number(hit, 'leads'), 'lead')} and {count(number(hit, 'learners'), 'learner')}"
    stake = ", ".join(money(currency, value) for currency, value in inside(hit, "money").items() if value)
    parts = [who + (f", {stake} at stake" if stake else "")]
    if hit.get("complete") is False:
        parts.append(f"there may be more: {text(hit, 'reach') or 'not all rows could be seen'}")
    return line("; ".join(parts))


def money(currency: str, value: Json) -> str:
    """Write an amount that a journal holds."""
    return amount(value, currency) if isinstance(value, int) else f"{currency} ?"


def _opened(data: Data) -> str:
    title = text(data, "title")
    return f"incident opened for {text(data, 'target')}" + (f": {title}" if title else "")


def _alert(data: Data) -> str:
    raised = utc(number(data, "created_at_ms"))
    return f"alert {text(data, 'alert_id')} seen, raised {raised}: {text(data, 'group')}: {text(data, 'message')}"


def _harm(data: Data) -> str:
    return f"first evidence of harm: {utc(number(data, 'at_ms'))}, {text(data, 'evidence')} ({text(data, 'group')})"


def _triaged(data: Data) -> str:
    groups = [f"{text(one, 'group')} {text(one, 'verdict')}" for one in rows(data, "groups")]
    return f"triaged: {', '.join(groups) or 'no alert is open'}"


def _ran(data: Data) -> str:
    causes = [f"{text(one, 'cause')} ({text(one, 'id')})" for one in rows(data, "root_causes")]
    unproved = texts(data, "unproved")
    found = f"root causes: {', '.join(causes)}" if causes else "no root cause"
    missing = f"; not proved: {ids_line(unproved)}" if unproved and not causes else ""
    verdict = "passed" if data.get("passed") is True else "not passed"
    return (
        f"{text(data, 'purpose')} ran {count(len(inside(data, 'results')), 'diagnostic')}, {verdict}: {found}{missing}"
    )


def _noted(data: Data) -> str:
    field = text(data, "field")
    return f"{field}: {text(data, 'text')}" if field else text(data, "text")


def _change(verb: str) -> Callable[[Data], str]:
    def say(data: Data) -> str:
        said = text(data, "why") or text(data, "said")
        return f"{verb} alert {text(data, 'alert_id')}" + (f": {said}" if said else "")

    return say


def _recovered(data: Data) -> str:
    return f"recovered: {ids_line(texts(data, 'diagnostics'))} pass"


def _closed(data: Data) -> str:
    if data.get("forced") is not True:
        return "closed on proof"
    return f"closed by force: {text(data, 'why')}; not proved: {'; '.join(texts(data, 'unproved'))}"


def _reviewed(data: Data) -> str:
    return f"review written, {count(number(data, 'open_fields'), 'field')} open"


_SAYINGS: Mapping[str, Callable[[Data], str]] = {
    Kind.OPENED: _opened,
    Kind.ALERT_FIRST_SEEN: _alert,
    Kind.HARM_FIRST_SEEN: _harm,
    Kind.TRIAGED: _triaged,
    Kind.RAN: _ran,
    Kind.NOTED: _noted,
    Kind.ACKNOWLEDGING: _change("acknowledging"),
    Kind.ACKNOWLEDGED: _change("acknowledged"),
    Kind.RESOLVING: _change("resolving"),
    Kind.RESOLVED: _change("resolved"),
    Kind.REFUSED: _change("not changed:"),
    Kind.FORCED: _change("forced, against the diagnostics:"),
    Kind.RECOVERED: _recovered,
    Kind.CLOSED: _closed,
    Kind.REVIEWED: _reviewed,
}
