"""DeepLearn's incident runbook, made executable: diagnostics that name root causes with remedies.

The names below are the library's front door. They are loaded when first used, so that importing this package,
as pytest does in every project it is installed beside, costs nothing. The decorator that declares a diagnostic is
`deeplearn_checks.diagnostic.diagnostic`: here its name belongs to its module.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deeplearn_checks.causes import CAUSES
    from deeplearn_checks.causes.cause import Cause
    from deeplearn_checks.checking import diagnoses
    from deeplearn_checks.diagnostic import Diagnostic, execute
    from deeplearn_checks.diagnostics import CATALOG
    from deeplearn_checks.finding import Effects, Finding, Outcome, Severity, error, failed, passed, skipped
    from deeplearn_checks.playbooks import reissue_certificate, walk_certificate, walk_lead
    from deeplearn_checks.playbooks.chain import Walk
    from deeplearn_checks.results import Exchange, Result, RootCause, RunReport
    from deeplearn_checks.runner import run
    from deeplearn_checks.settings import ConfigurationError, Settings, load_settings
    from deeplearn_checks.target import Target

_HOMES = {
    "CAUSES": "causes",
    "Cause": "causes.cause",
    "diagnoses": "checking",
    "Diagnostic": "diagnostic",
    "execute": "diagnostic",
    "CATALOG": "diagnostics",
    "Effects": "finding",
    "Finding": "finding",
    "Outcome": "finding",
    "Severity": "finding",
    "error": "finding",
    "failed": "finding",
    "passed": "finding",
    "skipped": "finding",
    "reissue_certificate": "playbooks",
    "walk_certificate": "playbooks",
    "walk_lead": "playbooks",
    "Walk": "playbooks.chain",
    "Exchange": "results",
    "Result": "results",
    "RootCause": "results",
    "RunReport": "results",
    "run": "runner",
    "ConfigurationError": "settings",
    "Settings": "settings",
    "load_settings": "settings",
    "Target": "target",
}

__all__ = [
    "CATALOG",
    "CAUSES",
    "Cause",
    "ConfigurationError",
    "Diagnostic",
    "Effects",
    "Exchange",
    "Finding",
    "Outcome",
    "Result",
    "RootCause",
    "RunReport",
    "Settings",
    "Severity",
    "Target",
    "Walk",
    "diagnoses",
    "error",
    "execute",
    "failed",
    "load_settings",
    "passed",
    "reissue_certificate",
    "run",
    "skipped",
    "walk_certificate",
    "walk_lead",
]


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
