"""Summaries that a command sends to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence


def notified(urls: Sequence[str], title: str, body: str) -> bool:
    """Send a summary to each address; say on standard error what could not be delivered, and whether all was."""
    from deeplearn_checks.incident.notifying import notify  # noqa: PLC0415  what a command needs is loaded by it

    notices = notify(urls, title, body)
    for notice in notices:
        if not notice.delivered:
            typer.echo(f"deeplearn-checks: {notice.service} was not notified: {notice.said}", err=True)
    return all(notice.delivered for notice in notices)
