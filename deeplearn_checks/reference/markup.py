"""How text becomes Markdown that is read as text, and how references become links."""

from __future__ import annotations

from deeplearn_checks.reporting import runbook


def literal(text: str) -> str:
    """Keep Markdown from reading a text as anything but text."""
    return text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_").replace("|", "\\|")


def step(reference: str, *, up: str = "") -> str:
    """Answer a link to the runbook's section for a reference such as `alert-workflow/3`, with section and step."""
    place = runbook.place(reference).replace("<", "&lt;")
    return f"[{place}]({up}incident-response-runbook.md#{runbook.section_slug(reference)})"


def block(text: str, *, indent: str = "") -> list[str]:
    """Answer the lines of a code block that shows a text as it is."""
    return [f"{indent}```text", *(f"{indent}{line}" for line in text.splitlines()), f"{indent}```"]


def anchored(name: str) -> str:
    """Answer a name in code, which links may lead to."""
    return f'<a id="{name}"></a>`{name}`'
