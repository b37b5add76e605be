"""A badge of one target as SVG: its name and its status, for a README or a wall."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from deeplearn_checks.reporting.wording import line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.monitor.page.judged import Status

CONTENT_TYPE = "image/svg+xml; charset=utf-8"
COLOURS: Mapping[str, str] = {
    "up": "#1a6b3c",
    "down": "#a8201a",
    "degraded": "#7a5200",
    "unknown": "#245a8d",
    "maintenance": "#245a8d",
}
"""The background of each status; white stands out on all of them."""
LABEL = "#3b4249"
INK = "#ffffff"
_PER_CHARACTER, _PADDING, _LONGEST = 7, 10, 40


def badge(name: str, status: Status) -> str:
    """Draw it; texts are fitted to their fields, whatever font there is."""
    shown = line(name)
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    left, right = (_PER_CHARACTER * len(text) + 2 * _PADDING for text in (shown, status.value))
    told = escape(f"{shown}: {status.value}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{told}">'
        f"<title>{told}</title>"
        f'<rect width="{left + right}" height="20" rx="3" fill="{LABEL}"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3}z" fill="{COLOURS[status.value]}"/>'
        f'<g fill="{INK}" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f"{_text(shown, left / 2, left)}{_text(status.value, left + right / 2, right)}</g></svg>\n"
    )


def _text(text: str, x: float, width: int) -> str:
    return f'<text x="{x}" y="14" textLength="{width - 2 * _PADDING}">{escape(text)}</text>'
