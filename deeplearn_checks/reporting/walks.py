"""A walked playbook as text and as JSON: the chain, a line each link, with cause and remedy under what is not well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deeplearn_checks.playbooks.chain import State
from deeplearn_checks.reporting.json_report import evidence_json
from deeplearn_checks.reporting.runbook import place, section_title
from deeplearn_checks.reporting.text import painter
from deeplearn_checks.reporting.wording import count, evidence_line, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.playbooks.chain import Link, Walk
    from deeplearn_checks.playbooks.reissue import Reissue
    from deeplearn_checks.redaction import Json
    from deeplearn_checks.reporting.text import Paint

_WORDS = {
    State.OK: ("ok", "green"),
    State.NOT_DUE: ("not due", "dim"),
    State.BROKEN: ("BROKEN", "alarm"),
    State.UNKNOWN: ("unknown", "yellow"),
}
_VERDICTS = {State.OK: "NOTHING IS BROKEN", State.BROKEN: "BROKEN", State.UNKNOWN: "COULD NOT FIND OUT"}


def walk_text(walk: Walk, *, colour: bool = False) -> str:
    """Write a walk for a terminal, ending in a line break."""
    paint = painter(colour=colour)
    heading = paint("bold", f"{section_title(walk.playbook)}: {line(walk.subject)}")
    where = line(walk.target) + (f" ({line(walk.environment)})" if walk.environment else "")
    done = f"{where} · {count(walk.requests, 'request')} · {walk.seconds:.2f} s"
    return "\n".join([heading, *_chain(walk, paint), "", done, _verdict(walk, paint)]) + "\n"


def _chain(walk: Walk, paint: Paint) -> Iterator[str]:
    width = max(len(link.title) for link in walk.links)
    for link in walk.links:
        word, style = _WORDS[link.state]
        yield f"  {paint(style, f'{word:<8}')}{link.title:<{width}}  {line(link.summary)}"
        yield from _explained(link, paint)


def _explained(link: Link, paint: Paint) -> Iterator[str]:
    """Write what stands behind a link that is not well: nothing where it only depends on another."""
    if not link.cause:
        return
    told = (
        ("cause", link.cause),
        ("seen", evidence_line(link.evidence)),
        ("means", line(link.meaning)),
        ("next", line(link.remedy)),
        ("runbook", place(link.runbook)),
    )
    for name, value in told:
        if value:
            yield f"          {name:<9}{paint('cyan', value) if name == 'next' else value}"


def _verdict(walk: Walk, paint: Paint) -> str:
    words = _VERDICTS[walk.state]
    if walk.broken is not None:
        words = f"{words} at: {walk.broken.title} ({walk.broken.cause})"
    return paint("green" if walk.state is State.OK else "alarm", words)


def walk_json(walk: Walk) -> str:
    """Write a walk as a pretty-printed JSON object, ending in a line break."""
    return json.dumps(_walk(walk), indent=2) + "\n"


def _walk(walk: Walk) -> dict[str, Json]:
    return {
        "playbook": walk.playbook,
        "subject": walk.subject,
        "target": walk.target,
        "environment": walk.environment,
        "started_at": walk.started_at,
        "seconds": walk.seconds,
        "requests": walk.requests,
        "state": walk.state.value,
        "broken": walk.broken.slug if walk.broken else None,
        "links": [_link(link) for link in walk.links],
        "exchanges": [
            {
                "number": exchange.number,
                "method": exchange.method,
                "url": exchange.url,
                "status": exchange.status,
                "seconds": round(exchange.seconds, 4),
                "problem": exchange.problem,
            }
            for exchange in walk.exchanges
        ],
    }


def _link(link: Link) -> dict[str, Json]:
    return {
        "link": link.slug,
        "title": link.title,
        "state": link.state.value,
        "summary": link.summary,
        "cause": link.cause,
        "meaning": link.meaning,
        "remedy": link.remedy,
        "because": link.because,
        "runbook": link.runbook,
        "evidence": dict(evidence_json(link.evidence)),
        "exchanges": [*link.exchanges],
    }


def announcement(plan: Reissue) -> str:
    """Write what a reissue sends and changes, ending in a line break."""
    lines = [f"Reissue for {line(plan.before.subject)}: {line(plan.request)}"]
    return "\n".join([*lines, *(f"  changes {line(change)}" for change in plan.changes)]) + "\n"


def reissue_text(done: Reissue, *, colour: bool = False) -> str:
    """Write a reissue for a terminal: before, what was sent or why not, and after."""
    parts = [f"BEFORE\n{walk_text(done.before, colour=colour)}"]
    if done.refusal:
        parts.append(f"{line(done.refusal)}\n")
    if done.request:
        parts.append(announcement(done) + (f"  answer  {line(done.answer)}\n" if done.answer else ""))
    if done.after is not None:
        parts.append(f"AFTER\n{walk_text(done.after, colour=colour)}")
    return "\n".join(parts)


def reissue_json(done: Reissue) -> str:
    """Write a reissue as a pretty-printed JSON object, ending in a line break."""
    shown: dict[str, Json] = {
        "request": done.request,
        "changes": [*done.changes],
        "refusal": done.refusal,
        "answer": done.answer,
        "state": done.state.value,
        "before": _walk(done.before),
        "after": _walk(done.after) if done.after else None,
    }
    return json.dumps(shown, indent=2) + "\n"
