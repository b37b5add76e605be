"""What a cause is, and the runbook steps that causes and diagnostics refer to."""

from __future__ import annotations

from dataclasses import dataclass

ACT = "alert-workflow/3"
RECOVERY = "alert-workflow/5"
PAYMENT_CONFIGURATION = "payment-failure-playbook/2"
PAYMENT_LEAD = "payment-failure-playbook/3"
PAYMENT_ACTIVATION = "payment-failure-playbook/4"
WEBHOOK_PATH = "payment-failure-playbook/1"
COMPLETION = "certification-failure-playbook/1"
CERTIFICATE_URL = "certification-failure-playbook/2"
CERTIFICATE_VERIFY = "certification-failure-playbook/3"
REISSUE = "certification-failure-playbook/4"
CTO_TAB = "primary-console-views/1"
COORDINATOR_TAB = "primary-console-views/2"


@dataclass(frozen=True, slots=True)
class Prevention:
    """What would keep a cause from coming back: a change of code, of configuration, of how people work."""

    code: str = ""
    configuration: str = ""
    process: str = ""

    def actions(self) -> tuple[tuple[str, str], ...]:
        """Answer each proposed action with its kind, those that there are."""
        every = (("code", self.code), ("configuration", self.configuration), ("process", self.process))
        return tuple((kind, action) for kind, action in every if action)

    def __str__(self) -> str:
        return " ".join(f"{kind.capitalize()}: {action}" for kind, action in self.actions())


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that can be wrong. `meaning`: what it is and whom it hits; `remedy`: what to type or where to look.

    `prevention` is what a review proposes, so that it does not come back.
    `{api}` and `{pages}` in a remedy stand for the target's base URLs; other braces are doubled.
    """

    slug: str
    meaning: str
    remedy: str
    runbook: str
    prevention: Prevention = Prevention()
