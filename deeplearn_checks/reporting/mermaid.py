"""What blocks what, as a Mermaid flowchart, which GitHub and GitLab draw: a root cause, and arrows to its symptoms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.reporting.wording import count, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deeplearn_checks.results import RootCause

MOST_ROOTS = 12
MOST_SYMPTOMS = 12
"""How much is drawn: Mermaid draws 500 arrows and 50,000 characters at most, and nobody reads as many."""

_LONGEST_LABEL = 80
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-_")
_STYLES = {
    "critical": "stroke:#cf222e,stroke-width:3px",
    "warning": "stroke:#bf8700,stroke-width:2px",
    "info": "stroke:#0969da,stroke-width:2px",
    "symptom": "stroke-dasharray:4",
}
"""Only strokes: the colours of a page by day and by night are its own."""


def blocking_graph(roots: Sequence[RootCause]) -> str:
    """Draw the root causes that block something, without a line break at the end; empty where none does."""
    blocking = [root for root in roots if root.blocks]
    return "\n".join(_graph(blocking)) if blocking else ""


def _graph(roots: Sequence[RootCause]) -> Iterator[str]:
    yield "flowchart LR"
    shown = roots[:MOST_ROOTS]
    ids = dict.fromkeys(id_ for root in shown for id_ in root.blocks[:MOST_SYMPTOMS])
    symptoms = {id_: f"s{number}" for number, id_ in enumerate(ids)}
    for number, root in enumerate(shown):
        severity = root.result.severity.label
        yield f'  r{number}["{_label(root.result.cause)}<br>{_label(root.result.id)}"]:::{severity}'
    yield from (f'  {node}["{_label(id_)}"]:::symptom' for id_, node in symptoms.items())
    for number, root in enumerate(shown):
        yield from _arrows(f"r{number}", root.blocks, symptoms)
    if len(roots) > MOST_ROOTS:
        yield f'  more["and {count(len(roots) - MOST_ROOTS, "root cause")} more"]'
    yield from (f"  classDef {name} {style}" for name, style in _STYLES.items())


def _arrows(root: str, blocks: Sequence[str], symptoms: dict[str, str]) -> Iterator[str]:
    for id_ in blocks[:MOST_SYMPTOMS]:
        yield f"  {root} --> {symptoms[id_]}"
    rest = len(blocks) - MOST_SYMPTOMS
    if rest > 0:
        yield f'  {root} --> {root}more["and {rest} more"]:::symptom'


def _label(text: str) -> str:
    """Write any text as a label: what could end it, or be markup, by its number."""
    shown = line(text)
    cut = shown if len(shown) <= _LONGEST_LABEL else f"{shown[: _LONGEST_LABEL - 1]}…"
    return "".join(character if character in _PLAIN else f"#{ord(character)};" for character in cut)
