"""Allure's one-file page, made to keep to itself: it loads nothing from, and tells nothing to, another host."""

from __future__ import annotations

import re

POLICY = (
    "default-src 'none'; form-action 'none'; script-src 'unsafe-inline' data: blob:; style-src 'unsafe-inline' data:; "
    "img-src data: blob:; font-src data:; media-src data: blob:; connect-src data: blob:; frame-src data: blob:"
)
"""The content security policy of a page that holds all it shows: a browser refuses it every request to a host."""

DATA_FOLLOWS = "<script>window.allureReportData = {}; window.allureReportDataReady = false;</script>"
"""What tells Allure's program to wait for the data that stands behind it in the file."""

_FIRST = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">{DATA_FOLLOWS}'
_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<code>.*?)</script\s*>", re.IGNORECASE | re.DOTALL)
_LOADING = re.compile(
    r"<(?:link|img|i?frame|embed|object|source|track|audio|video|base|input|image|use)\b[^>]*>", re.IGNORECASE
)
_FOREIGN = re.compile(
    r"""[\s"'/](?:src|srcset|href|xlink:href|data|poster)\s*=\s*["']?\s*(?:(?:https?|wss?|ftp):)?//""", re.IGNORECASE
)
_ANALYTICS = re.compile(r"\bfunction\s+gtag\b|\bdataLayer\s*=|googletagmanager\.com|google-analytics\.com")
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def self_contained(html: str) -> str:
    """Answer Allure's one-file page *html* without what loads or configures analytics, or loads from another host.

    Links that a reader may click stay. Two things are put first in the head: a content security policy, so that
    nothing which the page makes up later (an attachment, a description) makes a request either; and the promise of the
    data at the end of the file. Without it Allure's program takes a page of which only the beginning is there (one that
    arrives slowly, a busy machine) for one without data, asks a server, and shows "Failed to fetch" for good.
    Applied twice it does no more than once.
    """
    unreported = _SCRIPT.sub(lambda script: "" if _reports_elsewhere(script) else script[0], html)
    alone = _LOADING.sub(lambda element: "" if _FOREIGN.search(element[0]) else element[0], unreported)
    return alone if _FIRST in alone else _HEAD.sub(lambda head: head[0] + _FIRST, alone, count=1)


def _reports_elsewhere(script: re.Match[str]) -> bool:
    """Whether a script element comes from another host or speaks to the analytics service."""
    return bool(_FOREIGN.search(script["attributes"]) or _ANALYTICS.search(script["code"]))
