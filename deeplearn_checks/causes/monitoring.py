"""Causes that only the monitor names: verdicts on the watching, not on what is watched."""

from __future__ import annotations

from deeplearn_checks.causes.cause import Cause, Prevention

_DETECT = "alert-workflow/1"
_CLASSIFY = "alert-workflow/2"

MONITORING = (
    Cause(
        "monitor-cannot-look",
        "The monitor could not make a run, or too few locations reported: nothing is known of the target meanwhile.",
        "deeplearn-checks monitor check --config FILE ; look at the monitor's log (journalctl -u deeplearn-monitor, or "
        "kubectl logs deploy/deeplearn-monitor) and at /healthz of its page",
        _DETECT,
        Prevention(
            configuration="Give the monitor a dead man's address ([ping] in its file), so that its silence is told.",
            process="Run deeplearn-checks monitor check before each change of its file goes live.",
        ),
    ),
    Cause(
        "waiver-expired",
        "This was known to be broken and tolerated up to a day that is over, and it is still broken.",
        "mend the cause that is named beside it, or, on purpose, give its [[waivers]] in the monitor's file a new "
        "expires with a reason",
        _CLASSIFY,
        Prevention(process="Let whoever writes a waiver own the repair, and look at the waivers once a week."),
    ),
)
