"""The formats that `--format` knows; the module of a format is imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from deeplearn_checks.results import RunReport

_MODULES = {
    "text": "text",
    "json": "json_report",
    "readiness": "readiness",
    "junit": "junit",
    "markdown": "markdown",
    "github": "github",
    "html": "html",
}
FORMATS = tuple(_MODULES)
"""The names of all formats."""


def render(name: str, report: RunReport) -> str:
    """Write the run in the format of that name; the text ends in a line break. Raises KeyError for another name."""
    module = _MODULES[name]
    reporter: Callable[[RunReport], str] = getattr(import_module(f"deeplearn_checks.reporting.{module}"), module)
    return reporter(report)
