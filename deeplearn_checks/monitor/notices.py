"""What people are told of changes: root cause, since when, who is hit, remedy, link. Pure; no person, no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from deeplearn_checks.incident.times import duration, utc
from deeplearn_checks.monitor.state import Change
from deeplearn_checks.reporting.wording import count, ids_line, line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deeplearn_checks.monitor.state import Transition

_WORDS: Mapping[Change, str] = {
    Change.OPENED: "is broken",
    Change.RECOVERED: "has recovered",
    Change.REMINDED: "is still broken",
    Change.FLAPPING: "goes up and down; nothing more is told until that ends",
    Change.STEADY: "does not go up and down any more",
}
_LONGEST = 600
"""How many characters of a text from outside are shown: a notice is read on a telephone."""


@dataclass(frozen=True, slots=True)
class Text:
    """A notice: a line that says it all, and the rest."""

    title: str
    body: str


def text(told: Sequence[Transition], page_url: str = "") -> Text:
    """Write one notice of changes of one target, at least one, in their order; *page_url* is where the page is."""
    first = told[0]
    heads = tuple(dict.fromkeys(f"{one.diagnostic} {_WORDS[one.change]}" for one in told))
    more = f" and {count(len(heads) - 1, 'other change')}" if len(heads) > 1 else ""
    title = f"[{_gravest(told)}] {first.target}: {heads[0]}{more}"
    link = [f"{page_url.rstrip('/')}/target/{quote(first.target)}"] if page_url else []
    return Text(_short(title), "\n\n".join([*map(_paragraph, told), *link]))


def summary(one: Transition) -> str:
    """Say a change in one line, for the log."""
    about = ", ".join(filter(None, [one.severity.label, line(one.cause)]))
    return _short(f"{one.target} {one.diagnostic} {one.change} ({about}): {one.summary}")


def _gravest(told: Sequence[Transition]) -> str:
    return max(one.severity for one in told).label


def _paragraph(one: Transition) -> str:
    is_over = one.change is Change.RECOVERED
    when = f"from {utc(one.since_ms)} to {utc(one.at_ms)}" if is_over else f"since {utc(one.since_ms)}"
    lasted = duration((one.at_ms - one.since_ms) / 1000) if one.at_ms > one.since_ms else ""
    told = (
        ("", f"{one.diagnostic} {_WORDS[one.change]} ({one.severity.label})"),
        ("was" if is_over else "cause", one.cause),
        ("says", one.summary),
        ("when", f"{when} ({lasted})" if lasted else when),
        ("hit", str(one.affected) if one.affected else ""),
        ("blocks", ids_line(one.blocks)),
        ("next", "" if is_over else one.remedy),
    )
    return "\n".join(f"{name}: {_short(value)}" if name else _short(value) for name, value in told if value)


def _short(text: str) -> str:
    """Make one line of a text, and no long one."""
    said = line(text)
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
