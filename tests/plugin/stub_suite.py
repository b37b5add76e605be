"""A project whose diagnostics answer without asking anyone, for runs of the plugin inside tests."""

from __future__ import annotations

SUITE = '''
"""A stub of each outcome."""
import asyncio
import os
import signal
import threading

from deeplearn_checks import Effects, Result, Severity, diagnoses, error, failed, passed, skipped
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.finding import Skip

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING


@diagnostic("alpha.holds", severity=CRITICAL, runbook="alert-workflow/5")
async def holds(target):
    """The first rule holds."""
    return passed("all is well")


@diagnostic("alpha.breaks", severity=CRITICAL, runbook="payment-failure-playbook/2")
async def breaks(target):
    """The second rule holds."""
    return failed("webhook-secret-mismatch", "it is broken", {"leads": ("person-0123456789",)})


@diagnostic("beta.follows", severity=CRITICAL, runbook="alert-workflow/5", requires=[breaks])
async def follows(target):
    """The third rule holds."""
    return failed("paid-but-not-won", "it is broken too")


@diagnostic("beta.creaks", severity=WARNING, runbook="alert-workflow/5")
async def creaks(target):
    """The fourth rule holds."""
    return failed("no-recent-leads", "it creaks")


@diagnostic("gamma.mute", severity=CRITICAL, runbook="alert-workflow/5")
async def mute(target):
    """The fifth rule holds."""
    return error("timed-out", "no answer")


@diagnostic("gamma.inapplicable", severity=CRITICAL, runbook="alert-workflow/5")
async def inapplicable(target):
    """The sixth rule holds."""
    return skipped(Skip.DOES_NOT_APPLY, "there is nothing to ask")


@diagnostic("gamma.forbidden", severity=CRITICAL, runbook="alert-workflow/5", effects=Effects.DATA)
async def forbidden(target):
    """The seventh rule holds."""
    return passed("never asked")


TOLD = threading.Event()


@diagnostic("delta.lasts", severity=CRITICAL, runbook="alert-workflow/5")
async def lasts(target):
    """The eighth rule holds once pytest has told of the first."""
    told = await asyncio.to_thread(TOLD.wait, 60)
    return passed("at last") if told else failed("no-recent-leads", "pytest said nothing")


@diagnostic("omega.interrupts", severity=CRITICAL, runbook="alert-workflow/5")
async def interrupts(target):
    """Whoever asks this is interrupted."""
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.Event().wait()
'''

CHECKS = {
    name: f"""

@diagnoses({name})
def test_{area}_{name}(finding: Result):
    assert finding.id == "{area}.{name}"
    TOLD.set()
"""
    for area, name in (
        ("alpha", "holds"),
        ("alpha", "breaks"),
        ("beta", "follows"),
        ("beta", "creaks"),
        ("gamma", "mute"),
        ("gamma", "inapplicable"),
        ("gamma", "forbidden"),
        ("delta", "lasts"),
        ("omega", "interrupts"),
    )
}

PLUGIN = ("--disable-plugin-autoload", "-p", "deeplearn_checks.pytest_plugin")
"""Load our plugin, installed or not, and no other."""

TARGET = ("--target", "http://127.0.0.1:9")
"""A target that the stubs never ask."""


def suite(*names: str) -> str:
    """Answer a test module with the checks of these stubs."""
    return SUITE + "".join(CHECKS[name] for name in names)
