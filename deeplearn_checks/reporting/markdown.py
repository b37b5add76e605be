"""A run as Markdown, for a job summary or an issue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deeplearn_checks.finding import Outcome
from deeplearn_checks.reporting import compared
from deeplearn_checks.reporting.wording import (
    changed,
    count,
    counted,
    failing_line,
    line,
    next_steps,
    not_asked,
    reasons,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.results import RootCause, RunReport

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~@&$]|:(?=//)|(?<=www)\.)")


def markdown(report: RunReport) -> str:
    """Write the run as GitHub-flavoured Markdown, ending in a line break."""
    return "\n\n".join((*head(report), *tail(report))) + "\n"


def head(report: RunReport) -> tuple[str, ...]:
    """Answer the parts that say what is wrong: the verdict, the numbers, each root cause."""
    return (
        f"# {verdict(report)}: {escaped(report.target)}",
        " · ".join(_facts(report)),
        *map(_root_cause, report.root_causes()),
    )


def tail(report: RunReport) -> tuple[str, ...]:
    """Answer the parts that follow: what changed, why it is not ready, what was not asked and sent, the table."""
    parts = (
        "\n".join(_compared(report)),
        "\n".join(_reasons(report)),
        "\n".join(_not_asked(report)),
        "\n".join(_changed(report)),
        "\n".join(_table(report)),
    )
    return tuple(filter(None, parts))


def escaped(text: str) -> str:
    """Show a text as it is: no markup, no mention, no link, no line break."""
    return _SPECIAL.sub(r"\\\1", line(text))


def _code(text: str) -> str:
    """Show a text as code, whatever back quotes it holds."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence} {line(text)} {fence}" if "`" in text else f"`{line(text)}`"


def _facts(report: RunReport) -> Iterator[str]:
    yield counted(report)
    yield count(report.requests, "request")
    yield f"{report.seconds:.2f} s"
    yield f"effects {report.effects.label}"
    if report.environment:
        yield escaped(report.environment)


def _root_cause(root: RootCause) -> str:
    result = root.result
    told = [f"- **{name}** {escaped(value)}" for name, value in next_steps(root)]
    heading = f"## {result.severity.label}: {escaped(result.summary)}"
    return "\n".join((heading, "", f"- **cause** `{result.cause}`, found by `{result.id}`", *told))


def _compared(report: RunReport) -> Iterator[str]:
    since = report.comparison
    if since is None:
        return
    told = escaped(compared.heading(since))
    yield f"## {told[0].upper()}{told[1:]}\n"
    yield from (f"- **{kind}** {escaped(words)}" for kind, words in compared.changes(since))


def _reasons(report: RunReport) -> Iterator[str]:
    told = reasons(report)
    if told:
        yield f"## Why it is not ready (fails on {report.fail_on.label})\n"
    yield from (f"- {escaped(reason)}" for reason in told)


def _not_asked(report: RunReport) -> Iterator[str]:
    groups = not_asked(report)
    if groups:
        yield "## Not asked\n"
    for reason, summary, ids in groups:
        yield f"- {reason}: {escaped(summary)} ({', '.join(map(_code, ids))})"


def _changed(report: RunReport) -> Iterator[str]:
    entries = changed(report)
    if entries:
        yield f"## What this run sent that can change something: {count(len(entries), 'request')}\n"
        yield "| request | answer | what was sent | what it left |\n| --- | --- | --- | --- |"
    for entry in entries:
        told = f"{escaped(entry.sent)} | {escaped(entry.left)}"
        yield f"| {_code(entry.request)} | {entry.status or 'none'} | {told} |"


def _table(report: RunReport) -> Iterator[str]:
    yield "<details><summary>Every diagnostic</summary>\n"
    yield "| diagnostic | severity | outcome | what was found |\n| --- | --- | --- | --- |"
    for result in report.results:
        found = failing_line(result) if result.outcome is Outcome.BLOCKED else result.summary
        yield f"| `{result.id}` | {result.severity.label} | {result.outcome.value} | {escaped(found)} |"
    yield "\n</details>"
