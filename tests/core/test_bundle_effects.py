"""A run that may change something is judged again as well: nothing is sent, and the ledger is the same."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from taped import replayed, taped, timeless

from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.faults import FAULTS
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings

SLOW = {"slow", "answers-slowly", "console-broken"}
"""Faults that take seconds or a browser to see."""


@pytest.mark.parametrize("name", ["", *(fault.name for fault in FAULTS if fault.name not in SLOW)])
def test_a_run_with_effects_is_replayed(name: str) -> None:
    """The same findings and the same ledger, byte for byte but for times."""
    reached = server.connect(start(faults=[name] if name else []))
    host = urlsplit(reached.exports["DEEPLEARN_API_BASE_URL"]).hostname
    environment = next((fault.environment for fault in FAULTS if fault.name == name), "")
    flags = {"effects": "data", "without": "browser", "environment": environment or None, "i_mean_it": host}
    report, bundle = taped(CATALOG, load_settings(flags, variables=reached.exports), reached.transport)

    again = replayed(bundle, CATALOG)

    assert timeless(again) == timeless(report)
